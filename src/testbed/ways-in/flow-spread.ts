/**
 * Which node a flow from outside comes in by, where several could take it.
 *
 * Routers with several next hops of one cost (ECMP) hash a packet's addresses, ports and protocol (fib_multipath_hash_policy 1), so that a flow stays
 * on one node as long as the next hops do; each node translates it for itself. Cost: O(1) a packet.
 */
import { hashTuple, type IpAddress, type PacketPool } from '../../net/index.js';

/** Chooses nodes for flows. */
export interface FlowSpread {
  /** Address of the node that a packet is sent to; 0 when there is none. */
  nodeFor(packet: number): IpAddress;
}

/** The one of several places that a packet's flow hashes to. */
export function placeOf(packets: PacketPool, packet: number, places: number): number {
  const hash = hashTuple(
    packets.source[packet]!,
    packets.destination[packet]!,
    packets.sourcePort[packet]!,
    packets.destinationPort[packet]!,
    packets.protocol[packet]!,
  );
  return hash % places;
}

/** Routers that have all nodes as next hops of the Services' range. */
export class EcmpRoutes implements FlowSpread {
  private readonly packets: PacketPool;
  private readonly nodes: readonly IpAddress[];

  /** @param nodes their addresses, at least one */
  constructor(packets: PacketPool, nodes: readonly IpAddress[]) {
    this.packets = packets;
    this.nodes = nodes;
  }

  /** See `FlowSpread`. */
  nodeFor(packet: number): IpAddress {
    return this.nodes[placeOf(this.packets, packet, this.nodes.length)]!;
  }
}
