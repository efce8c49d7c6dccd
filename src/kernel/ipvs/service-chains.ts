/**
 * How many entries a lookup in the kernel's table of virtual servers compares.
 *
 * Mirrors ip_vs_svc_table (Linux 6.1): 256 chains, the newest virtual server first in its chain, chain number =
 * (protocol ^ address ^ port >> 8 ^ port) & 255, an IPv6 address folded to 32 bits; those found by a mark stand in 256 chains of their own,
 * mark & 255. The kernel also mixes in a constant per namespace, taken as 0 here.
 * Instead of walking, the entries compared are computed from creation ranks: servers of shared addresses and those
 * on the nodes' own addresses are kept apart, since which chain the latter fall into differs from node to node.
 * Speaks of the newest version only: a node that lags behind is charged as if it had it. Cost: O(log of a chain's
 * length).
 */
import { ipHash } from '../../net/index.js';
import { MARK_PROTOCOL, OWN_ADDRESS } from './definition.js';

/** Chains of the table (IP_VS_SVC_TAB_SIZE). */
const CHAINS = 256;

/** The chains of all virtual servers of one run. */
export class ServiceChains {
  /** Creation ranks by chain, ascending: shared addresses first, then own addresses by their chain at address 0. */
  private readonly shared: number[][] = Array.from({ length: CHAINS }, () => []);
  private readonly own: number[][] = Array.from({ length: CHAINS }, () => []);
  private readonly marked: number[][] = Array.from({ length: CHAINS }, () => []);
  private rank = 0;

  /**
   * Adds a virtual server as the newest.
   * @returns its creation rank
   */
  add(protocol: number, address: number, port: number): number {
    this.ranks(protocol, address, port).push(++this.rank);
    return this.rank;
  }

  /** Removes a virtual server. */
  remove(protocol: number, address: number, port: number, rank: number): void {
    const ranks = this.ranks(protocol, address, port);
    ranks.splice(above(ranks, rank - 1), 1);
  }

  /**
   * Entries that a lookup compares.
   * @param rank creation rank of the virtual server that it finds, or 0 when it finds none
   * @param address the address looked up
   * @param ownAddresses the node's own addresses on which node ports stand
   */
  compared(protocol: number, address: number, port: number, rank: number, ownAddresses: readonly number[]): number {
    const found = rank > 0 ? 1 : 0;
    if (protocol === MARK_PROTOCOL) return newer(this.ranks(protocol, address, port), rank) + found;
    const chain = chainOf(protocol, address, port);
    let entries = newer(this.shared[chain]!, rank);
    for (let i = 0; i < ownAddresses.length; i++) {
      entries += newer(this.own[(chain ^ ipHash(ownAddresses[i]!)) & (CHAINS - 1)]!, rank);
    }
    return entries + found;
  }

  private ranks(protocol: number, address: number, port: number): number[] {
    if (protocol === MARK_PROTOCOL) return this.marked[address & (CHAINS - 1)]!;
    return (address === OWN_ADDRESS ? this.own : this.shared)[chainOf(protocol, address, port)]!;
  }
}

function chainOf(protocol: number, address: number, port: number): number {
  return (protocol ^ ipHash(address) ^ (port >> 8) ^ port) & (CHAINS - 1);
}

/** How many of the ranks are newer than one; all of them when that is 0. */
function newer(ranks: readonly number[], rank: number): number {
  return rank === 0 ? ranks.length : ranks.length - above(ranks, rank);
}

/** Index of the first rank above a bound. */
function above(ranks: readonly number[], bound: number): number {
  let low = 0;
  let high = ranks.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ranks[middle]! <= bound) low = middle + 1;
    else high = middle;
  }
  return low;
}
