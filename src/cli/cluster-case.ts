/**
 * The cluster that `rules`, `trace` and `diff-modes` look at: manifests as `--manifests` takes them, or a scenario, of which one
 * case is taken.
 */
import type { Case, Look } from '../scenario/index.js';
import { CaseError, ClusterError } from '../testbed/index.js';
import { CliError, ExitCode } from './exit-code.js';
import { speaksOfScenario } from './file-kind.js';
import { loadCluster } from './load-scenario.js';
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
 * @param mode the mode that is asked for; undefined for that of the scenario or of kube-proxy's configuration
 * @param throughIngress whether it has to have proxies for its Ingresses
 * @returns the first case that fits; its mode is the one that runs
 * @throws InputError and CliError
 */
export function clusterCase(
  args: ClusterArguments,
  mode: string | undefined,
  verbosity: Verbosity,
  throughIngress = false,
): Case {
  return clusterCases(args, [{ mode, option: '--mode', throughIngress }], verbosity)[0]!;
}

/**
 * Loads the cluster once, for several modes.
 * @returns a case for each mode, as `clusterCase` gives it
 * @throws InputError and CliError
 */
export function clusterCases(
  { cluster: files, set, filter }: ClusterArguments,
  looks: readonly Look[],
  verbosity: Verbosity,
): readonly Case[] {
  const isScenario = files.length === 1 && speaksOfScenario(files[0]!);
  const options = { set, filter, seed: undefined, runs: undefined, manifests: isScenario ? [] : files };
  const loaded = loadCluster(isScenario ? files[0] : undefined, options);
  const found = looks.map((look) => loaded.cases(look));
  tellManifests(loaded, verbosity);
  for (const note of new Set(found.flatMap(({ notes }) => notes))) tell(`manifests: ${note}`, verbosity);
  return found.map(({ scenario: { cases } }, i) => {
    const chosen = cases[0];
    if (chosen === undefined) throw new CliError('the scenario has no case that fits', ExitCode.usage);
    if (i === 0) tellChoice(chosen, cases, verbosity);
    const { mode, fellBackFrom } = chosen.proxy;
    if (fellBackFrom !== '') tell(`${fellBackFrom} mode cannot run, kube-proxy falls back to ${mode}`, verbosity);
    return chosen;
  });
}

/** Says which case was taken, where that matters. */
function tellChoice(chosen: Case, cases: readonly Case[], verbosity: Verbosity): void {
  const otherSizes = cases.some(({ cluster }) => cluster.services !== chosen.cluster.services);
  const otherModes = cases.some(({ proxy }) => proxy.mode !== chosen.proxy.mode);
  if (!otherSizes && !otherModes) return;
  const what = otherSizes ? 'clusters of several sizes' : 'several modes';
  const how = otherSizes ? '--filter chooses' : '--mode chooses';
  tell(`the scenario has ${what}; taken: ${chosen.id} (${how})`, verbosity);
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
