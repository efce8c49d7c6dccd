/**
 * Addresses of the underlay: the nodes first, from the beginning of the node CIDR, then other hosts.
 *
 * Nodes of a manifest keep their names and zones; their addresses are those of the simulated underlay.
 */
import type { Node } from './api.js';
import { ClusterError } from './cluster-error.js';
import { bitsFor, formatCidr, wider, type Cidr } from './ipam.js';

/** Gives out addresses of one range, one after the other. */
export class HostAddresses {
  private readonly cidr: Cidr;
  private given = 0;

  /** @param cidr the range */
  constructor(cidr: Cidr) {
    this.cidr = cidr;
  }

  /**
   * Refuses more hosts than there are addresses left.
   * @throws ClusterError that says how many addresses there are and which prefix would do
   */
  checkRoom(hosts: number): void {
    const has = Math.max(0, 2 ** (32 - this.cidr.bits) - 2);
    const needed = this.given + hosts;
    if (needed <= has) return;
    const advice = wider(32 - bitsFor(needed + 2));
    throw new ClusterError(
      `node CIDR ${formatCidr(this.cidr)} has ${has} addresses, ${needed} are needed for nodes and other hosts: ${advice}`,
    );
  }

  /**
   * The next address.
   * @throws ClusterError when there is none left
   */
  next(): number {
    this.checkRoom(1);
    return this.cidr.address + 1 + this.given++;
  }
}

/**
 * The nodes of a cluster.
 * @param count how many
 * @param given nodes of a manifest, whose names and zones are kept
 */
export function makeNodes(count: number, given: readonly Node[], addresses: HostAddresses): readonly Node[] {
  addresses.checkRoom(count);
  return Array.from({ length: count }, (_, index) => ({
    name: given[index]?.name ?? `node-${index}`,
    index,
    ip: addresses.next(),
    zone: given[index]?.zone ?? '',
  }));
}
