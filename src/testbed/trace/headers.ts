/** A packet's headers at a moment, as numbers and as text. */
import { Protocol, formatIp, formatIpPort, type IpAddress, type PacketPool } from '../../net/index.js';

/** Headers at a moment. */
export interface Headers {
  readonly source: IpAddress;
  readonly destination: IpAddress;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly protocol: number;
  readonly flags: number;
  readonly ttl: number;
  readonly mark: number;
  /** Length of the IP packet in bytes. */
  readonly length: number;
}

/** The headers of a packet as they stand. */
export function headersOf(packets: PacketPool, packet: number): Headers {
  return {
    source: packets.source[packet]!,
    destination: packets.destination[packet]!,
    sourcePort: packets.sourcePort[packet]!,
    destinationPort: packets.destinationPort[packet]!,
    protocol: packets.protocol[packet]!,
    flags: packets.flags[packet]!,
    ttl: packets.ttl[packet]!,
    mark: packets.mark[packet]!,
    length: packets.length[packet]!,
  };
}

/** Source address and port as text; an ICMP error has no ports. */
export function sourceText({
  source,
  sourcePort,
  protocol,
}: Pick<Headers, 'source' | 'sourcePort' | 'protocol'>): string {
  return placeText(source, sourcePort, protocol);
}

/** Destination address and port as text; an ICMP error has no ports. */
export function destinationText({
  destination,
  destinationPort,
  protocol,
}: Pick<Headers, 'destination' | 'destinationPort' | 'protocol'>): string {
  return placeText(destination, destinationPort, protocol);
}

function placeText(address: IpAddress, port: number, protocol: number): string {
  const isError = protocol === Protocol.icmp || protocol === Protocol.icmpv6;
  return isError ? formatIp(address) : formatIpPort(address, port);
}
