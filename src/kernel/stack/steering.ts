/**
 * Receive-side steering: the hash by which a packet off the wire gets its core (RSS of the NIC, over the outermost headers).
 */
import { Protocol, VXLAN_PORT, hashTuple, type PacketPool } from '../../net/index.js';

/** Hash of a packet's outermost five-tuple: of the tunnel's, while it is in one. */
export function steeringHash(packets: PacketPool, packet: number): number {
  if (packets.outerDestination[packet] !== 0) {
    const port = packets.outerSourcePort[packet]!;
    return hashTuple(packets.outerSource[packet]!, packets.outerDestination[packet]!, port, VXLAN_PORT, Protocol.udp);
  }
  return hashTuple(
    packets.source[packet]!,
    packets.destination[packet]!,
    packets.sourcePort[packet]!,
    packets.destinationPort[packet]!,
    packets.protocol[packet]!,
  );
}
