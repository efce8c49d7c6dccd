/**
 * The running kube-proxy of each node: which revision it has put in place, and whether its next sync writes everything anew.
 *
 * A full sync is due at the start, when the node's own labels changed, and an hour after the last one (FullSyncPeriod, pkg/proxy/util,
 * 1.34-era); modes that know no partial sync take no notice. A proxy that starts again finds the rules of the one before it.
 * Left out: restores that fail. When anything happens is decided in `node-proxy.ts`.
 */
import { SECOND, type Nanoseconds } from '../sim/index.js';
import { cleanStaleEntries, type FlowTable } from './conntrack-cleanup.js';
import type { Ledger } from './ledger.js';
import type { NodeSync } from './node-sync.js';
import type { ModeRun, Proxier, ProxyNode, ToolInput } from './proxier.js';

/** A full sync comes so long after the last one. */
export const FULL_SYNC_PERIOD = 3600 * SECOND;

/** What the proxies of a family work with. */
export interface ProxyInstancesSetup {
  readonly ledger: Ledger;
  /** The mode that all nodes run. */
  readonly mode: ModeRun;
  /** By index. */
  readonly nodes: readonly ProxyNode[];
  /** Connection tracking by node. */
  readonly conntrack: readonly FlowTable[];
  /** What turns a sync's work into time: the cost model. */
  readonly pricing: { syncDuration(work: Float64Array): Nanoseconds };
}

/** The proxies of all nodes, without their timing. */
export class ProxyInstances {
  private readonly setup: ProxyInstancesSetup;
  private readonly proxiers: Proxier[];
  /** By node: revision in place, revision that the running proxy has synced, when its last full sync was, whether one is wanted. */
  private readonly live: Float64Array;
  private readonly synced: Float64Array;
  private readonly fullAt: Float64Array;
  private readonly fullWanted: Uint8Array;
  /** By node: whether the sync planned last has to look for stale connections. */
  private readonly cleanupWanted: Uint8Array;
  private commits = 0;

  /** @param setup nothing is in place on the nodes yet */
  constructor(setup: ProxyInstancesSetup) {
    this.setup = setup;
    const count = setup.nodes.length;
    this.proxiers = setup.nodes.map((node) => setup.mode.proxier(node));
    this.live = new Float64Array(count);
    this.synced = new Float64Array(count);
    this.fullAt = new Float64Array(count);
    this.fullWanted = new Uint8Array(count);
    this.cleanupWanted = new Uint8Array(count);
  }

  /** Number of nodes. */
  get count(): number {
    return this.proxiers.length;
  }

  /** The revision in place on a node; 0 before the first sync. */
  liveRevision(node: number): number {
    return this.live[node]!;
  }

  /** The oldest revision in place on any node. */
  oldestRevision(): number {
    let oldest = this.setup.ledger.revision;
    for (const revision of this.live) if (revision < oldest) oldest = revision;
    return oldest;
  }

  /** Adds the revisions in place on nodes, and those that their proxies have synced. */
  addInUse(revisions: Set<number>): void {
    for (const column of [this.live, this.synced]) for (const revision of column) revisions.add(revision);
  }

  /** Changes that are not in place yet, counted once for each node that lacks them. */
  pendingChanges(): number {
    let pending = 0;
    for (const revision of this.live) pending += this.setup.ledger.revision - revision;
    return pending;
  }

  /** Plans a sync that begins now. */
  prepare(node: number, revision: number, now: Nanoseconds): NodeSync {
    const { ledger, pricing } = this.setup;
    const first = this.synced[node] === 0;
    const full = first || this.fullWanted[node] === 1 || now - this.fullAt[node]! >= FULL_SYNC_PERIOD;
    const report = this.proxiers[node]!.prepare(revision, now, full);
    if (full) this.fullAt[node] = now;
    this.fullWanted[node] = 0;
    const cleans = this.setup.mode.cleansConntrack !== false;
    this.cleanupWanted[node] = cleans && ledger.cleanupBetween(this.synced[node]!, revision) ? 1 : 0;
    const durationNs = pricing.syncDuration(report.work);
    const liveAfterNs = Math.min(pricing.syncDuration(report.workBeforeLive), durationNs);
    const from = this.live[node]!;
    return { node, from, to: revision, first, startedNs: now, durationNs, liveAfterNs, report, cleanup: null };
  }

  /** What the sync planned last on a node hands to the kernel's tools. */
  script(node: number): readonly ToolInput[] {
    return this.proxiers[node]!.script();
  }

  /**
   * Puts a sync into the node's kernel.
   * @returns the oldest revision that is still needed, when it is time to forget what came before it; else 0
   */
  commit(sync: NodeSync): number {
    this.proxiers[sync.node]!.commit();
    // What a proxier took up meanwhile without a sync stays in place.
    this.live[sync.node] = Math.max(this.live[sync.node]!, sync.to);
    this.synced[sync.node] = Math.max(this.synced[sync.node]!, sync.to);
    this.commits++;
    return this.commits % this.count === 0 ? this.oldestRevision() : 0;
  }

  /**
   * Has a node's proxy take up what needs no sync.
   * @param revision what the node has seen
   * @returns the change as a sync that took no time, if it was everything; undefined when a sync is needed or nothing was new
   */
  follow(node: number, revision: number, now: Nanoseconds): NodeSync | undefined {
    const from = this.live[node]!;
    if (this.synced[node] === 0 || revision <= from) return undefined;
    const report = this.proxiers[node]!.follow?.(revision, now) ?? null;
    if (report === null) return undefined;
    this.live[node] = revision;
    this.synced[node] = revision;
    const times = { startedNs: now, durationNs: 0, liveAfterNs: 0 };
    return { node, from, to: revision, first: false, ...times, report, cleanup: null };
  }

  /** Does what a sync does last: looks for stale connections. Returns the sync with that. */
  finish(sync: NodeSync): NodeSync {
    const { ledger, conntrack, pricing } = this.setup;
    const { node, to, report } = sync;
    if (this.cleanupWanted[node] === 0) return sync;
    this.cleanupWanted[node] = 0;
    const cleanup = cleanStaleEntries(ledger, to, conntrack[node]!);
    const work = report.work.map((units, kind) => units + cleanup.work[kind]!);
    const durationNs = sync.durationNs + pricing.syncDuration(cleanup.work);
    return { ...sync, durationNs, report: { ...report, work }, cleanup };
  }

  /** Makes the next sync of a node a full one. */
  wantFull(node: number): void {
    this.fullWanted[node] = 1;
  }

  /** Says when the last full sync of a node was, for a proxy that has been up for long. */
  assumeFull(node: number, at: Nanoseconds): void {
    this.fullAt[node] = at;
  }

  /** Starts a node's proxy anew; what the old one put in place stays until the first sync. */
  restart(node: number): void {
    this.proxiers[node] = this.setup.mode.proxier(this.setup.nodes[node]!);
    this.synced[node] = 0;
  }
}
