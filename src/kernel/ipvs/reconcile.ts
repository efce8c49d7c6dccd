/**
 * Brings the servers of one virtual server on one node from one definition to another.
 *
 * Mirrors syncEndpoint of kube-proxy (pkg/proxy/ipvs/proxier.go, v1.30): first additions, in order, each with weight
 * 1; a server that is still draining is removed and added anew, which brings its counters to the front of the list;
 * then removals, which for TCP drain a server that has connections. Cost: O(changes x servers).
 */
import { Protocol } from '../../net/index.js';
import type { ServerChanges, VirtualServerDefinition } from './definition.js';
import { NO_SERVER } from './servers.js';
import type { VirtualServer } from './virtual-server.js';

/** Weight that every server is given. */
const WEIGHT = 1;

/** What removes servers of the node. */
export interface ServerEnder {
  /** Takes a server out of its list. */
  removeServer(server: number): void;
  /** Sets a server's weight to 0 and removes it when its last connection is gone. */
  drainServer(server: number): void;
}

/** Gives a virtual server without servers those of its definition. */
export function fillServers(service: VirtualServer): void {
  const { servers } = service.definition;
  for (let i = 0; i < servers.length; i++) service.add(servers.address[i]!, servers.port[i]!, WEIGHT);
}

/**
 * Brings a virtual server to another definition.
 * @param changes what tells its present definition and the new one apart
 */
export function reconcileServers(
  service: VirtualServer,
  definition: VirtualServerDefinition,
  changes: ServerChanges,
  ender: ServerEnder,
): void {
  const from = service.definition;
  service.definition = definition;
  if (from.scheduler !== definition.scheduler || from.flags !== definition.flags) {
    service.setScheduler(definition.scheduler, definition.flags);
  }
  for (const index of changes.added) {
    const address = definition.servers.address[index]!;
    const port = definition.servers.port[index]!;
    if (service.servers.drainingCount > 0) {
      const draining = service.find(address, port);
      if (draining !== NO_SERVER) ender.removeServer(draining);
    }
    service.add(address, port, WEIGHT);
  }
  for (const index of changes.removed) {
    const server = service.find(from.servers.address[index]!, from.servers.port[index]!);
    if (server !== NO_SERVER && service.servers.draining[server] === 0) end(server, service, ender);
  }
}

/** Only TCP servers are waited for; the connections of the others find a new server by themselves. */
function end(server: number, service: VirtualServer, ender: ServerEnder): void {
  const { servers } = service;
  const busy = servers.active[server]! + servers.inactive[server]! > 0;
  if (busy && service.definition.protocol === Protocol.tcp) ender.drainServer(server);
  else ender.removeServer(server);
}
