/**
 * Joins workloads to sockets: what clients dial becomes an address and a port, what sockets report goes to the
 * traffic, and requests that reach a pod go to its server.
 */
import type { Hosts, HostSink, SocketUser, Transport } from '../kernel/index.js';
import type { IpAddress } from '../net/index.js';
import { grown } from '../sim/index.js';
import type { ConversationEvents, Fabric, Stations } from '../workload/index.js';

/** Where the clients' targets are. */
export interface TargetPlan {
  /** Address that a client dials for a target. */
  address(client: number, target: number): IpAddress;
  /** Port that a client dials for a target. */
  port(client: number, target: number): number;
  /** A client is about to dial a target, for `owner`; absent where nobody has to know. */
  opened?(owner: number, client: number, target: number): void;
}

/** What must exist before traffic can flow; set once the parts, which know each other, are made. */
export interface BridgeParts {
  /** Who is told of the clients' conversations. */
  readonly traffic: ConversationEvents;
  readonly stations: Stations;
  readonly plan: TargetPlan;
  /** IP protocol number of the workload. */
  readonly protocol: number;
  /** Told of the source address of every request that reaches a server of the workload; absent for nobody. */
  readonly sources?: { seen(address: IpAddress, handle: number): void };
}

const PORTS = 65536;

/** The bridge of one run. */
export class SocketBridge implements Fabric, SocketUser, HostSink {
  /** Packets that have reached a host. */
  delivered = 0;
  /** Host of each client. */
  readonly clientHosts: number[] = [];
  private transport!: Transport;
  private parts!: BridgeParts;
  private serverOf = new Int32Array(64).fill(-1);
  /** Servers in the nodes' own network, by host and port. */
  private readonly serverAt = new Map<number, number>();
  private readonly hosts: Hosts;

  /** @param hosts all hosts */
  constructor(hosts: Hosts) {
    this.hosts = hosts;
  }

  /** Gives the bridge its sockets; before that no packet may flow. */
  attach(transport: Transport): void {
    this.transport = transport;
  }

  /** Completes the bridge; before that no workload may use it. */
  join(parts: BridgeParts): void {
    this.parts = parts;
  }

  /** Puts a server on a host. */
  serve(host: number, server: number): void {
    if (host >= this.serverOf.length) {
      const length = Math.max(this.hosts.count, this.serverOf.length * 2);
      const from = this.serverOf.length;
      this.serverOf = grown(this.serverOf, length);
      this.serverOf.fill(-1, from);
    }
    this.serverOf[host] = server;
  }

  /** The server on a host, or -1. */
  server(host: number): number {
    return this.serverOf[host] ?? -1;
  }

  /** Puts a server on a port of a node's own network, or takes it away (-1). */
  serveOnNode(host: number, port: number, server: number): void {
    if (server < 0) this.serverAt.delete(host * PORTS + port);
    else this.serverAt.set(host * PORTS + port, server);
  }

  /** See `Fabric`. */
  connect(client: number, target: number, owner: number): number {
    const { transport } = this;
    const { plan, protocol } = this.parts;
    const host = this.clientHosts[client]!;
    plan.opened?.(owner, client, target);
    return transport.connect(protocol, host, plan.address(client, target), plan.port(client, target), owner);
  }

  /** See `Fabric`. */
  request(handle: number, sequence: number, bytes: number): void {
    this.transport.request(handle, sequence, bytes);
  }

  /** See `Fabric`. */
  respond(handle: number, sequence: number, bytes: number): void {
    this.transport.respond(handle, sequence, bytes);
  }

  /** See `Fabric`. */
  close(handle: number): void {
    this.transport.close(handle);
  }

  /** See `Fabric`. */
  abort(handle: number): void {
    this.transport.abort(handle);
  }

  /** See `ClientEvents`. */
  connected(handle: number, owner: number): void {
    this.parts.traffic.connected(handle, owner);
  }

  /** See `ClientEvents`. */
  replied(handle: number, owner: number, sequence: number): void {
    this.parts.traffic.replied(handle, owner, sequence);
  }

  /** See `ClientEvents`; the numbers of `Failure` and `RequestFailure` agree. */
  failed(handle: number, owner: number, failure: number): void {
    this.parts.traffic.failed(handle, owner, failure);
  }

  /** See `ServerEvents`: nothing is done before a request comes. */
  accepted(): void {
    return undefined;
  }

  /** See `ServerEvents`. */
  requested(handle: number, host: number, sequence: number): void {
    const { transport } = this;
    const { stations, sources } = this.parts;
    const isNode = this.hosts.isNode[host] === 1;
    const server = isNode
      ? (this.serverAt.get(host * PORTS + transport.localPort(handle)) ?? -1)
      : (this.serverOf[host] ?? -1);
    if (server < 0) return;
    if (sources !== undefined && !stations.isOther(server)) sources.seen(transport.peerAddress(handle), handle);
    stations.take(server, handle, sequence);
  }

  /** See `ServerEvents`: requests under way are answered to nobody. */
  ended(): void {
    return undefined;
  }

  /** See `HostSink`. */
  wants(packet: number, host: number): boolean {
    return this.transport.wants(packet, host);
  }

  /** See `HostSink`. */
  deliver(packet: number, host: number): void {
    this.delivered++;
    this.transport.deliver(packet, host);
  }
}
