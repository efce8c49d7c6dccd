/**
 * Which node a flow from outside comes in by, where several could take it. Cost: O(1) a packet.
 */
import { hashTuple, type IpAddress, type PacketPool } from '../../net/index.js';

/** Chooses nodes for flows. */
export interface FlowSpread {
  /** Address of the node that a packet is sent to; 0: none, the packet goes to its own destination. */
  nodeFor(packet: number): IpAddress;
  /** A packet is on its way back to the client; absent where nothing on that way changes it. */
  cameBack?(packet: number): void;
}

/** The one of several places that a packet's flow hashes to. */
export function placeOf(packets: PacketPool, packet: number, places: number): number {
  return flowHash(packets, packet) % places;
}

/** Hash of a packet's addresses, ports and protocol. */
export function flowHash(packets: PacketPool, packet: number): number {
  return hashTuple(
    packets.source[packet]!,
    packets.destination[packet]!,
    packets.sourcePort[packet]!,
    packets.destinationPort[packet]!,
    packets.protocol[packet]!,
  );
}
