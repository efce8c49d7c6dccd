/**
 * One Deployment or StatefulSet at work: its pods as the plans look at them, and how the next one is called.
 *
 * A Deployment's pods have numbers that are never used twice, in place of random letters; a StatefulSet's have the lowest that is free, as upstream.
 */
import type { Nanoseconds } from '../../sim/index.js';
import type { Pod, PodSet } from '../api.js';
import { ordinalOf } from '../set-pod.js';
import { objectKey, type Store } from '../store.js';
import type { PodTiming, RollingUpdate } from './pod-lives.js';
import { rolloutBounds, type RolloutBounds } from './rollout-plan.js';

/** One pod of a set at work. */
export interface Member {
  readonly id: number;
  readonly set: Rollout;
  readonly node: number;
  readonly uid: number;
  /** Of a StatefulSet's pod, the number at the end of its name; else -1. */
  readonly ordinal: number;
  pod: Pod;
  current: boolean;
  ready: boolean;
  sinceNs: Nanoseconds;
}

/** One set at work. */
export interface Rollout {
  readonly set: PodSet;
  /** Pods that are not terminating, in the order of their creation; those of a StatefulSet by number. */
  members: Member[];
  /** Numbers of a StatefulSet's pods that are terminating. */
  readonly leaving: Set<number>;
  bounds: RolloutBounds;
  /** Of the newest update; the bounds are made of it for as many pods as there are to be. */
  strategy: Pick<RollingUpdate, 'maxSurge' | 'maxUnavailable'>;
  timing: PodTiming;
  /** Names given so far. */
  named: number;
}

/** Before a set's first change, which brings a timing of its own. */
const NO_TIME: PodTiming = { startupNs: 0, terminationNs: 0, spread: 0 };

/** A set of which no pod is enrolled yet. @param named pods that it has, whatever they do */
export function newRollout(set: PodSet, replicas: number, named: number): Rollout {
  const bounds = { replicas, surge: 0, unavailable: 0 };
  const strategy = { maxSurge: 0, maxUnavailable: 0 };
  return { set, members: [], leaving: new Set(), bounds, strategy, timing: NO_TIME, named };
}

/** Changes the number of pods wanted, and with it how far an update may go. */
export function resize(rollout: Rollout, replicas: number): void {
  const { maxSurge, maxUnavailable } = rollout.strategy;
  rollout.bounds = rolloutBounds(replicas, maxSurge, maxUnavailable);
}

/** Whether no pod has a number of a StatefulSet. */
export function isFree({ set }: Rollout, ordinal: number, store: Store): boolean {
  const { namespace, name } = set.metadata;
  return store.get('pod', objectKey(namespace, `${name}-${ordinal}`)) === undefined;
}

/** Whether a set goes by the numbers of its pods. */
export function isOrdered({ set }: Rollout): boolean {
  return set.kind === 'StatefulSet';
}

/** Makes a pod a member of a set. @param id unlike those of all other members */
export function memberOf(set: Rollout, id: number, pod: Pod, sinceNs: Nanoseconds): Member {
  // Any fixed scrambling will do for a UID: it only has to be unrelated to the order of creation.
  const uid = Math.imul(id + 1, 0x9e3779b1) >>> 0;
  const ordinal = isOrdered(set) ? ordinalOf(pod.metadata.name) : -1;
  const member: Member = { id, set, node: pod.node, uid, ordinal, pod, current: true, ready: pod.ready, sinceNs };
  set.members.push(member);
  if (isOrdered(set)) set.members.sort((a, b) => a.ordinal - b.ordinal);
  return member;
}

/** A name that no pod has: of a StatefulSet's the lowest number, of others the next one. */
export function nextName(rollout: Rollout, store: Store): string {
  const { namespace, name } = rollout.set.metadata;
  if (isOrdered(rollout)) rollout.named = 0;
  let podName: string;
  do podName = `${name}-${rollout.named++}`;
  while (store.get('pod', objectKey(namespace, podName)) !== undefined);
  return podName;
}
