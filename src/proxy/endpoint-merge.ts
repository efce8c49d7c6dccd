/**
 * Merges the slices of a Service into the endpoint list of one service port (pkg/proxy endpointslicecache.go, v1.30).
 *
 * The list holds the ready endpoints; where there are none, those serving and terminating. An endpoint that stands in two
 * slices counts once. Cost: O(n log n) in the endpoints of the Service; scratch columns are kept between calls.
 */
import type { EndpointSlice } from '../kube/index.js';
import { grown } from '../sim/index.js';
import { endpointOrder, orderedAddress, orderedPort } from './endpoint-order.js';
import type { EndpointList } from './service-port.js';

/** A list without endpoints. */
export const NO_ENDPOINTS: EndpointList = {
  length: 0,
  address: new Uint32Array(0),
  port: new Uint16Array(0),
  node: new Int32Array(0),
};

const Wanted = { ready: 0, draining: 1, all: 2 } as const;
type Wanted = (typeof Wanted)[keyof typeof Wanted];

/** Merges slices; one instance serves a whole ledger. */
export class EndpointMerger {
  /** Different endpoints of the service port merged last, whatever their conditions. */
  known = 0;
  private order = new Float64Array(256);
  private sorted = new Float64Array(256);
  private node = new Int32Array(256);
  private count = 0;

  /**
   * The usable endpoints of one service port.
   * @param slices all slices of its Service
   * @param portName name of the port, which the slices' ports carry too
   * @param protocol IP protocol number
   * @param previous the list so far; returned again when nothing differs
   */
  merge(slices: readonly EndpointSlice[], portName: string, protocol: number, previous: EndpointList): EndpointList {
    const everything = endpointsIn(slices, portName, protocol);
    this.collect(slices, portName, protocol, Wanted.ready);
    const ready = this.count;
    if (ready === 0 && everything > 0) this.collect(slices, portName, protocol, Wanted.draining);
    const list = this.list(previous);
    this.known = list.length;
    if (ready < everything) {
      this.collect(slices, portName, protocol, Wanted.all);
      this.known = this.sortDistinct();
    }
    return list;
  }

  /** Puts the endpoints wanted into the scratch columns, as they come. */
  private collect(slices: readonly EndpointSlice[], portName: string, protocol: number, wanted: Wanted): void {
    this.count = 0;
    for (const slice of slices) {
      const port = portOf(slice, portName, protocol);
      if (port === 0) continue;
      this.makeRoom(this.count + slice.endpoints.length);
      for (const endpoint of slice.endpoints) {
        const fits =
          wanted === Wanted.ready
            ? endpoint.ready
            : wanted === Wanted.all || (endpoint.serving && endpoint.terminating);
        if (!fits) continue;
        this.order[this.count] = endpointOrder(endpoint.address, port);
        this.node[this.count++] = endpoint.node;
      }
    }
  }

  /** Sorts what was collected and drops what stands there twice; returns how many are left. */
  private sortDistinct(): number {
    const sorted = this.sorted;
    sorted.set(this.order.subarray(0, this.count));
    sorted.subarray(0, this.count).sort();
    let distinct = 0;
    for (let i = 0; i < this.count; i++) {
      if (distinct === 0 || sorted[i] !== sorted[distinct - 1]) sorted[distinct++] = sorted[i]!;
    }
    return distinct;
  }

  private list(previous: EndpointList): EndpointList {
    const length = this.sortDistinct();
    if (length === 0) return NO_ENDPOINTS;
    const node = new Int32Array(length).fill(-1);
    for (let i = 0; i < this.count; i++) {
      const at = this.find(this.order[i]!, length);
      if (node[at]! < 0) node[at] = this.node[i]!;
    }
    if (this.equals(previous, node)) return previous;
    const address = new Uint32Array(length);
    const port = new Uint16Array(length);
    for (let i = 0; i < length; i++) {
      address[i] = orderedAddress(this.sorted[i]!);
      port[i] = orderedPort(this.sorted[i]!);
    }
    return { length, address, port, node };
  }

  private find(order: number, length: number): number {
    let low = 0;
    let high = length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.sorted[middle]! < order) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private equals(list: EndpointList, node: Int32Array): boolean {
    if (list.length !== node.length) return false;
    for (let i = 0; i < list.length; i++) {
      if (list.node[i] !== node[i]) return false;
      if (endpointOrder(list.address[i]!, list.port[i]!) !== this.sorted[i]) return false;
    }
    return true;
  }

  private makeRoom(length: number): void {
    if (length <= this.order.length) return;
    const larger = Math.max(length, this.order.length * 2);
    this.order = grown(this.order, larger);
    this.sorted = grown(this.sorted, larger);
    this.node = grown(this.node, larger);
  }
}

/** Port number under which a slice serves a service port; 0 when it does not. */
function portOf(slice: EndpointSlice, portName: string, protocol: number): number {
  for (const port of slice.ports) {
    if (port.name === portName && port.protocol === protocol) return port.port;
  }
  return 0;
}

function endpointsIn(slices: readonly EndpointSlice[], portName: string, protocol: number): number {
  let count = 0;
  for (const slice of slices) {
    if (portOf(slice, portName, protocol) > 0) count += slice.endpoints.length;
  }
  return count;
}
