/**
 * Which endpoint stands in which slice of one Service and family, so that a sync after changes of pods looks at nothing but the slices that
 * these pods touch.
 *
 * Upstream builds both sides anew in every sync; the writes are the same. Holds for Services whose pods all serve at the same ports, and until
 * anything but their pods changes. Cost: O(endpoints of a slice) a write.
 */
import type { EndpointSlice } from '../api.js';
import type { OtherSlices } from './slice-reconcile.js';

/** The slices of one Service and family. */
export class KnownSlices {
  /** By name, in the order of their creation. */
  private readonly slices = new Map<string, EndpointSlice>();
  /** Name of the slice in which an endpoint stands, or stood last, by its target. */
  private readonly places = new Map<string, string>();

  /** @param slices all of them, each with endpoints */
  constructor(slices: Iterable<EndpointSlice>) {
    for (const slice of slices) this.put(slice);
  }

  /** The slice in which a pod stands. @param target the pod's key */
  of(target: string): EndpointSlice | undefined {
    const slice = this.slices.get(this.places.get(target) ?? '');
    return slice?.endpoints.some((endpoint) => endpoint.target === target) === true ? slice : undefined;
  }

  /** All slices but some. */
  except(some: ReadonlySet<EndpointSlice>): OtherSlices {
    const { slices } = this;
    return {
      count: slices.size - some.size,
      *list() {
        for (const slice of slices.values()) if (!some.has(slice)) yield slice;
      },
    };
  }

  /** Takes in a slice that was written. */
  put(slice: EndpointSlice): void {
    const { name } = slice.metadata;
    this.slices.set(name, slice);
    for (const { target } of slice.endpoints) if (this.places.get(target) !== name) this.places.set(target, name);
  }

  /** Takes out a slice that was deleted. */
  remove({ metadata: { name } }: EndpointSlice): void {
    this.slices.delete(name);
  }

  /** Forgets those of some pods that stand nowhere any more. @param targets keys of pods that changed */
  settle(targets: Iterable<string>): void {
    for (const target of targets) if (this.of(target) === undefined) this.places.delete(target);
  }
}
