/** Groups of findings: sentences about one subject, with how much there is to tell about it. */

/** Sentences about one subject. */
export interface FindingGroup {
  readonly sentences: readonly string[];
  /** How far apart the compared things are, as a ratio of 1 or more; the largest group leads. */
  readonly weight: number;
}

/** The sentences of all groups, the group in which most differs first; groups that differ alike stay as they are. */
export function leadingFirst(groups: readonly FindingGroup[]): string[] {
  return [...groups]
    .sort((a, b) => (a.weight === b.weight ? 0 : b.weight - a.weight))
    .flatMap((group) => group.sentences);
}
