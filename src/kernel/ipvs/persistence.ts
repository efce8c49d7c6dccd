/**
 * Persistence: a client's later connections go where its first one went (`ipvsadm -p`, kube-proxy's ClientIP
 * affinity).
 *
 * Mirrors ip_vs_sched_persist and ip_vs_check_template (Linux 6.1) without persistence engines and FTP. A template
 * holds (protocol, client address & mask, port 0) -> server; for a virtual server found by a mark it is keyed by the
 * mark.
 */
import { isIpv6, networkOf } from '../../net/index.js';
import { SECOND } from '../../sim/index.js';
import { WorkKind, type Work } from '../work.js';
import { NO_CONNECTION } from './connection-table.js';
import type { Connections } from './connections.js';
import { EVERY_BIT, MARK_PROTOCOL } from './definition.js';
import { NO_SERVER, type Servers } from './servers.js';
import type { VirtualServer } from './virtual-server.js';

/** The parts of a node's ip_vs that persistence works on. */
export interface PersistenceParts {
  readonly connections: Connections;
  readonly servers: Servers;
  readonly work: Work;
}

/**
 * The template that a client's new connection hangs on: the one that it has, or a new one at the scheduler's choice.
 * @param quiescent whether a server of weight 0 voids a template (`expire_quiescent_template`)
 * @returns a template whose server takes the connection, or `NO_CONNECTION` when there is no server
 */
export function templateFor(
  service: VirtualServer,
  parts: PersistenceParts,
  client: number,
  clientPort: number,
  virtual: number,
  quiescent: boolean,
): number {
  const { connections, servers, work } = parts;
  const definition = service.definition;
  const byMark = definition.protocol === MARK_PROTOCOL;
  const network = clientNetwork(client, definition.persistenceMask);
  const address = byMark ? definition.address : virtual;
  work.add(WorkKind.ipvsConnectionLookup, 1);
  const found = connections.find(definition.protocol, network, 0, address, definition.port);
  if (found >= 0) {
    const server = connections.table.server[found]!;
    const holds = servers.available[server] === 1 && !(quiescent && servers.weight[server] === 0);
    if (holds) return found;
    connections.voidTemplate(found);
  }
  work.add(WorkKind.ipvsSchedule, 1);
  const server = service.pick(client, clientPort, virtual);
  if (server === NO_SERVER) return NO_CONNECTION;
  work.add(WorkKind.ipvsConnectionCreate, 1);
  const timeoutNs = definition.persistenceSeconds * SECOND;
  return connections.createTemplate(definition.protocol, network, address, definition.port, server, timeoutNs);
}

/** The part of a client's address that a template is kept for (`ipvsadm -M`). */
function clientNetwork(client: number, mask: number): number {
  if (mask === EVERY_BIT) return client;
  return isIpv6(client) ? networkOf(client, mask) : (client & mask) >>> 0;
}
