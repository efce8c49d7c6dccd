/**
 * Which addresses are a node's own in one family, and which of them its processes send from.
 *
 * Mirrors the local routing table and the preferred sources of routes (net/ipv4/fib_frontend.c, Linux 6.x): a packet to one of the node's own
 * addresses has that address as its source, also where it is a virtual address that ip_vs has bound to kube-ipvs0; others get
 * the address of the device that they leave by. Cost: a hash probe or two a question.
 */
import type { AddressMap, IpAddress, RouteTable } from '../../net/index.js';
import type { Ipvs } from '../ipvs/ipvs.js';
import { Device } from './observer.js';

/** What a node has of addresses in one family. */
export interface AddressParts {
  /** Addresses of the uplink, of cni0, of flannel.1 and of loopback. */
  readonly address: IpAddress;
  readonly bridgeAddress: IpAddress;
  readonly tunnelAddress: IpAddress;
  readonly loopbackAddress: IpAddress;
  readonly routes: RouteTable;
  /** All of the node's own addresses in this family; 127.0.0.0/8 and those that ip_vs binds need not be among them. */
  readonly own: AddressMap;
  readonly ipvs: Ipvs;
}

/** First byte of 127.0.0.0/8; no number that stands for an IPv6 address begins with it. */
const LOOPBACK_NET = 127;

/** A node's own addresses of one family. */
export class OwnAddresses {
  private readonly parts: AddressParts;
  private readonly own: AddressMap;
  private readonly ipvs: Ipvs;
  private readonly loopback: IpAddress;

  /** @param parts what the node has */
  constructor(parts: AddressParts) {
    this.parts = parts;
    this.own = parts.own;
    this.ipvs = parts.ipvs;
    this.loopback = parts.loopbackAddress;
  }

  /** Whether an address is one of the node's own (addrtype LOCAL). */
  has(address: IpAddress): boolean {
    return this.own.has(address) || this.isLoopback(address) || (this.ipvs.active && this.ipvs.isBound(address));
  }

  /** The address that a process of the node sends from to a destination, if it binds none. */
  sourceFor(destination: IpAddress): IpAddress {
    const { parts } = this;
    if (this.isLoopback(destination)) return this.loopback;
    if (this.has(destination)) return destination;
    const route = parts.routes.lookup(destination);
    const device = route === -1 ? Device.uplink : parts.routes.device(route);
    if (device === Device.bridge) return parts.bridgeAddress;
    return device === Device.tunnel ? parts.tunnelAddress : parts.address;
  }

  /**
   * Source of an ICMP error about a packet, as its headers stand (icmp_send, icmp6_send): its destination where that is one of the node's own
   * addresses, else that of the device by which the way back to its sender leads.
   */
  errorSource(source: IpAddress, destination: IpAddress): IpAddress {
    return this.has(destination) ? destination : this.sourceFor(source);
  }

  private isLoopback(address: IpAddress): boolean {
    return address >>> 24 === LOOPBACK_NET || address === this.loopback;
  }
}
