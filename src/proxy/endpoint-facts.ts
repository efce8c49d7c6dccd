/**
 * What an endpoint list says about who may use which endpoint: conditions, topology hints, and nodes with endpoints of their own
 * (pkg/proxy/topology.go, 1.34-era). Places are indices into the list, ascending. Cost: O(endpoints), once for each list.
 */
import { EndpointCondition, type EndpointList } from './service-port.js';

const { ready: READY, serving: SERVING, terminating: TERMINATING } = EndpointCondition;

/** Facts about one list. */
export interface EndpointFacts {
  /** Places of the endpoints that may take new connections: the ready ones; if there are none, those serving and terminating. */
  readonly usable: readonly number[];
  /** Places of the ready endpoints meant for a node, by node; null unless every ready endpoint is meant for some. */
  readonly byNode: ReadonlyMap<number, readonly number[]> | null;
  /** Places of the ready endpoints meant for a zone, by zone, likewise. */
  readonly byZone: ReadonlyMap<string, readonly number[]> | null;
  /** Places of a node's own endpoints that it may use, by node: again ready ones, else those serving and terminating. */
  readonly own: ReadonlyMap<number, readonly number[]>;
}

const NOBODY: ReadonlyMap<number, readonly number[]> = new Map();

/**
 * Finds the facts about a list.
 * @param wanted whether topology hints matter, and whether nodes' own endpoints do; what does not is left empty
 */
export function endpointFacts(
  endpoints: EndpointList,
  wanted: { readonly hints: boolean; readonly own: boolean },
): EndpointFacts {
  const ready = placesOf(endpoints, isReady);
  const usable = ready.length > 0 ? ready : placesOf(endpoints, isDraining);
  const { hints } = endpoints;
  const hinted = wanted.hints && hints !== null && ready.length > 0;
  return {
    usable,
    byNode: hinted ? complete(ready, (place) => hints[place]?.nodes ?? []) : null,
    byZone: hinted ? complete(ready, (place) => hints[place]?.zones ?? []) : null,
    own: wanted.own ? ownPlaces(endpoints, ready) : NOBODY,
  };
}

/** Whether an endpoint is ready. */
export function isReady(conditions: number): boolean {
  return (conditions & READY) !== 0;
}

/** Whether an endpoint may take new connections while no better one is there: serving and terminating, and not ready. */
export function isDraining(conditions: number): boolean {
  return (conditions & (READY | SERVING | TERMINATING)) === (SERVING | TERMINATING);
}

function placesOf({ length, conditions }: EndpointList, fits: (conditions: number) => boolean): number[] {
  const places: number[] = [];
  for (let i = 0; i < length; i++) if (fits(conditions[i]!)) places.push(i);
  return places;
}

function ownPlaces(endpoints: EndpointList, ready: readonly number[]): ReadonlyMap<number, readonly number[]> {
  const { node } = endpoints;
  const own = new Map<number, number[]>();
  for (const place of ready) add(own, node[place]!, place);
  const draining = new Map<number, number[]>();
  for (const place of placesOf(endpoints, isDraining)) add(draining, node[place]!, place);
  for (const [index, places] of draining) if (!own.has(index)) own.set(index, places);
  own.delete(-1);
  return own;
}

/** Places by what they are meant for; null when one is meant for nothing. */
function complete<T>(places: readonly number[], targets: (place: number) => readonly T[]): Map<T, number[]> | null {
  const groups = new Map<T, number[]>();
  for (const place of places) {
    const all = new Set(targets(place));
    if (all.size === 0) return null;
    for (const target of all) add(groups, target, place);
  }
  return groups;
}

function add<T>(groups: Map<T, number[]>, key: T, place: number): void {
  const group = groups.get(key);
  if (group === undefined) groups.set(key, [place]);
  else group.push(place);
}
