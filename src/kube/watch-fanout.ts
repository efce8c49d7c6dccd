/**
 * What writes of slices and Endpoints cost on their way to the nodes: every write is one event for every kube-proxy, with the whole object in it.
 *
 * Counts writes, events (writes × watching nodes) and bytes (size of the object × watching nodes), of EndpointSlices and of Endpoints side by side, as
 * [KEP-0752] does. A deletion carries the last state. Slices that kube-proxy's watch leaves out (of Services without address, and of those that another proxy
 * serves) count as writes only. Sizes are those of the real objects in the encoding asked for, or a given number of bytes an object and an endpoint.
 * Cost: O(endpoints of the object) a write where sizes are measured, else O(1).
 */
import type { Endpoints } from './endpoints-object.js';
import { endpointsJsonBytes, sliceJsonBytes } from './object-json.js';
import { endpointsBytes, isProxied, sliceBytes, type SizeContext } from './object-size.js';
import type { Store } from './store.js';

/** Sizes that are given in place of those of real objects. */
export interface GivenSizes {
  readonly bytesPerObject: number;
  readonly bytesPerEndpoint: number;
}

/** Sizes of real objects, in the encoding that clients ask for; kube-proxy asks for protobuf. */
export interface MeasuredSizes extends SizeContext {
  readonly encoding: 'protobuf' | 'json';
}

/** How sizes are had. */
export type ObjectSizes = MeasuredSizes | GivenSizes;

/** What came of the writes of one kind. */
export interface FanoutCounts {
  writes: number;
  events: number;
  bytes: number;
  /** Bytes of the largest object. */
  largest: number;
}

/** Counts from its making on. */
export class WatchFanout {
  readonly slices: FanoutCounts = { writes: 0, events: 0, bytes: 0, largest: 0 };
  readonly endpoints: FanoutCounts = { writes: 0, events: 0, bytes: 0, largest: 0 };

  /**
   * @param store whose writes to count
   * @param watchers nodes whose kube-proxy watches
   * @param sizes how large objects are
   */
  constructor(store: Store, watchers: number, sizes: ObjectSizes) {
    store.watch('slice', ({ object }) => {
      const measured = (own: MeasuredSizes): number =>
        own.encoding === 'json' ? sliceJsonBytes(object, own) : sliceBytes(object, own);
      const watching = isProxied(object.metadata) ? watchers : 0;
      count(this.slices, watching, sizeOf(sizes, object.endpoints.length, measured));
    });
    store.watch('endpoints', ({ object }) => {
      const measured = (own: MeasuredSizes): number =>
        own.encoding === 'json' ? endpointsJsonBytes(object, own) : endpointsBytes(object, own);
      count(this.endpoints, watchers, sizeOf(sizes, addresses(object), measured));
    });
  }
}

function count(counts: FanoutCounts, watching: number, bytes: number): void {
  counts.writes++;
  counts.events += watching;
  counts.bytes += bytes * watching;
  counts.largest = Math.max(counts.largest, bytes);
}

function sizeOf(sizes: ObjectSizes, endpoints: number, measured: (own: MeasuredSizes) => number): number {
  return 'nodes' in sizes ? measured(sizes) : sizes.bytesPerObject + sizes.bytesPerEndpoint * endpoints;
}

function addresses({ subsets }: Endpoints): number {
  return subsets.reduce((sum, { ready, notReady }) => sum + ready.length + notReady.length, 0);
}
