/**
 * kube-proxy on every node, in simulated time: changes arrive, syncs are asked for, run, and take hold.
 *
 * A change reaches a node after the delay of its watch connection and asks its sync runner for a sync. A sync works on
 * what the node has seen when it begins, takes the time that its work costs, and takes hold when the part of the work that
 * comes before is done (iptables: at its end, ipvs: on the way); what arrives before its end waits for the next one.
 * Without changes a sync is forced at the runner's maximum interval.
 * Mirrors the sync loop of kube-proxy v1.30. Left out: failed syncs, restarts. Cost: a few events a sync and node; one event
 * pending for each idle node; typed columns by node.
 */
import { EventClass, type Nanoseconds, type RandomStream, type Simulation } from '../sim/index.js';
import { ChangeTimes } from './change-times.js';
import type { Ledger } from './ledger.js';
import type { Proxier, SyncReport } from './proxier.js';
import { SyncRunners, type SyncRunnerOptions } from './sync-runner.js';

/** One sync of one node. */
export interface NodeSync {
  readonly node: number;
  /** Revision in place before it, and the one that it brings; a forced sync may bring the same. */
  readonly from: number;
  readonly to: number;
  readonly startedNs: Nanoseconds;
  readonly durationNs: Nanoseconds;
  /** From its beginning until it takes hold; at most `durationNs`. */
  readonly liveAfterNs: Nanoseconds;
  readonly report: SyncReport;
}

/** Who is told of syncs. */
export interface SyncObserver {
  /** A sync begins. */
  syncStarted(sync: NodeSync): void;
  /** A sync takes hold, at the present time; `changedAt` is known for all revisions that it brings. */
  syncLive(sync: NodeSync): void;
  /** A sync is over, at the present time. */
  syncDone(sync: NodeSync): void;
}

/** How changes reach the nodes, besides the limits of the sync runners. */
export interface NodeProxyOptions extends SyncRunnerOptions {
  /** From a write to the store until the nearest node has it. */
  readonly watchDelayNs: Nanoseconds;
  /** Nodes are later by up to this, each by a span of its own. */
  readonly watchJitterNs: Nanoseconds;
}

/** What the proxies work with. */
export interface NodeProxySetup {
  readonly simulation: Simulation;
  readonly ledger: Ledger;
  /** One for each node. */
  readonly proxiers: readonly Proxier[];
  /** What turns a sync's work into time: the cost model. */
  readonly pricing: { syncDuration(work: Float64Array): Nanoseconds };
  readonly options: NodeProxyOptions;
  /** For the nodes' delays and the times of their first forced syncs. */
  readonly random: RandomStream;
  readonly observer: SyncObserver;
}

/** The proxies of all nodes. */
export class NodeProxies {
  private readonly setup: NodeProxySetup;
  private readonly runners: SyncRunners;
  private times: ChangeTimes;
  private readonly wakeKind: number;
  private readonly forcedKind: number;
  private readonly liveKind: number;
  private readonly doneKind: number;
  /** By node: delay of its watch, when it is to be woken (Infinity: not at all), whether a sync was refused for now. */
  private readonly delay: Float64Array;
  private readonly wakeAt: Float64Array;
  private readonly refused: Uint8Array;
  /** By node: revision in place, and the sync under way. */
  private readonly live: Float64Array;
  private readonly underWay: (NodeSync | undefined)[];
  private syncs = 0;

  /** @param setup clock, ledger, proxiers; nothing is in place on the nodes before `syncAll` */
  constructor(setup: NodeProxySetup) {
    this.setup = setup;
    const { simulation, ledger, proxiers, options, random } = setup;
    const nodes = proxiers.length;
    this.runners = new SyncRunners(nodes, options);
    this.times = new ChangeTimes(ledger.revision, simulation.now);
    this.wakeKind = simulation.register('proxy-wake', EventClass.control, { fire: (node) => this.wake(node) });
    this.forcedKind = simulation.register('proxy-forced', EventClass.control, { fire: (node) => this.force(node) });
    this.liveKind = simulation.register('proxy-live', EventClass.control, { fire: (node) => this.takeHold(node) });
    this.doneKind = simulation.register('proxy-done', EventClass.control, { fire: (node) => this.done(node) });
    this.delay = Float64Array.from(proxiers, () => options.watchDelayNs + random.below(options.watchJitterNs + 1));
    this.wakeAt = new Float64Array(nodes).fill(Infinity);
    this.refused = new Uint8Array(nodes);
    this.live = new Float64Array(nodes);
    this.underWay = new Array<NodeSync | undefined>(nodes).fill(undefined);
  }

  /**
   * Brings every node to the newest revision at once, in no simulated time, as in a cluster that has been up for long;
   * from then on the nodes follow the ledger. The observer is told, with the time that each sync would have taken.
   */
  syncAll(): void {
    const { simulation, ledger, proxiers, options, random, observer } = this.setup;
    this.times = new ChangeTimes(ledger.revision, simulation.now);
    for (let node = 0; node < proxiers.length; node++) {
      const sync = this.prepare(node, ledger.revision);
      observer.syncStarted(sync);
      this.commit(sync);
      observer.syncDone(sync);
      // Nodes were started at different times, so their forced syncs are spread over the whole interval.
      const forcedAt = simulation.now + 1 + random.below(options.maxSyncPeriodNs);
      this.runners.startTimer(node, forcedAt);
      simulation.schedule(forcedAt, this.forcedKind, node);
    }
    ledger.listen(() => this.changed());
  }

  /** When a revision was made; known for those not yet in place on all nodes. */
  changedAt(revision: number): Nanoseconds {
    return this.times.at(revision);
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

  /** Changes that are not in place yet, counted once for each node that lacks them. */
  pendingChanges(): number {
    let pending = 0;
    for (const revision of this.live) pending += this.setup.ledger.revision - revision;
    return pending;
  }

  private changed(): void {
    const now = this.setup.simulation.now;
    this.times.add(now);
    for (let node = 0; node < this.live.length; node++) {
      const arrival = now + this.delay[node]!;
      if (arrival >= this.wakeAt[node]! || this.runners.isRunning(node)) continue;
      // A refused node is woken by its timer; an arrival before there is a token would be refused again.
      if (this.refused[node] === 0 || arrival >= this.runners.acceptsFrom(node)) this.wakeOn(node, arrival);
    }
  }

  private wake(node: number): void {
    if (this.wakeAt[node] !== this.setup.simulation.now) return;
    this.wakeAt[node] = Infinity;
    this.attempt(node);
  }

  /** The one event that every node always has pending: its runner's timer, looked at again when it was put off. */
  private force(node: number): void {
    const { simulation, options } = this.setup;
    const busy = this.runners.isRunning(node) || this.refused[node] === 1;
    const due = busy ? simulation.now + options.maxSyncPeriodNs : this.runners.nextRunAt(node);
    if (due > simulation.now) {
      simulation.schedule(due, this.forcedKind, node);
      return;
    }
    this.attempt(node);
    simulation.schedule(simulation.now + options.maxSyncPeriodNs, this.forcedKind, node);
  }

  /** Asks the runner for a sync; if refused, sees to it that it is asked again. */
  private attempt(node: number): void {
    const { simulation } = this.setup;
    const { now } = simulation;
    if (this.runners.request(node, now)) {
      this.refused[node] = 0;
      this.wakeAt[node] = Infinity;
      const sync = this.prepare(node, this.times.newestAt(now - this.delay[node]!));
      this.underWay[node] = sync;
      simulation.schedule(now + sync.liveAfterNs, this.liveKind, node);
      this.setup.observer.syncStarted(sync);
      return;
    }
    this.refused[node] = 1;
    const next = this.nextArrival(node, this.runners.acceptsFrom(node));
    this.wakeOn(node, Math.min(this.runners.nextRunAt(node), next));
  }

  private takeHold(node: number): void {
    const sync = this.underWay[node]!;
    this.commit(sync);
    if (sync.liveAfterNs >= sync.durationNs) this.done(node);
    else this.setup.simulation.schedule(sync.startedNs + sync.durationNs, this.doneKind, node);
  }

  private done(node: number): void {
    const { now } = this.setup.simulation;
    const sync = this.underWay[node]!;
    this.underWay[node] = undefined;
    this.runners.finished(node, now);
    this.setup.observer.syncDone(sync);
    const next = this.nextArrival(node, 0);
    if (next <= now) this.attempt(node);
    else if (next < Infinity) this.wakeOn(node, next);
  }

  private prepare(node: number, revision: number): NodeSync {
    const { proxiers, pricing, simulation } = this.setup;
    const report = proxiers[node]!.prepare(revision);
    const durationNs = pricing.syncDuration(report.work);
    const liveAfterNs = Math.min(pricing.syncDuration(report.workBeforeLive), durationNs);
    return { node, from: this.live[node]!, to: revision, startedNs: simulation.now, durationNs, liveAfterNs, report };
  }

  private commit(sync: NodeSync): void {
    const { proxiers, observer, ledger } = this.setup;
    proxiers[sync.node]!.commit();
    this.live[sync.node] = sync.to;
    observer.syncLive(sync);
    this.syncs++;
    if (this.syncs % proxiers.length !== 0) return;
    const oldest = this.oldestRevision();
    this.times.forgetBefore(oldest);
    ledger.forgetBefore(oldest);
  }

  /** When the first change that is not in place on a node arrives there, of those that arrive at `notBefore` or later. */
  private nextArrival(node: number, notBefore: Nanoseconds): Nanoseconds {
    const delay = this.delay[node]!;
    return this.times.nextAfter(this.live[node]!, notBefore - delay) + delay;
  }

  private wakeOn(node: number, time: Nanoseconds): void {
    this.wakeAt[node] = time;
    this.setup.simulation.schedule(time, this.wakeKind, node);
  }
}
