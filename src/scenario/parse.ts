/**
 * From a scenario's text to its document: the envelope checked, `--set` options applied, nothing expanded yet.
 *
 * The text names other texts (manifests, a cost profile) which whoever reads files must bring for `expand.ts`.
 */
import { checked, problemAt } from './explain.js';
import { child, plain } from './located.js';
import type { Located, Path } from './located.js';
import { InputError } from './problem.js';
import type { Problem } from './problem.js';
import { envelopeSchema } from './schema.js';
import { applySet } from './set-path.js';
import { readYaml } from './yaml-source.js';

/** A scenario as it was written. */
export interface ScenarioDocument {
  /** File name, for messages. */
  readonly file: string;
  readonly name: string;
  /** `spec`, without defaults, with its matrix. */
  readonly spec: Located;
  /** Paths of manifests, as written. */
  readonly manifests: readonly string[];
  /** Name or path of the cost profile; undefined when the scenario holds it itself or leaves it to the default. */
  readonly profile: string | undefined;
  /** Path of kube-proxy's configuration; undefined when the scenario holds it itself or has none. */
  readonly proxyConfiguration: string | undefined;
  /** Number of seeds when `run.seeds` lists them; 0 when it does not. */
  readonly listedSeeds: number;
  /** The `--set` options that took fields out of the matrix, as written. */
  readonly narrowing: readonly string[];
}

/**
 * Reads a scenario.
 * @param text YAML
 * @param file its name, for messages
 * @param sets `path=value` options laid over it, in their order
 * @throws InputError with every problem of the text's form; values are checked by `expandScenario`
 */
export function parseScenario(text: string, file: string, sets: readonly string[] = []): ScenarioDocument {
  const narrowing: string[] = [];
  const root = sets.reduce(
    (here, option) => {
      const next = applySet(here, option);
      if (!/^(spec\.)?matrix\./.test(option) && matrixText(next) !== matrixText(here)) narrowing.push(option);
      return next;
    },
    readYaml(text, file),
  );
  const origin = { file, field: '' };
  const envelope = checked(envelopeSchema, root, origin);
  const spec = child(root, 'spec');
  if (spec?.kind !== 'map') throw new InputError([problemAt(root, ['spec'], 'expected a mapping', origin)]);
  const profile = child(spec, 'profile');
  const configuration = child(spec, 'proxyConfiguration');
  const seeds = child(child(spec, 'run'), 'seeds');
  return {
    file,
    name: envelope.metadata.name,
    spec,
    manifests: manifestPaths(spec),
    profile: textIn(profile),
    proxyConfiguration: textIn(configuration),
    narrowing,
    listedSeeds: seeds?.kind === 'list' ? seeds.items.length : 0,
  };
}

function textIn(tree: Located | undefined): string | undefined {
  return tree?.kind === 'scalar' && typeof tree.value === 'string' ? tree.value : undefined;
}

function matrixText(root: Located): string {
  const matrix = child(child(root, 'spec'), 'matrix');
  return matrix === undefined ? '' : JSON.stringify(plain(matrix));
}

/** A problem at a path below `spec`, for what is found out elsewhere. */
export function atPath({ spec, file }: ScenarioDocument, path: Path, message: string): Problem {
  return problemAt(spec, path, message, { file, field: 'spec' });
}

/** What the scenario says it is to answer, on one line; empty when it does not. */
export function scenarioQuestion({ spec }: ScenarioDocument): string {
  const question = child(spec, 'question');
  const text: unknown = question?.kind === 'scalar' ? question.value : '';
  return typeof text === 'string' ? text.trim().replaceAll(/\s+/g, ' ') : '';
}

function manifestPaths(spec: Located): readonly string[] {
  const paths = child(child(spec, 'cluster'), 'manifests');
  const values = paths === undefined ? [] : plain(paths);
  // Anything else in the list is reported by the schema.
  return Array.isArray(values) ? values.filter((value): value is string => typeof value === 'string') : [];
}
