/**
 * Deployments at work in the simulation: scaling, rolling updates, and the lives of the pods that come and go by them.
 *
 * Stands for the Deployment and ReplicaSet controllers, the scheduler and the kubelet. A new pod has a node and an address at
 * once, is not ready, and becomes ready after its start-up time; a deleted one is terminating (its server goes on), and gone after its
 * termination time. Both times are drawn for each pod, so that pods made together do not change together. Controllers act
 * at the instant of an event. Left out: crashes, probes, the order of StatefulSets (they are updated like Deployments).
 * Cost: O(pods of the set) an event.
 */
import { EventClass, type Nanoseconds, type RandomStream, type Simulation } from '../../sim/index.js';
import type { Pod, PodSet } from '../api.js';
import type { Placement } from '../placement.js';
import type { PodNetwork } from '../pod-network.js';
import { objectKey, type Store } from '../store.js';
import { nextStep, rolloutBounds, type RolloutBounds } from './rollout-plan.js';

/** How long pods take to come and to go: each between 1 - spread and 1 + spread times the time given, all equally likely. */
export interface PodTiming {
  /** From creation to Ready, in the mean. */
  readonly startupNs: Nanoseconds;
  /** From deletion to the end of its processes, in the mean. */
  readonly terminationNs: Nanoseconds;
  /** How far one pod may be from the mean, as a fraction of it: 0 (all alike) to 1. */
  readonly spread: number;
}

/** A rolling update; the fractions are those of the Deployment's strategy. */
export interface RollingUpdate extends PodTiming {
  /** Pods above the replicas, as a fraction of them, rounded up. */
  readonly maxSurge: number;
  /** Replicas that need not be available, as a fraction of them, rounded down. */
  readonly maxUnavailable: number;
}

/** Who is told of the pods' lives. The store has been written when these are called. */
export interface PodListener {
  /** A pod has its node and address and its processes start. */
  podStarted(pod: Pod): void;
  /** A pod is to end; it still serves. */
  podTerminating(pod: Pod): void;
  /** A pod's processes have ended; its address is free again. */
  podGone(pod: Pod): void;
}

/** What pods are made and unmade with. */
export interface PodSetsSetup {
  readonly store: Store;
  readonly addresses: PodNetwork;
  readonly placement: Placement;
  readonly simulation: Simulation;
  /** For the times of single pods. */
  readonly random: RandomStream;
}

/** One pod of a set at work. */
interface Member {
  readonly id: number;
  readonly set: Rollout;
  readonly node: number;
  readonly uid: number;
  pod: Pod;
  current: boolean;
  ready: boolean;
  sinceNs: Nanoseconds;
}

/** One set at work. */
interface Rollout {
  readonly set: PodSet;
  /** Pods that are not terminating, in the order of their creation. */
  members: Member[];
  bounds: RolloutBounds;
  timing: PodTiming;
  named: number;
}

/** Before a set's first change, which brings a timing of its own. */
const NO_TIME: PodTiming = { startupNs: 0, terminationNs: 0, spread: 0 };

/** All sets of pods that change during a run. */
export class PodSets {
  private readonly setup: PodSetsSetup;
  private readonly readyKind: number;
  private readonly goneKind: number;
  private readonly rollouts = new Map<string, Rollout>();
  private readonly members: (Member | undefined)[] = [];
  private readonly listeners: PodListener[] = [];

  /** @param setup store, addresses, clock */
  constructor(setup: PodSetsSetup) {
    this.setup = setup;
    const { simulation } = setup;
    this.readyKind = simulation.register('pod-ready', EventClass.control, { fire: (id) => this.becomeReady(id) });
    this.goneKind = simulation.register('pod-gone', EventClass.control, { fire: (id) => this.vanish(id) });
  }

  /** Has `listener` told of every pod that starts, terminates or is gone from now on. */
  listen(listener: PodListener): void {
    this.listeners.push(listener);
  }

  /**
   * Changes the number of a set's pods, now.
   * @param set the set
   * @param pods its pods so far; looked at when the set changes for the first time
   */
  scale(set: PodSet, pods: readonly Pod[], replicas: number, timing: PodTiming): void {
    const rollout = this.rolloutOf(set, pods);
    const { surge, unavailable } = rollout.bounds;
    rollout.bounds = { replicas, surge, unavailable: Math.min(unavailable, replicas) };
    rollout.timing = timing;
    this.advance(rollout);
  }

  /**
   * Begins to replace all pods of a set by new ones, now.
   * @param set the set
   * @param pods its pods so far; looked at when the set changes for the first time
   */
  rollingUpdate(set: PodSet, pods: readonly Pod[], update: RollingUpdate): void {
    const rollout = this.rolloutOf(set, pods);
    rollout.bounds = rolloutBounds(rollout.bounds.replicas, update.maxSurge, update.maxUnavailable);
    rollout.timing = update;
    for (const member of rollout.members) member.current = false;
    this.advance(rollout);
  }

  private rolloutOf(set: PodSet, pods: readonly Pod[]): Rollout {
    const key = objectKey(set.metadata.namespace, set.metadata.name);
    let rollout = this.rollouts.get(key);
    if (rollout === undefined) {
      const alive = pods.filter((pod) => !pod.terminating);
      const bounds = { replicas: alive.length, surge: 0, unavailable: 0 };
      rollout = { set, members: [], bounds, timing: NO_TIME, named: pods.length };
      this.rollouts.set(key, rollout);
      for (const pod of alive) this.enrol(rollout, pod, 0);
    }
    return rollout;
  }

  private enrol(set: Rollout, pod: Pod, sinceNs: Nanoseconds): Member {
    const id = this.members.length;
    // Any fixed scrambling will do for a UID: it only has to be unrelated to the order of creation.
    const uid = Math.imul(id + 1, 0x9e3779b1) >>> 0;
    const member: Member = { id, set, node: pod.node, uid, pod, current: true, ready: pod.ready, sinceNs };
    this.members.push(member);
    set.members.push(member);
    return member;
  }

  /** Takes steps until the plan has none left for the moment. */
  private advance(rollout: Rollout): void {
    for (;;) {
      const step = nextStep(rollout.members, rollout.bounds, this.setup.simulation.now);
      if (step.create === 0 && step.remove.length === 0) return;
      for (let i = 0; i < step.create; i++) this.create(rollout);
      if (step.remove.length > 0) this.terminate(rollout, step.remove);
    }
  }

  private create(rollout: Rollout): void {
    const { store, addresses, placement, simulation } = this.setup;
    const { namespace, name } = rollout.set.metadata;
    const node = placement.node();
    let podName: string;
    do podName = `${name}-${rollout.named++}`;
    while (store.get('pod', objectKey(namespace, podName)) !== undefined);
    const pod: Pod = {
      metadata: { namespace, name: podName, labels: rollout.set.podLabels },
      ...addresses.next(node),
      hostNetwork: false,
      node,
      phase: 'Running',
      ready: false,
      terminating: false,
      ports: rollout.set.ports,
    };
    const member = this.enrol(rollout, pod, simulation.now);
    store.put('pod', pod);
    simulation.schedule(simulation.now + this.drawn(rollout.timing.startupNs, rollout), this.readyKind, member.id);
    for (const listener of this.listeners) listener.podStarted(pod);
  }

  private terminate(rollout: Rollout, removed: readonly Member[]): void {
    const { store, simulation } = this.setup;
    const gone = new Set(removed);
    rollout.members = rollout.members.filter((member) => !gone.has(member));
    for (const member of removed) {
      member.pod = { ...member.pod, terminating: true };
      store.put('pod', member.pod);
      simulation.schedule(simulation.now + this.drawn(rollout.timing.terminationNs, rollout), this.goneKind, member.id);
      for (const listener of this.listeners) listener.podTerminating(member.pod);
    }
  }

  /** One pod's time. A pod takes one draw for each of its times whatever the spread, so that others' draws stay the same. */
  private drawn(meanNs: Nanoseconds, { timing }: Rollout): Nanoseconds {
    return Math.round(meanNs * (1 + timing.spread * (2 * this.setup.random.uniform() - 1)));
  }

  private becomeReady(id: number): void {
    const member = this.members[id];
    if (member === undefined || member.pod.terminating) return;
    member.ready = true;
    member.sinceNs = this.setup.simulation.now;
    member.pod = { ...member.pod, ready: true };
    this.setup.store.put('pod', member.pod);
    this.advance(member.set);
  }

  private vanish(id: number): void {
    const { pod } = this.members[id]!;
    this.members[id] = undefined;
    this.setup.store.remove('pod', objectKey(pod.metadata.namespace, pod.metadata.name));
    // A pod in its node's network has given nothing back: the addresses are the node's.
    if (!pod.hostNetwork) this.setup.addresses.release(pod);
    for (const listener of this.listeners) listener.podGone(pod);
  }
}
