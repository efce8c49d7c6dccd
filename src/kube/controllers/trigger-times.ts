/**
 * What triggered a change of a Service's endpoints, and when: the start of network programming latency.
 *
 * Mirrors kubernetes/endpointslice util/trigger_time_tracker.go: the earliest transition of a Ready condition, or the Service's creation, that is
 * newer than at the last sync. What changed without either (labels, a deletion) has no trigger. Times are exact, where the API keeps whole seconds of
 * them. Cost: O(pods whose condition changed during the run) a sync.
 */
import type { Nanoseconds } from '../../sim/index.js';
import type { LookedAt } from './looked-at-pods.js';

/** What was known of a Service at its last sync. */
interface Known {
  createdNs: Nanoseconds | undefined;
  /** Transitions by pod that the Service selects; of those during the run. */
  pods: Map<string, Nanoseconds>;
}

/** Trigger times of all Services of one controller. */
export class TriggerTimes {
  private readonly services = new Map<string, Known>();

  /**
   * When the endpoints of a Service changed for the first time since the last call.
   * @param key the Service's
   * @param createdNs when the Service was made; undefined before the run
   * @param lookedAt pods that it selects, and those that it selects no longer: what is known of these is forgotten
   * @returns undefined when nothing new is known
   */
  of(key: string, createdNs: Nanoseconds | undefined, { pods, left }: LookedAt): Nanoseconds | undefined {
    const before = this.services.get(key);
    const known: Known = before ?? { createdNs: undefined, pods: new Map() };
    const times = left === 'all others' ? new Map<string, Nanoseconds>() : known.pods;
    if (left !== 'all others') for (const podKey of left) times.delete(podKey);
    let earliest = Infinity;
    for (const [podKey, { readySinceNs: since }] of pods) {
      if (since === undefined) continue;
      if (since > (known.pods.get(podKey) ?? -1)) earliest = Math.min(earliest, since);
      times.set(podKey, since);
    }
    known.pods = times;
    if (createdNs !== undefined && createdNs > (known.createdNs ?? -1)) earliest = Math.min(earliest, createdNs);
    known.createdNs = createdNs;
    if (before === undefined) this.services.set(key, known);
    const time = before === undefined ? (createdNs ?? Infinity) : earliest;
    return time === Infinity ? undefined : time;
  }

  /** Forgets a Service that is gone. */
  forget(key: string): void {
    this.services.delete(key);
  }
}
