/** One sync of one node, and who is told of it. */
import type { Nanoseconds } from '../sim/index.js';
import type { ConntrackCleanup } from './conntrack-cleanup.js';
import type { SyncReport } from './proxier.js';

/** One sync of one node. */
export interface NodeSync {
  readonly node: number;
  /** Revision in place before it (0: nothing), and the one that it brings; a forced sync may bring the same. */
  readonly from: number;
  readonly to: number;
  /** Whether it is the first one since the node's proxy started. */
  readonly first: boolean;
  readonly startedNs: Nanoseconds;
  /** Time of everything that it does. */
  readonly durationNs: Nanoseconds;
  /** From its beginning until it takes hold; at most `durationNs`. */
  readonly liveAfterNs: Nanoseconds;
  readonly report: SyncReport;
  /** What became of stale connections, which are looked for at its end; null before that, and where there was no need to. */
  readonly cleanup: ConntrackCleanup | null;
}

/** Who is told of syncs. */
export interface SyncObserver {
  /** A sync begins. */
  syncStarted(sync: NodeSync): void;
  /** A sync takes hold, at the present time; `changedAt` is known for all revisions that it brings. */
  syncLive(sync: NodeSync): void;
  /** A sync is over, at the present time. */
  syncDone(sync: NodeSync): void;
  /** A node has programmed a change of endpoints, so long after what triggered it; once for each trigger time of a slice. */
  programmed(latencyNs: Nanoseconds): void;
}
