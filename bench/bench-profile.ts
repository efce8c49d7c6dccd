/** The shipped cost profile, read from its file. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseProfile } from '../src/scenario/index.js';

// The compiled benches stand one folder deeper than their sources.
const file = fileURLToPath(new URL('../scenarios/profiles/reference-2026.yaml', import.meta.url)).replace(
  /[\\/]dist-bench(?=[\\/])/,
  '',
);

/** Prices of work for benches. */
export const benchProfile = parseProfile(readFileSync(file, 'utf8'), file);
