/**
 * Routes: longest prefix match in either family.
 *
 * One hash table a prefix length, looked up from the longest length in use to the shortest. A table may rest on
 * another one that many nodes share (the overlay's routes to all nodes): the own entries come first at each length.
 * Cost: one probe a prefix length in use; for IPv6 two, the first one for the address's network of that length.
 */
import { AddressMap } from './address-map.js';
import { isIpv6, networkOf, type IpAddress } from './address.js';
import { ipv4Mask } from './ipv4.js';

/** The routes of one family. */
class FamilyRoutes {
  /** Prefix lengths in use, longest first. */
  lengths: number[] = [];
  /** By prefix length: network -> route. */
  readonly byLength: (AddressMap | undefined)[] = [];

  /** The map of a prefix length, made where there is none. */
  at(bits: number): AddressMap {
    let map = this.byLength[bits];
    if (map === undefined) {
      map = new AddressMap();
      this.byLength[bits] = map;
      this.lengths = [...this.lengths, bits].sort((a, b) => b - a);
    }
    return map;
  }
}

/** A routing table. */
export class RouteTable {
  private readonly ipv4 = new FamilyRoutes();
  private readonly ipv6 = new FamilyRoutes();
  private devices: number[] = [];
  private gateways: IpAddress[] = [];
  private readonly shared: RouteTable | undefined;

  /** @param shared routes of all nodes, on which this node's own ones are laid */
  constructor(shared?: RouteTable) {
    this.shared = shared;
  }

  /** Number of routes, the shared ones not counted. */
  get size(): number {
    return this.devices.length;
  }

  /**
   * Adds a route, or replaces the one of the same prefix.
   * @param network first address of the prefix; its family is the route's
   * @param bits prefix length
   * @param device the owner's number for where packets go
   * @param gateway next hop, or 0 where the destination itself is the next hop
   */
  add(network: IpAddress, bits: number, device: number, gateway: IpAddress): void {
    const map = (isIpv6(network) ? this.ipv6 : this.ipv4).at(bits);
    const key = networkOf(network, bits);
    const old = map.get(key);
    const route = old < 0 ? this.devices.length : old;
    map.set(key, route);
    this.devices[route] = device;
    this.gateways[route] = gateway;
  }

  /**
   * Finds the route of an address.
   * @returns a handle for `device` and `gateway`: 0 and up for an own route, -2 and down for a shared one; -1 for none
   */
  lookup(address: IpAddress): number {
    const own = this.lookupLonger(address, -1);
    if (this.shared === undefined) return own;
    const ownBits = own < 0 ? -1 : this.matched;
    const shared = this.shared.lookupLonger(address, ownBits);
    return shared < 0 ? own : -2 - shared;
  }

  /** The device of a route that `lookup` found. */
  device(route: number): number {
    return route >= 0 ? this.devices[route]! : (this.shared?.devices[-2 - route] ?? -1);
  }

  /** The gateway of a route that `lookup` found; 0 for none. */
  gateway(route: number): IpAddress {
    return route >= 0 ? this.gateways[route]! : (this.shared?.gateways[-2 - route] ?? 0);
  }

  /** Prefix length of the route found last. */
  private matched = -1;

  private lookupLonger(address: IpAddress, than: number): number {
    if (isIpv6(address)) return this.lookupLongerIpv6(address, than);
    const { lengths, byLength } = this.ipv4;
    for (let i = 0; i < lengths.length; i++) {
      const bits = lengths[i]!;
      if (bits <= than) break;
      const route = byLength[bits]!.get((address & ipv4Mask(bits)) >>> 0);
      if (route >= 0) {
        this.matched = bits;
        return route;
      }
    }
    return -1;
  }

  private lookupLongerIpv6(address: IpAddress, than: number): number {
    const { lengths, byLength } = this.ipv6;
    for (let i = 0; i < lengths.length; i++) {
      const bits = lengths[i]!;
      if (bits <= than) break;
      const route = byLength[bits]!.get(networkOf(address, bits));
      if (route >= 0) {
        this.matched = bits;
        return route;
      }
    }
    return -1;
  }
}
