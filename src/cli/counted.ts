/** Counts with their nouns, for messages. */

/**
 * A number and what it counts: `1 case`, `2 cases`.
 * @param noun in the singular; its plural takes an s
 */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
