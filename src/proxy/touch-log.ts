/**
 * Which keys were touched in which revision, in order. Cost: O(log n + answer) a question, 16 bytes an entry.
 */
import { firstAfter } from './first-after.js';

/** A log of (revision, key), ascending by revision. */
export class TouchLog {
  private revisions: number[] = [];
  private keys: number[] = [];

  /** Number of entries kept. */
  get length(): number {
    return this.keys.length;
  }

  /** Notes that a key was touched; revisions never go back. */
  add(revision: number, key: number): void {
    this.revisions.push(revision);
    this.keys.push(key);
  }

  /** Keys touched after `from`, up to and including `to`, each once. */
  between(from: number, to: number): ReadonlySet<number> {
    const touched = new Set<number>();
    for (let i = firstAfter(this.revisions, from); i < this.revisions.length && this.revisions[i]! <= to; i++) {
      touched.add(this.keys[i]!);
    }
    return touched;
  }

  /** Drops the entries up to and including `revision`. */
  forgetThrough(revision: number): void {
    const kept = firstAfter(this.revisions, revision);
    this.revisions = this.revisions.slice(kept);
    this.keys = this.keys.slice(kept);
  }
}
