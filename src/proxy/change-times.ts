/**
 * When each revision of the ledger was made, and so what a node has seen of them.
 *
 * A node's watch connection delays everything by one fixed span, so events arrive in order and nothing has to be kept for each node and revision.
 * Cost: O(log revisions) a question.
 */
import type { Nanoseconds } from '../sim/index.js';

/** Times of revisions, from the oldest one kept. */
export class ChangeTimes {
  /** Revision of the first element of `times`. */
  private first: number;
  private readonly times: Nanoseconds[];

  /**
   * @param revision the revision that everybody has seen when this is made
   * @param now the present time
   */
  constructor(revision: number, now: Nanoseconds) {
    this.first = revision;
    this.times = [now];
  }

  /** Notes that the next revision was made. */
  add(now: Nanoseconds): void {
    this.times.push(now);
  }

  /** When a revision that is still kept was made. */
  at(revision: number): Nanoseconds {
    return this.times[revision - this.first]!;
  }

  /** The newest revision that was made at or before a time; the oldest one kept when there is none. */
  newestAt(time: Nanoseconds): number {
    let low = 0;
    let high = this.times.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.times[middle]! <= time) low = middle;
      else high = middle - 1;
    }
    return this.first + low;
  }

  /**
   * When the first revision after `revision` was made that was not made before `time`; Infinity when there is none yet.
   * @param revision a revision that is still kept
   */
  nextAfter(revision: number, time: Nanoseconds): Nanoseconds {
    let low = Math.max(0, revision + 1 - this.first);
    let high = this.times.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.times[middle]! < time) low = middle + 1;
      else high = middle;
    }
    return low < this.times.length ? this.times[low]! : Infinity;
  }

  /** Drops the times of revisions before `revision`, which is kept. */
  forgetBefore(revision: number): void {
    const count = Math.min(revision - this.first, this.times.length - 1);
    if (count <= 0) return;
    this.times.splice(0, count);
    this.first += count;
  }
}
