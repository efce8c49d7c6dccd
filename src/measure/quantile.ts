/**
 * The one definition of a quantile here: the nearest rank, so that a quantile is always a value that was seen (or, in a
 * histogram, its bucket).
 */

/** Slack for q x count, so that rounding (0.07 x 100 = 7.000000000000001) never skips a rank. */
const SLACK = 2 ** -40;

/**
 * Rank of the value below or at which the share `q` of the values lies.
 * @param q the share, 0 to 1
 * @param count number of values, at least 1
 * @returns 1 for the least value to `count` for the largest
 */
export function nearestRank(q: number, count: number): number {
  return Math.min(count, Math.max(1, Math.ceil(q * count - count * SLACK)));
}
