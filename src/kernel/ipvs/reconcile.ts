/**
 * Brings the servers of one virtual server on one node from one definition to another.
 *
 * Mirrors syncEndpoint of kube-proxy (pkg/proxy/ipvs/proxier.go, v1.30): first additions, in order, each with weight
 * 1; a server that is still draining is removed and added anew, which brings its counters to the front of the list;
 * then removals, which for TCP drain a server that has connections. Cost: O(changes x servers).
 */
import { Protocol } from '../../net/index.js';
import type { ServerChanges, ServerColumns, VirtualServerDefinition } from './definition.js';
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

/** Gives a virtual server without servers those that are wanted. */
export function fillServers(service: VirtualServer): void {
  const { wanted } = service;
  for (let i = 0; i < wanted.length; i++) service.add(wanted.address[i]!, wanted.port[i]!, WEIGHT);
}

/**
 * Brings a virtual server to another definition.
 * @param wanted the servers that the definition means on this node
 * @param changes what tells its present servers and the wanted ones apart
 */
export function reconcileServers(
  service: VirtualServer,
  definition: VirtualServerDefinition,
  wanted: ServerColumns,
  changes: ServerChanges,
  ender: ServerEnder,
): void {
  const from = service.wanted;
  redefine(service, definition, wanted);
  for (const index of changes.added) {
    const address = wanted.address[index]!;
    const port = wanted.port[index]!;
    if (service.servers.drainingCount > 0) {
      const draining = service.find(address, port);
      if (draining !== NO_SERVER) ender.removeServer(draining);
    }
    service.add(address, port, WEIGHT);
  }
  for (const index of changes.removed) {
    const server = service.find(from.address[index]!, from.port[index]!);
    if (server !== NO_SERVER && service.servers.draining[server] === 0) end(server, service, ender);
  }
}

/**
 * Brings a virtual server to a definition as a control program does that has just started: it goes by what it finds.
 *
 * Wanted servers that it finds with another weight get theirs (`initialSync` of kube-proxy); what it finds beyond them, those that
 * its predecessor was draining included, is ended.
 */
export function adoptServers(
  service: VirtualServer,
  definition: VirtualServerDefinition,
  wanted: ServerColumns,
  ender: ServerEnder,
): void {
  const { servers } = service;
  redefine(service, definition, wanted);
  const stays = new Set<number>();
  for (let i = 0; i < wanted.length; i++) {
    let server = service.find(wanted.address[i]!, wanted.port[i]!);
    if (server === NO_SERVER) server = service.add(wanted.address[i]!, wanted.port[i]!, WEIGHT);
    else if (servers.weight[server] !== WEIGHT) service.edit(server, WEIGHT);
    servers.setDraining(server, false);
    stays.add(server);
  }
  for (const server of [...service.order.subarray(0, service.count)]) {
    if (!stays.has(server)) end(server, service, ender);
  }
}

function redefine(service: VirtualServer, definition: VirtualServerDefinition, wanted: ServerColumns): void {
  const from = service.definition;
  service.definition = definition;
  service.wanted = wanted;
  if (from.scheduler === definition.scheduler && from.flags === definition.flags) return;
  service.setScheduler(definition.scheduler, definition.flags);
}

/** Only TCP servers are waited for; the connections of the others find a new server by themselves. */
function end(server: number, service: VirtualServer, ender: ServerEnder): void {
  const { servers } = service;
  const busy = servers.active[server]! + servers.inactive[server]! > 0;
  if (busy && service.definition.protocol === Protocol.tcp) ender.drainServer(server);
  else ender.removeServer(server);
}
