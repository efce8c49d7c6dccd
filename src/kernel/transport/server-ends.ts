/**
 * The server's end of conversations: accepts, takes requests up once each, answers, and turns away what no socket wants.
 *
 * Mirrors what a listening Linux socket does: a SYN to a port on which nobody listens and a segment of an unknown connection get a reset, such a
 * datagram gets ICMP port unreachable. A request that comes again is answered again if its answer is known. A request whose answer takes
 * longer than a delayed acknowledgement may (40 ms, TCP_DELACK_MIN) is acknowledged by a segment of its own; then the answer is the server's
 * to repeat until it is acknowledged.
 */
import { Protocol, TcpFlag, type PacketPool } from '../../net/index.js';
import { MILLISECOND, type Simulation, type TimerWheel, type TimerWheels } from '../../sim/index.js';
import { EndState, type Conversations } from './conversations.js';
import type { ArrivalObserver, ServerEvents } from './events.js';
import type { Hosts } from './hosts.js';
import { DATA_RETRIES, DATA_TIMEOUT, DELAYED_ACK, backoff } from './timeouts.js';
import type { Segments } from './segments.js';

// Constants of other modules, taken here once: a property of an imported object costs two loads at each use.
const { closed: END_CLOSED, established: END_ESTABLISHED, synReceived: END_SYN_RECEIVED } = EndState;
const { icmp: PROTOCOL_ICMP, tcp: PROTOCOL_TCP, udp: PROTOCOL_UDP } = Protocol;
const { ack: FLAG_ACK, fin: FLAG_FIN, psh: FLAG_PSH, rst: FLAG_RST, syn: FLAG_SYN } = TcpFlag;

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
  private readonly simulation: Simulation;
  /** By conversation: the delayed acknowledgement of a request, or the retransmission of an answer. */
  private readonly timers: TimerWheel;

  /** Shares the columns of the transport. */
  constructor(parts: {
    readonly simulation: Simulation;
    readonly wheels: TimerWheels;
    readonly packets: PacketPool;
    readonly hosts: Hosts;
    readonly conversations: Conversations;
    readonly segments: Segments;
    readonly servers: ServerEvents;
    readonly observer: ArrivalObserver;
  }) {
    this.simulation = parts.simulation;
    this.timers = parts.wheels.add(MILLISECOND, this);
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
    if (c.serverState[slot] === END_CLOSED || this.hosts.alive[c.serverHost[slot]!] === 0) return;
    c.answered[slot] = sequence;
    c.answerBytes[slot] = bytes;
    c.answerTries[slot] = 0;
    if (c.ackSent[slot] === 1) this.timers.arm(slot, this.simulation.now + backoff(DATA_TIMEOUT, 0));
    else this.timers.cancel(slot);
    this.sendAnswer(slot);
  }

  /** The conversation is over. */
  forget(slot: number): void {
    this.timers.cancel(slot);
  }

  /** A timer fires: a request has waited too long for its answer to carry the acknowledgement, or an answer was not acknowledged. */
  expire(slot: number): void {
    const c = this.conversations;
    if (c.serverState[slot] === END_CLOSED || this.hosts.alive[c.serverHost[slot]!] === 0) return;
    if (c.answered[slot]! < c.taken[slot]!) {
      c.ackSent[slot] = 1;
      this.segments.fromServer(slot, FLAG_ACK, -c.taken[slot]!, 0);
    } else if (++c.answerTries[slot]! <= DATA_RETRIES) {
      this.repeated++;
      this.timers.arm(slot, this.simulation.now + backoff(DATA_TIMEOUT, c.answerTries[slot]!));
      this.sendAnswer(slot);
    }
  }

  /** A packet of a conversation reaches a host that is not its client. */
  take(packet: number, slot: number, host: number): void {
    const protocol = this.packets.protocol[packet];
    this.observer.arrived(packet);
    if (protocol === PROTOCOL_TCP) this.takeSegment(packet, slot, host);
    else if (protocol === PROTOCOL_UDP) this.takeDatagram(packet, slot, host);
  }

  private takeSegment(packet: number, slot: number, host: number): void {
    const packets = this.packets;
    const c = this.conversations;
    const flags = packets.flags[packet]!;
    if ((flags & FLAG_SYN) !== 0 && (flags & FLAG_ACK) === 0) {
      if (this.hosts.listens(host, packets.destinationPort[packet]!)) this.accept(packet, slot, host);
      else this.segments.answer(packet, host, PROTOCOL_TCP, FLAG_RST | FLAG_ACK);
    } else if (!this.isKnown(packet, slot, host)) {
      if ((flags & FLAG_RST) === 0) this.segments.answer(packet, host, PROTOCOL_TCP, FLAG_RST);
    } else if ((flags & FLAG_RST) !== 0) {
      c.serverState[slot] = END_CLOSED;
    } else if ((flags & FLAG_FIN) !== 0) {
      this.timers.cancel(slot);
      this.segments.fromServer(slot, FLAG_FIN | FLAG_ACK, 0, 0);
    } else {
      c.serverState[slot] = END_ESTABLISHED;
      if (packets.sequence[packet]! > 0) this.takeRequest(packet, slot, host);
      else if (packets.sequence[packet]! < 0 && c.answered[slot] === -packets.sequence[packet]!)
        this.timers.cancel(slot);
    }
  }

  private takeDatagram(packet: number, slot: number, host: number): void {
    if (!this.hosts.listens(host, this.packets.destinationPort[packet]!)) {
      this.segments.answer(packet, host, PROTOCOL_ICMP, PROTOCOL_UDP);
      return;
    }
    if (!this.isKnown(packet, slot, host)) this.open(packet, slot, host);
    this.takeRequest(packet, slot, host);
  }

  private isKnown(packet: number, slot: number, host: number): boolean {
    const c = this.conversations;
    return (
      c.serverState[slot] !== END_CLOSED &&
      c.serverHost[slot] === host &&
      c.peerAddress[slot] === this.packets.source[packet] &&
      c.peerPort[slot] === this.packets.sourcePort[packet]
    );
  }

  private accept(packet: number, slot: number, host: number): void {
    if (!this.isKnown(packet, slot, host)) this.open(packet, slot, host);
    this.segments.fromServer(slot, FLAG_SYN | FLAG_ACK, 0, 0);
  }

  private open(packet: number, slot: number, host: number): void {
    const packets = this.packets;
    const c = this.conversations;
    c.serverHost[slot] = host;
    c.serverAddress[slot] = packets.destination[packet]!;
    c.serverPort[slot] = packets.destinationPort[packet]!;
    c.peerAddress[slot] = packets.source[packet]!;
    c.peerPort[slot] = packets.sourcePort[packet]!;
    c.serverState[slot] = END_SYN_RECEIVED;
    c.taken[slot] = 0;
    c.answered[slot] = 0;
  }

  private takeRequest(packet: number, slot: number, host: number): void {
    const c = this.conversations;
    const sequence = this.packets.sequence[packet]!;
    if (sequence > c.taken[slot]!) {
      c.taken[slot] = sequence;
      c.ackSent[slot] = 0;
      if (c.protocol[slot] === PROTOCOL_TCP) this.timers.arm(slot, this.simulation.now + DELAYED_ACK);
      this.servers.requested(c.handle(slot), host, sequence);
    } else if (c.answered[slot] === sequence) {
      this.repeated++;
      this.sendAnswer(slot);
    }
  }

  private sendAnswer(slot: number): void {
    const c = this.conversations;
    const flags = c.protocol[slot] === PROTOCOL_TCP ? FLAG_PSH | FLAG_ACK : 0;
    this.segments.fromServer(slot, flags, c.answered[slot]!, c.answerBytes[slot]!);
  }
}
