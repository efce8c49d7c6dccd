/**
 * Segments: fills in the headers of what the two ends of a conversation send.
 *
 * Sizes are those of real headers without options: IPv4 20, TCP 20, UDP 8 bytes (a real SYN carries 20 bytes of options more).
 */
import { HeaderBytes, Protocol, TcpFlag, type PacketPool } from '../../net/index.js';
import type { Simulation } from '../../sim/index.js';
import type { Conversations } from './conversations.js';
import type { Hosts } from './hosts.js';

/** Where hosts hand over what they send. */
export interface PacketOutput {
  /**
   * A host sends a packet.
   * @param packet number in the pool; the output owns it from now on
   * @param host who sends it
   */
  transmit(packet: number, host: number): void;
}

/** Makes packets of conversations and sends them. */
export class Segments {
  /** Packets sent by all hosts. */
  sent = 0;
  private readonly simulation: Simulation;
  private readonly packets: PacketPool;
  private readonly conversations: Conversations;
  private readonly hosts: Hosts;
  private readonly output: PacketOutput;

  /** Shares the columns of the transport. */
  constructor(parts: {
    readonly simulation: Simulation;
    readonly packets: PacketPool;
    readonly conversations: Conversations;
    readonly hosts: Hosts;
    readonly output: PacketOutput;
  }) {
    this.simulation = parts.simulation;
    this.packets = parts.packets;
    this.conversations = parts.conversations;
    this.hosts = parts.hosts;
    this.output = parts.output;
  }

  /**
   * Sends from the client's end.
   * @param slot the conversation
   * @param flags TCP flags; 0 for UDP
   * @param sequence number of the message that it carries, 0 for none
   * @param payloadBytes size of the message
   * @param first whether it is the first packet of the flow
   */
  fromClient(slot: number, flags: number, sequence: number, payloadBytes: number, first: boolean): void {
    const conversations = this.conversations;
    const host = conversations.clientHost[slot]!;
    const packet = this.make(slot, flags, sequence, payloadBytes);
    const packets = this.packets;
    packets.source[packet] = this.hosts.address[host]!;
    packets.destination[packet] = conversations.remoteAddress[slot]!;
    packets.sourcePort[packet] = conversations.clientPort[slot]!;
    packets.destinationPort[packet] = conversations.remotePort[slot]!;
    // A SYN that is sent again is neither the first packet nor one of an established connection.
    const later = (flags & TcpFlag.syn) === 0 ? FromClient.later : FromClient.no;
    packets.first[packet] = first ? FromClient.first : later;
    this.sent++;
    this.output.transmit(packet, host);
  }

  /** Sends from the server's end; parameters as for `fromClient`. */
  fromServer(slot: number, flags: number, sequence: number, payloadBytes: number): void {
    const conversations = this.conversations;
    const packet = this.make(slot, flags, sequence, payloadBytes);
    const packets = this.packets;
    packets.source[packet] = conversations.serverAddress[slot]!;
    packets.destination[packet] = conversations.peerAddress[slot]!;
    packets.sourcePort[packet] = conversations.serverPort[slot]!;
    packets.destinationPort[packet] = conversations.peerPort[slot]!;
    this.sent++;
    this.output.transmit(packet, conversations.serverHost[slot]!);
  }

  /** Answers a packet that no socket wants, with the given protocol, flags and headers turned round. */
  answer(packet: number, host: number, protocol: number, flags: number): void {
    const packets = this.packets;
    const answer = packets.take(this.simulation.now);
    packets.protocol[answer] = protocol;
    packets.flags[answer] = flags;
    packets.source[answer] = packets.destination[packet]!;
    packets.destination[answer] = packets.source[packet]!;
    packets.sourcePort[answer] = packets.destinationPort[packet]!;
    packets.destinationPort[answer] = packets.sourcePort[packet]!;
    packets.length[answer] = answerBytes(protocol);
    packets.flow[answer] = packets.flow[packet]!;
    this.sent++;
    this.output.transmit(answer, host);
  }

  private make(slot: number, flags: number, sequence: number, payloadBytes: number): number {
    const packets = this.packets;
    const packet = packets.take(this.simulation.now);
    const protocol = this.conversations.protocol[slot]!;
    const header = protocol === Protocol.tcp ? HeaderBytes.tcp : HeaderBytes.udp;
    packets.protocol[packet] = protocol;
    packets.flags[packet] = flags;
    packets.length[packet] = HeaderBytes.ipv4 + header + payloadBytes;
    packets.flow[packet] = this.conversations.handle(slot);
    packets.sequence[packet] = sequence;
    return packet;
  }
}

/** Values of the packet column `first`. */
export const FromClient = { no: 0, first: 1, later: 2 } as const;

/** Length of a TCP reset, or of an ICMP error with the headers that it quotes (RFC 792: 28 bytes). */
export function answerBytes(protocol: number): number {
  return protocol === Protocol.tcp ? HeaderBytes.ipv4 + HeaderBytes.tcp : HeaderBytes.ipv4 + HeaderBytes.icmp + 28;
}
