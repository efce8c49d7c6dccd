/**
 * Addresses of the underlay: the nodes first, from the beginning of the node CIDR, then other hosts.
 *
 * A node of a manifest keeps its name and zone, and its addresses where they lie in the node CIDRs; else they are those of the
 * simulated underlay.
 */
import { addressBits, familyOf, type IpAddress, type IpFamily } from '../net/index.js';
import { addressAt, bitsFor, formatCidr, lastOffset, offsetIn, wider, type Cidr } from './address-range.js';
import { addressIn, type Node } from './api.js';
import { ClusterError } from './cluster-error.js';

/** Gives out addresses of one range, one after the other. */
export class HostAddresses {
  private readonly cidr: Cidr;
  private readonly taken = new Set<number>();
  private given = 0;
  private offset = 0;

  /** @param cidr the range */
  constructor(cidr: Cidr) {
    this.cidr = cidr;
  }

  /**
   * Refuses more hosts than there are addresses left.
   * @throws ClusterError that says how many addresses there are and which prefix would do
   */
  checkRoom(hosts: number): void {
    const has = Math.max(0, lastOffset(this.cidr));
    const needed = this.given + hosts;
    if (needed <= has) return;
    const family = familyOf(this.cidr.address);
    const advice = wider(addressBits(family) - bitsFor(needed + 2), family);
    throw new ClusterError(
      `node CIDR ${formatCidr(this.cidr)} has ${has} addresses, ${needed} are needed for nodes and other hosts: ${advice}`,
    );
  }

  /**
   * Takes an address that a host already has.
   * @returns false when it lies outside of the range, or is taken
   */
  take(address: IpAddress): boolean {
    const offset = offsetIn(this.cidr, address);
    if (offset < 1 || offset > lastOffset(this.cidr) || this.taken.has(offset)) return false;
    this.taken.add(offset);
    this.given++;
    return true;
  }

  /**
   * The next address.
   * @throws ClusterError when there is none left
   */
  next(): IpAddress {
    this.checkRoom(1);
    do this.offset++;
    while (this.taken.has(this.offset));
    this.given++;
    return addressAt(this.cidr, this.offset);
  }
}

/** What nodes are made from. */
export interface NodePlan {
  /** How many. */
  readonly count: number;
  /** Zones, over which nodes without one are dealt out; 0 for none. */
  readonly zones: number;
  /** Nodes of a manifest, whose names and zones are kept. */
  readonly given: readonly Node[];
  /** Whether these keep addresses outside of the ranges too. */
  readonly keep: boolean;
  /** Addresses of each family of the cluster, the primary one first. */
  readonly hosts: readonly (readonly [family: IpFamily, addresses: HostAddresses])[];
}

/**
 * The nodes of a cluster.
 * @throws ClusterError when a node CIDR is too small
 */
export function makeNodes({ count, zones, given, keep, hosts }: NodePlan): readonly Node[] {
  const [ips = [], secondIps = []] = hosts.map(([family, addresses]) => {
    addresses.checkRoom(count);
    const kept = given.slice(0, count).map((node) => {
      const own = addressIn(node, family);
      return own !== 0 && (addresses.take(own) || keep) ? own : undefined;
    });
    return Array.from({ length: count }, (_, index) => kept[index] ?? addresses.next());
  });
  return Array.from({ length: count }, (_, index) => {
    const zone = zones === 0 ? '' : `zone-${index % zones}`;
    const { name = `node-${index}`, zone: own = '', ...rest } = given[index] ?? {};
    const { cpuMillis, controlPlane, notReady } = rest as Partial<Node>;
    return {
      name,
      index,
      ip: ips[index] ?? 0,
      secondIp: secondIps[index] ?? 0,
      zone: own === '' ? zone : own,
      ...(cpuMillis !== undefined && { cpuMillis }),
      ...(controlPlane !== undefined && { controlPlane }),
      ...(notReady !== undefined && { notReady }),
    };
  });
}
