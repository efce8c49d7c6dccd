/**
 * Packets as the bytes of Ethernet frames: what a capture on a device would show.
 *
 * Headers by RFC 791 and 8200 (IP), 9293 (TCP), 768 (UDP), 9260 (SCTP), 792 and 4443 (ICMP) and 7348 (VXLAN), all checksums right. Payload
 * bytes are zero. Not for the hot path: a run carries columns, and only a trace asks for bytes.
 */
import { familyOf, ipHash, ipv6Word, isIpv6, type IpAddress } from './address.js';
import { crc32c, folded, wordSum } from './checksum.js';
import { Protocol } from './protocol.js';

/** One IP packet. */
export interface FrameHeaders {
  readonly source: IpAddress;
  readonly destination: IpAddress;
  /** IP protocol number; Protocol.icmp for an error of either family. */
  readonly protocol: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** TCP flag bits; for SCTP the type of the chunk. */
  readonly flags: number;
  /** Time to live, or hop limit. */
  readonly ttl: number;
  /** Bytes behind the transport's header. */
  readonly payloadBytes: number;
  /** TCP sequence and acknowledgement numbers. */
  readonly sequence: number;
  readonly acknowledgement: number;
  /** For an ICMP error (port unreachable): the packet that it is about. */
  readonly about?: FrameHeaders;
}

/** What stands before an encapsulated frame. */
export interface TunnelHeaders {
  readonly source: IpAddress;
  readonly destination: IpAddress;
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** VXLAN network identifier. */
  readonly network: number;
}

/** MAC addresses of a frame's ends, as numbers of 48 bits. */
export interface FrameEnds {
  readonly source: number;
  readonly destination: number;
}

const ETHER_IPV4 = 0x0800;
const ETHER_IPV6 = 0x86dd;
const ICMPV6 = 58;
/** First 8 bytes of the packet that an ICMP error is about, behind its IP header (RFC 792). */
const QUOTED_BYTES = 8;

/** A locally administered MAC address for a device with an address: 0a:58 and four bytes of it, as the CNI bridge plugin makes them. */
export function macFor(address: IpAddress): number {
  return 0x0a58 * 2 ** 32 + ipHash(address);
}

/** Bytes of a frame that carries a packet. */
export function frameBytes(packet: FrameHeaders, ends: FrameEnds): Uint8Array {
  return ethernet(ends, packet.source, ipPacket(packet));
}

/** Bytes of a frame on the underlay that carries a frame of the tunnel. */
export function tunnelFrameBytes(inner: Uint8Array, tunnel: TunnelHeaders, ends: FrameEnds): Uint8Array {
  const vxlan = new Uint8Array(8 + inner.length);
  const view = new DataView(vxlan.buffer);
  view.setUint32(0, 0x08000000);
  view.setUint32(4, tunnel.network << 8);
  vxlan.set(inner, 8);
  const datagram = udp(tunnel.source, tunnel.destination, tunnel.sourcePort, tunnel.destinationPort, vxlan);
  return ethernet(ends, tunnel.source, ip(tunnel.source, tunnel.destination, Protocol.udp, 64, datagram));
}

function ethernet(ends: FrameEnds, source: IpAddress, payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(14 + payload.length);
  writeMac(frame, 0, ends.destination);
  writeMac(frame, 6, ends.source);
  new DataView(frame.buffer).setUint16(12, isIpv6(source) ? ETHER_IPV6 : ETHER_IPV4);
  frame.set(payload, 14);
  return frame;
}

function writeMac(frame: Uint8Array, at: number, mac: number): void {
  for (let i = 0; i < 6; i++) frame[at + i] = Math.floor(mac / 2 ** (8 * (5 - i))) & 0xff;
}

function ipPacket(packet: FrameHeaders): Uint8Array {
  const { source, destination, protocol, ttl } = packet;
  if (protocol !== Protocol.icmp && protocol !== ICMPV6) {
    return ip(source, destination, protocol, ttl, transport(packet));
  }
  const v6 = familyOf(source) === 6;
  return ip(source, destination, v6 ? ICMPV6 : Protocol.icmp, ttl, icmpError(packet, v6));
}

function ip(source: IpAddress, destination: IpAddress, protocol: number, ttl: number, payload: Uint8Array): Uint8Array {
  const v6 = isIpv6(source);
  const header = new Uint8Array(v6 ? 40 : 20);
  const view = new DataView(header.buffer);
  if (v6) {
    view.setUint32(0, 0x60000000);
    view.setUint16(4, payload.length);
    header[6] = protocol;
    header[7] = ttl;
  } else {
    view.setUint16(0, 0x4500);
    view.setUint16(2, 20 + payload.length);
    header[8] = ttl;
    header[9] = protocol;
  }
  header.set(addressBytes(source), v6 ? 8 : 12);
  header.set(addressBytes(destination), v6 ? 24 : 16);
  if (!v6) view.setUint16(10, folded(wordSum(header)));
  return joined(header, payload);
}

function transport(packet: FrameHeaders): Uint8Array {
  const { source, destination, sourcePort, destinationPort, payloadBytes } = packet;
  switch (packet.protocol) {
    case Protocol.tcp:
      return tcp(packet);
    case Protocol.sctp:
      return sctp(packet);
    case Protocol.udp:
      return udp(source, destination, sourcePort, destinationPort, new Uint8Array(payloadBytes));
    default:
      return new Uint8Array(payloadBytes);
  }
}

function tcp({ source, destination, ...packet }: FrameHeaders): Uint8Array {
  const segment = new Uint8Array(20 + packet.payloadBytes);
  const view = new DataView(segment.buffer);
  view.setUint16(0, packet.sourcePort);
  view.setUint16(2, packet.destinationPort);
  view.setUint32(4, packet.sequence >>> 0);
  view.setUint32(8, packet.acknowledgement >>> 0);
  view.setUint16(12, (5 << 12) | packet.flags);
  view.setUint16(14, 64240);
  view.setUint16(16, folded(wordSum(segment, pseudoSum(source, destination, Protocol.tcp, segment.length))));
  return segment;
}

function udp(source: IpAddress, destination: IpAddress, from: number, to: number, payload: Uint8Array): Uint8Array {
  const datagram = new Uint8Array(8 + payload.length);
  const view = new DataView(datagram.buffer);
  view.setUint16(0, from);
  view.setUint16(2, to);
  view.setUint16(4, datagram.length);
  datagram.set(payload, 8);
  const sum = folded(wordSum(datagram, pseudoSum(source, destination, Protocol.udp, datagram.length)));
  // Zero means "no checksum" (RFC 768), so a sum of zero is sent as its other form.
  view.setUint16(6, sum === 0 ? 0xffff : sum);
  return datagram;
}

/** Bytes of a chunk's fixed part by its type: DATA, INIT, INIT ACK, SACK, SHUTDOWN; the others have their header alone. */
const CHUNK_BYTES: Readonly<Record<number, number>> = { 0: 16, 1: 20, 2: 20, 3: 16, 7: 8 };
const CHUNK_HEADER_BYTES = 4;
/** Room that a receiver announces (a_rwnd). */
const WINDOW_BYTES = 106_496;

function sctp(packet: FrameHeaders): Uint8Array {
  const { flags: type, payloadBytes } = packet;
  const isData = type === 0;
  const fixed = CHUNK_BYTES[type] ?? CHUNK_HEADER_BYTES;
  const chunkBytes = fixed + (isData ? payloadBytes : 0);
  const bytes = new Uint8Array(12 + Math.ceil(chunkBytes / 4) * 4);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, packet.sourcePort);
  view.setUint16(2, packet.destinationPort);
  view.setUint32(4, type === 1 ? 0 : 1);
  bytes[12] = type;
  bytes[13] = isData ? 3 : 0;
  view.setUint16(14, chunkBytes);
  // A tag of INIT, or a sequence number; then, but for DATA, the room, and behind that of INIT one stream each way.
  if (fixed > CHUNK_HEADER_BYTES) view.setUint32(16, 1);
  if (fixed >= 16 && !isData) view.setUint32(20, WINDOW_BYTES);
  if (fixed === 20) view.setUint32(24, (1 << 16) | 1);
  view.setUint32(8, crc32c(bytes), true);
  return bytes;
}

function icmpError(packet: FrameHeaders, v6: boolean): Uint8Array {
  const quoted = packet.about === undefined ? new Uint8Array(0) : ipPacket(packet.about);
  const bytes = new Uint8Array(8 + Math.min(quoted.length, (v6 ? 40 : 20) + QUOTED_BYTES));
  // Port unreachable: type 3 code 3, for IPv6 type 1 code 4.
  bytes[0] = v6 ? 1 : 3;
  bytes[1] = v6 ? 4 : 3;
  bytes.set(quoted.subarray(0, bytes.length - 8), 8);
  const start = v6 ? pseudoSum(packet.source, packet.destination, ICMPV6, bytes.length) : 0;
  new DataView(bytes.buffer).setUint16(2, folded(wordSum(bytes, start)));
  return bytes;
}

/** Sum over the pseudo header that TCP, UDP and ICMPv6 checksums cover. */
function pseudoSum(source: IpAddress, destination: IpAddress, protocol: number, length: number): number {
  return wordSum(addressBytes(destination), wordSum(addressBytes(source))) + protocol + length;
}

function addressBytes(address: IpAddress): Uint8Array {
  const words = isIpv6(address) ? [0, 1, 2, 3].map((word) => ipv6Word(address, word)) : [address];
  return Uint8Array.from(words.flatMap((word) => [word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255]));
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(a.length + b.length);
  bytes.set(a);
  bytes.set(b, a.length);
  return bytes;
}
