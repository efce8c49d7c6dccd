/**
 * Deployments and StatefulSets at work in the simulation: scaling, rolling updates, and the lives of the pods that come and go by them.
 *
 * Stands for the Deployment, ReplicaSet and StatefulSet controllers, the scheduler and the kubelet. A new pod has a node and an address at
 * once, is not ready, and becomes ready after its start-up time; a deleted one is terminating (its server goes on), and gone after its
 * termination time. Both times are drawn for each pod, so that pods made together do not change together. Controllers act
 * at the instant of an event. Sudden changes, without start-up and termination, are those of published models. Left out: crashes.
 * Cost: O(pods of the set) an event.
 */
import { EventClass, invariant, type Nanoseconds, type RandomStream, type Simulation } from '../../sim/index.js';
import type { Pod, PodSet } from '../api.js';
import type { Placement } from '../placement.js';
import type { PodNetwork } from '../pod-network.js';
import { ordinalOf, podOfSet } from '../set-pod.js';
import { objectKey, type Store } from '../store.js';
import type { PodListener, PodTiming, RollingUpdate, SuddenReplacement } from './pod-lives.js';
import { isFree, isOrdered, memberOf, newRollout, nextName, resize, type Member, type Rollout } from './rollout.js';
import { nextStep } from './rollout-plan.js';
import { nextStatefulStep } from './stateful-plan.js';

/** What pods are made and unmade with. */
export interface PodSetsSetup {
  readonly store: Store;
  readonly addresses: PodNetwork;
  readonly placement: Placement;
  readonly simulation: Simulation;
  /** For the times of single pods. */
  readonly random: RandomStream;
}

/** A sudden replacement under way: the pods that are still to go. */
interface Replacing {
  readonly rollout: Rollout;
  readonly old: Member[];
  readonly intervalNs: Nanoseconds;
}

/** All sets of pods that change during a run. */
export class PodSets {
  private readonly setup: PodSetsSetup;
  private readonly readyKind: number;
  private readonly goneKind: number;
  private readonly rollouts = new Map<string, Rollout>();
  private readonly members: (Member | undefined)[] = [];
  private readonly listeners: Partial<PodListener>[] = [];
  private readonly replacing: Replacing[] = [];
  /** Keys of pods that do not answer, and of those that their probes keep from being ready, or took out. */
  private readonly silent = new Set<string>();
  private readonly unready = new Set<string>();
  /** Kind of the events of sudden replacements; made with the first one. */
  private replaceKind = -1;

  /** @param setup store, addresses, clock */
  constructor(setup: PodSetsSetup) {
    this.setup = setup;
    const { simulation } = setup;
    this.readyKind = simulation.register('pod-ready', EventClass.control, { fire: (id) => this.becomeReady(id) });
    this.goneKind = simulation.register('pod-gone', EventClass.control, { fire: (id) => this.end(id) });
  }

  /** The clock, and the chance of pods' times, for what else happens to pods. */
  get clock(): Pick<PodSetsSetup, 'simulation' | 'random'> {
    return this.setup;
  }

  /** Has `listener` told of every pod that starts, terminates or is gone from now on. */
  listen(listener: Partial<PodListener>): void {
    this.listeners.push(listener);
  }

  /**
   * Changes the number of a set's pods, now.
   * @param set the set
   * @param pods its pods so far; looked at when the set changes for the first time
   */
  scale(set: PodSet, pods: readonly Pod[], replicas: number, timing: PodTiming): void {
    const rollout = this.rolloutOf(set, pods);
    resize(rollout, replicas);
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
    rollout.strategy = update;
    resize(rollout, rollout.bounds.replicas);
    rollout.timing = update;
    for (const member of rollout.members) member.current = false;
    this.advance(rollout);
  }

  /**
   * Brings a set to a number of pods in one instant: new ones are ready, and old ones, the youngest first, are gone. An update goes on.
   * @param pods its pods so far; looked at when the set changes for the first time
   */
  scaleSuddenly(set: PodSet, pods: readonly Pod[], replicas: number): void {
    const rollout = this.rolloutOf(set, pods);
    resize(rollout, replicas);
    while (rollout.members.length < replicas) this.create(rollout, true);
    for (const member of rollout.members.splice(replicas)) this.vanish(member.id);
    this.advance(rollout);
  }

  /**
   * Begins to replace pods of a set, the oldest first.
   * @param pods its pods so far; looked at when the set changes for the first time
   */
  replaceSuddenly(set: PodSet, pods: readonly Pod[], { pods: count, intervalNs }: SuddenReplacement): void {
    const { simulation } = this.setup;
    const rollout = this.rolloutOf(set, pods);
    const old = rollout.members.slice(0, count).reverse();
    if (old.length === 0) return;
    if (this.replaceKind < 0) {
      const handler = { fire: (index: number) => this.replaceNext(index) };
      this.replaceKind = simulation.register('pod-replaced', EventClass.control, handler);
    }
    this.replaceNext(this.replacing.push({ rollout, old, intervalNs }) - 1);
  }

  /** Whether a pod is ready; one that is gone is not. @param key the pod's */
  isReady(key: string): boolean {
    return this.setup.store.get('pod', key)?.ready === true;
  }

  /**
   * Writes a pod's Ready condition, as the kubelet does after probes; nothing happens to one that is gone or has it already, or is not ready for
   * other reasons: it is starting, or was given so.
   * @param key the pod's
   */
  setReady(key: string, ready: boolean): void {
    const { store, simulation } = this.setup;
    const pod = store.get('pod', key);
    if (pod === undefined || pod.ready === ready || (ready && !this.unready.delete(key))) return;
    if (!ready) this.unready.add(key);
    const written = { ...pod, ready, readySinceNs: simulation.now };
    const member = this.members.find((own) => own?.pod === pod);
    if (member !== undefined) Object.assign(member, { ready, pod: written, sinceNs: simulation.now });
    store.put('pod', written);
    if (member !== undefined && !pod.terminating) this.advance(member.set);
  }

  /** Tells listeners that a pod stops answering, or goes on; one that is gone has nothing to say. */
  setSilent(key: string, isSilent: boolean): void {
    const pod = this.setup.store.get('pod', key);
    if (pod === undefined) return;
    if (isSilent) this.silent.add(key);
    else this.silent.delete(key);
    for (const listener of this.listeners) listener.podSilent?.(pod, isSilent);
  }

  private replaceNext(index: number): void {
    const { rollout, old, intervalNs } = this.replacing[index]!;
    const member = old.pop();
    invariant(member !== undefined, 'replacement-left', 'a pod is to be replaced, and none is left');
    // One that went meanwhile has been replaced already, or is not wanted any more.
    const at = rollout.members.indexOf(member);
    if (at >= 0) {
      rollout.members.splice(at, 1);
      this.vanish(member.id);
      this.create(rollout, true);
      this.advance(rollout);
    }
    const { simulation } = this.setup;
    if (old.length > 0) simulation.schedule(simulation.now + intervalNs, this.replaceKind, index);
  }

  private rolloutOf(set: PodSet, pods: readonly Pod[]): Rollout {
    const key = objectKey(set.metadata.namespace, set.metadata.name);
    let rollout = this.rollouts.get(key);
    if (rollout === undefined) {
      const alive = pods.filter((pod) => !pod.terminating);
      rollout = newRollout(set, alive.length, pods.length);
      this.rollouts.set(key, rollout);
      for (const pod of alive) this.enrol(rollout, pod, 0);
      if (isOrdered(rollout))
        for (const { metadata, terminating } of pods) if (terminating) rollout.leaving.add(ordinalOf(metadata.name));
    }
    return rollout;
  }

  private enrol(rollout: Rollout, pod: Pod, sinceNs: Nanoseconds): Member {
    const member = memberOf(rollout, this.members.length, pod, sinceNs);
    this.members.push(member);
    return member;
  }

  /** Takes steps until the plan has none left for the moment. */
  private advance(rollout: Rollout): void {
    if (isOrdered(rollout)) {
      this.advanceInOrder(rollout);
      return;
    }
    for (;;) {
      const step = nextStep(rollout.members, rollout.bounds, this.setup.simulation.now);
      if (step.create === 0 && step.remove.length === 0) return;
      for (let i = 0; i < step.create; i++) this.create(rollout);
      if (step.remove.length > 0) this.terminate(rollout, step.remove);
    }
  }

  private advanceInOrder(rollout: Rollout): void {
    for (;;) {
      const { create, remove } = nextStatefulStep(rollout.members, rollout.leaving, rollout.bounds.replicas);
      if (remove !== undefined) this.terminate(rollout, [remove]);
      // A pod that is not the set's may have the name.
      else if (create >= 0 && isFree(rollout, create, this.setup.store)) this.create(rollout);
      else return;
    }
  }

  /** Makes a pod. @param sudden whether it is ready from the first, and draws no time */
  private create(rollout: Rollout, sudden = false): void {
    const { store, addresses, placement, simulation } = this.setup;
    const node = placement.node();
    const made = podOfSet(rollout.set, nextName(rollout, store), { ...addresses.next(node), node });
    const pod: Pod = { ...made, ready: sudden, readySinceNs: simulation.now };
    const member = this.enrol(rollout, pod, simulation.now);
    store.put('pod', pod);
    if (!sudden) {
      simulation.schedule(simulation.now + this.drawn(rollout.timing.startupNs, rollout), this.readyKind, member.id);
    }
    for (const listener of this.listeners) listener.podStarted?.(pod);
  }

  private terminate(rollout: Rollout, removed: readonly Member[]): void {
    const { store, simulation } = this.setup;
    const gone = new Set(removed);
    rollout.members = rollout.members.filter((member) => !gone.has(member));
    for (const member of removed) {
      if (member.ordinal >= 0) rollout.leaving.add(member.ordinal);
      member.pod = { ...member.pod, terminating: true };
      store.put('pod', member.pod);
      simulation.schedule(simulation.now + this.drawn(rollout.timing.terminationNs, rollout), this.goneKind, member.id);
      for (const listener of this.listeners) listener.podTerminating?.(member.pod);
    }
  }

  /** One pod's time. A pod takes one draw for each of its times whatever the spread, so that others' draws stay the same. */
  private drawn(meanNs: Nanoseconds, { timing }: Rollout): Nanoseconds {
    return Math.round(meanNs * (1 + timing.spread * (2 * this.setup.random.uniform() - 1)));
  }

  /** A pod's start-up time is over. One that does not answer then is ready when its probes find that it does. */
  private becomeReady(id: number): void {
    const member = this.members[id];
    if (member === undefined || member.pod.terminating) return;
    const key = keyOf(member.pod);
    if (this.silent.has(key)) {
      this.unready.add(key);
      return;
    }
    member.ready = true;
    member.sinceNs = this.setup.simulation.now;
    member.pod = { ...member.pod, ready: true, readySinceNs: this.setup.simulation.now };
    this.setup.store.put('pod', member.pod);
    this.advance(member.set);
  }

  /** A pod's termination time is over. */
  private end(id: number): void {
    const { set, ordinal } = this.members[id]!;
    this.vanish(id);
    // Its number is free again, for which a StatefulSet may have waited.
    if (set.leaving.delete(ordinal)) this.advance(set);
  }

  private vanish(id: number): void {
    const { pod } = this.members[id]!;
    const key = keyOf(pod);
    this.members[id] = undefined;
    this.silent.delete(key);
    this.unready.delete(key);
    this.setup.store.remove('pod', key);
    // A pod in its node's network has given nothing back: the addresses are the node's.
    if (!pod.hostNetwork) this.setup.addresses.release(pod);
    for (const listener of this.listeners) listener.podGone?.(pod);
  }
}

function keyOf({ metadata: { namespace, name } }: Pod): string {
  return objectKey(namespace, name);
}
