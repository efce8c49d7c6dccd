/**
 * ip_vs of one node and family: the hooks through which packets pass, the virtual servers and the connections.
 *
 * Mirrors net/netfilter/ipvs (Linux 6.1) with masquerade forwarding. Definitions are shared by all nodes; a
 * node makes state for a virtual server when the first packet asks for it, so 5,000 nodes cost nothing before
 * traffic reaches them. Left out: ICMP errors about connections, rewriting inside of FTP, synchronisation between
 * directors, defence levels (drop_entry, drop_packet, secure_tcp), rates (run_estimation), fragments. Cost: two hash lookups a packet
 * of a known connection; the scheduler's own cost for a new one. Nothing is allocated per packet.
 */
import type { PacketPool } from '../../net/index.js';
import { RandomStream, type Simulation } from '../../sim/index.js';
import { WorkKind, type Work } from '../work.js';
import { ConnectionChains } from './connection-chains.js';
import { NO_CONNECTION } from './connection-table.js';
import { Direction } from './connection-state.js';
import { Connections } from './connections.js';
import { Drainer } from './drain.js';
import { FirstPacket, FirstPackets } from './first-packet.js';
import {
  FlowUse,
  IpvsVerdict,
  KUBE_PROXY_SYSCTLS,
  type FlowTracker,
  type IpvsOptions,
  type IpvsSysctls,
} from './ipvs-options.js';
import { NodeServices, type UseOptions } from './node-services.js';
import { isForwarded, isLostOnReuse, isOutlived, mayOpen, opensAnew } from './reuse.js';
import { Servers } from './servers.js';
import type { TrafficCounters } from './traffic-counters.js';
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
  /** Length of the chains of the connection table. */
  readonly chains: ConnectionChains;
  /** What became of the conntrack entry of the packet shown last. */
  flowUse: FlowUse = FlowUse.left;
  readonly work: Work;
  readonly loadActiveFactor: number;
  readonly simulation: Simulation;
  readonly random: RandomStream;
  readonly lookup: 'index' | 'walk';
  /** The virtual servers. */
  readonly services: NodeServices;
  readonly packets: PacketPool;
  private readonly drainer: Drainer;
  private readonly firstPackets: FirstPackets;

  constructor(options: IpvsOptions) {
    this.packets = options.packets;
    this.work = options.work;
    this.loadActiveFactor = options.loadActiveFactor ?? 256;
    this.simulation = options.simulation;
    this.random = options.random ?? new RandomStream('ipvs', 'twos');
    this.lookup = options.lookup ?? 'index';
    this.sysctls = options.sysctls ?? KUBE_PROXY_SYSCTLS;
    this.servers = new Servers(this.loadActiveFactor === 257);
    this.chains = options.chains ?? new ConnectionChains();
    this.connections = new Connections(options.simulation, options.wheels, this.servers, this.chains);
    const { tcpSeconds = 0, tcpFinSeconds = 0, udpSeconds = 0 } = options.timeouts ?? {};
    this.connections.setTimeouts(tcpSeconds, tcpFinSeconds, udpSeconds);
    this.firstPackets = new FirstPackets(this);
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

  /** Largest number of entries that the connection table has held, those of the node's other family included. */
  get connectionPeak(): number {
    return this.chains.peak;
  }

  /** What went through the servers, as `ipvsadm --stats` shows it. */
  get traffic(): TrafficCounters {
    return this.servers.traffic;
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
    return this.local(packet, tracked, false);
  }

  /**
   * A packet that a process of this node sends, at LOCAL_OUT, behind nat OUTPUT and before the OUTPUT filter: a request to a virtual
   * server, or the answer of a server in the node's own network.
   * @param tracked see `localIn`
   */
  localOut(packet: number, tracked = false): IpvsVerdict {
    return this.local(packet, tracked, true);
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
    work.counts[WorkKind.ipvsConnectionChain]! += 2 * this.chains.missed();
    const port = packets.destinationPort[packet]!;
    const { mark, destination, protocol } = packets;
    this.services.lookUpCharged(protocol[packet]!, destination[packet]!, port, mark[packet]!);
  }

  /**
   * A packet at FORWARD: when it is a server's answer, its source becomes the virtual address and port.
   * @returns whether it was one
   */
  forward(packet: number): boolean {
    this.flowUse = FlowUse.left;
    if (!this.active) return false;
    this.work.counts[WorkKind.ipvsHook]!++;
    return isForwarded(this.packets.protocol[packet]!) && this.turnBack(packet);
  }

  private local(packet: number, tracked: boolean, own: boolean): IpvsVerdict {
    this.flowUse = FlowUse.left;
    if (!this.active) return IpvsVerdict.notOurs;
    const { packets, work } = this;
    work.counts[WorkKind.ipvsHook]!++;
    if (!isForwarded(packets.protocol[packet]!) || this.turnBack(packet)) return IpvsVerdict.notOurs;
    return this.request(packet, tracked, own);
  }

  /** A request of a client: to the server of its connection, or to the one that the scheduler picks. */
  private request(packet: number, tracked: boolean, own: boolean): IpvsVerdict {
    const { packets, connections, servers, sysctls } = this;
    const protocol = packets.protocol[packet]!;
    const flags = packets.flags[packet]!;
    let row = this.find(packet);
    if (row >= 0) {
      const isGone = servers.available[connections.table.server[row]!] === 0;
      const isOld = opensAnew(protocol, flags) && isOutlived(connections, servers, sysctls, row);
      if (isOld || (isGone && sysctls.expireNodestConn)) {
        const isLost = isOld ? isLostOnReuse(connections, sysctls, row, tracked) : tracked;
        connections.expireNow(row, !isLost);
        if (isLost) return IpvsVerdict.dropped;
        row = NO_CONNECTION;
      } else if (isGone) {
        return IpvsVerdict.dropped;
      }
    }
    if (row < 0) {
      if (!mayOpen(protocol, flags, sysctls.sloppyTcp)) return IpvsVerdict.notOurs;
      const port = packets.destinationPort[packet]!;
      const service = this.services.lookUpCharged(protocol, packets.destination[packet]!, port, packets.mark[packet]!);
      row = service === null ? FirstPacket.passed : this.firstPackets.take(service, packet, own);
      if (row === FirstPacket.passed) return IpvsVerdict.notOurs;
      if (row === FirstPacket.refused) return IpvsVerdict.refused;
      if (row === FirstPacket.once) return this.sendOnce(packet);
    }
    connections.packet(row, Direction.fromClient, flags);
    const { table } = connections;
    this.flowUse = connections.isTracked(row) ? FlowUse.followed : FlowUse.untracked;
    return this.send(packet, table.server[row]!, table.serverPort[row]!);
  }

  /** The connection of a client's packet, or `NO_CONNECTION`. */
  private find(packet: number): number {
    const { packets, work, chains } = this;
    const row = this.connections.find(
      packets.protocol[packet]!,
      packets.source[packet]!,
      packets.sourcePort[packet]!,
      packets.destination[packet]!,
      packets.destinationPort[packet]!,
    );
    work.counts[WorkKind.ipvsConnectionLookup]!++;
    work.counts[WorkKind.ipvsConnectionChain]! += row < 0 ? chains.missed() : chains.met();
    return row;
  }

  /** A datagram scheduled for itself: no answer is expected, and none will be translated. */
  private sendOnce(packet: number): IpvsVerdict {
    this.flowUse = this.sysctls.conntrack ? FlowUse.left : FlowUse.untracked;
    return this.send(packet, this.firstPackets.server, this.firstPackets.port);
  }

  private send(packet: number, server: number, port: number): IpvsVerdict {
    const { packets, servers } = this;
    servers.traffic.inbound(server, packets.length[packet]!);
    packets.destination[packet] = servers.address[server]!;
    packets.destinationPort[packet] = port;
    this.work.counts[WorkKind.ipvsForward]!++;
    return IpvsVerdict.forwarded;
  }

  /** Whether a packet is a server's answer; its source becomes the virtual address and port then. */
  private turnBack(packet: number): boolean {
    const { packets, work, chains, connections, servers } = this;
    const row = connections.findReply(
      packets.protocol[packet]!,
      packets.source[packet]!,
      packets.sourcePort[packet]!,
      packets.destination[packet]!,
      packets.destinationPort[packet]!,
    );
    work.counts[WorkKind.ipvsConnectionLookup]!++;
    work.counts[WorkKind.ipvsConnectionChain]! += row < 0 ? chains.missed() : chains.met();
    if (row < 0) return false;
    const { table } = connections;
    const server = table.server[row]!;
    if (servers.available[server] === 1) servers.traffic.outbound(server, packets.length[packet]!);
    connections.packet(row, Direction.fromServer, packets.flags[packet]!);
    packets.source[packet] = table.virtualAddress[row]!;
    packets.sourcePort[packet] = table.virtualPort[row]!;
    if (!connections.isTracked(row)) this.flowUse = FlowUse.untracked;
    work.counts[WorkKind.ipvsForward]!++;
    return true;
  }
}
