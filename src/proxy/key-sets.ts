/**
 * Which service ports there were in which revision.
 *
 * Ports come and go rarely, so a set is made only for the revisions in which it changed, when first asked for.
 * Cost: O(1) while the set is the same; O(keys ever given out) for a new one.
 */

/** Sets of keys by revision. */
export class KeySets {
  /** By key: revisions in which it came and went. */
  private readonly born: number[] = [];
  private readonly died: number[] = [];
  /** Revisions in which the set changed, ascending, with the sets made so far. */
  private readonly changes: number[] = [];
  private readonly sets: (readonly number[] | undefined)[] = [];

  /**
   * Notes that a key came (keys come in ascending order) or went.
   * @param key the key
   * @param revision when; not before the one noted last
   * @param came whether it came
   */
  note(key: number, revision: number, came: boolean): void {
    if (came) {
      this.born[key] = revision;
      this.died[key] = Infinity;
    } else {
      this.died[key] = revision;
    }
    if (this.changes[this.changes.length - 1] === revision) this.sets[this.sets.length - 1] = undefined;
    else {
      this.changes.push(revision);
      this.sets.push(undefined);
    }
  }

  /** Keys that were there in a revision, ascending. */
  at(revision: number): readonly number[] {
    let change = this.changes.length - 1;
    while (change >= 0 && this.changes[change]! > revision) change--;
    if (change < 0) return [];
    return (this.sets[change] ??= this.make(this.changes[change]!));
  }

  /** Drops sets that only revisions before `revision` need. */
  forgetBefore(revision: number): void {
    let needed = this.changes.length - 1;
    while (needed > 0 && this.changes[needed]! > revision) needed--;
    if (needed <= 0) return;
    this.changes.splice(0, needed);
    this.sets.splice(0, needed);
  }

  private make(revision: number): readonly number[] {
    const keys: number[] = [];
    for (let key = 0; key < this.born.length; key++) {
      if (this.born[key]! <= revision && this.died[key]! > revision) keys.push(key);
    }
    return keys;
  }
}
