/** Checks files with Kubernetes objects without running them: what an API server, or the reader, would refuse. */
import { InputError, type Problem } from '../problem.js';
import { readRawObjects } from './read.js';
import { rawObjects, type RawObject, type SourceText } from './raw-object.js';

/** What a check gave. */
export interface ManifestCheck {
  /** Number of objects in each file, in the files' order; none for a file that cannot be taken apart. */
  readonly counts: readonly number[];
  /** Every problem of every file, in the order of their places. */
  readonly problems: readonly Problem[];
}

/** Checks files; all of them together are one cluster. Objects from a server are held against the rules too. */
export function checkManifests(sources: readonly SourceText[]): ManifestCheck {
  const problems: Problem[] = [];
  const objects = sources.map((source): readonly RawObject[] => tried(problems, () => rawObjects(source)) ?? []);
  tried(problems, () => readRawObjects(objects.flat(), { review: 'all', needsService: false }));
  return { counts: objects.map(({ length }) => length), problems };
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
