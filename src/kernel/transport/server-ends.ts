/**
 * The server's end of conversations: accepts, takes requests up once each, answers, and turns away what no socket wants.
 *
 * Mirrors what a listening Linux socket does: a SYN to a port on which nobody listens and a segment of an unknown connection get a reset, such a
 * datagram gets ICMP port unreachable. A request that comes again is answered again if its answer is known.
 */
import { Protocol, TcpFlag, type PacketPool } from '../../net/index.js';
import { EndState, type Conversations } from './conversations.js';
import type { ArrivalObserver, ServerEvents } from './events.js';
import type { Hosts } from './hosts.js';
import type { Segments } from './segments.js';

/** All servers' ends of one run. */
export class ServerEnds {
  /** Answers sent again so far. */
  repeated = 0;
  private readonly packets: PacketPool;
  private readonly hosts: Hosts;
  private readonly conversations: Conversations;
  private readonly segments: Segments;
  private readonly servers: ServerEvents;
  private readonly observer: ArrivalObserver;

  /** Shares the columns of the transport. */
  constructor(parts: {
    readonly packets: PacketPool;
    readonly hosts: Hosts;
    readonly conversations: Conversations;
    readonly segments: Segments;
    readonly servers: ServerEvents;
    readonly observer: ArrivalObserver;
  }) {
    this.packets = parts.packets;
    this.hosts = parts.hosts;
    this.conversations = parts.conversations;
    this.segments = parts.segments;
    this.servers = parts.servers;
    this.observer = parts.observer;
  }

  /** Answers a request, when the server and the conversation are still there. */
  respond(slot: number, sequence: number, bytes: number): void {
    const c = this.conversations;
    if (c.serverState[slot] === EndState.closed || this.hosts.alive[c.serverHost[slot]!] === 0) return;
    c.answered[slot] = sequence;
    c.answerBytes[slot] = bytes;
    this.sendAnswer(slot);
  }

  /** A packet of a conversation reaches a host that is not its client. */
  take(packet: number, slot: number, host: number): void {
    const protocol = this.packets.protocol[packet];
    this.observer.arrived(packet);
    if (protocol === Protocol.tcp) this.takeSegment(packet, slot, host);
    else if (protocol === Protocol.udp) this.takeDatagram(packet, slot, host);
  }

  private takeSegment(packet: number, slot: number, host: number): void {
    const packets = this.packets;
    const c = this.conversations;
    const flags = packets.flags[packet]!;
    if ((flags & TcpFlag.syn) !== 0 && (flags & TcpFlag.ack) === 0) {
      if (this.hosts.listens(host, packets.destinationPort[packet]!)) this.accept(packet, slot, host);
      else this.segments.answer(packet, host, Protocol.tcp, TcpFlag.rst | TcpFlag.ack);
    } else if (!this.isKnown(packet, slot, host)) {
      if ((flags & TcpFlag.rst) === 0) this.segments.answer(packet, host, Protocol.tcp, TcpFlag.rst);
    } else if ((flags & TcpFlag.rst) !== 0) {
      c.serverState[slot] = EndState.closed;
    } else if ((flags & TcpFlag.fin) !== 0) {
      this.segments.fromServer(slot, TcpFlag.fin | TcpFlag.ack, 0, 0);
    } else {
      c.serverState[slot] = EndState.established;
      if (packets.sequence[packet]! > 0) this.takeRequest(packet, slot, host);
    }
  }

  private takeDatagram(packet: number, slot: number, host: number): void {
    if (!this.hosts.listens(host, this.packets.destinationPort[packet]!)) {
      this.segments.answer(packet, host, Protocol.icmp, Protocol.udp);
      return;
    }
    if (!this.isKnown(packet, slot, host)) this.open(packet, slot, host);
    this.takeRequest(packet, slot, host);
  }

  private isKnown(packet: number, slot: number, host: number): boolean {
    const c = this.conversations;
    return (
      c.serverState[slot] !== EndState.closed &&
      c.serverHost[slot] === host &&
      c.peerAddress[slot] === this.packets.source[packet] &&
      c.peerPort[slot] === this.packets.sourcePort[packet]
    );
  }

  private accept(packet: number, slot: number, host: number): void {
    if (!this.isKnown(packet, slot, host)) this.open(packet, slot, host);
    this.segments.fromServer(slot, TcpFlag.syn | TcpFlag.ack, 0, 0);
  }

  private open(packet: number, slot: number, host: number): void {
    const packets = this.packets;
    const c = this.conversations;
    c.serverHost[slot] = host;
    c.serverAddress[slot] = packets.destination[packet]!;
    c.serverPort[slot] = packets.destinationPort[packet]!;
    c.peerAddress[slot] = packets.source[packet]!;
    c.peerPort[slot] = packets.sourcePort[packet]!;
    c.serverState[slot] = EndState.synReceived;
    c.taken[slot] = 0;
    c.answered[slot] = 0;
  }

  private takeRequest(packet: number, slot: number, host: number): void {
    const c = this.conversations;
    const sequence = this.packets.sequence[packet]!;
    if (sequence > c.taken[slot]!) {
      c.taken[slot] = sequence;
      this.servers.requested(c.handle(slot), host, sequence);
    } else if (c.answered[slot] === sequence) {
      this.repeated++;
      this.sendAnswer(slot);
    }
  }

  private sendAnswer(slot: number): void {
    const c = this.conversations;
    const flags = c.protocol[slot] === Protocol.tcp ? TcpFlag.psh | TcpFlag.ack : 0;
    this.segments.fromServer(slot, flags, c.answered[slot]!, c.answerBytes[slot]!);
  }
}
