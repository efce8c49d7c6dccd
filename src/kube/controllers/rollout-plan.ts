/**
 * What a Deployment does next, pure: from its pods and its strategy, how many pods to make and which to delete.
 *
 * Mirrors pkg/controller/deployment rolling.go (new pods as long as there are at most replicas + maxSurge, old ones deleted as long
 * as replicas - maxUnavailable stay available, unhealthy ones first) and pkg/controller/replicaset (which pods go first:
 * not ready, then those with more pods of the Deployment on their node, of whatever template, then the younger ones by order of magnitude, and
 * among those of one magnitude by their random UIDs: LogarithmicScaleDown, v1.22 and later). Pods that are terminating count nowhere.
 * Left out: minReadySeconds, pause, progress deadline, scaling in proportion while an update is under way; all older templates count as one.
 */

import type { Nanoseconds } from '../../sim/index.js';

/** What the plan must know of one pod that is not terminating. */
export interface RolloutPod {
  /** Whether it is made from the newest template. */
  readonly current: boolean;
  readonly ready: boolean;
  readonly node: number;
  /** When it became ready, or was made when it is not ready, in nanoseconds. */
  readonly sinceNs: Nanoseconds;
  /** Stands for the random UID. */
  readonly uid: number;
}

/** How far an update may go, in pods. */
export interface RolloutBounds {
  readonly replicas: number;
  readonly surge: number;
  readonly unavailable: number;
}

/** One step. */
export interface RolloutStep<P extends RolloutPod> {
  readonly create: number;
  readonly remove: readonly P[];
}

/**
 * Turns the fractions of a strategy into pods: surge is rounded up, unavailable down; both zero would never get on, and
 * then one pod may be unavailable.
 */
export function rolloutBounds(replicas: number, maxSurge: number, maxUnavailable: number): RolloutBounds {
  const surge = Math.ceil(whole(maxSurge * replicas));
  const unavailable = Math.min(Math.floor(whole(maxUnavailable * replicas)), replicas);
  return { replicas, surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}

/** A product without what its binary form adds or lacks: 7 % of 100 are 7, where 0.07 * 100 is more. */
function whole(product: number): number {
  return Math.round(product * 1e9) / 1e9;
}

/**
 * The next step; to be asked for again until it is empty.
 * @param pods all pods that are not terminating
 * @param bounds how far the step may go
 * @param nowNs the present time
 */
export function nextStep<P extends RolloutPod>(
  pods: readonly P[],
  bounds: RolloutBounds,
  nowNs: Nanoseconds,
): RolloutStep<P> {
  const current = pods.filter((pod) => pod.current);
  const old = pods.filter((pod) => !pod.current);
  const { replicas, surge, unavailable } = bounds;
  if (old.length === 0) return toReplicas(current, current, replicas, nowNs);
  const excess = toReplicas(current, pods, replicas, nowNs).remove;
  const room = replicas + surge - pods.length;
  const create = Math.max(0, Math.min(room, replicas - current.length));
  const notReady = (some: readonly P[]): number => some.length - countReady(some);
  const leastAvailable = replicas - unavailable;
  const removable = pods.length - leastAvailable - notReady(current);
  const oldRanked = ranked(old, pods, nowNs);
  const unhealthy = oldRanked.filter((pod) => !pod.ready);
  const remove = [...excess, ...unhealthy.slice(0, Math.max(0, removable))];
  const healthy = oldRanked.filter((pod) => pod.ready);
  const available = countReady(pods) - countReady(excess) - leastAvailable;
  remove.push(...healthy.slice(0, Math.max(0, available)));
  return { create, remove };
}

function toReplicas<P extends RolloutPod>(
  pods: readonly P[],
  all: readonly P[],
  replicas: number,
  nowNs: Nanoseconds,
): RolloutStep<P> {
  const surplus = pods.length - replicas;
  if (surplus <= 0) return { create: -surplus, remove: [] };
  return { create: 0, remove: ranked(pods, all, nowNs).slice(0, surplus) };
}

function countReady(pods: readonly RolloutPod[]): number {
  let ready = 0;
  for (const pod of pods) if (pod.ready) ready++;
  return ready;
}

/** Pods in the order in which they are deleted. @param all those that count on a node */
function ranked<P extends RolloutPod>(pods: readonly P[], all: readonly P[], nowNs: Nanoseconds): readonly P[] {
  const siblings = new Map<number, number>();
  for (const pod of all) siblings.set(pod.node, (siblings.get(pod.node) ?? 0) + 1);
  const siblingsOf = (pod: P): number => siblings.get(pod.node) ?? 0;
  return [...pods].sort(
    (a, b) =>
      Number(a.ready) - Number(b.ready) ||
      siblingsOf(b) - siblingsOf(a) ||
      magnitude(nowNs - a.sinceNs) - magnitude(nowNs - b.sinceNs) ||
      a.uid - b.uid,
  );
}

/** Whole binary logarithm of an age; -1 for none. */
function magnitude(ageNs: Nanoseconds): number {
  let doublings = -1;
  for (let rest = ageNs; rest >= 1; rest /= 2) doublings++;
  return doublings;
}
