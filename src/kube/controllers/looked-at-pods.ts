/**
 * Pods of a Service that a sync must look at to tell what triggered it: those that changed since the last one, or all after the Service itself changed.
 *
 * Stands for the list of selected pods that controllers give to their trigger time tracker in every sync. Before the clock runs nothing has a
 * time, and no pods are listed. Cost: O(changed pods), or O(pods of the Service).
 */
import type { Pod, Service } from '../api.js';
import type { IndexedStore } from './informer-cache.js';
import type { ChangedPods } from './pod-changes.js';
import { selects } from './selector-index.js';

/** Selected pods with their keys, and which others are known to be selected no longer. */
export interface LookedAt {
  readonly pods: readonly (readonly [key: string, pod: Pod])[];
  /** Keys of pods, or all that are not among `pods`. */
  readonly left: readonly string[] | 'all others';
}

/** Pods of all Services of one controller. */
export class LookedAtPods {
  private readonly seen: Pick<IndexedStore, 'store' | 'selectors'>;
  private readonly services = new Map<string, Service>();

  /** @param seen what the controller sees */
  constructor(seen: Pick<IndexedStore, 'store' | 'selectors'>) {
    this.seen = seen;
  }

  /**
   * The pods of a sync.
   * @param key the Service's
   * @param changed pods that changed since the last call
   * @param isRunning whether the clock runs
   */
  of(key: string, service: Service, changed: ChangedPods, isRunning: boolean): LookedAt {
    const isKnown = this.services.get(key) === service || !isRunning;
    this.services.set(key, service);
    const { store, selectors } = this.seen;
    const { namespace } = service.metadata;
    const selector = service.selector ?? {};
    const pods: [string, Pod][] = [];
    if (!isKnown) {
      selectors.forEachPod(namespace, selector, (pod, podKey) => pods.push([podKey, pod]));
      return { pods, left: 'all others' };
    }
    const left: string[] = [];
    for (const podKey of changed.keys()) {
      const pod = store.get('pod', podKey);
      if (pod?.metadata.namespace === namespace && selects(selector, pod.metadata.labels)) pods.push([podKey, pod]);
      else left.push(podKey);
    }
    return { pods, left };
  }

  /** Forgets a Service that is gone. */
  forget(key: string): void {
    this.services.delete(key);
  }
}
