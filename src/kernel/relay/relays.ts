/**
 * The relays of all nodes of one run, and how they are joined to the run's transport.
 *
 * A node's relay takes up its ports when it gets its first table: nodes whose proxy does not relay cost an object each and
 * nothing else.
 */
import { Protocol } from '../../net/index.js';
import type { Nanoseconds, Simulation, TimerWheels } from '../../sim/index.js';
import type { PortOwner } from '../transport/hosts.js';
import type { Transport } from '../transport/transport.js';
import { Relay, type RelayWatcher } from './relay.js';
import { TransportSockets } from './relay-sockets.js';
import { TcpRelay } from './tcp-relay.js';
import { UdpRelay } from './udp-relay.js';

/** All relays of one run. */
export class Relays implements RelayWatcher {
  readonly tcp: TcpRelay;
  readonly udp: UdpRelay;
  private readonly transport: Transport;
  private readonly relays: (Relay | undefined)[] = [];
  private readonly joined = new Set<Relay>();
  private readonly tcpUser: number;
  private readonly udpUser: number;

  /**
   * Joins the relays to the transport.
   * @param parts `udpIdleNs` is for how long UDP clients are kept in mind, `UDP_IDLE` by default
   */
  constructor(parts: {
    readonly simulation: Simulation;
    readonly wheels: TimerWheels;
    readonly transport: Transport;
    readonly udpIdleNs?: Nanoseconds;
  }) {
    const { simulation, wheels, transport, udpIdleNs } = parts;
    const { relays } = this;
    this.transport = transport;
    const tcpSockets = new TransportSockets(transport, Protocol.tcp);
    const udpSockets = new TransportSockets(transport, Protocol.udp);
    this.tcp = new TcpRelay({ simulation, wheels, relays, sockets: tcpSockets });
    this.udp = new UdpRelay({ simulation, wheels, relays, sockets: udpSockets }, udpIdleNs);
    this.tcpUser = tcpSockets.user = transport.join(this.tcp);
    this.udpUser = udpSockets.user = transport.join(this.udp);
  }

  /** Adds the relay of a node, which listens nowhere yet. */
  add(host: number): Relay {
    const relay = new Relay(this, host);
    this.relays[host] = relay;
    return relay;
  }

  /** Connections and UDP clients taken in so far. */
  get begun(): number {
    return this.tcp.porter.sessions.begun + this.udp.porter.sessions.begun;
  }

  /** The conversation with a backend that belongs to a client's conversation; -1 while there is none. */
  backendOf(client: number): number {
    for (const { porter } of [this.tcp, this.udp]) {
      const session = porter.ofClient.get(client);
      if (session >= 0) return porter.sessions.backend[session]!;
    }
    return -1;
  }

  /** Number of the user of sockets under which TCP connections are relayed. */
  get tcpSocketUser(): number {
    return this.tcpUser;
  }

  /**
   * The client's connection that one with a backend belongs to; -1 when that is over.
   * @param owner what a relay has noted of the connection with the backend
   */
  clientOf(backend: number, owner: number): number {
    return this.tcp.porter.clientOf(owner, backend);
  }

  /** See `RelayWatcher`. */
  tableChanged(relay: Relay, isGone: boolean): void {
    if (!this.joined.has(relay)) this.takePorts(relay);
    this.udp.endAll(relay, false);
    if (isGone) this.tcp.endAll(relay, false);
  }

  /** Ends every session of a relay at once, whatever its state. */
  breakOff(relay: Relay): void {
    this.udp.endAll(relay, true);
    this.tcp.endAll(relay, true);
  }

  private takePorts(relay: Relay): void {
    this.joined.add(relay);
    const { hosts } = this.transport;
    const ofProtocol = (wanted: number): PortOwner => ({
      listens: (protocol, port, client) => protocol === wanted && relay.listener(protocol, port, client) >= 0,
    });
    hosts.delegate(relay.host, this.tcpUser, ofProtocol(Protocol.tcp));
    hosts.delegate(relay.host, this.udpUser, ofProtocol(Protocol.udp));
  }
}
