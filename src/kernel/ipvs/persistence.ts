/**
 * Persistence: a client's later connections go where its first one went (`ipvsadm -p`, kube-proxy's ClientIP
 * affinity).
 *
 * Mirrors ip_vs_sched_persist and ip_vs_check_template (Linux 6.1) without persistence engines. A template holds
 * (protocol, client address & mask, port 0, virtual address and port) -> server. One for a group of ports has port 0 on both sides: that of
 * a virtual server of port 0, of the FTP port, or found by a mark, which stands in place of address and protocol.
 */
import { isIpv6, networkOf, type PacketPool } from '../../net/index.js';
import { SECOND } from '../../sim/index.js';
import { WorkKind, type Work } from '../work.js';
import type { ConnectionChains } from './connection-chains.js';
import { NO_CONNECTION } from './connection-table.js';
import type { Connections } from './connections.js';
import { EVERY_BIT, FTP_PORT, MARK_PROTOCOL } from './definition.js';
import { NO_SERVER, type Servers } from './servers.js';
import type { VirtualServer } from './virtual-server.js';

/** The parts of a node's ip_vs that persistence works on. */
export interface PersistenceParts {
  readonly connections: Connections;
  readonly servers: Servers;
  readonly chains: ConnectionChains;
  readonly packets: PacketPool;
  readonly work: Work;
}

/**
 * The template that a client's new connection hangs on: the one that it has, or a new one at the scheduler's choice.
 * @param packet its first packet
 * @param quiescent whether a server of weight 0 voids a template (`expire_quiescent_template`)
 * @returns a template whose server takes the connection, or `NO_CONNECTION` when there is no server
 */
export function templateFor(
  service: VirtualServer,
  parts: PersistenceParts,
  packet: number,
  quiescent: boolean,
): number {
  const { connections, servers, packets, work } = parts;
  const { definition } = service;
  const client = packets.source[packet]!;
  const virtual = packets.destination[packet]!;
  const virtualPort = packets.destinationPort[packet]!;
  const isOwnPort = virtualPort === definition.port;
  const byMark = definition.protocol === MARK_PROTOCOL && !isOwnPort;
  const protocol = byMark ? MARK_PROTOCOL : packets.protocol[packet]!;
  const address = byMark ? definition.address : virtual;
  const port = isOwnPort && definition.port !== FTP_PORT ? virtualPort : 0;
  const network = clientNetwork(client, definition.persistenceMask);
  const found = connections.findTemplate(protocol, network, address, port);
  chargeLookup(parts, found);
  if (found >= 0) {
    const server = connections.table.server[found]!;
    const holds = servers.available[server] === 1 && !(quiescent && servers.weight[server] === 0);
    if (holds) return found;
    connections.voidTemplate(found);
  }
  work.add(WorkKind.ipvsSchedule, 1);
  const server = service.pick(client, packets.sourcePort[packet]!, virtual);
  if (server === NO_SERVER) return NO_CONNECTION;
  work.add(WorkKind.ipvsConnectionCreate, 1);
  const row = connections.insertTemplate(protocol, network, address, port);
  const serverPort = isOwnPort && definition.port !== FTP_PORT ? servers.port[server]! : 0;
  connections.bindTemplate(row, server, serverPort, definition.persistenceSeconds * SECOND);
  return row;
}

function chargeLookup({ work, chains }: PersistenceParts, found: number): void {
  work.add(WorkKind.ipvsConnectionLookup, 1);
  work.add(WorkKind.ipvsConnectionChain, found < 0 ? chains.missed() : chains.met());
}

/** The part of a client's address that a template is kept for (`ipvsadm -M`). */
function clientNetwork(client: number, mask: number): number {
  if (mask === EVERY_BIT) return client;
  return isIpv6(client) ? networkOf(client, mask) : (client & mask) >>> 0;
}
