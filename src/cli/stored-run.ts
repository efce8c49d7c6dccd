/** Reads a run back from its folder, to compare it or to keep it as a baseline. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { figuresOf } from '../harness/index.js';
import type { RunFigures } from '../harness/index.js';
import type { Row } from '../measure/index.js';
import { CsvError, readCsv } from '../report/index.js';
import { CliError, ExitCode } from './exit-code.js';
import { readText } from './files.js';
import { loadScenario } from './load-scenario.js';
import { RESULTS } from './places.js';
import type { RunStatus } from './run-directory.js';
import { identityOf, RUN_SCHEMA_VERSION } from './run-manifest.js';
import type { RunManifest } from './run-manifest.js';
import type { Scenario } from '../scenario/index.js';

/** How a run ended that was broken off with something done. */
const BROKEN_OFF: readonly RunStatus[] = ['interrupted', 'timeout', 'failed'];

/** A run as it was stored. */
export interface StoredRun {
  readonly folder: string;
  readonly manifest: RunManifest;
  readonly rows: readonly Row[];
  readonly figures: RunFigures;
}

/** How a run is asked for. */
export interface RunAsked {
  /** Exit code when it is not there. */
  readonly absent?: number;
  /** Whether a run that was broken off will do. */
  readonly mayBePartial?: boolean;
}

/**
 * Reads a run.
 * @param name a folder, or a name below `results`; `latest` for the last complete one
 * @throws CliError with the code `absent`, or with the one for "not comparable" when it is of another version, or not complete and has to be
 */
export function loadRun(
  name: string,
  { absent = ExitCode.notComparable, mayBePartial = false }: RunAsked = {},
): StoredRun {
  const folder = [name, join(RESULTS, name)].find((path) => existsSync(join(path, 'manifest.json')));
  if (folder === undefined) {
    const none = `no run is stored in ${RESULTS} yet: \`kpb run <scenario>\`, or name the folder that --out named`;
    const hint = name === 'latest' ? none : `there is no run ${name}`;
    throw new CliError(hint, absent);
  }
  const manifest = readManifest(folder, mayBePartial);
  try {
    const rows = readCsv(readText(join(folder, 'results.csv')));
    return { folder, manifest, rows, figures: figuresOf(identityOf(manifest), rows, manifest.programVersion) };
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new CliError(`${join(folder, 'results.csv')}: ${error.message}`, ExitCode.notComparable);
  }
}

/** The scenario that a stored run ran, for its limits and thresholds. */
export function scenarioOf({ folder }: StoredRun): Scenario {
  const none = { set: [], manifests: [], filter: undefined, seed: undefined, runs: undefined };
  return loadScenario(join(folder, 'scenario.yaml'), none).scenario;
}

function readManifest(folder: string, mayBePartial: boolean): RunManifest {
  const path = join(folder, 'manifest.json');
  const unusable = (why: string) => new CliError(`${path}: ${why}`, ExitCode.notComparable);
  let manifest: Partial<RunManifest>;
  try {
    manifest = JSON.parse(readText(path)) as Partial<RunManifest>;
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw unusable('it is not JSON');
  }
  if (manifest.kind !== 'Run' || manifest.schemaVersion !== RUN_SCHEMA_VERSION) {
    throw unusable('it is no run of this version of the program');
  }
  const isWritten = mayBePartial && BROKEN_OFF.some((status) => status === manifest.status);
  if (manifest.status !== 'complete' && !isWritten)
    throw unusable(`the run is not complete (status ${manifest.status ?? 'unknown'})`);
  return manifest as RunManifest;
}
