/**
 * Pod addresses of one family: one subnet of the pod CIDR for each node, and addresses within it.
 *
 * Mirrors the node CIDR allocator (subnets in the order of the nodes) and the CNI plugin host-local, which flannel uses: the first
 * usable address is the bridge's, allocation goes on after the address given out last and comes round to those
 * given back. Of an IPv6 subnet the first 65,536 addresses are used. Cost: O(1) an address, amortised; 32 bytes a node with
 * pods for subnets of /24.
 */
import { familyOf, formatIpPrefix, type IpAddress, type IpFamily } from '../net/index.js';
import {
  addressAt,
  bitsFor,
  formatCidr,
  offsetIn,
  rangeSize,
  subnetAt,
  subnetCount,
  subnetNumber,
  wider,
  type Cidr,
} from './address-range.js';
import { ClusterError } from './cluster-error.js';

/** Hosts of a subnet that no pod gets: its own address and the bridge's; the broadcast address stands at the end. */
const FIRST_HOST = 2;
/** Hosts of one subnet at most. */
const MOST_HOSTS = 65_536;

/** What pod addresses are made from. */
export interface PodAddressPlan {
  readonly podCidr: Cidr;
  /** Prefix length of one node's subnet. */
  readonly nodeSubnetBits: number;
  readonly nodes: number;
  /** Nodes whose subnet is known from an address in it; the first claim to a subnet wins. */
  readonly claims: ReadonlyMap<number, IpAddress>;
}

/** Addresses of all pods in one family. */
export class PodAddresses {
  readonly family: IpFamily;
  private readonly plan: PodAddressPlan;
  private readonly hostsPerNode: number;
  private readonly nodeOfSubnet = new Map<number, number>();
  /** By node: first address of its subnet, and whether it has one yet. */
  private readonly bases: Uint32Array;
  private readonly hasSubnet: Uint8Array;
  /** By node: bits of the hosts in use (made when first touched), how many, and the host given out last. */
  private readonly used: (Uint32Array | undefined)[] = [];
  private readonly usedCount: Int32Array;
  private readonly lastHost: Int32Array;

  /**
   * @param plan ranges and nodes
   * @throws ClusterError when the pod CIDR has fewer subnets than there are nodes
   */
  constructor(plan: PodAddressPlan) {
    checkSubnets(plan);
    this.plan = plan;
    const { podCidr, nodeSubnetBits: bits } = plan;
    this.family = familyOf(podCidr.address);
    const size = rangeSize({ ...podCidr, bits });
    this.hostsPerNode = this.family === 4 ? size : Math.min(MOST_HOSTS, size);
    this.bases = new Uint32Array(plan.nodes);
    this.hasSubnet = new Uint8Array(plan.nodes);
    this.usedCount = new Int32Array(plan.nodes);
    this.lastHost = new Int32Array(plan.nodes).fill(FIRST_HOST - 1);
    for (const [node, address] of plan.claims) this.claim(node, address);
    let subnet = 0;
    for (let node = 0; node < plan.nodes; node++) {
      if (this.hasSubnet[node] === 1) continue;
      while (this.nodeOfSubnet.has(subnet)) subnet++;
      this.assign(node, subnet);
    }
  }

  /** Pods that fit on one node. */
  get perNode(): number {
    return Math.max(0, this.hostsPerNode - 1 - FIRST_HOST);
  }

  /** A node's subnet. */
  subnet(node: number): Cidr {
    return { address: this.bases[node]!, bits: this.plan.nodeSubnetBits };
  }

  /** Address of a node's bridge, the gateway of its pods. */
  gateway(node: number): IpAddress {
    return addressAt(this.subnet(node), 1);
  }

  /** Node in whose subnet an address lies; -1 when it lies in none. */
  nodeOf(address: IpAddress): number {
    const { podCidr, nodeSubnetBits } = this.plan;
    return this.nodeOfSubnet.get(subnetNumber(podCidr, nodeSubnetBits, address)) ?? -1;
  }

  /** Free addresses of a node. */
  free(node: number): number {
    return this.perNode - this.usedCount[node]!;
  }

  /**
   * Takes an address that a pod already has.
   * @returns false when it is not in the node's subnet, or taken
   */
  take(node: number, address: IpAddress): boolean {
    const host = this.hostOf(node, address);
    if (host < FIRST_HOST || host > this.hostsPerNode - 2 || this.isUsed(node, host)) return false;
    this.mark(node, host);
    return true;
  }

  /**
   * The next free address of a node.
   * @throws ClusterError when the node's subnet is used up
   */
  next(node: number): IpAddress {
    if (this.free(node) <= 0) throw new ClusterError(this.fullMessage(node));
    let host = this.lastHost[node]!;
    do host = host >= this.hostsPerNode - 2 ? FIRST_HOST : host + 1;
    while (this.isUsed(node, host));
    this.lastHost[node] = host;
    this.mark(node, host);
    return addressAt({ address: this.bases[node]!, bits: 0 }, host);
  }

  /** Gives an address back; nothing happens when it is not in use. */
  release(address: IpAddress): void {
    const node = this.nodeOf(address);
    if (node < 0) return;
    const host = this.hostOf(node, address);
    if (host < 0 || host >= this.hostsPerNode || !this.isUsed(node, host)) return;
    this.used[node]![host >>> 5]! &= ~(1 << (host & 31));
    this.usedCount[node]!--;
  }

  /**
   * Refuses more pods than there are addresses left.
   * @param pods pods still to be given an address, on whichever node
   * @throws ClusterError that says how many fit and what would do
   */
  checkRoom(pods: number): void {
    const { podCidr, nodeSubnetBits, nodes } = this.plan;
    let used = 0;
    for (const count of this.usedCount) used += count;
    const needed = used + pods;
    if (needed <= this.perNode * nodes) return;
    const bits = 32 - bitsFor(Math.ceil(needed / nodes) + FIRST_HOST + 1);
    const cidrBits = bits - bitsFor(nodes);
    const advice =
      this.family === 6 || cidrBits < 0
        ? `no IPv${this.family} range would do, take more nodes`
        : `use node subnets of /${bits} in a pod CIDR of /${cidrBits} or larger, or more nodes`;
    throw new ClusterError(
      `pod CIDR ${formatCidr(podCidr)} has ${this.perNode * nodes} pod addresses for ${nodes} nodes ` +
        `(${this.perNode} in each node's /${nodeSubnetBits}), ${needed} are needed: ${advice}`,
    );
  }

  /** Number of an address in a node's subnet; -1 when outside, or too far from its beginning. */
  private hostOf(node: number, address: IpAddress): number {
    return offsetIn({ address: this.bases[node]!, bits: this.plan.nodeSubnetBits }, address);
  }

  private claim(node: number, address: IpAddress): void {
    const { podCidr, nodeSubnetBits, nodes } = this.plan;
    const subnet = subnetNumber(podCidr, nodeSubnetBits, address);
    if (subnet >= 0 && node < nodes && !this.nodeOfSubnet.has(subnet)) this.assign(node, subnet);
  }

  private assign(node: number, subnet: number): void {
    const { podCidr, nodeSubnetBits } = this.plan;
    this.nodeOfSubnet.set(subnet, node);
    this.hasSubnet[node] = 1;
    this.bases[node] = subnetAt(podCidr, nodeSubnetBits, subnet);
  }

  private isUsed(node: number, host: number): boolean {
    const bits = this.used[node];
    return bits !== undefined && ((bits[host >>> 5]! >>> (host & 31)) & 1) === 1;
  }

  private mark(node: number, host: number): void {
    const bits = (this.used[node] ??= new Uint32Array((this.hostsPerNode + 31) >>> 5));
    bits[host >>> 5]! |= 1 << (host & 31);
    this.usedCount[node]!++;
  }

  private fullMessage(node: number): string {
    return (
      `node ${node} has room for ${this.perNode} pods in its subnet ${formatIpPrefix(this.subnet(node))}, ` +
      `and one more is needed: use larger node subnets or more nodes`
    );
  }
}

function checkSubnets({ podCidr, nodeSubnetBits, nodes }: PodAddressPlan): void {
  const has = subnetCount(podCidr, nodeSubnetBits);
  if (nodes <= has) return;
  throw new ClusterError(
    `pod CIDR ${formatCidr(podCidr)} has ${has} node subnets of /${nodeSubnetBits}, ` +
      `${nodes} are needed, one for each node: ${wider(nodeSubnetBits - bitsFor(nodes), familyOf(podCidr.address))}`,
  );
}
