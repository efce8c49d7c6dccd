/**
 * The cluster that `rules`, `trace` and `diff-modes` look at: manifests as `--manifests` takes them, or a scenario, of which one
 * case is taken.
 */
import { existsSync } from 'node:fs';
import type { Case } from '../scenario/index.js';
import { CaseError, ClusterError } from '../testbed/index.js';
import { CliError, ExitCode } from './exit-code.js';
import { readText, STDIN } from './files.js';
import { loadScenario } from './load-scenario.js';
import { tell, type Verbosity } from './terminal.js';
import { tellManifests } from './tell-manifests.js';

/** Which cluster, and which of a scenario's cases. */
export interface ClusterArguments {
  readonly cluster: readonly string[];
  readonly set: readonly string[];
  readonly filter: string | undefined;
}

/**
 * Loads the cluster.
 * @param mode mode whose proxy options are wanted, where a scenario has cases of several
 * @returns the first case that fits
 * @throws InputError and CliError
 */
export function clusterCase(
  { cluster: files, set, filter }: ClusterArguments,
  mode: string | undefined,
  verbosity: Verbosity,
): Case {
  const isScenario = files.length === 1 && speaksOfScenario(files[0]!);
  const options = { set, filter, seed: undefined, runs: undefined, manifests: isScenario ? [] : files };
  const loaded = loadScenario(isScenario ? files[0] : undefined, options);
  tellManifests(loaded, verbosity);
  const { cases } = loaded.scenario;
  const chosen = cases.find(({ proxy }) => proxy.mode === mode) ?? cases[0];
  if (chosen === undefined) throw new CliError('the scenario has no case that fits', ExitCode.usage);
  const others = cases.some(({ cluster }) => cluster.services !== chosen.cluster.services);
  if (others) tell(`the scenario has clusters of several sizes; taken: ${chosen.id} (--filter chooses)`, verbosity);
  return chosen;
}

/** A file that says so, or the name of a shipped scenario. */
function speaksOfScenario(name: string): boolean {
  if (name !== STDIN && !existsSync(name)) return !/[/\\]|\.(ya?ml|json)$/.test(name);
  return /^\s*"?apiVersion"?:\s*"?kpb\//m.test(readText(name));
}

/**
 * Carries out what depends on the user's names and files.
 * @throws CliError with the usage code where the cluster does not fit together or a name is not found
 */
export function wantedOf<T>(step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (!(error instanceof CaseError || error instanceof ClusterError)) throw error;
    throw new CliError(error.message, ExitCode.usage, { cause: error });
  }
}
