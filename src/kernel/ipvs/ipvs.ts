/**
 * ip_vs of one node: the hooks through which packets pass, the virtual servers and the connections.
 *
 * Mirrors net/netfilter/ipvs (Linux 6.1) for IPv4 with masquerade forwarding. Definitions are shared by all nodes; a
 * node makes state for a virtual server when the first packet asks for it, so 5,000 nodes cost nothing before
 * traffic reaches them. Left out: ICMP errors about connections, FTP, one-packet scheduling, synchronisation between
 * directors, defence levels, fragments. Cost: two hash lookups a packet of a known connection; the scheduler's own
 * cost for a new one. Nothing is allocated per packet.
 */
import { Protocol, TcpFlag, type PacketPool } from '../../net/index.js';
import { invariant } from '../../sim/index.js';
import { WorkKind, type Work } from '../work.js';
import { NO_CONNECTION } from './connection-table.js';
import { Connections } from './connections.js';
import { MARK_PROTOCOL, OWN_ADDRESS, type VirtualServerDefinition } from './definition.js';
import { Drainer } from './drain.js';
import {
  IpvsVerdict,
  KUBE_PROXY_SYSCTLS,
  type FlowTracker,
  type IpvsOptions,
  type IpvsSysctls,
} from './ipvs-options.js';
import { templateFor } from './persistence.js';
import { fillServers, reconcileServers } from './reconcile.js';
import { NO_SERVER, Servers } from './servers.js';
import { ConnectionState, Direction, opensConnection } from './tcp-state.js';
import { VirtualServer } from './virtual-server.js';
import { VirtualServerRegistry, type VirtualServerTable } from './virtual-server-table.js';

export { IpvsVerdict };

/** Own addresses that a node may have virtual servers on. */
const OWN_ADDRESSES_MAX = 8;

/** Nothing defined: what a node has before it is told anything. */
const EMPTY_TABLE: VirtualServerTable = new VirtualServerRegistry().table();

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
  private readonly packets: PacketPool;
  private readonly drainer: Drainer;
  /** Virtual servers with state, by slot x 8 + index of the own address. */
  private readonly services = new Map<number, VirtualServer>();
  private table = EMPTY_TABLE;
  private ownAddresses: readonly number[] = [];

  constructor(options: IpvsOptions) {
    this.packets = options.packets;
    this.work = options.work;
    this.loadActiveFactor = options.loadActiveFactor ?? 256;
    this.sysctls = options.sysctls ?? KUBE_PROXY_SYSCTLS;
    this.servers = new Servers(this.loadActiveFactor === 257);
    this.connections = new Connections(options.simulation, options.wheels, this.servers);
    this.drainer = new Drainer(options.simulation, options.wheels, this.servers, this);
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
    return this.table.isBound(address);
  }

  /**
   * Takes a version of the virtual servers in place of the one before. Virtual servers with state follow it: new
   * servers go to the front, servers that left are drained or removed. All the others cost nothing.
   * @param ownAddresses the node's addresses on which node ports stand (at most 8, and the same at each call)
   */
  use(table: VirtualServerTable, ownAddresses: readonly number[]): void {
    this.table = table;
    this.ownAddresses = ownAddresses.slice(0, OWN_ADDRESSES_MAX);
    this.active = !table.isEmpty;
    for (const [id, service] of this.services) {
      const slot = Math.floor(id / OWN_ADDRESSES_MAX);
      const definition = table.registry.definition(slot, table.version);
      if (definition === service.definition) continue;
      if (definition === null) this.removeService(service);
      else reconcileServers(service, definition, table.registry.changes(slot, service.definition, definition), this);
    }
  }

  /** The virtual server at (protocol, address, port), with its state on this node; null when there is none. */
  service(protocol: number, address: number, port: number): VirtualServer | null {
    return this.lookUp(protocol, address, port);
  }

  /** Takes a server out of its list, as `ipvsadm -d` does. */
  removeServer(server: number): void {
    const used = this.servers.references[server]! > 0;
    this.serviceOf(server).remove(server);
    if (used && this.sysctls.expireNodestConn) this.connections.sweepSoon();
  }

  /** Sets a server's weight to 0 and removes it when its last connection is gone. */
  drainServer(server: number): void {
    this.serviceOf(server).edit(server, 0);
    this.drainer.add(server);
  }

  /**
   * A packet to a local address at LOCAL_IN, after the INPUT chain.
   * @param tracked whether the packet belongs to a conntrack entry that an earlier packet confirmed; an opening
   * packet that finds an outlived connection is then dropped once, as the kernel does with its sysctl `conntrack` on
   */
  localIn(packet: number, tracked = false): IpvsVerdict {
    if (!this.active) return IpvsVerdict.notOurs;
    const { packets, work, connections } = this;
    const protocol = packets.protocol[packet]!;
    work.counts[WorkKind.ipvsHook]!++;
    if (protocol !== Protocol.tcp && protocol !== Protocol.udp && protocol !== Protocol.sctp)
      return IpvsVerdict.notOurs;
    // The reply check comes first; what arrives for a virtual address is no reply, so it always misses.
    work.counts[WorkKind.ipvsConnectionLookup]! += 2;
    const source = packets.source[packet]!;
    const sourcePort = packets.sourcePort[packet]!;
    const destination = packets.destination[packet]!;
    const destinationPort = packets.destinationPort[packet]!;
    let row = connections.find(protocol, source, sourcePort, destination, destinationPort);
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
      if (protocol === Protocol.tcp && !opensConnection(packets.flags[packet]!)) return IpvsVerdict.notOurs;
      const service = this.lookUpCharged(protocol, destination, destinationPort, packets.mark[packet]!);
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
    this.lookUpCharged(packets.protocol[packet]!, packets.destination[packet]!, port, packets.mark[packet]!);
  }

  /**
   * A packet at FORWARD: when it is a server's answer, its source becomes the virtual address and port.
   * @returns whether it was one
   */
  forward(packet: number): boolean {
    if (!this.active) return false;
    const { packets, work, connections } = this;
    const protocol = packets.protocol[packet]!;
    work.counts[WorkKind.ipvsHook]!++;
    if (protocol !== Protocol.tcp && protocol !== Protocol.udp && protocol !== Protocol.sctp) return false;
    work.counts[WorkKind.ipvsConnectionLookup]!++;
    const row = connections.findReply(
      protocol,
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
    if (table.protocol[row] !== Protocol.tcp || (flags & TcpFlag.syn) === 0) return false;
    if (this.sysctls.expireNodestConn && this.servers.weight[table.server[row]!] === 0) return true;
    if (this.sysctls.connReuseMode === 0 || table.control[row]! >= 0) return false;
    const state = table.state[row]!;
    return state === ConnectionState.timeWait || state === ConnectionState.close;
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

  /** Looks a packet's virtual server up as the kernel does, and counts the work. */
  private lookUpCharged(protocol: number, address: number, port: number, mark: number): VirtualServer | null {
    const { work } = this;
    if (mark !== 0) {
      work.counts[WorkKind.ipvsServiceLookup]!++;
      const marked = this.lookUp(MARK_PROTOCOL, mark, 0);
      if (marked !== null) return marked;
    }
    const service = this.lookUp(protocol, address, port);
    const { chains } = this.table.registry;
    const rank = service === null ? 0 : this.table.registry.rank(Math.floor(service.id / OWN_ADDRESSES_MAX));
    work.counts[WorkKind.ipvsServiceLookup]!++;
    work.counts[WorkKind.ipvsChainEntry]! += chains.compared(protocol, address, port, rank, this.ownAddresses);
    return service;
  }

  private lookUp(protocol: number, address: number, port: number): VirtualServer | null {
    const { registry, version } = this.table;
    let slot = registry.slot(protocol, address, port);
    let definition = slot < 0 ? null : registry.definition(slot, version);
    let own = 0;
    if (definition === null) {
      own = this.ownAddresses.indexOf(address);
      if (own < 0) return null;
      slot = registry.slot(protocol, OWN_ADDRESS, port);
      definition = slot < 0 ? null : registry.definition(slot, version);
      if (definition === null) return null;
    }
    const id = slot * OWN_ADDRESSES_MAX + own;
    return this.services.get(id) ?? this.touch(id, definition);
  }

  private serviceOf(server: number): VirtualServer {
    const service = this.services.get(this.servers.owner[server]!);
    invariant(service !== undefined, 'server-owned', () => `server in row ${server} is in no list`);
    return service;
  }

  private touch(id: number, definition: VirtualServerDefinition): VirtualServer {
    const service = new VirtualServer(id, definition, this);
    this.services.set(id, service);
    fillServers(service);
    return service;
  }

  private removeService(service: VirtualServer): void {
    while (service.count > 0) this.removeServer(service.order[service.count - 1]!);
    this.services.delete(service.id);
  }
}
