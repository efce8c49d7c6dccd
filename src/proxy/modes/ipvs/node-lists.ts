/**
 * The lists of servers that one node has of its own: of service ports with policy Local of which it has endpoints, and of those whose
 * hints name it.
 *
 * Everything else is shared with its zone or with all nodes. Cost: a sync looks at the service ports that changed and concern the
 * node, and asks for each list that differs whether its service port changed; an entry for each such list.
 */
import type { OwnServers, ServerColumns } from '../../../kernel/ipvs/definition.js';
import type { NodePlace } from '../../endpoint-choice.js';
import type { EndpointList, ServicePort } from '../../service-port.js';
import { clusterOf, type PlaceLists } from './place-lists.js';
import { NO_TALLY, plus, tallyOf, type PortServers, type Tally } from './tally.js';

/** Finds a service port in a revision. */
export type PortAt = (key: number, revision: number) => ServicePort | undefined;

/** What brings a node's lists to a revision. */
export interface ListPlan {
  readonly revision: number;
  readonly zone: string;
  /** New lists by number; undefined for one that the node has no more. */
  readonly lists: ReadonlyMap<number, ServerColumns | undefined>;
  /** By how much those of the service ports looked at differ in number from the zone's, after it. */
  readonly differences: ReadonlyMap<number, Tally>;
  /** What the whole node differs by from nodes without zone and endpoints: servers after it, and what this sync does. */
  readonly tally: Tally;
}

/** The number of a list. */
export function listNumber(key: number, local: boolean): number {
  return key * 2 + (local ? 1 : 0);
}

/** The lists of one node. */
export class NodeLists implements OwnServers {
  private readonly places: PlaceLists;
  private readonly portAt: PortAt;
  private readonly own = new Map<number, ServerColumns>();
  private readonly differences = new Map<number, Tally>();
  private total = NO_TALLY;
  private revision = 0;
  private zone: string;

  /**
   * @param places lists that are shared
   * @param portAt finds service ports
   * @param zone of the node, whose lists it has from the start
   */
  constructor(places: PlaceLists, portAt: PortAt, zone: string) {
    this.zone = zone;
    this.places = places;
    this.portAt = portAt;
  }

  /** See `OwnServers`; as of the last commit. */
  list(number: number): ServerColumns | undefined {
    return this.own.get(number) ?? this.places.zoneOnly(Math.floor(number / 2), this.zone, this.revision);
  }

  /** The servers of a list after a plan. */
  planned(plan: ListPlan, number: number): ServerColumns | undefined {
    const own = plan.lists.has(number) ? plan.lists.get(number) : this.own.get(number);
    return own ?? this.places.zoneOnly(Math.floor(number / 2), plan.zone, plan.revision);
  }

  /** Plans the way to a revision. */
  plan(place: NodePlace, revision: number): ListPlan {
    const { places } = this;
    const moves = place.zone !== this.zone;
    const keys = new Set(places.pendingFor(place.index, revision));
    this.addChanged(keys, revision);
    // A node that moves to another zone looks at all that may differ there.
    if (moves) for (const key of places.hintedKeys()) keys.add(key);
    const lists = new Map<number, ServerColumns | undefined>();
    const differences = new Map<number, Tally>();
    let flow = moves
      ? this.moveFlow(place.zone, revision)
      : plus(places.zoneDifference(this.zone, revision), places.zoneDifference(this.zone, this.revision), -1);
    let total = this.total;
    for (const key of keys) {
      const after = this.portAt(key, revision);
      this.planPort(place, key, after, revision, lists);
      const before = this.before(key);
      const zoneAfter = after && this.ofZone(after, place.zone, revision);
      const nodeAfter = zoneAfter && this.withPlan(zoneAfter, lists);
      const node = tallyOf(before?.node, nodeAfter);
      const zone = tallyOf(before?.zone, zoneAfter);
      const difference = plus(node, zone, -1);
      total = plus(plus(total, this.differences.get(key) ?? NO_TALLY, -1), difference, 1);
      differences.set(key, difference);
      flow = plus(flow, difference, 1);
    }
    const zone = places.zoneDifference(place.zone, revision);
    const servers = zone.servers + total.servers;
    const ownServers = zone.ownServers + total.ownServers;
    return { revision, zone: place.zone, lists, differences, tally: { ...flow, servers, ownServers } };
  }

  /** Carries a plan out. */
  commit(plan: ListPlan, node: number): void {
    for (const [number, list] of plan.lists) {
      if (list === undefined) this.own.delete(number);
      else this.own.set(number, list);
    }
    for (const [key, difference] of plan.differences) {
      this.total = plus(plus(this.total, this.differences.get(key) ?? NO_TALLY, -1), difference, 1);
      if (difference.servers === 0 && difference.ownServers === 0) this.differences.delete(key);
      else this.differences.set(key, difference);
    }
    this.revision = plan.revision;
    this.zone = plan.zone;
    this.places.done(node, plan.revision);
  }

  /** A list of the node's own is nobody else's to bring forward, also where the node has no endpoint in it any more. */
  private addChanged(keys: Set<number>, revision: number): void {
    for (const number of this.own.keys()) {
      const key = Math.floor(number / 2);
      if (this.portAt(key, this.revision) !== this.portAt(key, revision)) keys.add(key);
    }
  }

  /** What another zone's lists come to, beside what happens on nodes without zone. */
  private moveFlow(zone: string, revision: number): Tally {
    let flow = NO_TALLY;
    for (const key of this.places.hintedKeys()) {
      const after = this.portAt(key, revision);
      const before = this.revision === 0 ? undefined : this.portAt(key, this.revision);
      const inZones = tallyOf(
        before && this.ofZone(before, this.zone, this.revision),
        after && this.ofZone(after, zone, revision),
      );
      const without = tallyOf(
        before && this.ofZone(before, '', this.revision),
        after && this.ofZone(after, '', revision),
      );
      flow = plus(plus(flow, inZones, 1), without, -1);
    }
    return flow;
  }

  /** Finds the node's own lists of a service port. */
  private planPort(
    place: NodePlace,
    key: number,
    port: ServicePort | undefined,
    revision: number,
    lists: Map<number, ServerColumns | undefined>,
  ): void {
    const { places } = this;
    if (port === undefined || !places.varies(port)) {
      for (const local of [false, true])
        if (this.own.has(listNumber(key, local))) lists.set(listNumber(key, local), undefined);
      return;
    }
    const choice = places.choices.of(port, place);
    const cluster = clusterOf(choice);
    const wanted: readonly [boolean, EndpointList][] = [
      [false, cluster],
      [true, choice.local !== null && choice.local.length > 0 ? choice.local : cluster],
    ];
    const shared = places.zoneList(key, place.zone, revision);
    for (const [local, endpoints] of wanted) {
      const number = listNumber(key, local);
      const present = this.own.get(number) ?? places.zoneList(key, this.zone, this.revision);
      const list = places.order.after(present, endpoints);
      const same = list === shared || (places.order.after(shared, endpoints) === shared && !this.own.has(number));
      lists.set(number, same ? undefined : list);
    }
  }

  /** The service port as it is in place, with the lists of the node and of its zone. */
  private before(key: number): { readonly node: PortServers; readonly zone: PortServers } | undefined {
    const port = this.revision === 0 ? undefined : this.portAt(key, this.revision);
    if (port === undefined) return undefined;
    const zone = this.ofZone(port, this.zone, this.revision);
    const servers = (local: boolean): ServerColumns => this.own.get(listNumber(key, local)) ?? zone.servers(local);
    return { node: { port, servers }, zone };
  }

  private ofZone(port: ServicePort, zone: string, revision: number): PortServers {
    const list = this.places.zoneList(port.key, zone, revision);
    return { port, servers: () => list };
  }

  private withPlan({ port, servers: shared }: PortServers, lists: ListPlan['lists']): PortServers {
    const servers = (local: boolean): ServerColumns => lists.get(listNumber(port.key, local)) ?? shared(local);
    return { port, servers };
  }
}
