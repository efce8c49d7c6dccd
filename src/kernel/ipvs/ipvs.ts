/**
 * ip_vs of one node and family: the hooks through which packets pass, the virtual servers and the connections.
 *
 * Mirrors net/netfilter/ipvs (Linux 6.1) with masquerade forwarding. Definitions are shared by all nodes; a
 * node makes state for a virtual server when the first packet asks for it, so 5,000 nodes cost nothing before
 * traffic reaches them. Left out: ICMP errors about connections, FTP, one-packet scheduling, synchronisation between
 * directors, defence levels, fragments. Cost: two hash lookups a packet of a known connection; the scheduler's own
 * cost for a new one. Nothing is allocated per packet.
 */
import { Protocol, TcpFlag, type PacketPool } from '../../net/index.js';
import { WorkKind, type Work } from '../work.js';
import { NO_CONNECTION } from './connection-table.js';
import { ConnectionState, Direction } from './connection-state.js';
import { Connections } from './connections.js';
import { Drainer } from './drain.js';
import {
  IpvsVerdict,
  KUBE_PROXY_SYSCTLS,
  type FlowTracker,
  type IpvsOptions,
  type IpvsSysctls,
} from './ipvs-options.js';
import { NodeServices, type UseOptions } from './node-services.js';
import { templateFor } from './persistence.js';
import { opensSctp } from './sctp-state.js';
import { NO_SERVER, Servers } from './servers.js';
import { opensTcp } from './tcp-state.js';
import type { VirtualServer } from './virtual-server.js';
import type { VirtualServerTable } from './virtual-server-table.js';

export { IpvsVerdict };

/** ip_vs of one node. */
export class Ipvs {
  /** Whether any virtual server exists: the hooks are there only then. */
  active = false;
  /** May be changed at any time. */
  sysctls: IpvsSysctls;
  readonly servers: Servers;
  readonly connections: Connections;
  readonly work: Work;
  readonly loadActiveFactor: number;
  /** The virtual servers. */
  readonly services: NodeServices;
  private readonly packets: PacketPool;
  private readonly drainer: Drainer;

  constructor(options: IpvsOptions) {
    this.packets = options.packets;
    this.work = options.work;
    this.loadActiveFactor = options.loadActiveFactor ?? 256;
    this.sysctls = options.sysctls ?? KUBE_PROXY_SYSCTLS;
    this.servers = new Servers(this.loadActiveFactor === 257);
    this.connections = new Connections(options.simulation, options.wheels, this.servers);
    const drainer = (services: NodeServices): Drainer =>
      new Drainer(options.simulation, options.wheels, this.servers, services);
    this.services = new NodeServices(this, drainer);
    this.drainer = this.services.drainer;
  }

  /** Joins ip_vs with its node's connection tracking: connections that end take their flow's entry along. */
  trackWith(tracker: FlowTracker): void {
    this.connections.tracker = tracker;
  }

  /** Entries in the connection table, templates included. */
  get connectionCount(): number {
    return this.connections.table.count;
  }

  /** Largest number of entries that the connection table has held. */
  get connectionPeak(): number {
    // Rows are taken up only when none is free.
    return this.connections.table.rows;
  }

  /** Connections made so far. */
  get connectionsCreated(): number {
    return this.connections.created;
  }

  /** Whether an address is bound to kube-ipvs0, and so is a local one. */
  isBound(address: number): boolean {
    return this.services.table.isBound(address);
  }

  /**
   * Takes a version of the virtual servers in place of the one before. Virtual servers with state follow it: new
   * servers go to the front, servers that left are drained or removed. All the others cost nothing.
   * @param ownAddresses the node's addresses on which node ports stand (the same at each call)
   */
  use(table: VirtualServerTable, ownAddresses: readonly number[], options: UseOptions = {}): void {
    this.active = !table.isEmpty;
    this.services.use(table, ownAddresses, options);
  }

  /** The virtual server at (protocol, address, port), with its state on this node; null when there is none. */
  service(protocol: number, address: number, port: number): VirtualServer | null {
    return this.services.lookUp(protocol, address, port);
  }

  /** The control program is gone, and with it the memory of whom it was draining: those keep weight 0 and nobody removes them. */
  forgetDraining(): void {
    this.drainer.forget();
  }

  /** Forgets connections and where schedulers stood, as if the virtual servers had just been made. */
  reset(): void {
    this.services.reset();
  }

  /**
   * A packet to a local address at LOCAL_IN, after the INPUT chain: an answer to a client on this node, or a request.
   * @param tracked whether the packet belongs to a conntrack entry that an earlier packet confirmed; an opening
   * packet that finds an outlived connection is then dropped once, as the kernel does with its sysctl `conntrack` on
   */
  localIn(packet: number, tracked = false): IpvsVerdict {
    return this.local(packet, tracked);
  }

  /**
   * A packet that a process of this node sends, at LOCAL_OUT, behind nat OUTPUT and before the OUTPUT filter: a request to a virtual
   * server, or the answer of a server in the node's own network.
   * @param tracked see `localIn`
   */
  localOut(packet: number, tracked = false): IpvsVerdict {
    return this.local(packet, tracked);
  }

  /**
   * An outer packet of the overlay, at LOCAL_IN of the node that it is for or at LOCAL_OUT of the one that sends it: it
   * is asked about like any other and belongs to no virtual server, whose ports are never that of the tunnel.
   */
  passOuter(packet: number): void {
    if (!this.active) return;
    const { packets, work } = this;
    work.counts[WorkKind.ipvsHook]!++;
    // The reply check, and the request's own lookup.
    work.counts[WorkKind.ipvsConnectionLookup]! += 2;
    const port = packets.destinationPort[packet]!;
    const { mark, destination, protocol } = packets;
    this.services.lookUpCharged(protocol[packet]!, destination[packet]!, port, mark[packet]!);
  }

  /**
   * A packet at FORWARD: when it is a server's answer, its source becomes the virtual address and port.
   * @returns whether it was one
   */
  forward(packet: number): boolean {
    if (!this.active) return false;
    this.work.counts[WorkKind.ipvsHook]!++;
    return isForwarded(this.packets.protocol[packet]!) && this.turnBack(packet);
  }

  private local(packet: number, tracked: boolean): IpvsVerdict {
    if (!this.active) return IpvsVerdict.notOurs;
    const { packets, work } = this;
    work.counts[WorkKind.ipvsHook]!++;
    if (!isForwarded(packets.protocol[packet]!) || this.turnBack(packet)) return IpvsVerdict.notOurs;
    return this.request(packet, tracked);
  }

  /** A request of a client: to the server of its connection, or to the one that the scheduler picks. */
  private request(packet: number, tracked: boolean): IpvsVerdict {
    const { packets, work, connections } = this;
    const protocol = packets.protocol[packet]!;
    const destination = packets.destination[packet]!;
    const destinationPort = packets.destinationPort[packet]!;
    work.counts[WorkKind.ipvsConnectionLookup]!++;
    let row = connections.find(
      protocol,
      packets.source[packet]!,
      packets.sourcePort[packet]!,
      destination,
      destinationPort,
    );
    if (row >= 0 && this.isOutlived(row, packets.flags[packet]!)) {
      connections.expireNow(row, !tracked);
      if (tracked) return IpvsVerdict.dropped;
      row = NO_CONNECTION;
    }
    if (row >= 0 && this.servers.available[connections.table.server[row]!] === 0) {
      if (!this.sysctls.expireNodestConn) return IpvsVerdict.dropped;
      connections.expireNow(row, !tracked);
      if (tracked) return IpvsVerdict.dropped;
      row = NO_CONNECTION;
    }
    if (row < 0) {
      if (!opens(protocol, packets.flags[packet]!)) return IpvsVerdict.notOurs;
      const service = this.services.lookUpCharged(protocol, destination, destinationPort, packets.mark[packet]!);
      if (service === null) return IpvsVerdict.notOurs;
      row = this.schedule(service, packet);
      if (row < 0) return IpvsVerdict.refused;
    }
    connections.packet(row, Direction.fromClient, packets.flags[packet]!);
    const server = connections.table.server[row]!;
    packets.destination[packet] = this.servers.address[server]!;
    packets.destinationPort[packet] = connections.portOf(row, server);
    work.counts[WorkKind.ipvsForward]!++;
    return IpvsVerdict.forwarded;
  }

  /** Whether a packet is a server's answer; its source becomes the virtual address and port then. */
  private turnBack(packet: number): boolean {
    const { packets, work, connections } = this;
    work.counts[WorkKind.ipvsConnectionLookup]!++;
    const row = connections.findReply(
      packets.protocol[packet]!,
      packets.source[packet]!,
      packets.sourcePort[packet]!,
      packets.destination[packet]!,
      packets.destinationPort[packet]!,
    );
    if (row < 0) return false;
    connections.packet(row, Direction.fromServer, packets.flags[packet]!);
    packets.source[packet] = connections.table.virtualAddress[row]!;
    packets.sourcePort[packet] = connections.table.virtualPort[row]!;
    work.counts[WorkKind.ipvsForward]!++;
    return true;
  }

  /** Whether a packet that opens a connection finds an old one in its way that must go (ip_vs_in_hook, is_new_conn). */
  private isOutlived(row: number, flags: number): boolean {
    const { table } = this.connections;
    const protocol = table.protocol[row]!;
    if (protocol === Protocol.tcp ? (flags & TcpFlag.syn) === 0 : protocol !== Protocol.sctp || !opensSctp(flags)) {
      return false;
    }
    if (this.sysctls.expireNodestConn && this.servers.weight[table.server[row]!] === 0) return true;
    if (this.sysctls.connReuseMode === 0 || table.control[row]! >= 0) return false;
    const state = table.state[row]!;
    return (
      state === ConnectionState.timeWait || state === ConnectionState.close || state === ConnectionState.sctpClosed
    );
  }

  /** Makes a connection for a packet, or returns `NO_CONNECTION` when there is no server (ip_vs_schedule). */
  private schedule(service: VirtualServer, packet: number): number {
    const { packets, work, connections } = this;
    const protocol = packets.protocol[packet]!;
    const source = packets.source[packet]!;
    const sourcePort = packets.sourcePort[packet]!;
    const destination = packets.destination[packet]!;
    let template = NO_CONNECTION;
    let server: number;
    if (service.definition.persistenceSeconds > 0) {
      template = templateFor(service, this, source, sourcePort, destination, this.sysctls.expireQuiescentTemplate);
      if (template < 0) return NO_CONNECTION;
      server = connections.table.server[template]!;
    } else {
      work.counts[WorkKind.ipvsSchedule]!++;
      server = service.pick(source, sourcePort, destination);
      if (server === NO_SERVER) return NO_CONNECTION;
    }
    work.counts[WorkKind.ipvsConnectionCreate]!++;
    const port = packets.destinationPort[packet]!;
    const row = connections.create(protocol, source, sourcePort, destination, port, server, template);
    if (template >= 0) connections.restart(template);
    return row;
  }
}

/** Whether ip_vs looks at packets of a protocol. */
function isForwarded(protocol: number): boolean {
  return protocol === Protocol.tcp || protocol === Protocol.udp || protocol === Protocol.sctp;
}

/** Whether a packet may open a connection. */
function opens(protocol: number, flags: number): boolean {
  if (protocol === Protocol.tcp) return opensTcp(flags);
  return protocol !== Protocol.sctp || opensSctp(flags);
}
