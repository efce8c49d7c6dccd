/**
 * The transport of all hosts: TCP handshake, request and answer in one segment each, retransmission, close and reset; UDP datagrams.
 *
 * Mirrors what Services see of TCP (RFC 9293, RFC 6298) with Linux's defaults: SYN again after 1, 2, 4, ... s (tcp_syn_retries 6), data
 * again after 200 ms and doubling (tcp_retries2 15), a reset for a segment that no socket wants, ICMP port unreachable for such a datagram.
 * Acknowledgements of data ride on the next segment, or go by themselves after 40 ms.
 * Left out: windows, congestion control, segments beyond one a message, RTT estimation.
 */
import { MILLISECOND, type Simulation, type TimerWheel, type TimerWheels } from '../../sim/index.js';
import { Protocol, TcpFlag, type PacketPool } from '../../net/index.js';
import { Conversations, EndState } from './conversations.js';
import { Failure, type ArrivalObserver, type ClientEvents, type ServerEvents } from './events.js';
import type { Hosts } from './hosts.js';
import { PortRange } from './port-range.js';
import { Segments, type PacketOutput } from './segments.js';
import { ServerEnds } from './server-ends.js';
import { DATA_RETRIES, DATA_TIMEOUT, FIN_RETRIES, SYN_RETRIES, SYN_TIMEOUT, backoff } from './timeouts.js';

// Constants of other modules, taken here once: a property of an imported object costs two loads at each use.
const { established: END_ESTABLISHED, finWait: END_FIN_WAIT, synSent: END_SYN_SENT } = EndState;
const { icmp: PROTOCOL_ICMP, tcp: PROTOCOL_TCP, udp: PROTOCOL_UDP } = Protocol;
const { ack: FLAG_ACK, fin: FLAG_FIN, psh: FLAG_PSH, rst: FLAG_RST, syn: FLAG_SYN } = TcpFlag;

/** TCP and UDP of all hosts of one run. */
export class Transport {
  readonly hosts: Hosts;
  readonly segments: Segments;
  private readonly simulation: Simulation;
  private readonly packets: PacketPool;
  private readonly conversations = new Conversations();
  private readonly clients: ClientEvents;
  private readonly serverEnds: ServerEnds;
  private readonly retransmit: TimerWheel;
  private repeated = 0;
  private readonly ports: (PortRange | undefined)[] = [];

  /** Joins the hosts to the network (`output`) and to those who use the sockets. */
  constructor(parts: {
    readonly simulation: Simulation;
    readonly wheels: TimerWheels;
    readonly packets: PacketPool;
    readonly hosts: Hosts;
    readonly output: PacketOutput;
    readonly clients: ClientEvents;
    readonly servers: ServerEvents;
    readonly observer: ArrivalObserver;
  }) {
    this.simulation = parts.simulation;
    this.packets = parts.packets;
    this.hosts = parts.hosts;
    this.clients = parts.clients;
    this.retransmit = parts.wheels.add(MILLISECOND, this);
    this.segments = new Segments({ ...parts, conversations: this.conversations });
    this.serverEnds = new ServerEnds({ ...parts, conversations: this.conversations, segments: this.segments });
  }

  /** Segments sent again so far, at either end. */
  get retransmissions(): number {
    return this.repeated + this.serverEnds.repeated;
  }

  /** Conversations open at present. */
  get open(): number {
    return this.conversations.inUse;
  }

  /**
   * Opens a conversation; for TCP the handshake begins.
   * @param protocol Protocol.tcp or Protocol.udp
   * @param host the client
   * @param address what it dials
   * @param port what it dials
   * @param owner handed back with every event
   * @returns the handle, or -1 when the host has no source port left
   */
  connect(protocol: number, host: number, address: number, port: number, owner: number): number {
    const range = (this.ports[host] ??= new PortRange());
    const local = range.take(this.simulation.now);
    if (local < 0) return -1;
    const c = this.conversations;
    const slot = c.take();
    c.protocol[slot] = protocol;
    c.clientHost[slot] = host;
    c.clientPort[slot] = local;
    c.remoteAddress[slot] = address;
    c.remotePort[slot] = port;
    c.owner[slot] = owner;
    if (protocol === PROTOCOL_TCP) {
      c.clientState[slot] = END_SYN_SENT;
      this.sendSyn(slot);
    } else {
      c.clientState[slot] = END_ESTABLISHED;
    }
    return c.handle(slot);
  }

  /**
   * Sends a request; its answer comes as `replied`.
   * @param handle an open conversation
   * @param sequence number of the request, from 1 and rising
   * @param bytes its size
   */
  request(handle: number, sequence: number, bytes: number): void {
    const slot = this.conversations.slot(handle);
    if (slot < 0) return;
    const c = this.conversations;
    c.outstanding[slot] = sequence;
    c.requestBytes[slot] = bytes;
    c.tries[slot] = 0;
    c.ackSeen[slot] = 0;
    this.sendRequest(slot, c.protocol[slot] === PROTOCOL_UDP && sequence === 1);
  }

  /** Answers a request, when the server and the conversation are still there. */
  respond(handle: number, sequence: number, bytes: number): void {
    const slot = this.conversations.slot(handle);
    if (slot >= 0) this.serverEnds.respond(slot, sequence, bytes);
  }

  /** Closes from the client's end: a FIN for TCP, nothing on the wire for UDP. No further event comes. */
  close(handle: number): void {
    const c = this.conversations;
    const slot = c.slot(handle);
    if (slot < 0) return;
    if (c.protocol[slot] !== PROTOCOL_TCP || c.clientState[slot] !== END_ESTABLISHED) {
      this.finish(slot, false);
      return;
    }
    c.clientState[slot] = END_FIN_WAIT;
    c.outstanding[slot] = 0;
    c.tries[slot] = 0;
    this.sendFin(slot);
  }

  /** Gives up at once, as a process that exits: a reset for TCP if it got that far. */
  abort(handle: number): void {
    const c = this.conversations;
    const slot = c.slot(handle);
    if (slot < 0) return;
    if (c.protocol[slot] === PROTOCOL_TCP && c.clientState[slot] === END_ESTABLISHED) {
      this.segments.fromClient(slot, FLAG_RST, 0, 0, false);
    }
    this.finish(slot, false);
  }

  /** A packet has reached a host; it is given back to the pool. */
  deliver(packet: number, host: number): void {
    const packets = this.packets;
    const c = this.conversations;
    const slot = c.slot(packets.flow[packet]!);
    if (slot >= 0) {
      if (this.isForClient(packet, slot, host)) this.atClient(packet, slot);
      else this.serverEnds.take(packet, slot, host);
    }
    packets.release(packet);
  }

  /** A retransmission timer fires. */
  expire(slot: number): void {
    const c = this.conversations;
    const state = c.clientState[slot]!;
    const tries = ++c.tries[slot]!;
    const limit = state === END_SYN_SENT ? SYN_RETRIES : state === END_FIN_WAIT ? FIN_RETRIES : DATA_RETRIES;
    if (tries > limit) {
      if (state === END_FIN_WAIT) this.finish(slot, false);
      else this.fail(slot, Failure.timedOut);
      return;
    }
    this.repeated++;
    if (state === END_SYN_SENT) this.sendSyn(slot);
    else if (state === END_FIN_WAIT) this.sendFin(slot);
    else this.sendRequest(slot, false);
  }

  private isForClient(packet: number, slot: number, host: number): boolean {
    const packets = this.packets;
    const c = this.conversations;
    return (
      host === c.clientHost[slot] &&
      packets.destinationPort[packet] === c.clientPort[slot] &&
      packets.sourcePort[packet] === c.remotePort[slot] &&
      (packets.source[packet] === c.remoteAddress[slot] || packets.protocol[packet] === PROTOCOL_ICMP)
    );
  }

  private atClient(packet: number, slot: number): void {
    const packets = this.packets;
    const c = this.conversations;
    const flags = packets.flags[packet]!;
    const state = c.clientState[slot]!;
    const protocol = packets.protocol[packet]!;
    if (protocol === PROTOCOL_ICMP) {
      // Port unreachable: fatal while connecting and for UDP; a soft error on an established TCP connection.
      if (state === END_SYN_SENT || c.protocol[slot] === PROTOCOL_UDP) this.fail(slot, Failure.refused);
    } else if (protocol === PROTOCOL_UDP) {
      this.takeAnswer(packet, slot);
    } else if (flags & FLAG_RST) {
      if (state === END_FIN_WAIT) this.finish(slot, false);
      else this.fail(slot, state === END_SYN_SENT ? Failure.refused : Failure.reset);
    } else if (flags & FLAG_SYN) {
      this.takeSynAck(slot, state);
    } else if (flags & FLAG_FIN) {
      this.segments.fromClient(slot, FLAG_ACK, 0, 0, false);
      if (state === END_FIN_WAIT) this.finish(slot, true);
    } else if (packets.sequence[packet]! > 0) {
      this.takeAnswer(packet, slot);
    } else if (packets.sequence[packet]! < 0 && c.outstanding[slot] === -packets.sequence[packet]!) {
      // The request has arrived; the server takes its time and will see to its answer itself.
      c.ackSeen[slot] = 1;
      this.retransmit.cancel(slot);
    }
  }

  private takeSynAck(slot: number, state: number): void {
    const c = this.conversations;
    this.segments.fromClient(slot, FLAG_ACK, 0, 0, false);
    if (state !== END_SYN_SENT) return;
    c.clientState[slot] = END_ESTABLISHED;
    c.tries[slot] = 0;
    this.retransmit.cancel(slot);
    this.clients.connected(c.handle(slot), c.owner[slot]!);
  }

  private takeAnswer(packet: number, slot: number): void {
    const c = this.conversations;
    const sequence = this.packets.sequence[packet]!;
    const isWanted = c.outstanding[slot] === sequence;
    // An answer that the server repeats until it hears of it: the acknowledgement does not wait for the next request.
    if (c.protocol[slot] === PROTOCOL_TCP && (c.ackSeen[slot] === 1 || !isWanted)) {
      this.segments.fromClient(slot, FLAG_ACK, -sequence, 0, false);
    }
    if (!isWanted) return;
    c.outstanding[slot] = 0;
    this.retransmit.cancel(slot);
    this.clients.replied(c.handle(slot), c.owner[slot]!, sequence);
  }

  private sendSyn(slot: number): void {
    const tries = this.conversations.tries[slot]!;
    this.retransmit.arm(slot, this.simulation.now + backoff(SYN_TIMEOUT, tries));
    this.segments.fromClient(slot, FLAG_SYN, 0, 0, tries === 0);
  }

  private sendRequest(slot: number, first: boolean): void {
    const c = this.conversations;
    const isTcp = c.protocol[slot] === PROTOCOL_TCP;
    if (isTcp) this.retransmit.arm(slot, this.simulation.now + backoff(DATA_TIMEOUT, c.tries[slot]!));
    const flags = isTcp ? FLAG_PSH | FLAG_ACK : 0;
    this.segments.fromClient(slot, flags, c.outstanding[slot]!, c.requestBytes[slot]!, first);
  }

  private sendFin(slot: number): void {
    this.retransmit.arm(slot, this.simulation.now + backoff(DATA_TIMEOUT, this.conversations.tries[slot]!));
    this.segments.fromClient(slot, FLAG_FIN | FLAG_ACK, 0, 0, false);
  }

  private fail(slot: number, failure: number): void {
    const c = this.conversations;
    const handle = c.handle(slot);
    const owner = c.owner[slot]!;
    this.finish(slot, false);
    this.clients.failed(handle, owner, failure);
  }

  private finish(slot: number, timeWait: boolean): void {
    const c = this.conversations;
    this.retransmit.cancel(slot);
    this.serverEnds.forget(slot);
    this.ports[c.clientHost[slot]!]?.release(c.clientPort[slot]!, timeWait, this.simulation.now);
    c.release(slot);
  }
}
