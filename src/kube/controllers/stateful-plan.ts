/**
 * What a StatefulSet does next, pure: from its pods and the number wanted, which pod to make or to delete.
 *
 * Mirrors updateStatefulSet (pkg/controller/statefulset stateful_set_control.go, 1.34-era) with podManagementPolicy OrderedReady and updateStrategy
 * RollingUpdate: pods have numbers; they come one after the other from 0 on, each when those below it are ready, go from the highest number
 * down, and are replaced from the highest down, each when those above it are ready again. A pod that is terminating keeps its number until it is gone.
 * Left out: Parallel, OnDelete, partition, maxUnavailable, minReadySeconds. Cost: O(pods).
 */

/** What the plan must know of one pod that is not terminating. */
export interface OrdinalPod {
  readonly ordinal: number;
  /** Whether it is made from the newest template. */
  readonly current: boolean;
  readonly ready: boolean;
}

/** One step: at most one pod to make, by its number, or one to delete. */
export interface StatefulStep<P extends OrdinalPod> {
  /** -1 for none. */
  readonly create: number;
  readonly remove: P | undefined;
}

const WAIT = { create: -1, remove: undefined } as const;

/**
 * The next step; to be asked for again until it is empty.
 * @param pods all pods that are not terminating
 * @param leaving numbers of those that are
 */
export function nextStatefulStep<P extends OrdinalPod>(
  pods: readonly P[],
  leaving: ReadonlySet<number>,
  replicas: number,
): StatefulStep<P> {
  const byOrdinal = new Map(pods.map((pod) => [pod.ordinal, pod]));
  for (let ordinal = 0; ordinal < replicas; ordinal++) {
    if (leaving.has(ordinal)) return WAIT;
    const pod = byOrdinal.get(ordinal);
    if (pod === undefined) return { create: ordinal, remove: undefined };
    if (!pod.ready) return WAIT;
  }
  const condemned = pods.filter(({ ordinal }) => ordinal >= replicas).sort((a, b) => b.ordinal - a.ordinal);
  const going = [...leaving].filter((ordinal) => ordinal >= replicas);
  const [highest] = condemned;
  if (going.some((ordinal) => highest === undefined || ordinal > highest.ordinal)) return WAIT;
  if (highest !== undefined) {
    // One that is not ready waits for others below that are not, or are terminating.
    const isLast = going.length === 0 && condemned.findLast(({ ready }) => !ready) === highest;
    return highest.ready || isLast ? { create: -1, remove: highest } : WAIT;
  }
  for (let ordinal = replicas - 1; ordinal >= 0; ordinal--) {
    const pod = byOrdinal.get(ordinal);
    if (pod !== undefined && !pod.current) return { create: -1, remove: pod };
  }
  return WAIT;
}
