/**
 * From a scenario's name and the command line to a scenario ready to run: reads the files that it names.
 */
import { existsSync } from 'node:fs';
import { basename, dirname, isAbsolute, join } from 'node:path';
import {
  atPath,
  clusterScenario,
  expandedText,
  expandScenario,
  expandToLook,
  InputError,
  lookScenario,
  MAX_SEEDS,
  ownConfiguration,
  ownObjects,
  ownProfile,
  parseProfile,
  parseScenario,
  readManifests,
  readProxyConfiguration,
  type ClusterObjects,
  type CostProfile,
  type Look,
  type LookedAt,
  type ManifestContent,
  type ProxyConfiguration,
  type Scenario,
  type ScenarioDocument,
  type Supplies,
} from '../scenario/index.js';
import { CliError, ExitCode } from './exit-code.js';
import { readText, STDIN } from './files.js';
import type { ScenarioArguments } from './options.js';
import { SHIPPED_PROFILES, SHIPPED_SCENARIOS, yamlFiles } from './places.js';

/** What messages call the scenario that goes with manifests. */
const BUILT_IN = 'the built-in scenario';

/** A scenario ready to run, with what the command line made of it. */
export interface LoadedScenario {
  /** Path as the user gave it; empty for the built-in scenario. */
  readonly file: string;
  readonly scenario: Scenario;
  /** Cases that the filter left out. */
  readonly leftOut: number;
  /** The whole input as one file. */
  readonly expanded: () => string;
  /** What the manifests held beside what is simulated; undefined without manifests. */
  readonly manifests: ManifestContent | undefined;
}

/**
 * Loads one scenario.
 * @param name a path, or the name of a shipped scenario; undefined for the built-in one that goes with manifests
 * @throws InputError and CliError
 */
export function loadScenario(name: string | undefined, options: ScenarioArguments): LoadedScenario {
  return withoutLines(() => loaded(name, options));
}

/** A cluster to look at. */
export interface LoadedCluster {
  readonly manifests: ManifestContent | undefined;
  /**
   * The cases in one mode.
   * @throws InputError, and CliError when the filter leaves none
   */
  cases(look: Look): LookedAt;
}

/**
 * Loads the cluster of manifests or of a scenario, without a question about its traffic.
 * @param name a path, or the name of a shipped scenario; undefined for manifests alone
 * @throws InputError and CliError
 */
export function loadCluster(name: string | undefined, options: ScenarioArguments): LoadedCluster {
  const { document, manifests, supplies } = withoutLines(() => read(name, lookScenario, options));
  return {
    manifests,
    cases: (look) =>
      withoutLines(() => {
        const { scenario, notes } = expandToLook(document, supplies, look);
        return { scenario: { ...scenario, cases: filtered(scenario, options.filter) }, notes };
      }),
  };
}

/** Nobody can look up a line of a built-in scenario. */
function withoutLines<T>(step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const lineless = error.problems.map((problem) => {
      return problem.place.file === BUILT_IN ? { ...problem, place: { file: BUILT_IN, line: 0, column: 0 } } : problem;
    });
    throw new InputError(lineless);
  }
}

function loaded(name: string | undefined, options: ScenarioArguments): LoadedScenario {
  const { file, document, manifests, supplies } = read(name, clusterScenario, options);
  const all = expandScenario(document, supplies);
  const cases = filtered(all, options.filter);
  const scenario = { ...all, cases };
  const leftOut = all.cases.length - cases.length;
  const expanded = () => expandedText(document, supplies, { scenario, filtered: leftOut > 0 });
  return { file: name === undefined ? '' : file, scenario, leftOut, expanded, manifests };
}

/** What was read, before it is expanded. */
interface ReadScenario {
  readonly file: string;
  readonly document: ScenarioDocument;
  readonly manifests: ManifestContent | undefined;
  readonly supplies: Supplies;
}

function read(
  name: string | undefined,
  builtIn: (objects: ClusterObjects | null) => string,
  options: ScenarioArguments,
): ReadScenario {
  const given = options.manifests.length === 0 ? undefined : givenManifests(options.manifests);
  const [file, text] = name === undefined ? [BUILT_IN, builtIn(given?.objects ?? null)] : scenarioText(name);
  const document = parseScenario(text, file, setsOf(options, parseScenario(text, file)));
  const folder = name === undefined || name === STDIN ? '.' : dirname(file);
  const manifests = given ?? namedManifests(document, folder);
  const supplies = {
    objects: (manifests ?? ownObjects(document))?.objects ?? null,
    profile: ownProfile(document) ?? profileNamed(document, folder),
    configuration: ownConfiguration(document) ?? configurationNamed(document, folder) ?? manifests?.configuration,
  };
  return { file, document, manifests, supplies };
}

/** Finds a scenario: a file, else a shipped one of that name. */
function scenarioText(name: string): [file: string, text: string] {
  if (name === STDIN) return ['stdin', readText(name)];
  if (existsSync(name) || /[/\\]|\.ya?ml$/.test(name)) return [name, readText(name)];
  const shipped = join(SHIPPED_SCENARIOS, `${name}.yaml`);
  if (existsSync(shipped)) return [shipped, readText(shipped)];
  const names = yamlFiles(SHIPPED_SCENARIOS).map((path) => basename(path, '.yaml'));
  throw new CliError(`there is no file and no scenario called ${name}; there are: ${names.join(', ')}`, ExitCode.usage);
}

function setsOf({ set, seed, runs }: ScenarioArguments, document: ScenarioDocument): string[] {
  const sets = [...set];
  if (runs !== undefined) {
    if (!/^[1-9]\d{0,8}$/.test(runs) || Number(runs) > MAX_SEEDS)
      throw new CliError(`--runs: expected a whole number from 1 to ${MAX_SEEDS}, found ${runs}`, ExitCode.usage);
    sets.push(`run.seeds=${runs}`);
  }
  if (seed !== undefined) {
    if (seed === '') throw new CliError('--seed: expected a text', ExitCode.usage);
    // A list of seeds gives way to as many seeds named after the root.
    if (runs === undefined && document.listedSeeds > 0) sets.push(`run.seeds=${document.listedSeeds}`);
    sets.push(`run.seed=${JSON.stringify(seed)}`);
  }
  return sets;
}

function givenManifests(paths: readonly string[]): ManifestContent {
  return readManifests(paths.map((path) => ({ file: path === STDIN ? 'stdin' : path, text: readText(path) })));
}

/** Manifests that the scenario names, seen from where it is. */
function namedManifests(document: ScenarioDocument, folder: string): ManifestContent | undefined {
  if (document.manifests.length === 0) return undefined;
  const sources = document.manifests.map((path, index) => {
    const file = isAbsolute(path) ? path : join(folder, path);
    return { file, text: withPlace(document, ['cluster', 'manifests', index], () => readText(file)) };
  });
  return readManifests(sources);
}

/** kube-proxy's configuration by path, seen from the scenario; undefined when it names none. */
function configurationNamed(document: ScenarioDocument, folder: string): ProxyConfiguration | undefined {
  const path = document.proxyConfiguration;
  if (path === undefined) return undefined;
  const file = isAbsolute(path) ? path : join(folder, path);
  return readProxyConfiguration({ file, text: withPlace(document, ['proxyConfiguration'], () => readText(file)) });
}

/** A profile by path (seen from the scenario), else by name: beside the scenario, else shipped. */
function profileNamed(document: ScenarioDocument, folder: string): CostProfile {
  const name = document.profile ?? 'reference-2026';
  const isPath = /[/\\]|\.ya?ml$/.test(name);
  const candidates = isPath
    ? [isAbsolute(name) ? name : join(folder, name)]
    : [folder, SHIPPED_SCENARIOS].map((base) => join(base, 'profiles', `${name}.yaml`));
  const path = candidates.find((candidate) => existsSync(candidate));
  if (path !== undefined) return parseProfile(readText(path), path);
  const names = yamlFiles(SHIPPED_PROFILES).map((file) => basename(file, '.yaml'));
  const message = `there is no cost profile ${name}; there are: ${names.join(', ')}`;
  throw new InputError([atPath(document, ['profile'], message)]);
}

/** Carries out a step; says which part of the scenario made it fail. */
function withPlace<T>(document: ScenarioDocument, path: readonly (string | number)[], step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    throw new InputError([atPath(document, path, error.message)]);
  }
}

function filtered(scenario: Scenario, filter: string | undefined): Scenario['cases'] {
  if (filter === undefined) return scenario.cases;
  let expression: RegExp;
  try {
    expression = new RegExp(filter);
  } catch (error) {
    throw new CliError(`--filter: ${error instanceof Error ? error.message : String(error)}`, ExitCode.usage);
  }
  const cases = scenario.cases.filter((item) => expression.test(item.id));
  if (cases.length > 0) return cases;
  const ids = scenario.cases.slice(0, 5).map((item) => `  ${item.id}`);
  const message = `--filter ${filter} matches none of the ${scenario.cases.length} cases, such as\n${ids.join('\n')}`;
  throw new CliError(message, ExitCode.usage);
}
