/**
 * A ring of times: requests that are due but have no connection yet, in order. Grows by doubling; no allocation otherwise.
 */

/** Times in the order in which they were added. */
export class TimeRing {
  private times = new Float64Array(16);
  private head = 0;
  /** Number of times in the ring. */
  length = 0;

  /** Adds a time behind the others. */
  push(time: number): void {
    if (this.length === this.times.length) {
      const times = new Float64Array(this.length * 2);
      for (let i = 0; i < this.length; i++) times[i] = this.times[(this.head + i) & (this.length - 1)]!;
      this.times = times;
      this.head = 0;
    }
    this.times[(this.head + this.length++) & (this.times.length - 1)] = time;
  }

  /** Takes the first time out; the ring must not be empty. */
  shift(): number {
    const time = this.times[this.head]!;
    this.head = (this.head + 1) & (this.times.length - 1);
    this.length--;
    return time;
  }
}
