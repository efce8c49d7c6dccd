/** Baselines on disk: `results/baselines/<name>.json`, small enough to stand in git. */
import { existsSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { BaselineError, readBaseline } from '../harness/index.js';
import type { Baseline } from '../harness/index.js';
import { CliError, ExitCode } from './exit-code.js';
import { makeFolder, readText, reasonOf } from './files.js';
import { BASELINES } from './places.js';

/** Path of a baseline. @throws CliError when the name cannot be a file name */
export function baselinePath(name: string): string {
  if (/^[A-Za-z0-9][\w.-]{0,99}$/.test(name)) return join(BASELINES, `${name}.json`);
  throw new CliError(`a baseline's name has letters, digits, dashes and dots, found ${name}`, ExitCode.usage);
}

/** Names of the stored baselines, sorted. */
export function baselineNames(): string[] {
  if (!existsSync(BASELINES)) return [];
  const files = readdirSync(BASELINES).filter((name) => name.endsWith('.json'));
  return files.map((name) => basename(name, '.json')).sort();
}

/**
 * Reads a baseline.
 * @throws CliError with the code for "not comparable" when there is none or it cannot be used
 */
export function loadBaseline(name: string): Baseline {
  const path = baselinePath(name);
  if (!existsSync(path)) {
    const names = baselineNames();
    const known =
      names.length === 0 ? 'none is saved yet: `kpb baseline save <name>`' : `there are: ${names.join(', ')}`;
    throw new CliError(`there is no baseline ${name}; ${known}`, ExitCode.notComparable);
  }
  try {
    return readBaseline(JSON.parse(readText(path)));
  } catch (error) {
    if (!(error instanceof BaselineError) && !(error instanceof SyntaxError)) throw error;
    throw new CliError(`${path} is no baseline that this version can read: ${error.message}`, ExitCode.notComparable);
  }
}

/** Writes a baseline, whole or not at all. @returns its path */
export function saveBaseline(baseline: Baseline): string {
  const path = baselinePath(baseline.name);
  const temporary = `${path}.tmp-${process.pid}`;
  try {
    makeFolder(BASELINES);
    writeFileSync(temporary, `${JSON.stringify(baseline, null, 1)}\n`);
    renameSync(temporary, path);
  } catch (error) {
    throw new CliError(`cannot write ${path}: ${reasonOf(error)}`, ExitCode.failed, { cause: error });
  }
  return path;
}

/** Removes a baseline. @throws CliError when there is none */
export function removeBaseline(name: string): void {
  const path = baselinePath(name);
  if (!existsSync(path)) throw new CliError(`there is no baseline ${name}`, ExitCode.notComparable);
  rmSync(path);
}

/** The stored baselines in short, for lists; one that cannot be read says so. */
export function storedBaselines(): Readonly<Record<string, string>>[] {
  return baselineNames().map((name) => {
    try {
      const { scenario, cases, seeds, programVersion } = loadBaseline(name);
      return { name, scenario, cases: String(cases.length), seeds: seeds.join(' '), version: programVersion };
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      return { name, scenario: '(cannot be read)', cases: '', seeds: '', version: '' };
    }
  });
}
