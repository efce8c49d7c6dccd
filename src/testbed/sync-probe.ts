/**
 * Measures kube-proxy's syncs: what they write, how long they take, and when changes are live on the nodes.
 *
 * The first sync of each node, which fills empty tables before the run begins, counts for the rules in place and
 * not among the syncs of the run.
 */
import { Histogram } from '../measure/index.js';
import type { NodeSync, SyncObserver, SyncReport } from '../proxy/index.js';
import type { Simulation } from '../sim/index.js';

/** Syncs of one run. */
export class SyncProbe implements SyncObserver {
  readonly durationNs = new Histogram();
  readonly rulesWritten = new Histogram();
  readonly changeLiveNs = new Histogram();
  syncs = 0;
  rulesWrittenTotal = 0;
  /** What the first sync of node 0 would have taken, and the newest report of node 0. */
  fullSyncNs = 0;
  newest: SyncReport | undefined;
  private readonly simulation: Simulation;

  private readonly changedAt: (revision: number) => number;

  /**
   * @param simulation the clock
   * @param changedAt when a revision was made, in nanoseconds
   */
  constructor(simulation: Simulation, changedAt: (revision: number) => number) {
    this.simulation = simulation;
    this.changedAt = changedAt;
  }

  /** See `SyncObserver`. */
  syncStarted(): void {
    // Nothing is measured before a sync takes hold.
  }

  /** See `SyncObserver`. */
  syncLive(sync: NodeSync): void {
    if (sync.node === 0) this.newest = sync.report;
    if (sync.from === 0) return;
    for (let revision = sync.from + 1; revision <= sync.to; revision++) {
      this.changeLiveNs.record(this.simulation.now - this.changedAt(revision));
    }
  }

  /** See `SyncObserver`. */
  syncDone(sync: NodeSync): void {
    if (sync.from === 0) {
      if (sync.node === 0) this.fullSyncNs = sync.durationNs;
      return;
    }
    this.syncs++;
    this.durationNs.record(sync.durationNs);
    this.rulesWritten.record(sync.report.rulesWritten);
    this.rulesWrittenTotal += sync.report.rulesWritten;
  }
}
