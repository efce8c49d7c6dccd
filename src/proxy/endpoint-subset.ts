/**
 * Parts of one endpoint list, each made once: the same endpoints are the same object, and all of them are the list itself.
 *
 * Cost: O(endpoints of the part).
 */
import { NO_ENDPOINTS } from './endpoint-merge.js';
import type { EndpointList } from './service-port.js';

/** The parts of one list. */
export class EndpointSubsets {
  private readonly endpoints: EndpointList;
  private readonly made = new Map<string, EndpointList>();

  /** @param endpoints the whole */
  constructor(endpoints: EndpointList) {
    this.endpoints = endpoints;
  }

  /** The endpoints at some places of the list, which ascend. */
  at(places: readonly number[]): EndpointList {
    const { endpoints } = this;
    if (places.length === endpoints.length) return endpoints;
    if (places.length === 0) return NO_ENDPOINTS;
    const key = places.join();
    let part = this.made.get(key);
    if (part === undefined) {
      part = pick(endpoints, places);
      this.made.set(key, part);
    }
    return part;
  }
}

/** The union of two ascending lists of places. */
export function unitedPlaces(a: readonly number[], b: readonly number[]): readonly number[] {
  if (a.length === 0 || b.length === 0) return a.length === 0 ? b : a;
  const places: number[] = [];
  for (let i = 0, j = 0; i < a.length || j < b.length;) {
    const next = Math.min(a[i] ?? Infinity, b[j] ?? Infinity);
    places.push(next);
    if (a[i] === next) i++;
    if (b[j] === next) j++;
  }
  return places;
}

function pick(endpoints: EndpointList, places: readonly number[]): EndpointList {
  const { hints } = endpoints;
  return {
    length: places.length,
    address: Uint32Array.from(places, (place) => endpoints.address[place]!),
    port: Uint16Array.from(places, (place) => endpoints.port[place]!),
    node: Int32Array.from(places, (place) => endpoints.node[place]!),
    conditions: Uint8Array.from(places, (place) => endpoints.conditions[place]!),
    hints: hints === null ? null : places.map((place) => hints[place]!),
  };
}
