/** Where files are: what the package ships, and where results go. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The package's own folder. */
export const PACKAGE_ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Scenarios that come with the program. */
export const SHIPPED_SCENARIOS = join(PACKAGE_ROOT, 'scenarios');

/** Cost profiles that come with the program. */
export const SHIPPED_PROFILES = join(SHIPPED_SCENARIOS, 'profiles');

/** Where runs are written, seen from the working directory. */
export const RESULTS = 'results';

/** Where baselines are kept. */
export const BASELINES = join(RESULTS, 'baselines');

/** The program's version. */
export function programVersion(): string {
  const text = readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8');
  return String((JSON.parse(text) as { version: unknown }).version);
}

/** YAML files of a folder, sorted; none when there is no such folder. */
export function yamlFiles(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => /\.ya?ml$/.test(name));
  return names.sort().map((name) => join(folder, name));
}
