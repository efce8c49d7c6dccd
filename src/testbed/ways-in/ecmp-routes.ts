/**
 * Routers that have nodes as next hops of the Services' range, all of one cost (ECMP); each node translates a flow for itself.
 *
 * They hash a packet's addresses, ports and protocol (fib_multipath_hash_policy 1), so that a flow stays on one node as long as the next hops do. When
 * these change, `modulo` deals all flows out anew by the hash's remainder; `resilient` keeps a table of buckets, of which only those of next hops
 * that left, and a new one's share, get another owner (resilient next-hop groups, Linux 5.12, net/ipv4/nexthop.c; here without their timers: a
 * bucket moves at once, in use or not). A flow that moves is unknown to its new node. Cost: O(1) a packet, O(buckets) a change; memory by conversations
 * at a time.
 */
import { slotOf } from '../../kernel/index.js';
import { TcpFlag, type IpAddress, type PacketPool } from '../../net/index.js';
import { grown } from '../../sim/index.js';
import { flowHash, type FlowSpread } from './flow-spread.js';

/** What routers do with a flow's hash. */
export type EcmpHashing = 'modulo' | 'resilient';

/** Buckets for each next hop at least, of a resilient group. */
const BUCKETS_PER_NODE = 16;

/** The routers of one run. */
export class EcmpRoutes implements FlowSpread {
  /** Times that packets of a connection came to another node than those before, while it is measured. */
  moved = 0;
  /** Whether flows are followed. */
  readonly isWatched: boolean;
  private readonly packets: PacketPool;
  private readonly nodes: readonly IpAddress[];
  private readonly hashing: EcmpHashing;
  /** By remainder of a hash: the index of a node; -1 for none. */
  private owners: Int32Array;
  private readonly isMeasured: () => boolean;
  // By slot of the conversation that a flow's packets carry, the last flow in it: its handle plus 1, and the index of its node.
  private flow = new Uint32Array(0);
  private lastNode = new Int32Array(0);

  /**
   * At first every node is a next hop.
   * @param nodes their addresses, at least one
   * @param options `isWatched`: whether next hops will change, so that flows are to be followed; `isMeasured`: whether what moves counts at the moment
   */
  constructor(
    packets: PacketPool,
    nodes: readonly IpAddress[],
    options: {
      readonly hashing?: EcmpHashing;
      readonly isWatched?: boolean;
      readonly isMeasured?: () => boolean;
    } = {},
  ) {
    this.packets = packets;
    this.nodes = nodes;
    this.hashing = options.hashing ?? 'modulo';
    this.isWatched = options.isWatched ?? false;
    this.isMeasured = options.isMeasured ?? (() => true);
    this.owners = new Int32Array(bucketsFor(nodes.length)).fill(-1);
    this.setNextHops([...nodes.keys()]);
  }

  /** These nodes, by index, are the next hops from now on; at least one. */
  setNextHops(nodes: readonly number[]): void {
    if (this.hashing === 'modulo') this.owners = Int32Array.from(nodes);
    else share(this.owners, nodes);
  }

  /** See `FlowSpread`. */
  nodeFor(packet: number): IpAddress {
    const { owners } = this;
    const node = owners[flowHash(this.packets, packet) % owners.length]!;
    if (this.isWatched) this.follow(packet, node);
    return this.nodes[node]!;
  }

  private follow(packet: number, node: number): void {
    const { packets } = this;
    const name = packets.flow[packet]! + 1;
    const slot = slotOf(packets.flow[packet]!);
    if (slot >= this.flow.length) this.growTo(slot);
    const isOpening = (packets.flags[packet]! & TcpFlag.syn) !== 0;
    const isElsewhere = this.flow[slot] === name && this.lastNode[slot] !== node;
    if (isElsewhere && !isOpening && this.isMeasured()) this.moved++;
    this.flow[slot] = name;
    this.lastNode[slot] = node;
  }

  /** Columns double until they have room for a slot. */
  private growTo(slot: number): void {
    let length = Math.max(64, this.flow.length);
    while (length <= slot) length *= 2;
    this.flow = grown(this.flow, length);
    this.lastNode = grown(this.lastNode, length);
  }
}

/** Buckets of a resilient group: a power of two. */
function bucketsFor(nodes: number): number {
  let buckets = 1;
  while (buckets < nodes * BUCKETS_PER_NODE) buckets *= 2;
  return buckets;
}

/**
 * Gives each of some nodes its share of the buckets, rounded as the kernel does (nh_res_group_rebalance); they keep what they have up to that, and what is
 * over, or was somebody else's, goes to those that lack some.
 */
function share(owners: Int32Array, nodes: readonly number[]): void {
  const upTo = (place: number): number => Math.round((owners.length * place) / nodes.length);
  const lacking = new Map(nodes.map((node, place) => [node, upTo(place + 1) - upTo(place)]));
  const free: number[] = [];
  for (const [bucket, owner] of owners.entries()) {
    const left = lacking.get(owner) ?? 0;
    if (left > 0) lacking.set(owner, left - 1);
    else free.push(bucket);
  }
  for (const [node, left] of lacking) for (const bucket of free.splice(0, left)) owners[bucket] = node;
}
