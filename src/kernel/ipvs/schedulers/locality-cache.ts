/**
 * What `lblc` and `lblcr` remember by the address that clients asked for (ip_vs_lblc.c and ip_vs_lblcr.c, Linux 6.1).
 *
 * Every half hour from the scheduler's start on, entries that have not been used for 24 hours are dropped; here that
 * is made up for at the first decision afterwards. Left out: the collection of entries unused for 6 minutes, which
 * begins beyond 16,384 addresses. Cost: O(1) a decision; one in half an hour looks at all entries.
 */
import { SECOND } from '../../../sim/index.js';

/** Age from which an entry is dropped, and a set shrinks (DEFAULT_EXPIRATION). */
export const EXPIRATION_NS = 24 * 3600 * SECOND;
/** Interval of the full checks (CHECK_EXPIRE_INTERVAL x COUNT_FOR_FULL_EXPIRATION). */
const CHECK_NS = 30 * 60 * SECOND;

/** What every entry has. */
export interface Remembered {
  lastUseNs: number;
}

/** Entries by address. */
export class LocalityCache<Entry extends Remembered> {
  private readonly entries = new Map<number, Entry>();
  private readonly drop: (entry: Entry) => void;
  private nextCheckNs: number;

  /**
   * @param nowNs when the scheduler starts
   * @param drop told of each entry that goes
   */
  constructor(nowNs: number, drop: (entry: Entry) => void) {
    this.nextCheckNs = nowNs + CHECK_NS;
    this.drop = drop;
  }

  /** The entry of an address, used now; undefined when there is none. */
  use(address: number, nowNs: number): Entry | undefined {
    if (nowNs >= this.nextCheckNs) this.catchUp(nowNs);
    const entry = this.entries.get(address);
    if (entry !== undefined) entry.lastUseNs = nowNs;
    return entry;
  }

  /** Adds the entry of an address that has none. */
  add(address: number, entry: Entry): void {
    this.entries.set(address, entry);
  }

  /** Drops all entries. */
  clear(): void {
    for (const entry of this.entries.values()) this.drop(entry);
    this.entries.clear();
  }

  /** Does what the last check did; nothing has been used since. */
  private catchUp(nowNs: number): void {
    const missed = Math.floor((nowNs - this.nextCheckNs) / CHECK_NS);
    const checkNs = this.nextCheckNs + missed * CHECK_NS;
    this.nextCheckNs = checkNs + CHECK_NS;
    for (const [address, entry] of this.entries) {
      if (entry.lastUseNs + EXPIRATION_NS > checkNs) continue;
      this.entries.delete(address);
      this.drop(entry);
    }
  }
}
