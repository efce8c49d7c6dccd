/**
 * Measures kube-proxy's syncs: what they write, how long they take, and when changes are live on the nodes.
 *
 * The first sync of each node, which fills empty tables before the run begins and takes no simulated time, counts for what is in
 * place and not among the syncs of the run. A node that joins later has a first sync like any other. In a dual-stack cluster each
 * family has syncs of its own; what is in place on a node is that of both.
 */
import { Histogram } from '../measure/index.js';
import type { IpFamily } from '../net/index.js';
import type { NodeSync, SyncObserver, SyncReport } from '../proxy/index.js';
import type { Simulation } from '../sim/index.js';

/** Counts of a report that say what is in place after a sync. */
export type InPlace =
  | 'rulesTotal'
  | 'chainsTotal'
  | 'nftChains'
  | 'nftRules'
  | 'nftElements'
  | 'virtualServers'
  | 'realServers'
  | 'setEntries';

/** Syncs of one run. */
export class SyncProbe {
  readonly durationNs = new Histogram();
  readonly rulesWritten = new Histogram();
  readonly operations = new Histogram();
  readonly changeLiveNs = new Histogram();
  /** From what triggered a change of endpoints until a node has programmed it. */
  readonly programmingNs = new Histogram();
  /** Of first syncs that took time: those of proxies that started during the run. */
  readonly startLiveNs = new Histogram();
  /** Time spent in syncs during the run, over nodes and families. */
  busyNs = 0;
  syncs = 0;
  fullSyncs = 0;
  rulesWrittenTotal = 0;
  operationsTotal = 0;
  /** Conntrack entries read and deleted in search of stale ones. */
  entriesDumped = 0;
  entriesDeleted = 0;
  /** What the first sync of node 0 took, or would have taken, over families; NaN when it was never over. */
  fullSyncNs = NaN;
  /** The newest report of node 0, by family. */
  private readonly newest = new Map<IpFamily, SyncReport>();
  private readonly simulation: Simulation;

  /** @param simulation the clock */
  constructor(simulation: Simulation) {
    this.simulation = simulation;
  }

  /**
   * The observer of one family's syncs.
   * @param changedAt when a revision of that family's ledger was made, in nanoseconds
   */
  of(family: IpFamily, changedAt: (revision: number) => number): SyncObserver {
    return {
      syncStarted: () => undefined,
      syncLive: (sync) => this.live(sync, family, changedAt),
      syncDone: (sync) => this.done(sync),
      programmed: (latencyNs) => this.programmingNs.record(latencyNs),
    };
  }

  /** What is in place on node 0, over families; undefined before its first sync. */
  inPlace(count: InPlace): number | undefined {
    if (this.newest.size === 0) return undefined;
    let sum = 0;
    for (const report of this.newest.values()) sum += report[count];
    return sum;
  }

  /** A sync has taken hold. */
  live(sync: NodeSync, family: IpFamily, changedAt: (revision: number) => number): void {
    if (sync.node === 0) this.newest.set(family, sync.report);
    const tookNs = this.simulation.now - sync.startedNs;
    if (sync.first && tookNs > 0) this.startLiveNs.record(tookNs);
    if (sync.from === 0) return;
    for (let revision = sync.from + 1; revision <= sync.to; revision++) {
      this.changeLiveNs.record(this.simulation.now - changedAt(revision));
    }
  }

  /** A sync is over. */
  done({ from, node, startedNs, durationNs, report, cleanup }: NodeSync): void {
    this.busyNs += this.simulation.now - startedNs;
    if (from === 0 && node === 0) this.fullSyncNs = (Number.isNaN(this.fullSyncNs) ? 0 : this.fullSyncNs) + durationNs;
    if (from === 0 && this.simulation.now === startedNs) return;
    this.syncs++;
    if (report.full) this.fullSyncs++;
    this.durationNs.record(durationNs);
    this.rulesWritten.record(report.rulesWritten);
    this.rulesWrittenTotal += report.rulesWritten;
    this.operations.record(report.operations);
    this.operationsTotal += report.operations;
    this.entriesDumped += cleanup?.dumped ?? 0;
    this.entriesDeleted += cleanup?.deleted ?? 0;
  }
}
