/**
 * Joins workloads to sockets: what clients dial becomes an address and a port, what sockets report goes to the
 * traffic, and requests that reach a pod go to its server.
 */
import type { ClientEvents, Hosts, HostSink, ServerEvents, Transport } from '../kernel/index.js';
import { grown } from '../sim/index.js';
import type { Fabric, Stations, Traffic } from '../workload/index.js';

/** Where the clients' targets are. */
export interface TargetPlan {
  /** Address that a client dials for a target. */
  address(client: number, target: number): number;
  /** Port that a client dials for a target. */
  port(client: number, target: number): number;
}

/** What must exist before traffic can flow; set once the parts, which know each other, are made. */
export interface BridgeParts {
  readonly transport: Transport;
  readonly traffic: Traffic;
  readonly stations: Stations;
  readonly plan: TargetPlan;
  /** IP protocol number of the workload. */
  readonly protocol: number;
}

/** The bridge of one run. */
export class SocketBridge implements Fabric, ClientEvents, ServerEvents, HostSink {
  /** Packets that have reached a host. */
  delivered = 0;
  /** Host of each client. */
  readonly clientHosts: number[] = [];
  private parts!: BridgeParts;
  private serverOf = new Int32Array(64).fill(-1);
  private readonly hosts: Hosts;

  /** @param hosts all hosts */
  constructor(hosts: Hosts) {
    this.hosts = hosts;
  }

  /** Completes the bridge; before that no packet may flow. */
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

  /** See `Fabric`. */
  connect(client: number, target: number, owner: number): number {
    const { transport, plan, protocol } = this.parts;
    const host = this.clientHosts[client]!;
    return transport.connect(protocol, host, plan.address(client, target), plan.port(client, target), owner);
  }

  /** See `Fabric`. */
  request(handle: number, sequence: number, bytes: number): void {
    this.parts.transport.request(handle, sequence, bytes);
  }

  /** See `Fabric`. */
  respond(handle: number, sequence: number, bytes: number): void {
    this.parts.transport.respond(handle, sequence, bytes);
  }

  /** See `Fabric`. */
  close(handle: number): void {
    this.parts.transport.close(handle);
  }

  /** See `Fabric`. */
  abort(handle: number): void {
    this.parts.transport.abort(handle);
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

  /** See `ServerEvents`. */
  requested(handle: number, host: number, sequence: number): void {
    const server = this.serverOf[host]!;
    if (server >= 0) this.parts.stations.take(server, handle, sequence);
  }

  /** See `HostSink`. */
  deliver(packet: number, host: number): void {
    this.delivered++;
    this.parts.transport.deliver(packet, host);
  }
}
