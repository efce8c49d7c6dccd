/**
 * A digest of a run: two runs with one digest took the same steps in the same order.
 *
 * Folds triples (time, kind, subject) into 64 bits, as two 32-bit lanes mixed in the manner of MurmurHash3 (Appleby).
 * It tells runs apart; it is no cryptographic hash. Cost: about 5 ns a triple.
 */
const HIGH = 2 ** -32;

/** Running digest over all events of one run. */
export class Digest {
  private readonly lanes = new Int32Array([0x243f6a88, 0x85a308d3]);

  /**
   * Folds one event in.
   * @param time simulated time in nanoseconds
   * @param kind the event's kind
   * @param subject what it is about
   */
  add(time: number, kind: number, subject: number): void {
    const low = time | 0;
    const high = (time * HIGH) | 0;
    let a = this.lanes[0]! ^ Math.imul(low ^ Math.imul(kind + 1, 0x1b873593), 0xcc9e2d51);
    a = Math.imul((a << 13) | (a >>> 19), 5) + 0x52dce729;
    let b = this.lanes[1]! ^ Math.imul(subject ^ Math.imul(high, 0x38b34ae5), 0x1b873593);
    b = Math.imul((b << 15) | (b >>> 17), 5) + 0x38495ab5;
    this.lanes[0] = a + b;
    this.lanes[1] = b ^ a;
  }

  /** The digest so far: 16 hexadecimal digits. */
  toString(): string {
    return [...this.lanes].map((lane) => (lane >>> 0).toString(16).padStart(8, '0')).join('');
  }
}
