/**
 * What kube-proxy's ipvs mode makes of each revision of the ledger: virtual servers, sets, and how much came and
 * went. Compiled once, for all nodes.
 *
 * Mirrors syncProxyRules (pkg/proxy/ipvs/proxier.go, v1.30). Revisions are compiled one after the other, so that a node may ask for
 * any of them. Cost: O(service ports and endpoints that changed) a revision; a set is copied when an entry changes.
 */
import type { IpSet } from '../../../kernel/index.js';
import { OWN_ADDRESS } from '../../../kernel/ipvs/definition.js';
import type { VirtualServerTable } from '../../../kernel/ipvs/virtual-server-table.js';
import { Protocol, type IpAddress, type IpFamily } from '../../../net/index.js';
import { EndpointChoices } from '../../endpoint-choice.js';
import { NO_ENDPOINTS } from '../../endpoint-merge.js';
import type { Ledger } from '../../ledger.js';
import type { ProxyOptions } from '../../proxier.js';
import type { ServicePort } from '../../service-port.js';
import { entriesOf, frontendsOf, sameFrontends, type Entry, type Frontend, type PortChange } from './frontends.js';
import { SetHandle } from './ip-sets.js';
import { LocalEndpoints } from './local-endpoints.js';
import { PlaceLists } from './place-lists.js';
import { SetEntries } from './set-entries.js';
import { NO_TALLY, plus, type Tally } from './tally.js';
import { VirtualServers } from './virtual-servers.js';

/** What the compiler reads of a ledger. */
export type LedgerView = Pick<Ledger, 'family' | 'portAt' | 'changedBetween'>;

/** Virtual servers that came, went and changed since the beginning: on shared addresses, and of node ports. */
export interface ServiceFlow {
  readonly shared: FrontendFlow;
  readonly own: FrontendFlow;
}

interface FrontendFlow {
  readonly added: number;
  readonly removed: number;
  readonly updated: number;
}

/** A node port of SCTP, whose entries hold each node's own addresses. */
export interface SctpNodePort {
  readonly port: number;
  readonly local: boolean;
}

/** One revision, compiled. */
export interface Version {
  readonly revision: number;
  readonly family: IpFamily;
  readonly table: VirtualServerTable;
  /** Service ports. */
  readonly ports: number;
  /** By `SetHandle`, as all nodes have them; what nodes have of their own is empty here. */
  readonly sets: readonly IpSet[];
  readonly entriesAdded: number;
  readonly entriesRemoved: number;
  /** The same array while nothing changes, as the two after it. */
  readonly sctpNodePorts: readonly SctpNodePort[];
  /** Service ports with load-balancer addresses that not everybody may use, by key. */
  readonly firewalled: readonly ServicePort[];
  /** Service ports that have a health check and no node port, likewise. */
  readonly plainHealthChecks: readonly ServicePort[];
  readonly flow: ServiceFlow;
  /** Servers that came and went since the beginning on nodes without zone and endpoints; how many there are stands in `table`. */
  readonly tally: Tally;
  /** Addresses bound and taken away since the beginning. */
  readonly bound: number;
  readonly unbound: number;
}

/** Compiles revisions. */
export class VersionCompiler {
  /** Endpoints by node, for their sets. */
  readonly local: LocalEndpoints;
  /** Lists of servers. */
  readonly places = new PlaceLists(new EndpointChoices());
  private readonly ledger: LedgerView;
  private readonly services: VirtualServers;
  private readonly entries: SetEntries;
  private versions: Version[] = [];
  /** Revision of the first version kept. */
  private base = 1;
  private sctpNodePorts: readonly SctpNodePort[] = [];
  private firewalled: readonly ServicePort[] = [];
  private plainHealthChecks: readonly ServicePort[] = [];
  private readonly flow = { shared: { ...NO_FLOW }, own: { ...NO_FLOW } };
  private tally = NO_TALLY;
  private bound = 0;
  private unbound = 0;
  private ports = 0;

  /** Nothing is compiled before it is asked for. */
  constructor(ledger: LedgerView, options: ProxyOptions) {
    this.ledger = ledger;
    this.services = new VirtualServers(options, this.places);
    this.local = new LocalEndpoints(ledger.family);
    this.entries = new SetEntries(ledger.family);
  }

  /** A revision, compiled now if it is not yet. */
  version(revision: number): Version {
    while (this.base + this.versions.length <= revision) this.compileNext();
    return this.versions[revision - this.base]!;
  }

  /** A service port in a revision. */
  portAt(key: number, revision: number): ServicePort | undefined {
    return this.ledger.portAt(key, revision);
  }

  /** Has lists made for the nodes of a zone. */
  addZone(zone: string): void {
    const newest = this.base + this.versions.length - 1;
    this.places.addZone(zone, newest, (key) => (newest === 0 ? undefined : this.ledger.portAt(key, newest)));
  }

  /** Drops what only revisions before `revision` need. */
  forgetBefore(revision: number): void {
    if (revision <= this.base) return;
    this.versions = this.versions.slice(revision - this.base);
    this.base = revision;
    this.services.registry.forgetBefore(revision);
    this.places.forgetBefore(revision);
  }

  private compileNext(): void {
    const revision = this.base + this.versions.length;
    this.services.advance(revision);
    this.entries.advance();
    const changes = this.changesOf(revision);
    // First everything that goes, then what comes: one port may take the place of another.
    for (const { before, after } of changes) if (before !== undefined) this.leave(revision, before, after);
    for (const change of changes) this.arrive(revision, change);
    const { bound, unbound } = this.services.finish();
    for (const address of bound) this.entries.add(ipvsIp(address));
    for (const address of unbound) this.entries.remove(ipvsIp(address));
    this.bound += bound.length;
    this.unbound += unbound.length;
    this.versions.push({
      revision,
      family: this.ledger.family,
      table: this.services.registry.table(),
      ports: this.ports,
      sets: this.entries.sets,
      entriesAdded: this.entries.added,
      entriesRemoved: this.entries.removed,
      sctpNodePorts: this.sctpNodePorts,
      firewalled: this.firewalled,
      plainHealthChecks: this.plainHealthChecks,
      flow: { shared: { ...this.flow.shared }, own: { ...this.flow.own } },
      tally: this.tally,
      bound: this.bound,
      unbound: this.unbound,
    });
  }

  private changesOf(revision: number): PortChange[] {
    const changes: PortChange[] = [];
    for (const key of this.ledger.changedBetween(revision - 1, revision)) {
      const before = revision === 1 ? undefined : this.ledger.portAt(key, revision - 1);
      const after = this.ledger.portAt(key, revision);
      if (before !== after) changes.push({ key, before, after });
    }
    return changes;
  }

  /** Takes away what a service port has no more. */
  private leave(revision: number, before: ServicePort, after: ServicePort | undefined): void {
    if (after !== undefined && sameFrontends(before, after)) return;
    const stay = after?.protocol === before.protocol ? frontendsOf(after) : [];
    const find = (key: number): ServicePort | undefined => this.ledger.portAt(key, revision);
    for (const frontend of frontendsOf(before)) {
      if (stay.some((each) => isSame(each, frontend))) continue;
      if (this.services.drop(before, frontend, find)) this.count(frontend, 'removed');
    }
    for (const entry of entriesBeyond(before, after)) this.entries.remove(entry);
    if (before.nodePort !== 0 && before.protocol === Protocol.sctp) {
      this.sctpNodePorts = this.sctpNodePorts.filter(({ port }) => port !== before.nodePort);
    }
    if (after === undefined) this.ports--;
  }

  /** Adds what a service port has now, or puts it in place of what it had. */
  private arrive(revision: number, change: PortChange): void {
    const { before, after } = change;
    this.changeLocal(revision, before, after);
    this.tally = plus(this.tally, { ...this.places.change(revision, change), servers: 0, ownServers: 0 }, 1);
    this.firewalled = listed(this.firewalled, change, isFirewalled);
    this.plainHealthChecks = listed(this.plainHealthChecks, change, isPlainHealthCheck);
    if (after === undefined) return;
    if (before === undefined) this.ports++;
    const old = before?.protocol === after.protocol ? before : undefined;
    const known = old === undefined ? [] : frontendsOf(old);
    for (const frontend of frontendsOf(after)) {
      if (!known.some((each) => isSame(each, frontend))) this.count(frontend, 'added');
      else if (old?.affinitySeconds !== after.affinitySeconds) this.count(frontend, 'updated');
      this.services.put(after, frontend);
    }
    if (before !== undefined && sameFrontends(before, after)) return;
    for (const entry of entriesBeyond(after, before)) this.entries.add(entry);
    if (after.nodePort !== 0 && after.protocol === Protocol.sctp) {
      this.sctpNodePorts = [...this.sctpNodePorts, { port: after.nodePort, local: after.externalLocal }];
    }
  }

  /** Endpoints of an unchanged protocol change; else all go and all come. */
  private changeLocal(revision: number, before: ServicePort | undefined, after: ServicePort | undefined): void {
    const old = before?.endpoints ?? NO_ENDPOINTS;
    const next = after?.endpoints ?? NO_ENDPOINTS;
    if (before !== undefined && before.protocol === after?.protocol) {
      this.local.change(revision, before.protocol, old, next);
      return;
    }
    if (after !== undefined) this.local.change(revision, after.protocol, NO_ENDPOINTS, next);
    if (before !== undefined) this.local.change(revision, before.protocol, old, NO_ENDPOINTS);
  }

  private count({ address }: Frontend, what: keyof FrontendFlow): void {
    this.flow[address === OWN_ADDRESS ? 'own' : 'shared'][what]++;
  }
}

const NO_FLOW: FrontendFlow = { added: 0, removed: 0, updated: 0 };

/** A list of the service ports that have something, by key: the same one where a change does not touch it. */
function listed(
  list: readonly ServicePort[],
  { key, before, after }: PortChange,
  has: (port: ServicePort | undefined) => boolean,
): readonly ServicePort[] {
  if (!has(before) && !has(after)) return list;
  if (before !== undefined && after !== undefined && sameFrontends(before, after)) return list;
  const others = list.filter((port) => port.key !== key);
  return after !== undefined && has(after) ? [...others, after].sort((a, b) => a.key - b.key) : others;
}

function isFirewalled(port: ServicePort | undefined): boolean {
  return port !== undefined && port.sourceRanges.length > 0 && port.loadBalancerVips.length > 0;
}

function isPlainHealthCheck(port: ServicePort | undefined): boolean {
  return port !== undefined && port.healthCheckNodePort !== 0 && port.nodePort === 0;
}

function isSame(a: Frontend, b: Frontend): boolean {
  return a.address === b.address && a.port === b.port;
}

/** The entries of a version of a service port that another version of it does not have. */
function entriesBeyond(port: ServicePort, other: ServicePort | undefined): Entry[] {
  const known = other && entriesOf(other);
  const beyond: Entry[] = [];
  for (const [key, entry] of entriesOf(port)) if (known?.has(key) !== true) beyond.push(entry);
  return beyond;
}

function ipvsIp(address: IpAddress): Entry {
  return { handle: SetHandle.ipvsIps, address, protocol: 0, port: 0, second: 0, bits: 0 };
}
