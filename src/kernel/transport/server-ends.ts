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
import { Verdict } from '../hook.js';
import { EndState, type Conversations } from './conversations.js';
import type { ArrivalObserver, SocketUser } from './events.js';
import { FromClient } from './from-client.js';
import { NOBODY, type Hosts } from './hosts.js';
import { Leg } from './legs.js';
import { SctpSignal, signalOf } from './sctp.js';
import { DATA_RETRIES, DATA_TIMEOUT, DELAYED_ACK, backoff } from './timeouts.js';
import type { Segments } from './segments.js';

// Constants of other modules, taken here once: a property of an imported object costs two loads at each use.
const {
  closed: END_CLOSED,
  established: END_ESTABLISHED,
  finWait: END_FIN_WAIT,
  synReceived: END_SYN_RECEIVED,
} = EndState;
const { first: FROM_CLIENT_FIRST } = FromClient;
const { sctp: PROTOCOL_SCTP, tcp: PROTOCOL_TCP, udp: PROTOCOL_UDP } = Protocol;
const { ack: FLAG_ACK, fin: FLAG_FIN, psh: FLAG_PSH, rst: FLAG_RST, syn: FLAG_SYN } = TcpFlag;

/** All servers' ends of one run. */
export class ServerEnds {
  /** Answers sent again so far. */
  repeated = 0;
  private readonly packets: PacketPool;
  private readonly hosts: Hosts;
  private readonly conversations: Conversations;
  private readonly segments: Segments;
  private readonly users: readonly SocketUser[];
  private readonly observer: ArrivalObserver;
  private readonly simulation: Simulation;
  /** By conversation: the delayed acknowledgement of a request, or the retransmission of an answer. */
  private readonly timers: TimerWheel;

  /** Shares the columns of the transport, and its users. */
  constructor(parts: {
    readonly simulation: Simulation;
    readonly wheels: TimerWheels;
    readonly packets: PacketPool;
    readonly hosts: Hosts;
    readonly conversations: Conversations;
    readonly segments: Segments;
    readonly users: readonly SocketUser[];
    readonly observer: ArrivalObserver;
  }) {
    this.simulation = parts.simulation;
    this.timers = parts.wheels.add(MILLISECOND, this);
    this.packets = parts.packets;
    this.hosts = parts.hosts;
    this.conversations = parts.conversations;
    this.segments = parts.segments;
    this.users = parts.users;
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

  /** Breaks a conversation off: a reset, if it was up. */
  hangUp(slot: number): void {
    const c = this.conversations;
    if (c.serverState[slot] === END_CLOSED || this.hosts.alive[c.serverHost[slot]!] === 0) return;
    this.timers.cancel(slot);
    c.serverState[slot] = END_CLOSED;
    if (c.protocol[slot] !== PROTOCOL_UDP) this.segments.fromServer(slot, FLAG_RST | FLAG_ACK, 0, 0);
  }

  /** A packet of a conversation reaches a host that is not its client. */
  take(packet: number, slot: number, host: number): void {
    const protocol = this.packets.protocol[packet];
    // Pods relay nothing that is measured as one packet; nodes, and balancers outside of the cluster, do.
    const isPod = this.hosts.isNode[host] === 0 && this.hosts.node[host]! >= 0;
    if (isPod || !this.isPassedOn(packet, slot, host)) this.arrive(packet, slot);
    if (protocol === PROTOCOL_UDP) this.takeDatagram(packet, slot, host);
    else if (protocol === PROTOCOL_TCP) this.takeSegment(packet, slot, host, this.packets.flags[packet]!);
    else if (protocol === PROTOCOL_SCTP) this.takeSegment(packet, slot, host, signalOf(this.packets.flags[packet]!));
  }

  /** Whether a packet belongs to a conversation that a host serves. */
  knows(packet: number, slot: number, host: number): boolean {
    const c = this.conversations;
    return (
      c.serverState[slot] !== END_CLOSED &&
      c.serverHost[slot] === host &&
      c.peerAddress[slot] === this.packets.source[packet] &&
      c.peerPort[slot] === this.packets.sourcePort[packet]
    );
  }

  /** The packet's way ends here. */
  private arrive(packet: number, slot: number): void {
    if (this.packets.first[packet] === FROM_CLIENT_FIRST && this.conversations.clientUser[slot] !== 0) {
      this.segments.legs.arrive(packet, slot);
    }
    this.observer.arrived(packet);
  }

  /** Whether the packet is a relay's to go on with: what opens a conversation, and messages that have not come before. Keeps what it met. */
  private isPassedOn(packet: number, slot: number, host: number): boolean {
    const { first, sequence } = this.packets;
    const c = this.conversations;
    const isFirst = first[packet] === FROM_CLIENT_FIRST;
    const isKnown = this.knows(packet, slot, host);
    const user = isKnown ? c.serverUser[slot]! : isFirst ? this.listener(packet, host) : NOBODY;
    if (user <= 0) return false;
    const isNews = sequence[packet]! > (isKnown ? c.taken[slot]! : 0);
    if (!isNews && !isFirst) return false;
    this.segments.legs.keep(packet, slot, c.handle(slot), isNews ? Leg.message : Leg.opening);
    return true;
  }

  private takeSegment(packet: number, slot: number, host: number, flags: number): void {
    const packets = this.packets;
    const c = this.conversations;
    if ((flags & FLAG_SYN) !== 0 && (flags & FLAG_ACK) === 0) {
      const user = this.listener(packet, host);
      if (user === NOBODY) this.segments.answer(packet, host, Verdict.reset);
      else this.accept(packet, slot, host, user);
    } else if (!this.knows(packet, slot, host)) {
      if ((flags & FLAG_RST) === 0) this.segments.answer(packet, host, Verdict.reset);
    } else if ((flags & FLAG_RST) !== 0) {
      this.end(slot, host);
    } else if ((flags & FLAG_FIN) !== 0) {
      this.timers.cancel(slot);
      this.segments.fromServer(slot, FLAG_FIN | FLAG_ACK, 0, 0);
      this.finish(slot, host);
    } else {
      if ((flags & SctpSignal.cookieEcho) !== 0) this.segments.fromServer(slot, SctpSignal.cookieAck, 0, 0);
      if (c.serverState[slot] === END_SYN_RECEIVED) this.establish(slot, host);
      if (packets.sequence[packet]! > 0) this.takeRequest(packet, slot, host);
      else if (packets.sequence[packet]! < 0 && c.answered[slot] === -packets.sequence[packet]!)
        this.timers.cancel(slot);
    }
  }

  private takeDatagram(packet: number, slot: number, host: number): void {
    const user = this.listener(packet, host);
    if (user === NOBODY) {
      this.segments.answer(packet, host, Verdict.reject);
      return;
    }
    if (!this.knows(packet, slot, host)) this.open(packet, slot, host, user);
    this.takeRequest(packet, slot, host);
  }

  private listener(packet: number, host: number): number {
    const { protocol, destinationPort, source } = this.packets;
    return this.hosts.userAt(host, protocol[packet]!, destinationPort[packet]!, source[packet]!);
  }

  private userOf(slot: number): SocketUser {
    return this.users[this.conversations.serverUser[slot]!]!;
  }

  private accept(packet: number, slot: number, host: number, user: number): void {
    if (!this.knows(packet, slot, host)) this.open(packet, slot, host, user);
    this.segments.fromServer(slot, FLAG_SYN | FLAG_ACK, 0, 0);
  }

  private establish(slot: number, host: number): void {
    this.conversations.serverState[slot] = END_ESTABLISHED;
    this.userOf(slot).accepted(this.conversations.handle(slot), host);
  }

  /** The client has closed; what comes again is answered again, and the server is told once. */
  private finish(slot: number, host: number): void {
    const c = this.conversations;
    const before = c.serverState[slot]!;
    c.serverState[slot] = END_FIN_WAIT;
    if (before !== END_FIN_WAIT) this.userOf(slot).ended(c.handle(slot), host);
  }

  /** The client has reset. */
  private end(slot: number, host: number): void {
    const c = this.conversations;
    const before = c.serverState[slot]!;
    c.serverState[slot] = END_CLOSED;
    this.timers.cancel(slot);
    if (before !== END_FIN_WAIT) this.userOf(slot).ended(c.handle(slot), host);
  }

  private open(packet: number, slot: number, host: number, user: number): void {
    const packets = this.packets;
    const c = this.conversations;
    c.serverUser[slot] = user;
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
      if (c.protocol[slot] !== PROTOCOL_UDP) this.timers.arm(slot, this.simulation.now + DELAYED_ACK);
      this.userOf(slot).requested(c.handle(slot), host, sequence);
    } else if (c.answered[slot] === sequence) {
      this.repeated++;
      this.sendAnswer(slot);
    }
  }

  private sendAnswer(slot: number): void {
    const c = this.conversations;
    const flags = c.protocol[slot] === PROTOCOL_UDP ? 0 : FLAG_PSH | FLAG_ACK;
    this.segments.fromServer(slot, flags, c.answered[slot]!, c.answerBytes[slot]!);
  }
}
