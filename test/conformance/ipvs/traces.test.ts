/**
 * What real kernels chose, connection by connection: every trace file a test, with every pick, server list and connection table in it.
 *
 * The files lie in the folder `ipvs` below the one that KPB_CONFORMANCE_DIR names; any folder of the same schema will do. What the reader
 * of scripts does not know, a step or a field, fails.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadFactorOf, readScript } from '../../../src/scenario/index.js';
import { compareReplay, replayScript } from '../../../src/testbed/index.js';
import { conformanceFolder } from '../kube-proxy/case-file.js';

const folder = conformanceFolder('ipvs');
const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.json')) : undefined;

describe('ipvs', () => {
  test.skipIf(files === undefined)(`the folder ${folder} has traces`, () => expect(files?.length).toBeGreaterThan(0));
  for (const file of (files ?? []).sort()) test(file, () => check(file));
});

function check(file: string): void {
  const script = readScript(readFileSync(join(folder, file), 'utf8'), file);
  // A trace says what was chosen: one that does not would pass whatever happens.
  expect(script.picks, 'the trace has picks').toBeDefined();
  const observed = new Set(script.observations.map(({ step }) => step));
  const unseen = script.steps.flatMap(({ op }, step) =>
    (op === 'snapshot' || op === 'conns') && !observed.has(step) ? [step] : [],
  );
  expect(unseen, 'lists without an observation').toEqual([]);
  const loadFactor = loadFactorOf(script.name, script.kernel);
  const { differences, picks, observations } = compareReplay(script, replayScript(script, { loadFactor, seed: '1' }));
  expect(differences).toEqual([]);
  expect(picks + observations).toBeGreaterThan(0);
}
