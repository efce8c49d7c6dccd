/**
 * A hash from two 32-bit integers to a small integer, in typed columns under open addressing.
 *
 * Entries are never removed: what is gone is told by whoever keeps the rows that the entries name. Cost: one or two
 * slots read a lookup (load at most a half); nothing is allocated by a lookup.
 */

/** The hash. */
export class KeyMap {
  private upper = new Int32Array(16);
  private lower = new Int32Array(16);
  /** Value + 1; 0 for an empty slot. */
  private value = new Int32Array(16);
  private count = 0;

  /** The value behind a key, or -1. */
  get(upper: number, lower: number): number {
    return this.value[this.slot(upper | 0, lower | 0)]! - 1;
  }

  /** Puts a value, from 0 to 2^31 - 2, behind a key. */
  set(upper: number, lower: number, value: number): void {
    if (this.count * 2 >= this.value.length) this.enlarge();
    const slot = this.slot(upper | 0, lower | 0);
    if (this.value[slot] === 0) this.count++;
    this.upper[slot] = upper;
    this.lower[slot] = lower;
    this.value[slot] = value + 1;
  }

  private slot(upper: number, lower: number): number {
    const mask = this.value.length - 1;
    let mixed = Math.imul(upper ^ Math.imul(lower, 0x9e3779b1), 0x85ebca6b);
    mixed ^= mixed >>> 15;
    let slot = mixed & mask;
    while (this.value[slot] !== 0 && !(this.lower[slot] === lower && this.upper[slot] === upper)) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private enlarge(): void {
    const { upper, lower, value } = this;
    const length = value.length * 2;
    this.upper = new Int32Array(length);
    this.lower = new Int32Array(length);
    this.value = new Int32Array(length);
    this.count = 0;
    for (let slot = 0; slot < value.length; slot++) {
      if (value[slot] !== 0) this.set(upper[slot]!, lower[slot]!, value[slot]! - 1);
    }
  }
}
