/**
 * From time to time drops what the ledger keeps of revisions that came and went between two syncs of all nodes: nobody asks for them any more.
 *
 * Nodes that lag far behind would else keep every revision since. Cost: O(nodes + versions kept) every 512 revisions.
 */
import type { Nanoseconds } from '../sim/index.js';
import type { ChangeTimes } from './change-times.js';
import type { Ledger } from './ledger.js';

/** Revisions after which those that nobody asks for are dropped. */
const THIN_EVERY = 512;

/** Whoever knows revisions that are in place somewhere, or about to be. */
export interface RevisionUser {
  /** Adds them. */
  addInUse(revisions: Set<number>): void;
}

/** Thins out one ledger. */
export class RevisionThinning {
  private readonly ledger: Ledger;
  private readonly users: readonly RevisionUser[];
  private readonly longestDelayNs: Nanoseconds;
  /** The ledger's revision when it was thinned out last. */
  private thinnedAt = 0;

  /** @param longestDelayNs after which every node has seen a write */
  constructor(ledger: Ledger, users: readonly RevisionUser[], longestDelayNs: Nanoseconds) {
    this.ledger = ledger;
    this.users = users;
    this.longestDelayNs = longestDelayNs;
  }

  /** Thins the ledger out if it is time to. */
  run(times: ChangeTimes, now: Nanoseconds): void {
    const { ledger } = this;
    if (ledger.revision - this.thinnedAt < THIN_EVERY) return;
    const inUse = new Set<number>();
    for (const user of this.users) user.addInUse(inUse);
    const seen = times.newestAt(now - this.longestDelayNs);
    ledger.forgetUnused(
      [...inUse].sort((a, b) => a - b),
      seen,
    );
    this.thinnedAt = ledger.revision;
  }
}
