/** Checks scenarios one by one, and Kubernetes objects as an API server would, and reports on each file. */
import { csvTable, jsonList } from '../report/index.js';
import { checkManifests, InputError, problemText } from '../scenario/index.js';
import { counted } from './counted.js';
import { CliError, ExitCode } from './exit-code.js';
import { holdsObjects } from './file-kind.js';
import { readText, requireOneStdin, STDIN } from './files.js';
import { loadScenario } from './load-scenario.js';
import type { CommonArguments, ScenarioArguments } from './options.js';
import { say, shortened, writeResult } from './terminal.js';

interface Verdict {
  readonly file: string;
  readonly valid: boolean;
  /** 0 for Kubernetes objects, and for what is not valid. */
  readonly cases: number;
  readonly seeds: number;
  /** Kubernetes objects in the file; 0 for a scenario. */
  readonly objects: number;
  readonly problems: readonly string[];
}

/**
 * Checks files.
 * @param names scenarios, or files with Kubernetes objects
 * @returns the exit code
 * @throws CliError when there is nothing to check
 */
export async function validateAll(
  names: readonly string[],
  options: CommonArguments & ScenarioArguments & { readonly old: readonly string[] },
): Promise<number> {
  if (names.length + options.manifests.length === 0) {
    throw new CliError('nothing to check: name scenarios, or files with Kubernetes objects', ExitCode.usage);
  }
  requireOneStdin([...names, ...options.manifests, ...options.old]);
  const withObjects = names.filter(holdsObjects);
  const given = [...withObjects, ...options.manifests];
  if (options.old.length > 0 && given.length === 0) {
    throw new CliError('--old: name files with the new objects too', ExitCode.usage);
  }
  const ofObjects = objectVerdicts(given, options.old);
  const ofScenarios = names.filter((name) => !withObjects.includes(name)).map((name) => verdictOn(name, options));
  const verdicts = [...ofScenarios, ...ofObjects];
  const lines = new Set(verdicts.flatMap((verdict) => shortened(verdict.problems)));
  for (const line of lines) say(line);
  await writeResult(verdictsText(verdicts, options.output));
  return verdicts.every((verdict) => verdict.valid) ? ExitCode.fine : ExitCode.usage;
}

function verdictOn(name: string, options: ScenarioArguments): Verdict {
  const file = shownName(name);
  try {
    const { cases, seeds } = loadScenario(name, options).scenario;
    return { file, valid: true, cases: cases.length, seeds: seeds.length, objects: 0, problems: [] };
  } catch (error) {
    const known = error instanceof InputError ? error.problems.map(problemText) : undefined;
    if (known === undefined && !(error instanceof CliError)) throw error;
    const problems = known ?? [`kpb: ${(error as CliError).message}`];
    return { file, valid: false, cases: 0, seeds: 0, objects: 0, problems };
  }
}

/** All files with objects are one cluster, as for `kpb run --manifests`. */
function objectVerdicts(names: readonly string[], old: readonly string[]): readonly Verdict[] {
  if (names.length === 0) return [];
  const texts = (files: readonly string[]) => files.map((name) => ({ file: shownName(name), text: readText(name) }));
  const { counts, problems } = checkManifests(texts(names), texts(old));
  return names.map((name, i): Verdict => {
    const file = shownName(name);
    const own = problems.filter(({ place }) => place.file === file).map(problemText);
    return { file, valid: own.length === 0, cases: 0, seeds: 0, objects: counts[i] ?? 0, problems: own };
  });
}

function shownName(name: string): string {
  return name === STDIN ? 'stdin' : name;
}

function verdictsText(verdicts: readonly Verdict[], output: CommonArguments['output']): string {
  if (output === 'json') return jsonList('ValidationList', {}, verdicts);
  if (output === 'csv') {
    const lines = verdicts.map(({ file, valid, cases, seeds, objects, problems }) => {
      return [file, String(valid), String(cases), String(seeds), String(problems.length), String(objects)];
    });
    return csvTable(['file', 'valid', 'cases', 'seeds', 'problems', 'objects'], lines);
  }
  return verdicts
    .map((verdict) => {
      const { file, valid, problems } = verdict;
      return `${file}: ${valid ? `valid, ${contentText(verdict)}` : `not valid, ${counted(problems.length, 'problem')}`}\n`;
    })
    .join('');
}

function contentText({ cases, seeds, objects }: Verdict): string {
  return objects > 0
    ? counted(objects, 'Kubernetes object')
    : `${counted(cases, 'case')} with ${counted(seeds, 'seed')} each`;
}
