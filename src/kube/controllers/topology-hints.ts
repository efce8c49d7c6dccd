/**
 * Hints for the annotation topology-mode Auto (kubernetes/endpointslice topologycache, 2026-07): zones get endpoints by their nodes' CPU.
 *
 * Every ready endpoint of a slice that is written gets its own zone first; then zones with more than their share give endpoints to those with
 * less. Slices whose hints are complete and leave every zone its least are not written for it. Where nothing can be allocated, all hints go.
 * Where upstream takes zones in the order of a hash map, the order of the nodes decides. Cost: O(endpoints of the Service).
 */
import type { Endpoint, EndpointHints, EndpointSlice, Service } from '../api.js';
import { updateWhere, type SlicePlan } from './slice-plan.js';
import { allocations, type Allocation, type NoAllocation, type ZoneShares } from './zone-shares.js';

/** The annotation, and its older name, which wins where both are set. */
const TOPOLOGY_MODE = 'service.kubernetes.io/topology-mode';
const TOPOLOGY_AWARE_HINTS = 'service.kubernetes.io/topology-aware-hints';

/** Annotations of a Service that say whether its hints go by CPU. */
export const TOPOLOGY_ANNOTATIONS: readonly string[] = [TOPOLOGY_MODE, TOPOLOGY_AWARE_HINTS];

/** What hints by CPU go by. */
export interface TopologyHints {
  /** undefined when the nodes do not say enough. */
  readonly shares: ZoneShares | undefined;
  /** Zone of an endpoint's node; empty when it has none. */
  zoneOf(endpoint: Endpoint): string;
  /** Hints that name one zone. */
  forZone(zone: string): EndpointHints | null;
}

/** Ready endpoints by the zone that they are hinted to, or why there are no hints. */
export type TopologyOutcome = ReadonlyMap<string, number> | NoAllocation;

/** Whether a Service's hints go by CPU; the field trafficDistribution means nothing then. */
export function hasTopologyMode({ metadata: { annotations = {} } }: Service): boolean {
  const value = annotations[TOPOLOGY_AWARE_HINTS] ?? annotations[TOPOLOGY_MODE];
  return value === 'Auto' || value === 'auto';
}

/** Gives the endpoints of a plan their hints; may make updates of unchanged slices. */
export function hintByTopology(plan: SlicePlan, hints: TopologyHints): TopologyOutcome {
  const outcome = allocated(plan, hints);
  if (typeof outcome === 'string') removeHints(plan);
  return outcome;
}

function allocated(plan: SlicePlan, hints: TopologyHints): TopologyOutcome {
  const zones = allocations(hints.shares, readyEndpoints(plan));
  if (typeof zones === 'string') return zones;
  const hinted = keptHints(plan, zones);
  const drafts = [...plan.create, ...plan.update];
  for (const draft of drafts) {
    for (const endpoint of draft.endpoints)
      if (endpoint.ready && hints.zoneOf(endpoint) === '') return 'NoZoneSpecified';
  }
  for (const draft of drafts) {
    draft.endpoints = draft.endpoints.map((endpoint) => {
      if (!endpoint.ready) return endpoint;
      const zone = hints.zoneOf(endpoint);
      add(hinted, zone, 1);
      return { ...endpoint, hints: hints.forZone(zone) };
    });
  }
  const { giving, receiving } = transfers(zones, hinted);
  for (const draft of drafts) {
    draft.endpoints = draft.endpoints.map((endpoint) => {
      const from = endpoint.ready ? hints.zoneOf(endpoint) : '';
      const [to] = (giving.get(from) ?? 0) > 0 ? receiving.keys() : [];
      if (to === undefined) return endpoint;
      for (const [side, zone] of [
        [giving, from],
        [receiving, to],
      ] as const)
        takeOne(side, zone);
      add(hinted, from, -1);
      add(hinted, to, 1);
      return { ...endpoint, hints: hints.forZone(to) };
    });
  }
  return hinted.size === 0 ? 'NoAllocatedHintsForZones' : hinted;
}

function readyEndpoints({ create, update, unchanged }: SlicePlan): number {
  let ready = 0;
  for (const { endpoints } of [...create, ...update, ...unchanged]) {
    for (const endpoint of endpoints) if (endpoint.ready) ready++;
  }
  return ready;
}

/** Endpoints by zone of the unchanged slices whose hints can stay; the others become updates. */
function keptHints(plan: SlicePlan, zones: ReadonlyMap<string, Allocation>): Map<string, number> {
  const kept = new Map<string, number>();
  updateWhere(plan, (slice) => {
    const own = hintsOf(slice, zones);
    const fits =
      own !== undefined &&
      [...own].every(([zone, count]) => count + (kept.get(zone) ?? 0) <= (zones.get(zone)?.most ?? 0));
    if (!fits) return true;
    for (const [zone, count] of own) add(kept, zone, count);
    return false;
  });
  return kept;
}

/** Ready endpoints of a slice by hinted zone; undefined when one has no hint, or one for a zone that is to have none. */
function hintsOf(
  { endpoints }: EndpointSlice,
  zones: ReadonlyMap<string, Allocation>,
): Map<string, number> | undefined {
  const own = new Map<string, number>();
  for (const { ready, hints } of endpoints) {
    if (!ready) continue;
    if (hints === null || hints.zones.length === 0) return undefined;
    for (const zone of hints.zones) {
      if (!zones.has(zone)) return undefined;
      add(own, zone, 1);
    }
  }
  return own;
}

/** How many endpoints each zone gives away, and how many each one gets. */
function transfers(
  zones: ReadonlyMap<string, Allocation>,
  hinted: ReadonlyMap<string, number>,
): { readonly giving: Map<string, number>; readonly receiving: Map<string, number> } {
  const surplus = new Map<string, number>();
  const need = new Map<string, number>();
  for (const [zone, { desired }] of zones) {
    const own = hinted.get(zone) ?? 0;
    if (own > desired) surplus.set(zone, own - desired);
    else if (own < desired) need.set(zone, desired - own);
  }
  const giving = new Map<string, number>();
  const receiving = new Map<string, number>();
  for (;;) {
    const [from, give] = most(surplus);
    const [to, get] = most(need);
    if (from === '' || to === '' || (give < 1 && get < 1) || give < 0.5 || get < 0.5) return { giving, receiving };
    add(giving, from, 1);
    add(surplus, from, -1);
    add(receiving, to, 1);
    add(need, to, -1);
  }
}

function most(zones: ReadonlyMap<string, number>): readonly [zone: string, count: number] {
  let best = '';
  let count = 0;
  for (const [zone, own] of zones) {
    if (own <= count) continue;
    best = zone;
    count = own;
  }
  return [best, count];
}

function takeOne(zones: Map<string, number>, zone: string): void {
  const left = (zones.get(zone) ?? 0) - 1;
  if (left <= 0) zones.delete(zone);
  else zones.set(zone, left);
}

function add(zones: Map<string, number>, zone: string, count: number): void {
  zones.set(zone, (zones.get(zone) ?? 0) + count);
}

function removeHints(plan: SlicePlan): void {
  updateWhere(plan, ({ endpoints }) => endpoints.some(({ hints }) => hints !== null));
  for (const draft of [...plan.create, ...plan.update]) {
    draft.endpoints = draft.endpoints.map((endpoint) =>
      endpoint.hints === null ? endpoint : { ...endpoint, hints: null },
    );
  }
}
