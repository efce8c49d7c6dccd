/**
 * A map from unsigned 32-bit numbers (mostly addresses of either family) to small integers.
 *
 * Open addressing with linear probing over typed arrays, at most half full; removal shifts the entries behind back. Cost: O(1), no allocation but
 * when it grows. The value -1 means "absent".
 */

/** A map from unsigned 32-bit numbers to numbers from 0. */
export class AddressMap {
  private keys: Uint32Array;
  private values: Int32Array;
  private shift: number;
  private count = 0;

  /** @param capacity number of entries to have room for at first */
  constructor(capacity = 8) {
    let bits = 4;
    while (1 << bits < capacity * 2) bits++;
    this.shift = 32 - bits;
    this.keys = new Uint32Array(1 << bits);
    this.values = new Int32Array(1 << bits).fill(-1);
  }

  /** Number of entries. */
  get size(): number {
    return this.count;
  }

  /** The value of a key, or -1. */
  get(key: number): number {
    return this.values[this.place(key)]!;
  }

  /** Whether a key is present. */
  has(key: number): boolean {
    return this.values[this.place(key)]! >= 0;
  }

  /**
   * Sets a key.
   * @param key unsigned 32-bit number
   * @param value 0 or more
   */
  set(key: number, value: number): void {
    let place = this.place(key);
    if (this.values[place]! < 0) {
      if (this.count * 2 >= this.keys.length) {
        this.grow();
        place = this.place(key);
      }
      this.count++;
    }
    this.keys[place] = key;
    this.values[place] = value;
  }

  /** Removes a key; nothing happens when it is absent. */
  delete(key: number): void {
    const mask = this.keys.length - 1;
    let hole = this.place(key);
    if (this.values[hole]! < 0) return;
    this.count--;
    this.values[hole] = -1;
    for (let i = (hole + 1) & mask; this.values[i]! >= 0; i = (i + 1) & mask) {
      const home = this.home(this.keys[i]!);
      // Move an entry back only if the hole lies between its home and its place.
      if (((i - home) & mask) < ((i - hole) & mask)) continue;
      this.keys[hole] = this.keys[i]!;
      this.values[hole] = this.values[i]!;
      this.values[i] = -1;
      hole = i;
    }
  }

  private home(key: number): number {
    return Math.imul(key, 0x9e3779b1) >>> this.shift;
  }

  private place(key: number): number {
    const mask = this.keys.length - 1;
    const unsigned = key >>> 0;
    let i = this.home(unsigned);
    while (this.values[i]! >= 0 && this.keys[i] !== unsigned) i = (i + 1) & mask;
    return i;
  }

  private grow(): void {
    const keys = this.keys;
    const values = this.values;
    this.shift--;
    this.keys = new Uint32Array(keys.length * 2);
    this.values = new Int32Array(keys.length * 2).fill(-1);
    for (let i = 0; i < keys.length; i++) {
      if (values[i]! < 0) continue;
      const place = this.place(keys[i]!);
      this.keys[place] = keys[i]!;
      this.values[place] = values[i]!;
    }
  }
}
