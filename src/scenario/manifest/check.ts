/** Checks files with Kubernetes objects without running them: what an API server, or the reader, would refuse. */
import { InputError, type Problem } from '../problem.js';
import { keyOfRaw } from './read-objects.js';
import { readRawObjects } from './read.js';
import { reviewed } from './review.js';
import { rawObjects, type RawObject, type SourceText } from './raw-object.js';

/** What a check gave. */
export interface ManifestCheck {
  /** Number of objects in each file, in the files' order; none for a file that cannot be taken apart. */
  readonly counts: readonly number[];
  /** Every problem of every file, in the order of their places. */
  readonly problems: readonly Problem[];
}

/**
 * Checks files; all of them together are one cluster. Objects from a server are held against the rules too.
 * @param olds files with the objects that a cluster has now: others of their kind and name are checked as updates of them
 * @throws InputError for old files that cannot be read
 */
export function checkManifests(sources: readonly SourceText[], olds: readonly SourceText[] = []): ManifestCheck {
  const old = oldObjects(olds);
  const problems: Problem[] = [];
  const objects = sources.map((source): readonly RawObject[] => tried(problems, () => rawObjects(source)) ?? []);
  tried(problems, () => readRawObjects(objects.flat(), { review: 'all', needsService: false, old }));
  return { counts: objects.map(({ length }) => length), problems };
}

/** What there is, by kind and name. Its values must be of the right types; what rules say of it does not matter any more. */
function oldObjects(sources: readonly SourceText[]): ReadonlyMap<string, RawObject> {
  const raws = sources.flatMap(rawObjects);
  const results = raws.map((raw) => reviewed(raw, 'all'));
  const problems = results.flatMap((own) => (own.undecodable ? own.problems : []));
  if (problems.length > 0) throw new InputError(problems);
  return new Map(raws.flatMap((raw) => (keyOfRaw(raw) === undefined ? [] : [[keyOfRaw(raw) ?? '', raw] as const])));
}

function tried<T>(problems: Problem[], step: () => T): T | undefined {
  try {
    return step();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    problems.push(...error.problems);
    return undefined;
  }
}
