/**
 * The client's end of conversations: dials, sends requests, repeats what is not acknowledged, and closes.
 *
 * Mirrors what a connecting Linux socket does (RFC 9293, RFC 6298 with Linux's defaults): SYN again after 1, 2, 4, ... s (tcp_syn_retries 6),
 * data again after 200 ms and doubling (tcp_retries2 15); port unreachable is fatal while connecting and for UDP. A host that stands for
 * its node sends from the address that the node's routes choose.
 */
import { MILLISECOND, type Simulation, type TimerWheel, type TimerWheels } from '../../sim/index.js';
import { Protocol, TcpFlag, type IpAddress, type PacketPool } from '../../net/index.js';
import { EndState, type Conversations } from './conversations.js';
import { Failure, type SocketUser } from './events.js';
import type { Hosts } from './hosts.js';
import { PortRange, type PortBounds } from './port-range.js';
import { SctpSignal, signalOf } from './sctp.js';
import { headerBytes, type PacketOutput, type Segments } from './segments.js';
import { DATA_RETRIES, DATA_TIMEOUT, FIN_RETRIES, SYN_RETRIES, SYN_TIMEOUT, backoff } from './timeouts.js';

// Constants of other modules, taken here once: a property of an imported object costs two loads at each use.
const { established: END_ESTABLISHED, finWait: END_FIN_WAIT, synSent: END_SYN_SENT } = EndState;
const { icmp: PROTOCOL_ICMP, sctp: PROTOCOL_SCTP, udp: PROTOCOL_UDP } = Protocol;
const {
  cookieAck: SIGNAL_COOKIE_ACK,
  cookieEcho: SIGNAL_COOKIE_ECHO,
  shutdownComplete: SIGNAL_SHUTDOWN_COMPLETE,
} = SctpSignal;
const { ack: FLAG_ACK, fin: FLAG_FIN, psh: FLAG_PSH, rst: FLAG_RST, syn: FLAG_SYN } = TcpFlag;

/** All clients' ends of one run. */
export class ClientEnds {
  /** Segments sent again so far. */
  repeated = 0;
  private readonly simulation: Simulation;
  private readonly packets: PacketPool;
  private readonly hosts: Hosts;
  private readonly conversations: Conversations;
  private readonly segments: Segments;
  private readonly users: readonly SocketUser[];
  private readonly released: (slot: number) => void;
  private readonly output: PacketOutput;
  private readonly retransmit: TimerWheel;
  private readonly ports: (PortRange | undefined)[] = [];

  /** Shares the columns of the transport, and its users. */
  constructor(parts: {
    readonly simulation: Simulation;
    readonly wheels: TimerWheels;
    readonly packets: PacketPool;
    readonly hosts: Hosts;
    readonly conversations: Conversations;
    readonly segments: Segments;
    readonly users: readonly SocketUser[];
    /** A conversation is over. */
    readonly released: (slot: number) => void;
    readonly output: PacketOutput;
  }) {
    this.simulation = parts.simulation;
    this.packets = parts.packets;
    this.hosts = parts.hosts;
    this.conversations = parts.conversations;
    this.segments = parts.segments;
    this.users = parts.users;
    this.released = parts.released;
    this.output = parts.output;
    this.retransmit = parts.wheels.add(MILLISECOND, this);
  }

  /** Sets the range of a host's source ports, before its first conversation. */
  setPorts(host: number, bounds: PortBounds): void {
    this.ports[host] ??= new PortRange(bounds);
  }

  /** Opens a conversation; see `Transport.connect`. */
  connect(protocol: number, host: number, address: IpAddress, port: number, owner: number, user = 0): number {
    const source =
      this.hosts.isNode[host] === 1 ? this.output.sourceFor(host, address) : this.hosts.addressTowards(host, address);
    if (source === 0) return -1;
    const range = (this.ports[host] ??= new PortRange());
    const local = range.take(this.simulation.now);
    if (local < 0) return -1;
    const c = this.conversations;
    const slot = c.take();
    c.protocol[slot] = protocol;
    c.headerBytes[slot] = headerBytes(protocol, address);
    c.clientUser[slot] = user;
    c.clientHost[slot] = host;
    c.clientAddress[slot] = source;
    c.clientPort[slot] = local;
    c.remoteAddress[slot] = address;
    c.remotePort[slot] = port;
    c.owner[slot] = owner;
    if (protocol === PROTOCOL_UDP) {
      c.clientState[slot] = END_ESTABLISHED;
    } else {
      c.clientState[slot] = END_SYN_SENT;
      this.sendSyn(slot);
    }
    return c.handle(slot);
  }

  /** Sends a request. */
  request(slot: number, sequence: number, bytes: number): void {
    const c = this.conversations;
    const first = c.protocol[slot] === PROTOCOL_UDP && c.outstanding[slot] === 0;
    c.outstanding[slot] = sequence;
    c.requestBytes[slot] = bytes;
    c.tries[slot] = 0;
    c.ackSeen[slot] = 0;
    this.sendRequest(slot, first);
  }

  /** Closes from the client's end: a FIN for TCP, nothing on the wire for UDP. No further event comes. */
  close(slot: number): void {
    const c = this.conversations;
    if (c.protocol[slot] === PROTOCOL_UDP || c.clientState[slot] !== END_ESTABLISHED) {
      this.finish(slot, false);
      return;
    }
    c.clientState[slot] = END_FIN_WAIT;
    c.outstanding[slot] = 0;
    c.tries[slot] = 0;
    this.sendFin(slot);
  }

  /** Gives up at once, as a process that exits: a reset for TCP if it got that far. */
  abort(slot: number): void {
    const c = this.conversations;
    if (c.protocol[slot] !== PROTOCOL_UDP && c.clientState[slot] === END_ESTABLISHED) {
      this.segments.fromClient(slot, FLAG_RST, 0, 0, false);
    }
    this.finish(slot, false);
  }

  /** Whether a packet is for a conversation's client. */
  isFor(packet: number, slot: number, host: number): boolean {
    const packets = this.packets;
    const c = this.conversations;
    return (
      host === c.clientHost[slot] &&
      packets.destinationPort[packet] === c.clientPort[slot] &&
      packets.sourcePort[packet] === c.remotePort[slot] &&
      (packets.source[packet] === c.remoteAddress[slot] || packets.protocol[packet] === PROTOCOL_ICMP)
    );
  }

  /** A packet reaches the client. */
  take(packet: number, slot: number): void {
    const packets = this.packets;
    const c = this.conversations;
    const state = c.clientState[slot]!;
    const protocol = packets.protocol[packet]!;
    const flags = protocol === PROTOCOL_SCTP ? signalOf(packets.flags[packet]!) : packets.flags[packet]!;
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
    } else if (flags & SIGNAL_COOKIE_ACK) {
      this.comeUp(slot, state);
    } else if (flags & FLAG_FIN) {
      this.segments.fromClient(slot, protocol === PROTOCOL_SCTP ? SIGNAL_SHUTDOWN_COMPLETE : FLAG_ACK, 0, 0, false);
      if (state === END_FIN_WAIT) this.finish(slot, true);
    } else if (packets.sequence[packet]! > 0) {
      this.takeAnswer(packet, slot);
    } else if (packets.sequence[packet]! < 0 && c.outstanding[slot] === -packets.sequence[packet]!) {
      // The request has arrived; the server takes its time and will see to its answer itself.
      c.ackSeen[slot] = 1;
      this.retransmit.cancel(slot);
    }
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

  private clientOf(slot: number): SocketUser {
    return this.users[this.conversations.clientUser[slot]!]!;
  }

  private takeSynAck(slot: number, state: number): void {
    if (this.conversations.protocol[slot] === PROTOCOL_SCTP) {
      this.segments.fromClient(slot, SIGNAL_COOKIE_ECHO, 0, 0, false);
      return;
    }
    this.segments.fromClient(slot, FLAG_ACK, 0, 0, false);
    this.comeUp(slot, state);
  }

  private comeUp(slot: number, state: number): void {
    if (state !== END_SYN_SENT) return;
    const c = this.conversations;
    c.clientState[slot] = END_ESTABLISHED;
    c.tries[slot] = 0;
    this.retransmit.cancel(slot);
    this.clientOf(slot).connected(c.handle(slot), c.owner[slot]!);
  }

  private takeAnswer(packet: number, slot: number): void {
    const c = this.conversations;
    const sequence = this.packets.sequence[packet]!;
    c.heardBytes[slot] = this.packets.length[packet]! - c.headerBytes[slot]!;
    if (c.protocol[slot] === PROTOCOL_UDP) {
      // Datagrams know nothing of each other: several may be under way, and a socket hands over whatever comes.
      this.clientOf(slot).replied(c.handle(slot), c.owner[slot]!, sequence);
      return;
    }
    const isWanted = c.outstanding[slot] === sequence;
    // An answer that the server repeats until it hears of it: the acknowledgement does not wait for the next request.
    if (c.ackSeen[slot] === 1 || !isWanted) this.segments.fromClient(slot, FLAG_ACK, -sequence, 0, false);
    if (!isWanted) return;
    c.outstanding[slot] = 0;
    this.retransmit.cancel(slot);
    this.clientOf(slot).replied(c.handle(slot), c.owner[slot]!, sequence);
  }

  private sendSyn(slot: number): void {
    const tries = this.conversations.tries[slot]!;
    this.retransmit.arm(slot, this.simulation.now + backoff(SYN_TIMEOUT, tries));
    this.segments.fromClient(slot, FLAG_SYN, 0, 0, tries === 0);
  }

  private sendRequest(slot: number, first: boolean): void {
    const c = this.conversations;
    const isDatagram = c.protocol[slot] === PROTOCOL_UDP;
    if (!isDatagram) this.retransmit.arm(slot, this.simulation.now + backoff(DATA_TIMEOUT, c.tries[slot]!));
    const flags = isDatagram ? 0 : FLAG_PSH | FLAG_ACK;
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
    const user = this.clientOf(slot);
    this.finish(slot, false);
    user.failed(handle, owner, failure);
  }

  private finish(slot: number, timeWait: boolean): void {
    const c = this.conversations;
    this.retransmit.cancel(slot);
    this.released(slot);
    this.ports[c.clientHost[slot]!]?.release(c.clientPort[slot]!, timeWait, this.simulation.now);
    c.release(slot);
  }
}
