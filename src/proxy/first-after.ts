/** Where in an ascending list the numbers begin that are larger than a given one; its length where none is. Cost: O(log n). */

/** Finds that place by halving. @param ascending numbers, none smaller than the one before it */
export function firstAfter(ascending: readonly number[], value: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}
