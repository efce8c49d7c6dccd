/**
 * A load balancer that ends clients' connections and opens one of its own for each, to a node's port or to a pod: a proxy of layer 4.
 *
 * So work HAProxy in mode tcp, AWS's classic balancer, and its network balancer where the client's address is not kept. Who is behind it sees the
 * balancer's address, unless the balancer sends a header of the PROXY protocol, once, as the first bytes of its connection. Bytes are carried both ways
 * as they are; whoever closes or breaks first, both connections end. Targets are taken in turn. Left out: further tries, a limit of its own on a
 * handshake's time, the machine's own time; the header goes with the first message. Cost: O(1) a message.
 */
import { Leg, TransportSockets, type SocketUser } from '../../kernel/index.js';
import { proxyHeaderBytes } from '../../kube/index.js';
import { AddressMap, Protocol, type IpAddress } from '../../net/index.js';
import type { Foundation } from '../foundation.js';
import { BalancedConnections } from './balanced-connections.js';

/** Whom to dial; written by `BalancerTargets.choose`. */
export interface BalancerTarget {
  address: IpAddress;
  port: number;
}

/** Who is behind the balancer's addresses. */
export interface BalancerTargets {
  /** Writes the next target of an address and port. @returns false when there is none */
  choose(vip: IpAddress, port: number, target: BalancerTarget): boolean;
}

/** All connections of the balancer of one run. */
export class ConnectionBalancer implements SocketUser {
  /** Connections to targets opened so far; those that broke, or could not be opened; bytes of headers sent. */
  readonly counts = { opened: 0, broken: 0, headerBytes: 0 };
  /** Number under which the transport knows it. */
  readonly user: number;
  private readonly base: Foundation;
  private readonly targets: BalancerTargets;
  private readonly sockets: TransportSockets;
  private readonly host: number;
  /** Version of the PROXY protocol; 0 for none. */
  private readonly version: 0 | 1 | 2;
  private readonly target: BalancerTarget = { address: 0, port: 0 };
  /** By handle of the client's conversation. */
  private readonly ofClient = new AddressMap();
  private readonly connections = new BalancedConnections();

  /** @param parts `host` is the balancer's machine; it listens there on `ports`, whatever the address */
  constructor(parts: {
    readonly base: Foundation;
    readonly host: number;
    readonly ports: Iterable<number>;
    readonly targets: BalancerTargets;
    readonly version: 0 | 1 | 2;
  }) {
    const { base, host, ports, targets, version } = parts;
    this.base = base;
    this.targets = targets;
    this.host = host;
    this.version = version;
    this.sockets = new TransportSockets(base.transport, Protocol.tcp);
    this.user = this.sockets.user = base.transport.join(this);
    for (const port of new Set(ports)) base.hosts.listen(host, port, Protocol.tcp, this.user);
  }

  /** Connections at present. */
  get active(): number {
    return this.connections.inUse;
  }

  /** The client's conversation that belongs to one with a target, by its handle and owner; -1 when that is over. */
  clientOf(backend: number, owner: number): number {
    const { connections: c } = this;
    return c.backend[owner] === backend ? c.client[owner]! : -1;
  }

  /** Whether a target was told of the client, by the owner of the conversation with it. */
  tells(owner: number): boolean {
    return this.connections.isGreeted[owner] === 1;
  }

  /** Bytes of a header in the last message to a target, by the owner of that conversation. */
  headerIn(owner: number): number {
    return this.connections.headerBytes[owner]!;
  }

  /** See `ServerEvents`: a client's connection is up. */
  accepted(client: number): void {
    const { sockets, target } = this;
    const { transport } = this.base;
    if (!this.targets.choose(transport.localAddress(client), transport.localPort(client), target)) {
      this.count('broken', 1);
      sockets.hangUp(client);
      return;
    }
    const connection = this.connections.take(client);
    this.ofClient.set(client, connection);
    sockets.goOn(client, Leg.opening);
    const backend = sockets.dial(this.host, target.address, target.port, connection);
    this.connections.backend[connection] = backend;
    if (backend >= 0) this.count('opened', 1);
    else this.breakOff(connection);
  }

  /** See `ServerEvents`. */
  requested(client: number, _host: number, sequence: number): void {
    const connection = this.ofClient.get(client);
    if (connection < 0) return;
    this.connections.asked[connection] = sequence;
    this.connections.waitingBytes[connection] = this.sockets.requestBytes(client);
    if (this.connections.isUp[connection] === 1) this.forward(connection);
  }

  /** See `ServerEvents`: the client has closed, and so has the balancer. */
  ended(client: number): void {
    const connection = this.ofClient.get(client);
    if (connection < 0) return;
    const backend = this.connections.backend[connection]!;
    this.release(connection);
    this.sockets.close(backend);
  }

  /** See `ClientEvents`: the connection to the target is up. */
  connected(_backend: number, connection: number): void {
    this.connections.isUp[connection] = 1;
    if (this.connections.waitingBytes[connection]! >= 0) this.forward(connection);
  }

  /** See `ClientEvents`. */
  replied(backend: number, connection: number, sequence: number): void {
    this.sockets.respond(this.connections.client[connection]!, sequence, this.sockets.answerBytes(backend));
  }

  /** See `ClientEvents`: the target has refused or reset. */
  failed(_backend: number, connection: number): void {
    this.breakOff(connection);
  }

  /** Sends the client's message on, behind the header if it is the first one. */
  private forward(connection: number): void {
    const { sockets, connections: c } = this;
    const bytes = c.waitingBytes[connection]!;
    c.waitingBytes[connection] = -1;
    const header = c.isGreeted[connection] === 1 ? 0 : this.headerFor(connection);
    c.headerBytes[connection] = header;
    sockets.goOn(c.client[connection]!, Leg.message);
    sockets.request(c.backend[connection]!, c.asked[connection]!, header + bytes);
  }

  private headerFor(connection: number): number {
    const { version } = this;
    if (version === 0) return 0;
    const { transport } = this.base;
    const client = this.connections.client[connection]!;
    const bytes = proxyHeaderBytes(version, {
      source: transport.peerAddress(client),
      sourcePort: transport.peerPort(client),
      destination: transport.localAddress(client),
      destinationPort: transport.localPort(client),
    });
    this.connections.isGreeted[connection] = 1;
    this.count('headerBytes', bytes);
    return bytes;
  }

  /** The client hears of what the target did by a reset. */
  private breakOff(connection: number): void {
    const client = this.connections.client[connection]!;
    this.count('broken', 1);
    this.release(connection);
    this.sockets.hangUp(client);
  }

  private count(what: keyof ConnectionBalancer['counts'], by: number): void {
    const { simulation, probes } = this.base;
    if (simulation.now >= probes.fromNs) this.counts[what] += by;
  }

  private release(connection: number): void {
    this.ofClient.delete(this.connections.client[connection]!);
    this.connections.release(connection);
  }
}
