/**
 * kube-proxy on every node, in simulated time: changes arrive, syncs are asked for, run, and take hold.
 *
 * A change reaches a node after the delay of its watch connection and asks its sync runner for a sync. A sync works on
 * what the node has seen when it begins, takes the time that its work costs, and takes hold when the part of the work that
 * comes before is done (iptables: at its end, ipvs: on the way); stale connections are looked for last. What arrives before its end
 * waits for the next one. Without changes a sync is forced at the runner's maximum interval. A proxy may go away and start again.
 * Mirrors the sync loop of kube-proxy (1.34-era; runner of 1.30). Left out: failed syncs. Cost: a few events a sync and node; one event
 * pending for each idle node; typed columns by node.
 */
import { EventClass, type Nanoseconds, type RandomStream, type Simulation } from '../sim/index.js';
import { ChangeTimes } from './change-times.js';
import { healthCheckStatus, type HealthCheckStatus } from './health-check.js';
import type { NodeSync, SyncObserver } from './node-sync.js';
import { ProgrammingLatency } from './programming-latency.js';
import { FULL_SYNC_PERIOD, ProxyInstances, type ProxyInstancesSetup } from './proxy-instances.js';
import { RevisionThinning } from './revision-thinning.js';
import { RunningSyncs, type SyncNowOptions } from './running-syncs.js';
import { SyncRunners, type SyncRunnerOptions } from './sync-runner.js';

/** How changes reach the nodes, besides the limits of the sync runners. */
export interface NodeProxyOptions extends SyncRunnerOptions {
  /** From a write to the store until the nearest node has it. */
  readonly watchDelayNs: Nanoseconds;
  /** Nodes are later by up to this, each by a span of its own. */
  readonly watchJitterNs: Nanoseconds;
}

/** What the proxies work with. */
export interface NodeProxySetup extends ProxyInstancesSetup {
  readonly simulation: Simulation;
  readonly options: NodeProxyOptions;
  /** For the nodes' delays and the times of their first forced syncs. */
  readonly random: RandomStream;
  readonly observer: SyncObserver;
}

/** The proxies of all nodes, for one family. */
export class NodeProxies {
  /** How long nodes take to program what triggered changes, as they observe it. */
  readonly latency: ProgrammingLatency;
  private readonly setup: NodeProxySetup;
  private readonly instances: ProxyInstances;
  private readonly syncs: RunningSyncs;
  private readonly runners: SyncRunners;
  private readonly thinning: RevisionThinning;
  private times: ChangeTimes;
  private readonly wakeKind: number;
  private readonly forcedKind: number;
  private readonly nodeKind: number;
  private readonly startKind: number;
  /** Only in a mode that takes up some changes without a sync; else -1. */
  private readonly followKind: number;
  /** By node: delay of its watch, when it is to be woken (Infinity: not at all), whether a sync was refused for now. */
  private readonly delay: Float64Array;
  private readonly wakeAt: Float64Array;
  private readonly refused: Uint8Array;
  /** By node: whether its own labels changed during a sync, and when its proxy starts again (0: it runs; Infinity: it has not joined yet). */
  private readonly changedNode: Uint8Array;
  private readonly startsAt: Float64Array;
  /** Whether changes ask for syncs. */
  private following = false;

  /** @param setup clock, ledger, mode, nodes; nothing is in place on the nodes before `syncAll` */
  constructor(setup: NodeProxySetup) {
    this.setup = setup;
    const { simulation, ledger, nodes, options, random, observer } = setup;
    const count = nodes.length;
    const instances = new ProxyInstances(setup);
    this.instances = instances;
    this.syncs = new RunningSyncs({
      ...{ simulation, instances, observer },
      programmed: ({ node, to }) => this.latency.programmed(node, to, simulation.now),
      forgetBefore: (revision) => this.forgetBefore(revision),
      ended: (node) => this.ended(node),
    });
    const { triggers, revision } = ledger;
    this.latency = new ProgrammingLatency(triggers, (ns) => observer.programmed(ns), count, revision);
    const { watchDelayNs, watchJitterNs } = options;
    this.thinning = new RevisionThinning(ledger, [instances, this.syncs], watchDelayNs + watchJitterNs);
    this.runners = new SyncRunners(count, options);
    this.times = new ChangeTimes(revision, simulation.now);
    const control = EventClass.control;
    this.wakeKind = simulation.register('proxy-wake', control, { fire: (node) => this.wake(node) });
    this.forcedKind = simulation.register('proxy-forced', control, { fire: (node) => this.force(node) });
    this.nodeKind = simulation.register('proxy-node', control, { fire: (node) => this.nodeArrived(node) });
    this.startKind = simulation.register('proxy-start', control, { fire: (node) => this.start(node) });
    const follow = { fire: (node: number): void => this.follow(node) };
    this.followKind = setup.mode.follows === true ? simulation.register('proxy-follow', control, follow) : -1;
    this.delay = Float64Array.from(nodes, () => watchDelayNs + random.below(watchJitterNs + 1));
    this.wakeAt = new Float64Array(count).fill(Infinity);
    this.refused = new Uint8Array(count);
    this.changedNode = new Uint8Array(count);
    this.startsAt = new Float64Array(count);
    ledger.listen(() => this.changed());
  }

  /**
   * Brings every node to the newest revision at once, in no simulated time, as in a cluster that has been up for long;
   * from then on the nodes follow the ledger. The observer is told, with the time that each sync would have taken.
   * @param absent nodes without a proxy, until `join`
   */
  syncAll(absent: ReadonlySet<number> = new Set()): void {
    const { simulation, ledger, options, random } = this.setup;
    this.times = new ChangeTimes(ledger.revision, simulation.now);
    for (let node = 0; node < this.instances.count; node++) {
      if (absent.has(node)) this.startAt(node, Infinity);
      else this.syncNow(node);
      // Nodes were started at different times, so their forced syncs are spread over the whole interval.
      const forcedAt = simulation.now + 1 + random.below(options.maxSyncPeriodNs);
      this.runners.startTimer(node, forcedAt);
      this.instances.assumeFull(node, forcedAt - FULL_SYNC_PERIOD);
      simulation.schedule(forcedAt, this.forcedKind, node);
    }
    this.following = true;
  }

  /**
   * Brings one node to the newest revision at once, in no simulated time and whatever its runner says: for small worlds and questions.
   * @returns the sync, with the time that it would have taken
   */
  syncNow(node: number, options: SyncNowOptions = {}): NodeSync {
    return this.syncs.runNow(node, this.setup.ledger.revision, options);
  }

  /** When a revision was made; known for those not yet in place on all nodes. */
  changedAt(revision: number): Nanoseconds {
    return this.times.at(revision);
  }

  /** The revision in place on a node; 0 before the first sync. */
  liveRevision(node: number): number {
    return this.instances.liveRevision(node);
  }

  /** The oldest revision in place on any node. */
  oldestRevision(): number {
    return this.instances.oldestRevision();
  }

  /** Changes that are not in place yet, counted once for each node that lacks them. */
  pendingChanges(): number {
    return this.instances.pendingChanges();
  }

  /**
   * What a node's proxy answers on a health-check node port.
   * @returns undefined when nobody listens there, because no Service has the port or because the proxy is down
   */
  healthCheckStatus(port: number, node: number): HealthCheckStatus | undefined {
    const revision = this.liveRevision(node);
    return this.startsAt[node] === 0 ? healthCheckStatus(this.setup.ledger, revision, port, node) : undefined;
  }

  /** A node's own labels changed: when its proxy learns of that, it writes everything anew. */
  nodeChanged(node: number): void {
    const { simulation } = this.setup;
    simulation.schedule(simulation.now + this.delay[node]!, this.nodeKind, node);
  }

  /**
   * Ends a node's proxy and starts it again; a sync under way that has not taken hold never does. Traffic goes on with what is in
   * place, until the first sync of the new one, which writes everything.
   * @param downNs how long nothing runs
   */
  restart(node: number, downNs: Nanoseconds): void {
    // Nothing can be restarted on a node that has not joined yet.
    if (this.startsAt[node] !== Infinity) this.startAfter(node, downNs);
  }

  /** Starts the first proxy of a node that was left out of `syncAll`. */
  join(node: number): void {
    if (this.startsAt[node] === Infinity) this.startAfter(node, 0);
  }

  private startAfter(node: number, downNs: Nanoseconds): void {
    const { simulation } = this.setup;
    this.syncs.breakOff(node);
    this.wakeAt[node] = Infinity;
    this.refused[node] = 0;
    this.changedNode[node] = 0;
    const at = simulation.now + downNs + this.delay[node]!;
    this.startAt(node, at);
    simulation.schedule(at, this.startKind, node);
  }

  /** A node is without a proxy until `time`. */
  private startAt(node: number, time: Nanoseconds): void {
    this.startsAt[node] = time;
    this.latency.leave(node);
  }

  /** The new proxy has listed what there is, and syncs before its runner has a say. */
  private start(node: number): void {
    const { now } = this.setup.simulation;
    if (this.startsAt[node] !== now) return;
    this.startsAt[node] = 0;
    const listedNs = now - this.delay[node]!;
    this.latency.start(node, this.times.newestAt(listedNs), listedNs);
    this.instances.restart(node);
    this.runners.restart(node, now);
    this.attempt(node);
  }

  private changed(): void {
    const now = this.setup.simulation.now;
    this.times.add(now);
    if (!this.following) return;
    this.thinning.run(this.times, now);
    for (let node = 0; node < this.delay.length; node++) {
      const arrival = now + this.delay[node]!;
      if (this.followKind >= 0) this.setup.simulation.schedule(arrival, this.followKind, node);
      if (arrival >= this.wakeAt[node]! || this.runners.isRunning(node) || this.startsAt[node] !== 0) continue;
      // A refused node is woken by its timer; an arrival before there is a token would be refused again.
      if (this.refused[node] === 0 || arrival >= this.runners.acceptsFrom(node)) this.wakeOn(node, arrival);
    }
  }

  private nodeArrived(node: number): void {
    if (this.startsAt[node] !== 0) return;
    this.instances.wantFull(node);
    if (this.runners.isRunning(node)) this.changedNode[node] = 1;
    else if (this.refused[node] === 0) this.attempt(node);
  }

  /** A change has reached a node whose proxy may do without a sync for it. */
  private follow(node: number): void {
    const { now } = this.setup.simulation;
    if (this.startsAt[node] !== 0) return;
    const taken = this.instances.follow(node, this.times.newestAt(now - this.delay[node]!), now);
    if (taken === undefined) return;
    this.setup.observer.syncLive(taken);
    this.latency.programmed(node, taken.to, now);
  }

  private wake(node: number): void {
    const { now } = this.setup.simulation;
    if (this.wakeAt[node] !== now) return;
    this.wakeAt[node] = Infinity;
    if (this.followKind >= 0 && this.nextArrival(node, 0) > now) {
      // Everything has been taken up already.
      this.refused[node] = 0;
      return;
    }
    this.attempt(node);
  }

  /** The one event that every node always has pending: its runner's timer, looked at again when it was put off. */
  private force(node: number): void {
    const { simulation, options } = this.setup;
    const busy = this.runners.isRunning(node) || this.refused[node] === 1 || this.startsAt[node] !== 0;
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
    const { now } = this.setup.simulation;
    if (this.runners.request(node, now)) {
      this.refused[node] = 0;
      this.wakeAt[node] = Infinity;
      this.syncs.begin(node, this.times.newestAt(now - this.delay[node]!));
      return;
    }
    this.refused[node] = 1;
    const next = this.nextArrival(node, this.runners.acceptsFrom(node));
    this.wakeOn(node, Math.min(this.runners.nextRunAt(node), next));
  }

  private ended(node: number): void {
    const { now } = this.setup.simulation;
    this.runners.finished(node, now);
    if (this.followKind >= 0) this.follow(node);
    const next = this.changedNode[node] === 1 ? now : this.nextArrival(node, 0);
    this.changedNode[node] = 0;
    if (next <= now) this.attempt(node);
    else if (next < Infinity) this.wakeOn(node, next);
  }

  private forgetBefore(revision: number): void {
    this.times.forgetBefore(revision);
    this.setup.ledger.forgetBefore(revision);
  }

  /** When the first change that is not in place on a node arrives there, of those that arrive at `notBefore` or later. */
  private nextArrival(node: number, notBefore: Nanoseconds): Nanoseconds {
    const delay = this.delay[node]!;
    return this.times.nextAfter(this.instances.liveRevision(node), notBefore - delay) + delay;
  }

  private wakeOn(node: number, time: Nanoseconds): void {
    this.wakeAt[node] = time;
    this.setup.simulation.schedule(time, this.wakeKind, node);
  }
}
