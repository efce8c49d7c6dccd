/**
 * The lists of servers of service ports, as far as nodes share them: one for all nodes, and one for each zone where topology hints
 * tell zones apart; and which nodes may have lists of their own.
 *
 * Mirrors the choice in syncEndpoint (pkg/proxy/ipvs/proxier.go, v1.30): with policy Local the local endpoints, or, where there are
 * none, those of policy Cluster. So a node differs from its zone only where it has endpoints of its own or hints name it.
 * Cost: O(endpoints of the service port) a change, times the zones for one with hints.
 */
import type { ServerColumns } from '../../../kernel/ipvs/definition.js';
import { Timeline } from '../../../kernel/ipvs/timeline.js';
import type { EndpointChoice, EndpointChoices, NodePlace } from '../../endpoint-choice.js';
import { NO_ENDPOINTS } from '../../endpoint-merge.js';
import type { EndpointList, ServicePort } from '../../service-port.js';
import type { PortChange } from './frontends.js';
import { ServerOrder } from './server-order.js';
import { NO_TALLY, plus, tallyOf, type PortServers, type Tally } from './tally.js';

/** A node without endpoints and zone. */
const NOWHERE: NodePlace = { index: -1, zone: '' };

interface Zone {
  readonly lists: Map<number, Timeline<ServerColumns | undefined>>;
  /** By how much its nodes differ from others; what came and went, since the beginning. */
  readonly difference: Timeline<Tally>;
}

/** A service port with hints that changed, for nodes without zone and endpoints. */
interface ZoneChange {
  readonly revision: number;
  readonly key: number;
  readonly from: PortServers | undefined;
  readonly to: PortServers | undefined;
  /** What the change comes to. */
  readonly base: Tally;
}

/** A service port that changed, for one node. */
export interface PlaceEvent {
  readonly revision: number;
  readonly key: number;
}

/** Lists by service port, zone and revision. */
export class PlaceLists {
  readonly order = new ServerOrder();
  readonly choices: EndpointChoices;
  /** By key of the service port, for those whose lists may differ between nodes; and the newest of the others. */
  private readonly varying = new Map<number, Timeline<ServerColumns>>();
  private readonly newest: (ServerColumns | undefined)[] = [];
  /** Keys of service ports that have hints, or had some and still have other lists in some zone. */
  private readonly hinted = new Set<number>();
  private readonly zones = new Map<string, Zone>();
  private readonly pending: (PlaceEvent[] | undefined)[] = [];

  /** @param choices which endpoints a node uses */
  constructor(choices: EndpointChoices) {
    this.choices = choices;
  }

  /**
   * Tells zones apart from now on.
   * @param revision newest one that is compiled; 0 for none
   * @param portAt finds service ports in it
   */
  addZone(name: string, revision: number, portAt: (key: number) => ServicePort | undefined): void {
    if (name === '' || this.zones.has(name)) return;
    const zone = { lists: new Map(), difference: new Timeline(NO_TALLY) };
    this.zones.set(name, zone);
    for (const key of this.hinted) {
      const port = portAt(key);
      const base = port && this.portServers(port);
      this.changeZone(name, zone, { revision, key, from: undefined, to: base, base: tallyOf(undefined, base) });
    }
  }

  /** Whether a service port's lists may differ between nodes. */
  varies(port: ServicePort): boolean {
    return port.internalLocal || port.externalLocal || port.endpoints.hints !== null;
  }

  /**
   * Takes a change of a service port.
   * @returns what it comes to on nodes without zone and endpoints
   */
  change(revision: number, change: PortChange): Tally {
    const { key, before, after } = change;
    const old = this.newest[key];
    const from = before && old ? { port: before, servers: () => old } : undefined;
    let to: PortServers | undefined;
    if (after !== undefined) {
      const base = this.order.after(old, clusterOf(this.choices.of(after, NOWHERE)));
      to = { port: after, servers: () => base };
      this.keep(revision, after, base, old);
    } else {
      this.newest[key] = undefined;
    }
    const tally = tallyOf(from, to);
    if (this.hinted.has(key) || this.isHinted(after)) this.changeZones({ revision, key, from, to, base: tally });
    this.tellNodes(revision, change);
    return tally;
  }

  /** The newest list of a service port for nodes without zone and endpoints. */
  base(key: number): ServerColumns {
    return this.newest[key] ?? NO_ENDPOINTS;
  }

  /** The list of a service port that varies for nodes of a zone without endpoints, in a revision. */
  zoneList(key: number, zone: string, revision: number): ServerColumns {
    return this.zoneOnly(key, zone, revision) ?? this.varying.get(key)?.at(revision) ?? NO_ENDPOINTS;
  }

  /** The same; undefined where it is the one of all nodes. */
  zoneOnly(key: number, zone: string, revision: number): ServerColumns | undefined {
    return this.zones.get(zone)?.lists.get(key)?.at(revision);
  }

  /** By how much the nodes of a zone differ from those without, since the beginning. */
  zoneDifference(zone: string, revision: number): Tally {
    return this.zones.get(zone)?.difference.at(revision) ?? NO_TALLY;
  }

  /** Keys of service ports whose lists a node has to look at for a revision, ascending. */
  pendingFor(node: number, revision: number): number[] {
    const events = this.pending[node] ?? [];
    const keys = new Set<number>();
    for (const event of events) if (event.revision <= revision) keys.add(event.key);
    return [...keys].sort((a, b) => a - b);
  }

  /** A node has looked. */
  done(node: number, revision: number): void {
    const left = this.pending[node]?.filter((event) => event.revision > revision);
    this.pending[node] = left === undefined || left.length === 0 ? undefined : left;
  }

  /** Service ports whose lists may differ between zones in the newest revision: those with hints, or that had some. */
  hintedKeys(): Iterable<number> {
    return this.hinted;
  }

  /** Drops what only revisions before `revision` need. */
  forgetBefore(revision: number): void {
    for (const line of this.varying.values()) line.forgetBefore(revision);
    for (const { lists, difference } of this.zones.values()) {
      difference.forgetBefore(revision);
      for (const line of lists.values()) line.forgetBefore(revision);
    }
  }

  private keep(revision: number, port: ServicePort, base: ServerColumns, old: ServerColumns | undefined): void {
    this.newest[port.key] = base;
    const line = this.varying.get(port.key);
    if (line !== undefined) line.set(revision, base);
    else if (this.varies(port)) {
      const begun = new Timeline<ServerColumns>(old ?? NO_ENDPOINTS);
      begun.set(revision, base);
      this.varying.set(port.key, begun);
    }
  }

  private isHinted(port: ServicePort | undefined): boolean {
    return port !== undefined && port.endpoints.hints !== null;
  }

  /** A service port with the list of nodes without zone and endpoints. */
  private portServers(port: ServicePort): PortServers {
    const base = this.base(port.key);
    return { port, servers: () => base };
  }

  private changeZones(change: ZoneChange): void {
    let differs = this.isHinted(change.to?.port);
    for (const [name, zone] of this.zones) differs = this.changeZone(name, zone, change) || differs;
    if (differs) this.hinted.add(change.key);
    else this.hinted.delete(change.key);
  }

  /** @returns whether the zone has a list of its own from now on */
  private changeZone(
    name: string,
    { lists, difference }: Zone,
    { revision, key, from, to, base }: ZoneChange,
  ): boolean {
    let line = lists.get(key);
    if (line === undefined) lists.set(key, (line = new Timeline<ServerColumns | undefined>(undefined)));
    const old = line.latest;
    const before = from && old ? { port: from.port, servers: () => old } : from;
    const place = { index: -1, zone: name };
    const list = to && this.order.after(before?.servers(false), clusterOf(this.choices.of(to.port, place)));
    const after = to && list ? { port: to.port, servers: () => list } : undefined;
    const own = list === to?.servers(false) ? undefined : list;
    line.set(revision, own);
    const was = tallyOf(undefined, before);
    const baseWas = tallyOf(undefined, from);
    // Flows add up; of servers, what this service port made up before goes and what it makes up now comes.
    const now = plus(plus(difference.latest, tallyOf(before, after), 1), base, -1);
    const servers = now.servers - was.servers + baseWas.servers;
    const ownServers = now.ownServers - was.ownServers + baseWas.ownServers;
    difference.set(revision, { ...now, servers, ownServers });
    return own !== undefined;
  }

  /** Nodes with endpoints of the service port, and nodes that hints name, have to look at it. */
  private tellNodes(revision: number, { key, before, after }: PortChange): void {
    const nodes = new Set<number>();
    for (const port of [before, after]) {
      if (port === undefined || !this.varies(port)) continue;
      addNodes(nodes, port.endpoints, port.internalLocal || port.externalLocal);
    }
    for (const node of nodes) (this.pending[node] ??= []).push({ revision, key });
  }
}

/** Endpoints of policy Cluster; none where the service port has no such traffic. */
export function clusterOf(choice: EndpointChoice): EndpointList {
  return choice.cluster ?? NO_ENDPOINTS;
}

function addNodes(nodes: Set<number>, endpoints: EndpointList, local: boolean): void {
  for (let i = 0; i < endpoints.length; i++) {
    if (local && endpoints.node[i]! >= 0) nodes.add(endpoints.node[i]!);
    for (const node of endpoints.hints?.[i]?.nodes ?? []) if (node >= 0) nodes.add(node);
  }
}
