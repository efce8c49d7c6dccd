/**
 * The virtual servers of one node: a version of those that all nodes share, and state for the ones that were asked for.
 *
 * A node makes state for a virtual server when the first packet asks for it; what it does not share are the lists of servers that
 * it brings itself, and its own addresses. Cost: O(1) a lookup; a change of version looks at the virtual servers with state.
 */
import { invariant } from '../../sim/index.js';
import { Protocol } from '../../net/index.js';
import { WorkKind } from '../work.js';
import type { Connections } from './connections.js';
import {
  FTP_DATA_PORT,
  FTP_PORT,
  MARK_PROTOCOL,
  OWN_ADDRESS,
  type OwnServers,
  type ServerColumns,
  type VirtualServerDefinition,
} from './definition.js';
import type { Drainer } from './drain.js';
import type { IpvsSysctls } from './ipvs-options.js';
import { adoptServers, fillServers, reconcileServers, type ServerEnder } from './reconcile.js';
import { VirtualServerRegistry, type VirtualServerTable } from './virtual-server-table.js';
import { VirtualServer, type NodeParts } from './virtual-server.js';

/** Own addresses that a node may have virtual servers on. */
const OWN_ADDRESSES_MAX = 64;

/** net.ipv4.ip_unprivileged_port_start. */
const FIRST_UNPRIVILEGED_PORT = 1024;

/** Nothing defined: what a node has before it is told anything. */
const EMPTY_TABLE: VirtualServerTable = new VirtualServerRegistry().table();

const NO_OWN_LISTS: OwnServers = { list: () => undefined };

/** How a version is taken over. */
export interface UseOptions {
  /** Lists of servers that the node brings itself. */
  readonly own?: OwnServers;
  /**
   * Whether the control program starts anew and knows nothing of what is there: servers of weight 0 that are wanted get their
   * weight back, all that are not wanted are ended.
   */
  readonly initial?: boolean;
}

/** What the services of a node work on. */
export interface ServiceParts extends NodeParts {
  readonly connections: Connections;
  readonly sysctls: IpvsSysctls;
}

/** The virtual servers of one node. */
export class NodeServices implements ServerEnder {
  readonly drainer: Drainer;
  private readonly parts: ServiceParts;
  /** Those with state, by slot x 64 + index of the own address. */
  private readonly services = new Map<number, VirtualServer>();
  private current = EMPTY_TABLE;
  private own = NO_OWN_LISTS;
  private addresses: readonly number[] = [];

  /**
   * @param parts of the node
   * @param drainer waits for the connections of servers that left
   */
  constructor(parts: ServiceParts, drainer: (services: NodeServices) => Drainer) {
    this.parts = parts;
    this.drainer = drainer(this);
  }

  /** The version in use. */
  get table(): VirtualServerTable {
    return this.current;
  }

  /** The node's addresses on which node ports stand. */
  get ownAddresses(): readonly number[] {
    return this.addresses;
  }

  /** See `Ipvs.use`. */
  use(table: VirtualServerTable, ownAddresses: readonly number[], options: UseOptions): void {
    invariant(ownAddresses.length <= OWN_ADDRESSES_MAX, 'own-addresses', () => `${ownAddresses.length} own addresses`);
    this.current = table;
    this.addresses = ownAddresses;
    this.own = options.own ?? NO_OWN_LISTS;
    for (const service of this.services.values()) {
      const definition = table.registry.definition(slotOf(service.id), table.version);
      if (definition === null) this.removeService(service);
      else if (options.initial === true) adoptServers(service, definition, this.serversOf(definition), this);
      else this.follow(service, definition);
    }
  }

  /** The servers that a definition means on this node. */
  serversOf(definition: VirtualServerDefinition): ServerColumns {
    const own = definition.ownList === undefined ? undefined : this.own.list(definition.ownList);
    return own ?? definition.servers;
  }

  /** The virtual server at (protocol, address, port), with its state; null when there is none. */
  lookUp(protocol: number, address: number, port: number): VirtualServer | null {
    const { registry, version } = this.current;
    let slot = registry.slot(protocol, address, port);
    let definition = slot < 0 ? null : registry.definition(slot, version);
    let own = 0;
    if (definition === null) {
      own = this.addresses.indexOf(address);
      if (own < 0) return null;
      slot = registry.slot(protocol, OWN_ADDRESS, port);
      definition = slot < 0 ? null : registry.definition(slot, version);
      if (definition === null) return null;
    }
    const id = slot * OWN_ADDRESSES_MAX + own;
    return this.services.get(id) ?? this.touch(id, definition);
  }

  /**
   * Looks a packet's virtual server up as the kernel does (ip_vs_service_find), and counts the work: by its mark; by address and port; by
   * the FTP port, as a TCP packet may belong to a data connection; by port 0, which stands for all ports. The latter two are looked
   * for only where some virtual server has such a port; one found by a mark has port 0.
   */
  lookUpCharged(protocol: number, address: number, port: number, mark: number): VirtualServer | null {
    if (mark !== 0) {
      const marked = this.compare(MARK_PROTOCOL, mark, 0);
      if (marked !== null) return marked;
    }
    const { ftpServices, portZeroServices } = this.current.counts;
    let service = this.compare(protocol, address, port);
    if (service === null && ftpServices > 0 && mayBeFtpData(protocol, port)) {
      service = this.compare(protocol, address, FTP_PORT);
    }
    if (service === null && portZeroServices > 0) service = this.compare(protocol, address, 0);
    return service;
  }

  /** The virtual server of a slot on one of the own addresses (0 for a shared address), if it has state. */
  withState(slot: number, own: number): VirtualServer | undefined {
    return this.services.get(slot * OWN_ADDRESSES_MAX + own);
  }

  /** Forgets all state: no connections, schedulers at their beginning, nothing draining. */
  reset(): void {
    this.parts.connections.clear();
    for (const service of this.services.values()) {
      while (service.count > 0) service.remove(service.order[service.count - 1]!);
      service.end();
    }
    this.services.clear();
  }

  /** See `ServerEnder`. */
  removeServer(server: number): void {
    const { servers, connections, sysctls } = this.parts;
    this.serviceOf(server).remove(server);
    // Whether this one has connections or another that was removed before: the kernel sweeps the whole table.
    if (servers.asideCount > 0 && sysctls.expireNodestConn) connections.sweepSoon();
  }

  /** See `ServerEnder`. */
  drainServer(server: number): void {
    this.serviceOf(server).edit(server, 0);
    this.drainer.add(server);
  }

  /** One lookup, and the entries of its chain that it compares. */
  private compare(protocol: number, address: number, port: number): VirtualServer | null {
    const { counts } = this.parts.work;
    const { registry } = this.current;
    const service = this.lookUp(protocol, address, port);
    const rank = service === null ? 0 : registry.rank(slotOf(service.id));
    counts[WorkKind.ipvsServiceLookup]!++;
    counts[WorkKind.ipvsChainEntry]! += registry.chains.compared(protocol, address, port, rank, this.addresses);
    return service;
  }

  private follow(service: VirtualServer, definition: VirtualServerDefinition): void {
    const wanted = this.serversOf(definition);
    if (definition === service.definition && wanted === service.wanted) return;
    const changes = this.current.registry.changes(slotOf(service.id), service.wanted, wanted);
    reconcileServers(service, definition, wanted, changes, this);
  }

  private serviceOf(server: number): VirtualServer {
    const service = this.services.get(this.parts.servers.owner[server]!);
    invariant(service !== undefined, 'server-owned', () => `server in row ${server} is in no list`);
    return service;
  }

  private touch(id: number, definition: VirtualServerDefinition): VirtualServer {
    const service = new VirtualServer(id, definition, this.serversOf(definition), this.parts);
    this.services.set(id, service);
    this.parts.servers.traffic.beginService(id);
    fillServers(service);
    return service;
  }

  private removeService(service: VirtualServer): void {
    while (service.count > 0) this.removeServer(service.order[service.count - 1]!);
    service.end();
    this.services.delete(service.id);
  }
}

/** Ports of FTP's data connections: the active one, and those that every process may listen on. */
function mayBeFtpData(protocol: number, port: number): boolean {
  return protocol === Protocol.tcp && (port === FTP_DATA_PORT || port >= FIRST_UNPRIVILEGED_PORT);
}

function slotOf(id: number): number {
  return Math.floor(id / OWN_ADDRESSES_MAX);
}
