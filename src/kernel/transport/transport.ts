/**
 * The transport of all hosts: TCP handshake, request and answer in one segment each, retransmission, close and reset; UDP datagrams; SCTP.
 *
 * What each end does stands in `ClientEnds` and `ServerEnds`. Acknowledgements of data ride on the next segment, or go by themselves
 * after 40 ms. Programs that use sockets are its users: user 0 is whom the transport was made for, others join, such as a proxy that relays
 * connections on the nodes; each listens and dials on hosts of its choice, a node's own network (`HostSpec.isNode`) included.
 * Left out: windows, congestion control, segments beyond one a message, RTT estimation.
 */
import { Protocol, TcpFlag, type IpAddress, type PacketPool } from '../../net/index.js';
import type { Simulation, TimerWheels } from '../../sim/index.js';
import { ClientEnds } from './client-ends.js';
import { Conversations } from './conversations.js';
import type { ArrivalObserver, SocketUser } from './events.js';
import { NOBODY, type Hosts } from './hosts.js';
import type { PortBounds } from './port-range.js';
import { Segments, type PacketOutput } from './segments.js';
import { ServerEnds } from './server-ends.js';

/** TCP, UDP and SCTP of all hosts of one run. */
export class Transport {
  readonly hosts: Hosts;
  readonly segments: Segments;
  private readonly packets: PacketPool;
  private readonly conversations = new Conversations();
  /** Users of sockets by number; the events of a conversation go to the user of its end. */
  private readonly users: SocketUser[];
  private readonly serverEnds: ServerEnds;
  private readonly clientEnds: ClientEnds;

  /** Joins the hosts to the network (`output`) and to who uses their sockets first: user 0. */
  constructor(parts: {
    readonly simulation: Simulation;
    readonly wheels: TimerWheels;
    readonly packets: PacketPool;
    readonly hosts: Hosts;
    readonly output: PacketOutput;
    readonly user: SocketUser;
    readonly observer: ArrivalObserver;
  }) {
    this.packets = parts.packets;
    this.hosts = parts.hosts;
    this.users = [parts.user];
    this.segments = new Segments({ ...parts, conversations: this.conversations });
    const { conversations, segments, users } = this;
    const released = (slot: number): void => this.serverEnds.forget(slot);
    this.clientEnds = new ClientEnds({ ...parts, conversations, segments, users, released });
    this.serverEnds = new ServerEnds({ ...parts, conversations, segments, users });
  }

  /** Segments sent again so far, at either end. */
  get retransmissions(): number {
    return this.clientEnds.repeated + this.serverEnds.repeated;
  }

  /** Conversations open at present. */
  get open(): number {
    return this.conversations.inUse;
  }

  /**
   * Takes in one more user of sockets, such as a relay that runs on nodes: it dials with its number and listens with it
   * (`hosts.listen`, `hosts.delegate`), and is told of its own conversations only.
   * @returns its number, at most 255
   */
  join(user: SocketUser): number {
    this.users.push(user);
    return this.users.length - 1;
  }

  /**
   * Sets the range of a host's source ports (net.ipv4.ip_local_port_range), before its first conversation.
   * @param bounds first and last port
   */
  setPorts(host: number, bounds: PortBounds): void {
    this.clientEnds.setPorts(host, bounds);
  }

  /**
   * Opens a conversation; for TCP and SCTP the handshake begins.
   * @param protocol Protocol.tcp, Protocol.udp or Protocol.sctp
   * @param host the client
   * @param address what it dials
   * @param port what it dials
   * @param owner handed back with every event
   * @param user who dials
   * @returns the handle, or -1 when the host has no source port left or no address of that family
   */
  connect(protocol: number, host: number, address: IpAddress, port: number, owner: number, user = 0): number {
    return this.clientEnds.connect(protocol, host, address, port, owner, user);
  }

  /**
   * Sends a request; its answer comes as `replied`.
   * @param handle an open conversation
   * @param sequence number of the request, from 1 and rising
   * @param bytes its size
   */
  request(handle: number, sequence: number, bytes: number): void {
    const slot = this.conversations.slot(handle);
    if (slot >= 0) this.clientEnds.request(slot, sequence, bytes);
  }

  /** Answers a request, when the server and the conversation are still there. */
  respond(handle: number, sequence: number, bytes: number): void {
    const slot = this.conversations.slot(handle);
    if (slot >= 0) this.serverEnds.respond(slot, sequence, bytes);
  }

  /** Breaks a connection off from the server's end: a reset for TCP, nothing on the wire for UDP. */
  hangUp(handle: number): void {
    const slot = this.conversations.slot(handle);
    if (slot >= 0) this.serverEnds.hangUp(slot);
  }

  /** IP protocol number of a conversation; 0 when it is over, as below. */
  protocol(handle: number): number {
    const slot = this.conversations.slot(handle);
    return slot < 0 ? 0 : this.conversations.protocol[slot]!;
  }

  /** The client's note to itself, as given to `connect`; -1 when the conversation is over. */
  owner(handle: number): number {
    const slot = this.conversations.slot(handle);
    return slot < 0 ? -1 : this.conversations.owner[slot]!;
  }

  /** Port by which a conversation has come in at its server. */
  localPort(handle: number): number {
    const slot = this.conversations.slot(handle);
    return slot < 0 ? 0 : this.conversations.serverPort[slot]!;
  }

  /** Address by which a conversation has come in at its server. */
  localAddress(handle: number): IpAddress {
    const slot = this.conversations.slot(handle);
    return slot < 0 ? 0 : this.conversations.serverAddress[slot]!;
  }

  /** Address of the client as the server of a conversation sees it. */
  peerAddress(handle: number): IpAddress {
    const slot = this.conversations.slot(handle);
    return slot < 0 ? 0 : this.conversations.peerAddress[slot]!;
  }

  /** Port of the client as the server of a conversation sees it. */
  peerPort(handle: number): number {
    const slot = this.conversations.slot(handle);
    return slot < 0 ? 0 : this.conversations.peerPort[slot]!;
  }

  /** Number of the user of sockets that has dialled; -1 when the conversation is over. */
  clientUser(handle: number): number {
    const slot = this.conversations.slot(handle);
    return slot < 0 ? -1 : this.conversations.clientUser[slot]!;
  }

  /** Address that the client's end of a conversation sends from, whatever its server sees. */
  clientAddress(handle: number): IpAddress {
    const slot = this.conversations.slot(handle);
    return slot < 0 ? 0 : this.conversations.clientAddress[slot]!;
  }

  /** Size of the last request of a conversation in bytes. */
  requestBytes(handle: number): number {
    const slot = this.conversations.slot(handle);
    return slot < 0 ? 0 : this.conversations.requestBytes[slot]!;
  }

  /** Size of the last answer that has come in, in bytes. */
  answerBytes(handle: number): number {
    const slot = this.conversations.slot(handle);
    return slot < 0 ? 0 : this.conversations.heardBytes[slot]!;
  }

  /** Whether a socket of a host takes a packet; see `HostSink`. */
  wants(packet: number, host: number): boolean {
    const { packets, conversations: c, hosts } = this;
    const slot = c.slot(packets.flow[packet]!);
    // What comes late to a conversation that is over is taken and ignored.
    if (slot < 0) return true;
    if (this.clientEnds.isFor(packet, slot, host)) return true;
    const port = packets.destinationPort[packet]!;
    if (hosts.userAt(host, packets.protocol[packet]!, port, packets.source[packet]!) !== NOBODY) return true;
    return this.serverEnds.knows(packet, slot, host);
  }

  /** Closes from the client's end: a FIN for TCP, a SHUTDOWN for SCTP, nothing on the wire for UDP. No further event comes. */
  close(handle: number): void {
    const slot = this.conversations.slot(handle);
    if (slot >= 0) this.clientEnds.close(slot);
  }

  /** Gives up at once, as a process that exits: a reset for TCP and an ABORT for SCTP, if it got that far. */
  abort(handle: number): void {
    const slot = this.conversations.slot(handle);
    if (slot >= 0) this.clientEnds.abort(slot);
  }

  /** A packet has reached a host; it is given back to the pool. */
  deliver(packet: number, host: number): void {
    const packets = this.packets;
    const c = this.conversations;
    const slot = c.slot(packets.flow[packet]!);
    if (slot >= 0) {
      if (this.clientEnds.isFor(packet, slot, host)) this.clientEnds.take(packet, slot);
      else this.serverEnds.take(packet, slot, host);
    } else if (packets.protocol[packet] === Protocol.tcp && (packets.flags[packet]! & TcpFlag.rst) !== 0) {
      this.tellReset(packet, host);
    }
    packets.release(packet);
  }

  /** The reset of a client that has given up: nothing is left of the conversation here, but its server may be a program that keeps something of it. */
  private tellReset(packet: number, host: number): void {
    const { flow, protocol, destinationPort, source } = this.packets;
    const user = this.hosts.userAt(host, protocol[packet]!, destinationPort[packet]!, source[packet]!);
    if (user > 0) this.users[user]!.ended(flow[packet]!, host);
  }
}
