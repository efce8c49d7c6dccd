/**
 * The EndpointSlices of each Service, kept up to date by a watch.
 *
 * Mirrors the index by the label kubernetes.io/service-name that the slice controller and kube-proxy keep. Slices of one
 * Service are in the order of their creation. Cost: O(slices of the Service) a write.
 */
import type { EndpointSlice } from './api.js';
import { objectKey, type Store } from './store.js';

const NONE: readonly EndpointSlice[] = [];

/** Slices by Service. */
export class SliceIndex {
  private readonly byService = new Map<string, EndpointSlice[]>();

  /** @param store what to follow; what it holds already is taken in */
  constructor(store: Store) {
    for (const slice of store.list('slice')) this.add(slice);
    store.watch('slice', ({ type, object, previous }) => {
      if (type === 'added') this.add(object);
      else this.replace(object, previous ?? object, type === 'deleted');
    });
  }

  /**
   * Slices of a Service.
   * @param serviceKey `namespace/name`
   * @returns the present slices, in the order of their creation; not to be kept over a write
   */
  of(serviceKey: string): readonly EndpointSlice[] {
    return this.byService.get(serviceKey) ?? NONE;
  }

  /**
   * Ready endpoints of all Services: one that stands in two slices of a Service counts once, and of a Service with both
   * families that with more counts. Cost: O(endpoints).
   */
  countReady(): number {
    let count = 0;
    for (const slices of this.byService.values()) {
      const ready = { 4: new Set<number>(), 6: new Set<number>() };
      for (const { endpoints, family } of slices)
        for (const endpoint of endpoints) if (endpoint.ready) ready[family].add(endpoint.address);
      count += Math.max(ready[4].size, ready[6].size);
    }
    return count;
  }

  private add(slice: EndpointSlice): void {
    const key = objectKey(slice.metadata.namespace, slice.service);
    const slices = this.byService.get(key);
    if (slices === undefined) this.byService.set(key, [slice]);
    else slices.push(slice);
  }

  private replace(slice: EndpointSlice, before: EndpointSlice, deleted: boolean): void {
    const key = objectKey(before.metadata.namespace, before.service);
    const slices = this.byService.get(key) ?? [];
    const at = slices.indexOf(before);
    if (at < 0) return;
    if (!deleted && slice.service === before.service) slices[at] = slice;
    else if (slices.length > 1) slices.splice(at, 1);
    else this.byService.delete(key);
    if (!deleted && slice.service !== before.service) this.add(slice);
  }
}
