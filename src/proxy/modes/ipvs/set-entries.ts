/**
 * The sets that all nodes have alike, in their newest version: entries counted by those who want them, sets copied when they change.
 *
 * A node that lags behind still holds an older version, so a revision never writes to a set of another one. Cost: O(1) an entry; a
 * copy of the set for its first change in a revision.
 */
import type { IpSet } from '../../../kernel/index.js';
import type { IpFamily } from '../../../net/index.js';
import { entryKey, type Entry } from './frontends.js';
import { emptySet, SET_KINDS, type SetHandle } from './ip-sets.js';

/** The sets of the newest revision. */
export class SetEntries {
  /** Entries that came and went since the beginning. */
  added = 0;
  removed = 0;
  private current: IpSet[];
  private readonly fresh = new Set<SetHandle>();
  /** How many want an entry beside the first. */
  private readonly further = new Map<string, number>();

  /** @param family of the addresses */
  constructor(family: IpFamily) {
    this.current = SET_KINDS.map((_, handle) => emptySet(handle as SetHandle, family));
  }

  /** The sets by handle; they never change. */
  get sets(): readonly IpSet[] {
    return this.current;
  }

  /** Starts another revision. */
  advance(): void {
    this.fresh.clear();
    this.current = this.current.slice();
  }

  /** One more wants an entry. */
  add(entry: Entry): void {
    const { handle, address, protocol, port, second, bits } = entry;
    if (this.writable(handle).add(address, protocol, port, second, bits)) {
      this.added++;
      return;
    }
    const key = entryKey(entry);
    this.further.set(key, (this.further.get(key) ?? 0) + 1);
  }

  /** One less wants an entry. */
  remove(entry: Entry): void {
    const key = entryKey(entry);
    const further = this.further.get(key) ?? 0;
    if (further === 0) {
      const { handle, address, protocol, port, second, bits } = entry;
      if (this.writable(handle).delete(address, protocol, port, second, bits)) this.removed++;
    } else if (further === 1) this.further.delete(key);
    else this.further.set(key, further - 1);
  }

  /** This revision's own copy of a set. */
  private writable(handle: SetHandle): IpSet {
    if (!this.fresh.has(handle)) {
      this.current[handle] = this.current[handle]!.copy();
      this.fresh.add(handle);
    }
    return this.current[handle]!;
  }
}
