/**
 * How even a load is: Jain's fairness index and the ratio of the largest load to the mean.
 *
 * R. Jain, D. Chiu, W. Hawe, "A Quantitative Measure of Fairness and Discrimination", DEC-TR-301, 1984:
 * (sum x)^2 / (n sum x^2); 1 when all are equal, k/n when k of n share everything equally.
 */

/**
 * Jain's fairness index.
 * @param loads non-negative loads, one per endpoint, idle endpoints included
 * @returns 1/n to 1; NaN when there is no load at all
 */
export function jainIndex(loads: ArrayLike<number>): number {
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < loads.length; i++) {
    const load = loads[i] ?? 0;
    sum += load;
    squares += load * load;
  }
  return (sum * sum) / (loads.length * squares);
}

/**
 * Largest load over the mean load.
 * @param loads non-negative loads, one per endpoint, idle endpoints included
 * @returns 1 to n; NaN when there is no load at all
 */
export function maxOverMean(loads: ArrayLike<number>): number {
  let sum = 0;
  let max = 0;
  for (let i = 0; i < loads.length; i++) {
    const load = loads[i] ?? 0;
    sum += load;
    max = Math.max(max, load);
  }
  return (max * loads.length) / sum;
}
