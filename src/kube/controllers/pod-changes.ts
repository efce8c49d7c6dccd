/**
 * Which Services a pod's change concerns (kubernetes/endpointslice util/controller_utils.go, podEndpointsChanged and
 * determineNeededServiceUpdates), and which pods of a Service changed since its last sync.
 *
 * A change counts when it is one of the addresses, the Ready condition, the deletion, the labels, hostname or subdomain; and any change of a pod under
 * deletion does, because upstream compares pointers to its timestamps. Where labels or names alone changed, Services that match exactly one of old
 * and new labels are concerned. Cost: O(Services that select the pod).
 */
import type { Pod } from '../api.js';
import type { WatchEvent } from '../store.js';
import { sameLabels, type SelectorIndex } from './selector-index.js';

/** Keys of the Services that a pod's change concerns. */
export function concernedBy({ object, previous }: WatchEvent<Pod>, selectors: SelectorIndex): readonly string[] {
  const after = selectors.servicesOf(object);
  if (previous === undefined) return after;
  const stateChanged =
    previous.ip !== object.ip ||
    previous.secondIp !== object.secondIp ||
    previous.ready !== object.ready ||
    previous.terminating ||
    object.terminating;
  const named = previous.hostname === object.hostname && previous.subdomain === object.subdomain;
  if (named && sameLabels(previous.metadata.labels, object.metadata.labels)) return stateChanged ? after : [];
  const before = selectors.servicesOf(previous);
  const union = [...new Set([...before, ...after])];
  return stateChanged ? union : union.filter((key) => before.includes(key) !== after.includes(key));
}

/** Pods that changed, by key: whether each one came since. In the order in which they first changed, or came. */
export type ChangedPods = ReadonlyMap<string, boolean>;

const NONE: ChangedPods = new Map();

/** Changed pods of all Services. */
export class PodChanges {
  private readonly byService = new Map<string, Map<string, boolean>>();

  /** Notes a pod's change for every Service that selects it or did, whether it concerns their endpoints or not. */
  note({ type, key, object, previous }: WatchEvent<Pod>, selectors: SelectorIndex): void {
    for (const service of selectors.servicesOf(object)) this.add(service, key, type === 'added');
    if (previous === undefined || previous.metadata.labels === object.metadata.labels) return;
    for (const service of selectors.servicesOf(previous)) this.add(service, key, false);
  }

  /** The pods of a Service that changed since they were last taken. */
  of(service: string): ChangedPods {
    return this.byService.get(service) ?? NONE;
  }

  /** The same, which are then forgotten. */
  take(service: string): ChangedPods {
    const changed = this.of(service);
    this.byService.delete(service);
    return changed;
  }

  private add(service: string, pod: string, came: boolean): void {
    let pods = this.byService.get(service);
    if (pods === undefined) this.byService.set(service, (pods = new Map<string, boolean>()));
    if (came) pods.delete(pod);
    else if (pods.has(pod)) return;
    pods.set(pod, came);
  }
}
