/**
 * Early drop: what a full conntrack table does for a new flow.
 *
 * Mirrors early_drop of net/netfilter/nf_conntrack_core.c (Linux 6.x): searches 8 neighbouring buckets, beginning at the new flow's, and
 * evicts every entry that is not assured from the first bucket that holds any. Cost: O(entries of 8 buckets), only at a full table.
 */
import { CtStatus } from './status.js';
import type { TupleTable } from './tuple-table.js';

/** Buckets that are searched (NF_CT_EVICTION_RANGE). */
const EVICTION_RANGE = 8;

/** The table that makes room. */
export interface EvictableTable {
  readonly tuples: TupleTable;
  /** Forgets an entry. */
  destroy(entry: number): void;
}

/** Early drop of one node. */
export class EarlyDrop {
  private readonly table: EvictableTable;
  private slots = new Int32Array(0);

  /** @param table where entries are evicted from */
  constructor(table: EvictableTable) {
    this.table = table;
  }

  /**
   * Makes room for a new flow.
   * @param hash hash of the new flow's tuple
   * @param buckets the kernel's number of buckets
   * @returns entries evicted; 0 when all in reach are assured
   */
  evict(hash: number, buckets: number): number {
    // A chain as long as this is far beyond what a limit of a few entries a bucket allows.
    if (this.slots.length === 0) this.slots = new Int32Array(4096);
    const first = Math.floor((hash / 2 ** 32) * buckets);
    for (let i = 0; i < EVICTION_RANGE; i++) {
      const evicted = this.evictBucket((first + i) % buckets, buckets);
      if (evicted > 0) return evicted;
    }
    return 0;
  }

  private evictBucket(bucket: number, buckets: number): number {
    const { table, slots } = this;
    const found = table.tuples.slotsOfBucket(bucket, buckets, slots);
    let evicted = 0;
    for (let i = 0; i < found; i++) {
      const entry = slots[i]! >> 1;
      // Both tuples of an entry may stand in one bucket: the second one is gone with the first.
      const status = table.tuples.status(entry);
      if ((status & CtStatus.confirmed) === 0 || (status & CtStatus.assured) !== 0) continue;
      table.destroy(entry);
      evicted++;
    }
    return evicted;
  }
}
