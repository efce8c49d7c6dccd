/**
 * Packets: a pool of parallel typed arrays with a free stack, so that a packet in flight is one small integer.
 *
 * The columns are real header fields (IPv4 or IPv6; TCP, UDP or SCTP; the outer headers of VXLAN while a packet is
 * encapsulated) and what a kernel keeps beside a packet (mark, birth). Payload bytes are counted, not stored.
 * Cost: taking and giving back are O(1) and allocate nothing once the pool has grown to the largest number in flight.
 */
import { grown, type Nanoseconds } from '../sim/index.js';
import { isIpv6 } from './address.js';

/** Bytes of headers, per RFC 791, 8200, 9293, 768, 9260, 792, 7348 and IEEE 802.3 (without preamble and check sequence). */
export const HeaderBytes = { ethernet: 14, ipv4: 20, ipv6: 40, tcp: 20, udp: 8, sctp: 12, icmp: 8, vxlan: 8 } as const;

/** What VXLAN over IPv4 adds to a frame: outer Ethernet, IPv4, UDP and VXLAN headers. */
export const VXLAN_OVERHEAD = HeaderBytes.ethernet + HeaderBytes.ipv4 + HeaderBytes.udp + HeaderBytes.vxlan;

/** The same over IPv6. */
export const VXLAN_OVERHEAD_IPV6 = VXLAN_OVERHEAD + HeaderBytes.ipv6 - HeaderBytes.ipv4;

/** All packets of one run. */
export class PacketPool {
  /** Source and destination address of the (inner) IP header, `IpAddress`. */
  source = new Uint32Array(256);
  destination = new Uint32Array(256);
  /** Source and destination port; 0 for ICMP. */
  sourcePort = new Uint16Array(256);
  destinationPort = new Uint16Array(256);
  /** IP protocol number. */
  protocol = new Uint8Array(256);
  /** TCP flag bits; for SCTP the type of its first chunk; for an ICMP error the protocol of the packet that it is about. */
  flags = new Uint8Array(256);
  /** Time to live, or hop limit, of the (inner) IP header. */
  ttl = new Uint8Array(256);
  /** Length of the (inner) IP packet in bytes, its own header included in either family. */
  length = new Uint16Array(256);
  /** Firewall mark; lives as long as the packet stays on one node. */
  mark = new Uint32Array(256);
  /** The conversation it belongs to: a handle of the transport, carried for the measurer and the socket lookup; -1 none. */
  flow = new Int32Array(256);
  /** Number of the message within the conversation, so that a late copy can be told apart. */
  sequence = new Int32Array(256);
  /** When its sender made it; where a relay goes on with a client's packet, when the client made that one. */
  birth = new Float64Array(256);
  /** Outer addresses and source port while encapsulated; `outerDestination` 0 means not encapsulated. */
  outerSource = new Uint32Array(256);
  outerDestination = new Uint32Array(256);
  outerSourcePort = new Uint16Array(256);
  /** Address of the next hop on the wire that it is on: the host that the frame is addressed to. */
  nextHop = new Uint32Array(256);
  /** Nodes that it has crossed so far (a measurement, not a header field). */
  nodesCrossed = new Uint8Array(256);
  /** Rules compared for it so far by the nodes that it crossed (a measurement, not a header field). */
  rulesCompared = new Uint32Array(256);
  /** CPU time spent on it so far, in nanoseconds (a measurement, not a header field). */
  cpuNs = new Float64Array(256);
  /** 1 for the first packet of its flow, 2 for a later one in the client's direction that is no SYN, else 0 (a measurement, not a header field). */
  first = new Uint8Array(256);
  /** What a relaying process has done before it sent the packet: wake-ups, and bytes copied in and out of user space. */
  relayWakes = new Uint8Array(256);
  relayBytes = new Uint32Array(256);

  private free = new Int32Array(256);
  private freeCount = 0;
  private made = 0;

  /** Packets taken and not given back. */
  get inUse(): number {
    return this.made - this.freeCount;
  }

  /**
   * Takes a packet with every field zero but `ttl` 64, `flow` -1 and `birth`.
   * @param now when it is made
   */
  take(now: Nanoseconds): number {
    const packet = this.freeCount > 0 ? this.free[--this.freeCount]! : this.fresh();
    this.flags[packet] = 0;
    this.ttl[packet] = 64;
    this.mark[packet] = 0;
    this.flow[packet] = -1;
    this.sequence[packet] = 0;
    this.birth[packet] = now;
    this.outerDestination[packet] = 0;
    this.nextHop[packet] = 0;
    this.nodesCrossed[packet] = 0;
    this.rulesCompared[packet] = 0;
    this.cpuNs[packet] = 0;
    this.first[packet] = 0;
    this.relayWakes[packet] = 0;
    this.relayBytes[packet] = 0;
    return packet;
  }

  /** Gives a packet back; its number will be used again. */
  release(packet: number): void {
    this.free[this.freeCount++] = packet;
  }

  /** Bytes of the frame on the wire, the encapsulation included. */
  wireBytes(packet: number): number {
    const inner = this.length[packet]! + HeaderBytes.ethernet;
    const outer = this.outerDestination[packet]!;
    if (outer === 0) return inner;
    return inner + (isIpv6(outer) ? VXLAN_OVERHEAD_IPV6 : VXLAN_OVERHEAD);
  }

  private fresh(): number {
    if (this.made === this.source.length) this.growTo(this.made * 2);
    return this.made++;
  }

  private growTo(length: number): void {
    this.source = grown(this.source, length);
    this.destination = grown(this.destination, length);
    this.sourcePort = grown(this.sourcePort, length);
    this.destinationPort = grown(this.destinationPort, length);
    this.protocol = grown(this.protocol, length);
    this.flags = grown(this.flags, length);
    this.ttl = grown(this.ttl, length);
    this.length = grown(this.length, length);
    this.mark = grown(this.mark, length);
    this.flow = grown(this.flow, length);
    this.sequence = grown(this.sequence, length);
    this.birth = grown(this.birth, length);
    this.outerSource = grown(this.outerSource, length);
    this.outerDestination = grown(this.outerDestination, length);
    this.outerSourcePort = grown(this.outerSourcePort, length);
    this.nextHop = grown(this.nextHop, length);
    this.nodesCrossed = grown(this.nodesCrossed, length);
    this.rulesCompared = grown(this.rulesCompared, length);
    this.cpuNs = grown(this.cpuNs, length);
    this.first = grown(this.first, length);
    this.relayWakes = grown(this.relayWakes, length);
    this.relayBytes = grown(this.relayBytes, length);
    this.free = grown(this.free, length);
  }
}
