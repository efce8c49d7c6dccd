/**
 * What ip_vs does with the first packet of a flow that its virtual server takes: a server is picked, and a connection made.
 *
 * Mirrors ip_vs_schedule, ip_vs_sched_persist and ip_vs_leave (net/netfilter/ipvs/ip_vs_core.c, Linux 6.1) with masquerade forwarding:
 * packets from the FTP data port and answers of local servers pass by; without persistence only the virtual server's own port is
 * scheduled; a persistent one takes all ports that its lookup led here. With one-packet scheduling a datagram is counted up and down at
 * once and nothing is stored. Left out: the sysctls cache_bypass and drop_packet. Cost: the scheduler's own.
 */
import { Protocol, type PacketPool } from '../../net/index.js';
import { WorkKind } from '../work.js';
import { NO_CONNECTION } from './connection-table.js';
import { FTP_DATA_PORT, FTP_PORT, MARK_PROTOCOL } from './definition.js';
import type { IpvsSysctls } from './ipvs-options.js';
import { templateFor, type PersistenceParts } from './persistence.js';
import { NO_SERVER } from './servers.js';
import type { VirtualServer } from './virtual-server.js';

/** What `FirstPackets.take` answers besides a connection's row. */
export const FirstPacket = {
  /** Not for ip_vs after all: the packet goes on. */
  passed: -1,
  /** There is no server for it. */
  refused: -2,
  /** It goes to `server` and `port`, and nothing was stored. */
  once: -3,
} as const;

/** What is worked on. */
export interface FirstPacketParts extends PersistenceParts {
  readonly packets: PacketPool;
  sysctls: IpvsSysctls;
}

/** First packets of one node. */
export class FirstPackets {
  /** Where the packet goes that was answered with `once`. */
  server = NO_SERVER;
  port = 0;
  private readonly parts: FirstPacketParts;

  constructor(parts: FirstPacketParts) {
    this.parts = parts;
  }

  /**
   * Picks a server and makes a connection.
   * @param own whether a process of this node sends the packet
   * @returns the connection, or one of `FirstPacket`
   */
  take(service: VirtualServer, packet: number, own: boolean): number {
    const { packets, work } = this.parts;
    if (packets.sourcePort[packet] === FTP_DATA_PORT || (own && this.isAnswer(packet))) return FirstPacket.passed;
    const { definition } = service;
    if (definition.persistenceSeconds > 0) return this.takePersistent(service, packet);
    const port = packets.destinationPort[packet]!;
    if (definition.protocol !== MARK_PROTOCOL && port !== definition.port) return this.leave(service, port);
    work.counts[WorkKind.ipvsSchedule]!++;
    const server = service.pick(packets.source[packet]!, packets.sourcePort[packet]!, packets.destination[packet]!);
    if (server === NO_SERVER) return this.leave(service, port);
    const serverPort = this.parts.servers.port[server]!;
    return this.connect(service, packet, server, serverPort === 0 ? port : serverPort, NO_CONNECTION);
  }

  /** Persistence: the port asked for stays what it is, unless it is the virtual server's own. */
  private takePersistent(service: VirtualServer, packet: number): number {
    const { packets, servers, connections, sysctls } = this.parts;
    const port = packets.destinationPort[packet]!;
    const template = templateFor(service, this.parts, packet, sysctls.expireQuiescentTemplate);
    if (template < 0) return this.leave(service, port);
    const server = connections.table.server[template]!;
    const serverPort = port === service.definition.port ? servers.port[server]! : 0;
    const made = this.connect(service, packet, server, serverPort === 0 ? port : serverPort, template);
    connections.restart(template);
    return made;
  }

  private connect(service: VirtualServer, packet: number, server: number, port: number, template: number): number {
    const { packets, servers, connections, work, sysctls } = this.parts;
    const protocol = packets.protocol[packet]!;
    servers.traffic.connection(server);
    if (service.definition.onePacket === true && protocol === Protocol.udp) {
      this.server = server;
      this.port = port;
      connections.countOnce(server);
      return FirstPacket.once;
    }
    work.counts[WorkKind.ipvsConnectionCreate]!++;
    const row = connections.insert(
      protocol,
      packets.source[packet]!,
      packets.sourcePort[packet]!,
      packets.destination[packet]!,
      packets.destinationPort[packet]!,
    );
    connections.bind(row, server, port, template, sysctls.conntrack);
    return row;
  }

  /** Nobody takes it. What only came here as a possible data connection of FTP is somebody else's business. */
  private leave({ definition }: VirtualServer, port: number): number {
    return definition.port === FTP_PORT && port !== FTP_PORT ? FirstPacket.passed : FirstPacket.refused;
  }

  /** Whether a packet of this node answers a connection that ip_vs has: one lookup with both ends changed round. */
  private isAnswer(packet: number): boolean {
    const { packets, connections, chains, work } = this.parts;
    const row = connections.find(
      packets.protocol[packet]!,
      packets.destination[packet]!,
      packets.destinationPort[packet]!,
      packets.source[packet]!,
      packets.sourcePort[packet]!,
    );
    work.counts[WorkKind.ipvsConnectionLookup]!++;
    work.counts[WorkKind.ipvsConnectionChain]! += row < 0 ? chains.missed() : chains.met();
    return row >= 0;
  }
}
