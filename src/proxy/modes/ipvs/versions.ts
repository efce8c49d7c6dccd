/**
 * What kube-proxy's ipvs mode makes of each revision of the ledger: virtual servers, sets, and how much came and
 * went. Compiled once, for all nodes.
 *
 * Mirrors syncProxyRules (pkg/proxy/ipvs/proxier.go, v1.30): a virtual server for each cluster address and, on each
 * node's own addresses, for each node port. Revisions are compiled one after the other, so that a node may ask for
 * any of them. Cost: O(service ports and endpoints that changed) a revision; a set is copied when an entry changes.
 */
import { IpSet } from '../../../kernel/index.js';
import { OWN_ADDRESS, type ServerColumns } from '../../../kernel/ipvs/definition.js';
import { VirtualServerRegistry, type VirtualServerTable } from '../../../kernel/ipvs/virtual-server-table.js';
import { Protocol } from '../../../net/index.js';
import type { Ledger } from '../../ledger.js';
import type { EndpointList, ServicePort } from '../../service-port.js';
import { SET_KINDS, SetHandle } from './ip-sets.js';
import { LocalEndpoints } from './local-endpoints.js';
import { endpointChanges, serversAfter, type EndpointChanges } from './server-order.js';

/** What the compiler reads of a ledger. */
export type LedgerView = Pick<Ledger, 'portAt' | 'changedBetween'>;

/**
 * Things that came and went since the beginning. The first five stand for virtual servers on cluster addresses; `+
 * OWN_FLOWS` for those on node ports, which stand once on each own address of a node.
 */
export const Flow = {
  servicesAdded: 0,
  servicesRemoved: 1,
  servicesUpdated: 2,
  serversAdded: 3,
  serversRemoved: 4,
  addressesBound: 10,
  addressesUnbound: 11,
  setEntriesAdded: 12,
  setEntriesRemoved: 13,
  sctpEntriesAdded: 14,
  sctpEntriesRemoved: 15,
} as const;

/** Distance from a flow of cluster addresses to the same flow of node ports. */
export const OWN_FLOWS = 5;
const FLOWS = 16;

/** One revision, compiled. */
export interface Version {
  readonly revision: number;
  readonly table: VirtualServerTable;
  /** Service ports. */
  readonly ports: number;
  /** By `SetHandle`, as all nodes have them; the set of SCTP node ports is each node's own. */
  readonly sets: readonly IpSet[];
  /** Node ports of SCTP, ascending. */
  readonly sctpNodePorts: readonly number[];
  /** By `Flow`. */
  readonly flows: Float64Array;
}

/** Compiles revisions. */
export class VersionCompiler {
  /** Endpoints by node. */
  readonly local = new LocalEndpoints();
  private readonly ledger: LedgerView;
  private readonly scheduler: string;
  private readonly registry = new VirtualServerRegistry();
  /** By key of the service port: servers in the order of addition. */
  private readonly servers: (ServerColumns | undefined)[] = [];
  private versions: Version[] = [];
  /** Revision of the first version kept. */
  private base = 1;
  private sets: IpSet[];
  private readonly fresh = new Set<SetHandle>();
  private sctpNodePorts: readonly number[] = [];
  private flows = new Float64Array(FLOWS);
  private ports = 0;

  /** @param scheduler of all virtual servers */
  constructor(ledger: LedgerView, scheduler: string) {
    this.ledger = ledger;
    this.scheduler = scheduler;
    this.sets = SET_KINDS.map((kind, handle) =>
      handle === SetHandle.loopBack ? this.local.set : new IpSet(kind.name, kind.type),
    );
  }

  /** A revision, compiled now if it is not yet. */
  version(revision: number): Version {
    while (this.base + this.versions.length <= revision) this.compileNext();
    return this.versions[revision - this.base]!;
  }

  /** Drops what only revisions before `revision` need. */
  forgetBefore(revision: number): void {
    if (revision <= this.base) return;
    this.versions = this.versions.slice(revision - this.base);
    this.base = revision;
    this.registry.forgetBefore(revision);
  }

  private compileNext(): void {
    const revision = this.base + this.versions.length;
    this.registry.advance(revision);
    this.flows = this.flows.slice();
    this.fresh.clear();
    this.sets = this.sets.slice();
    const boundBefore = this.versions[this.versions.length - 1]?.table.counts.boundAddresses ?? 0;
    const changes = this.changesOf(revision);
    // First everything that goes, then what comes: one port may take the place of another.
    for (const { before, after } of changes) if (before !== undefined) this.leave(revision, before, after);
    for (const { before, after } of changes) this.arrive(revision, before, after);
    const table = this.registry.table();
    const bound = table.counts.boundAddresses - boundBefore;
    this.flow(bound > 0 ? Flow.addressesBound : Flow.addressesUnbound, Math.abs(bound));
    const { ports, sets, sctpNodePorts, flows } = this;
    this.versions.push({ revision, table, ports, sets, sctpNodePorts, flows });
  }

  private changesOf(revision: number): PortChange[] {
    const changes: PortChange[] = [];
    for (const key of this.ledger.changedBetween(revision - 1, revision)) {
      const before = revision === 1 ? undefined : this.ledger.portAt(key, revision - 1);
      const after = this.ledger.portAt(key, revision);
      if (before !== after) changes.push({ before, after });
    }
    return changes;
  }

  /** Takes away what a service port has no more. */
  private leave(revision: number, before: ServicePort, after: ServicePort | undefined): void {
    if (!sameClusterFrontend(before, after)) {
      this.registry.delete(before.protocol, before.clusterIp, before.port);
      this.flow(Flow.servicesRemoved, 1);
      this.entry(SetHandle.clusterIp, before.clusterIp, before.protocol, before.port, false);
      const unbound = !this.registry.isBound(before.clusterIp, revision);
      if (unbound) this.entry(SetHandle.ipvsIps, before.clusterIp, 0, 0, false);
    }
    if (before.nodePort !== 0 && !sameNodePort(before, after)) {
      this.registry.delete(before.protocol, OWN_ADDRESS, before.nodePort);
      this.flow(Flow.servicesRemoved + OWN_FLOWS, 1);
      this.nodePortEntry(before, false);
    }
    if (after === undefined) {
      this.ports--;
      this.forgetEndpoints(revision, before);
    }
  }

  /** Adds what a service port has now, or puts it in place of what it had. */
  private arrive(revision: number, before: ServicePort | undefined, after: ServicePort | undefined): void {
    if (after === undefined) return;
    if (before === undefined) this.ports++;
    const changes = endpointChanges(before?.endpoints ?? NONE, after.endpoints);
    const servers = this.changeEndpoints(revision, before, after, changes);
    const definition = {
      protocol: after.protocol,
      scheduler: this.scheduler,
      flags: 0,
      persistenceSeconds: after.affinitySeconds,
      persistenceMask: 0xffffffff,
      servers,
    };
    const updated = before?.affinitySeconds !== after.affinitySeconds;
    this.registry.put({ ...definition, address: after.clusterIp, port: after.port, bound: true });
    this.countFrontend(0, sameClusterFrontend(after, before), updated, changes, servers.length);
    this.entry(SetHandle.clusterIp, after.clusterIp, after.protocol, after.port, true);
    this.entry(SetHandle.ipvsIps, after.clusterIp, 0, 0, true);
    if (after.nodePort === 0) return;
    this.registry.put({ ...definition, address: OWN_ADDRESS, port: after.nodePort, bound: false });
    this.countFrontend(OWN_FLOWS, sameNodePort(after, before), updated, changes, servers.length);
    if (!sameNodePort(after, before)) this.nodePortEntry(after, true);
  }

  private countFrontend(
    flows: number,
    stays: boolean,
    updated: boolean,
    changes: EndpointChanges,
    servers: number,
  ): void {
    if (stays) {
      if (updated) this.flow(Flow.servicesUpdated + flows, 1);
      this.flow(Flow.serversAdded + flows, changes.added.length);
      this.flow(Flow.serversRemoved + flows, changes.removed.length);
    } else {
      this.flow(Flow.servicesAdded + flows, 1);
      this.flow(Flow.serversAdded + flows, servers);
    }
  }

  /** Keeps the local endpoints, and returns the servers of a service port in the order of addition. */
  private changeEndpoints(
    revision: number,
    before: ServicePort | undefined,
    after: ServicePort,
    changes: EndpointChanges,
  ): ServerColumns {
    const old = before?.endpoints ?? NONE;
    const { endpoints, protocol, key } = after;
    for (const i of changes.removed) {
      this.local.remove(revision, protocol, old.address[i]!, old.port[i]!, old.node[i]!);
    }
    for (const i of changes.added) {
      this.local.add(revision, protocol, endpoints.address[i]!, endpoints.port[i]!, endpoints.node[i]!);
    }
    const known = this.servers[key];
    // Freshly sorted endpoints are in the order of addition already.
    const servers = known === undefined ? endpoints : serversAfter(known, old, endpoints, changes);
    this.servers[key] = servers;
    return servers;
  }

  private forgetEndpoints(revision: number, before: ServicePort): void {
    const { endpoints, protocol, key } = before;
    for (let i = 0; i < endpoints.length; i++) {
      this.local.remove(revision, protocol, endpoints.address[i]!, endpoints.port[i]!, endpoints.node[i]!);
    }
    this.servers[key] = undefined;
  }

  private nodePortEntry(port: ServicePort, present: boolean): void {
    if (port.protocol === Protocol.tcp) this.entry(SetHandle.nodePortTcp, 0, port.protocol, port.nodePort, present);
    else if (port.protocol === Protocol.udp)
      this.entry(SetHandle.nodePortUdp, 0, port.protocol, port.nodePort, present);
    else {
      const others = this.sctpNodePorts.filter((each) => each !== port.nodePort);
      this.sctpNodePorts = present ? [...others, port.nodePort].sort((a, b) => a - b) : others;
      this.flow(present ? Flow.sctpEntriesAdded : Flow.sctpEntriesRemoved, 1);
    }
  }

  private entry(handle: SetHandle, address: number, protocol: number, port: number, present: boolean): void {
    if (this.sets[handle]!.has(address, (protocol << 16) | port, 0) === present) return;
    const set = this.writable(handle);
    if (present) set.add(address, protocol, port);
    else set.delete(address, protocol, port);
    this.flow(present ? Flow.setEntriesAdded : Flow.setEntriesRemoved, 1);
  }

  /** This revision's own copy of a set. */
  private writable(handle: SetHandle): IpSet {
    if (!this.fresh.has(handle)) {
      this.sets[handle] = this.sets[handle]!.copy();
      this.fresh.add(handle);
    }
    return this.sets[handle]!;
  }

  private flow(flow: number, by: number): void {
    this.flows[flow]! += by;
  }
}

interface PortChange {
  readonly before: ServicePort | undefined;
  readonly after: ServicePort | undefined;
}

const NONE: EndpointList = {
  length: 0,
  address: new Uint32Array(0),
  port: new Uint16Array(0),
  node: new Int32Array(0),
};

/** Whether a service port has the cluster address and port of another version of it. */
function sameClusterFrontend(port: ServicePort, other: ServicePort | undefined): boolean {
  return port.clusterIp === other?.clusterIp && port.port === other.port && port.protocol === other.protocol;
}

/** Whether a service port has the node port of another version of it. */
function sameNodePort(port: ServicePort, other: ServicePort | undefined): boolean {
  return port.nodePort === other?.nodePort && port.protocol === other.protocol;
}
