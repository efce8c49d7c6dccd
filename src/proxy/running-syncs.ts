/**
 * The syncs under way, in simulated time: each takes hold, ends its work, and then has looked for stale connections.
 *
 * One a node at a time. Cost: one to three events a sync.
 */
import { EventClass, invariant, type Nanoseconds, type Simulation } from '../sim/index.js';
import type { NodeSync, SyncObserver } from './node-sync.js';
import type { ToolInput } from './proxier.js';
import type { ProxyInstances } from './proxy-instances.js';

/** How to sync at once. */
export interface SyncNowOptions {
  /** Whether everything is to be written anew; default: where it is due. */
  readonly full?: boolean;
  /** Called with what the sync hands to the kernel's tools, which is made only then. */
  readonly onScript?: (script: readonly ToolInput[]) => void;
}

/** Whom syncs belong to. */
export interface RunningSyncsSetup {
  readonly simulation: Simulation;
  readonly instances: ProxyInstances;
  readonly observer: SyncObserver;
  /** A sync's own work is done at the present time: all that it brings is written, and stale connections are looked for next. */
  readonly programmed: (sync: NodeSync) => void;
  /** Nobody needs what came before a revision any more. */
  readonly forgetBefore: (revision: number) => void;
  /** A sync that was begun is over. */
  readonly ended: (node: number) => void;
}

/** Syncs by node. */
export class RunningSyncs {
  private readonly setup: RunningSyncsSetup;
  private readonly stepKind: number;
  /** By node: the sync under way, when it goes on, and whether it has taken hold. */
  private readonly underWay: (NodeSync | undefined)[];
  private readonly stepAt: Float64Array;
  private readonly isLive: Uint8Array;

  /** @param setup the proxies that sync */
  constructor(setup: RunningSyncsSetup) {
    this.setup = setup;
    const count = setup.instances.count;
    this.stepKind = setup.simulation.register('proxy-step', EventClass.control, { fire: (node) => this.step(node) });
    this.underWay = new Array<NodeSync | undefined>(count).fill(undefined);
    this.stepAt = new Float64Array(count);
    this.isLive = new Uint8Array(count);
  }

  /** Begins a node's sync to a revision now. */
  begin(node: number, revision: number): void {
    const { simulation, instances, observer } = this.setup;
    const sync = instances.prepare(node, revision, simulation.now);
    this.underWay[node] = sync;
    this.isLive[node] = 0;
    this.goOnAt(node, simulation.now + sync.liveAfterNs);
    observer.syncStarted(sync);
  }

  /** Does a whole sync in no simulated time; returns it with the time that it would have taken. */
  runNow(node: number, revision: number, { full, onScript }: SyncNowOptions): NodeSync {
    const { simulation, instances, observer } = this.setup;
    invariant(this.underWay[node] === undefined, 'one-sync', () => `node ${node} is in the middle of a sync`);
    if (full === true) instances.wantFull(node);
    const sync = instances.prepare(node, revision, simulation.now);
    observer.syncStarted(sync);
    onScript?.(instances.script(node));
    this.commit(sync);
    this.setup.programmed(sync);
    const finished = instances.finish(sync);
    observer.syncDone(finished);
    return finished;
  }

  /** Ends a node's sync where it stands: what has not taken hold never does. */
  breakOff(node: number): void {
    this.underWay[node] = undefined;
  }

  /** Adds the revisions of the syncs under way. */
  addInUse(revisions: Set<number>): void {
    for (const sync of this.underWay) if (sync !== undefined) revisions.add(sync.to);
  }

  private step(node: number): void {
    const { simulation, instances, observer } = this.setup;
    let sync = this.underWay[node];
    // One that was broken off has nothing more to do.
    if (sync === undefined || this.stepAt[node] !== simulation.now) return;
    if (this.isLive[node] === 0) {
      this.isLive[node] = 1;
      this.commit(sync);
      if (sync.liveAfterNs < sync.durationNs) {
        this.goOnAt(node, sync.startedNs + sync.durationNs);
        return;
      }
    }
    if (sync.cleanup === null) {
      this.setup.programmed(sync);
      sync = instances.finish(sync);
      this.underWay[node] = sync;
      if (sync.cleanup !== null) {
        this.goOnAt(node, sync.startedNs + sync.durationNs);
        return;
      }
    }
    this.underWay[node] = undefined;
    observer.syncDone(sync);
    this.setup.ended(node);
  }

  private commit(sync: NodeSync): void {
    const { instances, observer } = this.setup;
    // What the proxy took up while the sync was under way has been told already.
    const from = Math.min(instances.liveRevision(sync.node), sync.to);
    const oldest = instances.commit(sync);
    observer.syncLive(from > sync.from ? { ...sync, from } : sync);
    if (oldest > 0) this.setup.forgetBefore(oldest);
  }

  private goOnAt(node: number, time: Nanoseconds): void {
    this.stepAt[node] = time;
    this.setup.simulation.schedule(time, this.stepKind, node);
  }
}
