/**
 * Segments: fills in the headers of what the two ends of a conversation send.
 *
 * Sizes are those of real headers without options: IPv4 20, IPv6 40, TCP 20, UDP 8, SCTP 12 and 16 for its chunk (a real SYN carries 20
 * bytes of options more).
 */
import { HeaderBytes, Protocol, TcpFlag, isIpv6, type IpAddress, type PacketPool } from '../../net/index.js';
import type { Simulation } from '../../sim/index.js';
import { Verdict } from '../hook.js';
import type { Conversations } from './conversations.js';
import { FromClient } from './from-client.js';
import { Legs } from './legs.js';
import { SctpChunk, chunkOf } from './sctp.js';

const { sctp: PROTOCOL_SCTP } = Protocol;
/** Header of a DATA chunk. */
const SCTP_CHUNK_BYTES = 16;

/** Where hosts hand over what they send. */
export interface PacketOutput {
  /**
   * A host sends a packet.
   * @param packet number in the pool; the output owns it from now on
   * @param host who sends it
   */
  transmit(packet: number, host: number): void;
  /** The address that a host which stands for its node sends from to a destination; 0 where it has none in that family. */
  sourceFor(host: number, destination: IpAddress): IpAddress;
  /** Whether a host's kernel sends an ICMP error to an address now, by its rate limits; absent: it has none. */
  mayTell?(host: number, address: IpAddress): boolean;
}

/** Makes packets of conversations and sends them. */
export class Segments {
  /** What was measured of packets up to a relay. */
  readonly legs: Legs;
  /** Packets sent by all hosts. */
  sent = 0;
  /** What a relaying process has done before it sends; see `spend`. */
  private relayWakes = 0;
  private relayBytes = 0;
  /** The client's conversation with which the relay goes on, and the leg; see `goOn`. */
  private goesOnWith = -1;
  private leg = 0;
  private readonly simulation: Simulation;
  private readonly packets: PacketPool;
  private readonly conversations: Conversations;
  private readonly output: PacketOutput;

  /** Shares the columns of the transport. */
  constructor(parts: {
    readonly simulation: Simulation;
    readonly packets: PacketPool;
    readonly conversations: Conversations;
    readonly output: PacketOutput;
  }) {
    this.simulation = parts.simulation;
    this.packets = parts.packets;
    this.conversations = parts.conversations;
    this.output = parts.output;
    this.legs = new Legs(parts.packets);
  }

  /**
   * Notes what a relaying process has done for the packets that are made next, until the next call.
   * @param wakes times that it had to be woken
   * @param bytes bytes that it has copied between kernel and user space
   */
  spend(wakes: number, bytes: number): void {
    this.relayWakes = wakes;
    this.relayBytes = bytes;
  }

  /**
   * The packets that are made next, until the next call, go on where one of a relay's client ended.
   * @param client handle of the client's conversation, -1 for none
   * @param leg which of its packets, by `Leg`
   */
  goOn(client: number, leg: number): void {
    this.goesOnWith = client;
    this.leg = leg;
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
    const packet = this.make(slot, flags, sequence, payloadBytes, false);
    const packets = this.packets;
    packets.source[packet] = conversations.clientAddress[slot]!;
    packets.destination[packet] = conversations.remoteAddress[slot]!;
    packets.sourcePort[packet] = conversations.clientPort[slot]!;
    packets.destinationPort[packet] = conversations.remotePort[slot]!;
    if (conversations.clientUser[slot] === 0) {
      const later = (flags & TcpFlag.syn) === 0 ? FromClient.later : FromClient.no;
      packets.first[packet] = first ? FromClient.first : later;
    } else {
      // What a relay sends is a client's only where it goes on with what the client has sent.
      const client = conversations.slot(this.goesOnWith);
      if (client >= 0) this.legs.goOn(packet, slot, client, this.goesOnWith, this.leg);
    }
    this.sent++;
    this.output.transmit(packet, host);
  }

  /** Sends from the server's end; parameters as for `fromClient`. */
  fromServer(slot: number, flags: number, sequence: number, payloadBytes: number): void {
    const conversations = this.conversations;
    const packet = this.make(slot, flags, sequence, payloadBytes, true);
    const packets = this.packets;
    packets.source[packet] = conversations.serverAddress[slot]!;
    packets.destination[packet] = conversations.peerAddress[slot]!;
    packets.sourcePort[packet] = conversations.serverPort[slot]!;
    packets.destinationPort[packet] = conversations.peerPort[slot]!;
    this.sent++;
    this.output.transmit(packet, conversations.serverHost[slot]!);
  }

  /**
   * Answers a packet that no socket wants, with its headers turned round.
   * @param verdict Verdict.reset for a TCP reset or an SCTP ABORT, Verdict.reject for ICMP port unreachable, which rate limits may keep back
   */
  answer(packet: number, host: number, verdict: Verdict): void {
    if (verdict === Verdict.reject && this.output.mayTell?.(host, this.packets.source[packet]!) === false) return;
    const answer = this.packets.take(this.simulation.now);
    turnRound(this.packets, packet, answer, verdict);
    this.sent++;
    this.output.transmit(answer, host);
  }

  private make(slot: number, signal: number, sequence: number, payload: number, fromServer: boolean): number {
    const packets = this.packets;
    const c = this.conversations;
    const packet = packets.take(this.simulation.now);
    const protocol = c.protocol[slot]!;
    packets.protocol[packet] = protocol;
    packets.flags[packet] = protocol === PROTOCOL_SCTP ? chunkOf(signal, fromServer) : signal;
    packets.length[packet] = c.headerBytes[slot]! + payload;
    packets.flow[packet] = c.handle(slot);
    packets.sequence[packet] = sequence;
    if (this.relayWakes > 0) {
      packets.relayWakes[packet] = this.relayWakes;
      packets.relayBytes[packet] = this.relayBytes;
    }
    return packet;
  }
}

/**
 * Fills in the answer to a packet that is turned away: a reset or ABORT from its destination, or ICMP port unreachable.
 *
 * An ICMP error carries, in its port columns, the ports of the packet that it is about, turned round, and that packet's protocol in
 * `flags`: so conntrack and the sender's socket find what it belongs to.
 */
export function turnRound(packets: PacketPool, packet: number, answer: number, verdict: Verdict): void {
  const protocol = packets.protocol[packet]!;
  const isReset = verdict === Verdict.reset;
  const source = packets.destination[packet]!;
  packets.protocol[answer] = isReset ? protocol : Protocol.icmp;
  packets.flags[answer] = isReset ? resetFlags(protocol, packets.flags[packet]!) : protocol;
  packets.source[answer] = source;
  packets.destination[answer] = packets.source[packet]!;
  packets.sourcePort[answer] = packets.destinationPort[packet]!;
  packets.destinationPort[answer] = packets.sourcePort[packet]!;
  packets.length[answer] = isReset ? headerBytes(protocol, source) : errorBytes(source);
  packets.flow[answer] = packets.flow[packet]!;
}

function resetFlags(protocol: number, flags: number): number {
  if (protocol === PROTOCOL_SCTP) return SctpChunk.abort;
  // A reset acknowledges what opened the connection, and takes its own number from the acknowledgement else (RFC 9293, 3.5.2).
  return flags & TcpFlag.ack ? TcpFlag.rst : TcpFlag.rst | TcpFlag.ack;
}

/** Bytes of the headers of a packet to an address, without options: for SCTP with the header of the chunk of 16 bytes that carries data. */
export function headerBytes(protocol: number, address: IpAddress): number {
  const ip = isIpv6(address) ? HeaderBytes.ipv6 : HeaderBytes.ipv4;
  if (protocol === Protocol.tcp) return ip + HeaderBytes.tcp;
  return ip + (protocol === PROTOCOL_SCTP ? HeaderBytes.sctp + SCTP_CHUNK_BYTES : HeaderBytes.udp);
}

/** Length of an ICMP error with the headers that it quotes (RFC 792 and 4443). */
function errorBytes(address: IpAddress): number {
  const ip = isIpv6(address) ? HeaderBytes.ipv6 : HeaderBytes.ipv4;
  return ip + HeaderBytes.icmp + ip + HeaderBytes.udp;
}
