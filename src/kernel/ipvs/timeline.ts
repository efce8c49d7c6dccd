/**
 * A value by version: what it was at each version still in use.
 *
 * Nodes take over versions at different times, so several are in use at once. Cost: O(1) for the newest version, one
 * step more for each change since.
 */

/** The history of one value. */
export class Timeline<T> {
  /** Versions at which the value changed, ascending, and the values from then on. */
  private readonly versions: number[] = [];
  private readonly values: T[] = [];
  private readonly before: T;

  /** @param before the value before the first change */
  constructor(before: T) {
    this.before = before;
  }

  /** The newest value. */
  get latest(): T {
    return this.values.length > 0 ? this.values[this.values.length - 1]! : this.before;
  }

  /** The value at a version. */
  at(version: number): T {
    for (let i = this.versions.length - 1; i >= 0; i--) {
      if (this.versions[i]! <= version) return this.values[i]!;
    }
    return this.before;
  }

  /** Changes the value from a version on, which must not be older than the last change. */
  set(version: number, value: T): void {
    const last = this.versions.length - 1;
    if (last >= 0 && this.versions[last] === version) {
      this.values[last] = value;
      return;
    }
    this.versions.push(version);
    this.values.push(value);
  }

  /** Drops what only versions before `version` need. */
  forgetBefore(version: number): void {
    let stale = 0;
    while (stale + 1 < this.versions.length && this.versions[stale + 1]! <= version) stale++;
    if (stale === 0) return;
    this.versions.splice(0, stale);
    this.values.splice(0, stale);
  }
}
