/**
 * Which rows of the rule rows are free: ranges by size class, given out again when a chain goes.
 *
 * Up to 64 rows a class is one exact length, so the many short chains waste nothing; above, there are eight classes a
 * doubling (at most an eighth wasted). O(1) a range.
 */

/** Free ranges of rows. */
export class RowAllocator {
  /** Rows ever given out; the rows need this many. */
  top = 0;
  private readonly free = new Map<number, number[]>();

  /**
   * Takes a range.
   * @param length rows wanted
   * @returns its first row
   */
  take(length: number): number {
    if (length === 0) return 0;
    const room = roomFor(length);
    const start = this.free.get(room)?.pop();
    if (start !== undefined) return start;
    this.top += room;
    return this.top - room;
  }

  /** Gives a range back that `take` gave for this length. */
  give(start: number, length: number): void {
    if (length === 0) return;
    const room = roomFor(length);
    const ranges = this.free.get(room);
    if (ranges === undefined) this.free.set(room, [start]);
    else ranges.push(start);
  }
}

function roomFor(length: number): number {
  if (length <= 64) return length;
  const step = 1 << (28 - Math.clz32(length - 1));
  return Math.ceil(length / step) * step;
}
