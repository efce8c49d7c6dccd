/**
 * What one request takes from the allocators: all of it is kept, or all is given back (pkg/registry/core/service storage/transaction.go and
 * portallocator/operation.go, v1.31 to v1.34). What a request releases stays taken until it has succeeded.
 */
import type { IpAddress } from '../../net/index.js';
import type { AddressAllocator, BandAllocator, NodePortRange } from '../ipam.js';
import { formatCidr } from '../address-range.js';

/** Why a chosen value was not to be had. */
export type Refusal = string;

/** One request. */
export class AllocationTransaction {
  private readonly nodePorts: BandAllocator;
  private readonly nodePortRange: NodePortRange;
  private readonly addresses: { readonly from: AddressAllocator; readonly address: IpAddress }[] = [];
  private readonly ports: number[] = [];
  private readonly releases: (() => void)[] = [];

  constructor(nodePorts: BandAllocator, nodePortRange: NodePortRange) {
    this.nodePorts = nodePorts;
    this.nodePortRange = nodePortRange;
  }

  /** How many cluster addresses and node ports were taken. */
  get taken(): { readonly clusterIps: number; readonly nodePorts: number } {
    return { clusterIps: this.addresses.length, nodePorts: this.ports.length };
  }

  /** Takes a chosen address. @returns why it cannot be had; undefined when it can */
  takeAddress(from: AddressAllocator, address: IpAddress, text: string): Refusal | undefined {
    if (!from.contains(address)) {
      return `the provided IP (${text}) is not in the valid range. The range of valid IPs is ${formatCidr(from.range)}`;
    }
    if (!from.take(address)) return 'provided IP is already allocated';
    this.addresses.push({ from, address });
    return undefined;
  }

  /** Takes the next address. @returns undefined when the range is used up */
  nextAddress(from: AddressAllocator): IpAddress | undefined {
    const address = from.next();
    if (address !== undefined) this.addresses.push({ from, address });
    return address;
  }

  /** Takes a chosen node port. @returns why it cannot be had; undefined when it can */
  takeNodePort(port: number): Refusal | undefined {
    if (!this.nodePorts.contains(port)) {
      const { first, last } = this.nodePortRange;
      return `provided port is not in the valid range. The range of valid ports is ${first}-${last}`;
    }
    if (!this.nodePorts.take(port)) return 'provided port is already allocated';
    this.ports.push(port);
    return undefined;
  }

  /** Takes the next node port. @returns undefined when the range is used up */
  nextNodePort(): number | undefined {
    const port = this.nodePorts.next();
    if (port !== undefined) this.ports.push(port);
    return port;
  }

  /** Gives an address back when the request has succeeded. */
  releaseAddress(from: AddressAllocator, address: IpAddress): void {
    this.releases.push(() => from.release(address));
  }

  /** Gives a node port back when the request has succeeded. */
  releaseNodePort(port: number): void {
    this.releases.push(() => this.nodePorts.release(port));
  }

  /** The request has succeeded. */
  commit(): void {
    for (const release of this.releases) release();
  }

  /** The request has failed. */
  revert(): void {
    for (const { from, address } of this.addresses) from.release(address);
    for (const port of this.ports) this.nodePorts.release(port);
  }
}
