/**
 * Merges the slices of a Service into the endpoint list of one service port (pkg/proxy endpointslicecache.go, 1.34-era).
 *
 * The list holds all endpoints of a family, whatever their conditions. An endpoint that stands in several slices counts once; kube-proxy
 * prefers the one that is local, and since nodes share the list here, the last one with a node of the cluster wins, else the first.
 * Cost: O(n log n) in the endpoints of the Service; scratch columns are kept between calls.
 */
import type { Endpoint, EndpointHints, EndpointSlice } from '../kube/index.js';
import { familyOf, type IpAddress, type IpFamily } from '../net/index.js';
import { grown } from '../sim/index.js';
import { endpointOrder, Ipv6Order, orderedAddress, orderedPort } from './endpoint-order.js';
import { isWatched, sameHints } from './service-map.js';
import { conditionsOf, type EndpointList } from './service-port.js';

/** A list without endpoints. */
export const NO_ENDPOINTS: EndpointList = {
  length: 0,
  address: new Uint32Array(0),
  port: new Uint16Array(0),
  node: new Int32Array(0),
  conditions: new Uint8Array(0),
  hints: null,
};

/** Merges slices; one instance serves a whole ledger. */
export class EndpointMerger {
  private readonly family: IpFamily;
  /** By endpoint as it comes: its place in the order, and the record. */
  private order = new Float64Array(256);
  private records: Endpoint[] = [];
  private count = 0;
  private sorted = new Float64Array(256);
  private ipv6: Ipv6Order | null = null;

  /** @param family slices of the other one are passed over */
  constructor(family: IpFamily) {
    this.family = family;
  }

  /**
   * The endpoints of one service port.
   * @param slices all slices of its Service
   * @param portName name of the port, which the slices' ports carry too
   * @param protocol IP protocol number
   * @param previous the list so far; returned again when nothing differs
   */
  merge(slices: readonly EndpointSlice[], portName: string, protocol: number, previous: EndpointList): EndpointList {
    this.collect(slices, portName, protocol);
    const length = this.sortDistinct();
    if (length === 0) return NO_ENDPOINTS;
    const chosen = this.choose(length);
    return this.equals(previous, chosen) ? previous : this.list(chosen);
  }

  /** Endpoints that the last merge met, counted as often as they stood there. */
  get collected(): number {
    return this.count;
  }

  /** Puts the endpoints into the scratch columns, as they come. */
  private collect(slices: readonly EndpointSlice[], portName: string, protocol: number): void {
    this.count = 0;
    this.records.length = 0;
    this.ipv6 = this.family === 6 ? new Ipv6Order(this.addressesIn(slices)) : null;
    for (const slice of slices) {
      if (!this.takes(slice)) continue;
      for (const port of slice.ports) {
        if (port.name !== portName || port.protocol !== protocol || port.port === 0) continue;
        this.makeRoom(this.count + slice.endpoints.length);
        for (const endpoint of slice.endpoints) {
          if (familyOf(endpoint.address) !== this.family) continue;
          this.records[this.count] = endpoint;
          this.order[this.count++] = this.orderOf(endpoint.address, port.port);
        }
      }
    }
  }

  private takes(slice: EndpointSlice): boolean {
    return slice.family === this.family && isWatched(slice.metadata);
  }

  private *addressesIn(slices: readonly EndpointSlice[]): Iterable<IpAddress> {
    for (const slice of slices) {
      if (this.takes(slice)) for (const endpoint of slice.endpoints) yield endpoint.address;
    }
  }

  private orderOf(address: IpAddress, port: number): number {
    return this.ipv6 === null ? endpointOrder(address, port) : this.ipv6.order(address, port);
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

  /** For each place in the order, the record that counts. */
  private choose(length: number): readonly Endpoint[] {
    const chosen = new Array<Endpoint | undefined>(length).fill(undefined);
    for (let i = 0; i < this.count; i++) {
      const at = this.find(this.order[i]!, length);
      if (chosen[at] === undefined || this.records[i]!.node >= 0) chosen[at] = this.records[i]!;
    }
    return chosen as Endpoint[];
  }

  private list(chosen: readonly Endpoint[]): EndpointList {
    const { length } = chosen;
    const list = {
      length,
      address: new Uint32Array(length),
      port: new Uint16Array(length),
      node: new Int32Array(length),
      conditions: new Uint8Array(length),
    };
    const hints: (EndpointHints | null)[] | null = chosen.some((endpoint) => endpoint.hints !== null) ? [] : null;
    for (let i = 0; i < length; i++) {
      const endpoint = chosen[i]!;
      list.address[i] = this.ipv6 === null ? orderedAddress(this.sorted[i]!) : this.ipv6.address(this.sorted[i]!);
      list.port[i] = orderedPort(this.sorted[i]!);
      list.node[i] = endpoint.node;
      list.conditions[i] = conditionsOf(endpoint);
      hints?.push(endpoint.hints);
    }
    return { ...list, hints };
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

  private equals(list: EndpointList, chosen: readonly Endpoint[]): boolean {
    if (list.length !== chosen.length) return false;
    for (let i = 0; i < list.length; i++) {
      const { address, node, hints } = chosen[i]!;
      if (list.address[i] !== address || list.port[i] !== orderedPort(this.sorted[i]!)) return false;
      if (list.node[i] !== node || list.conditions[i] !== conditionsOf(chosen[i]!)) return false;
      if (!sameHints(list.hints === null ? null : list.hints[i]!, hints)) return false;
    }
    return true;
  }

  private makeRoom(length: number): void {
    if (length <= this.order.length) return;
    const larger = Math.max(length, this.order.length * 2);
    this.order = grown(this.order, larger);
    this.sorted = grown(this.sorted, larger);
  }
}
