/**
 * How much of a Service's endpoints each zone shall have: by the CPU of its nodes (kubernetes/endpointslice topologycache, 2026-07).
 *
 * Ready nodes outside of the control plane count, and all of these must have a zone and CPU, in at least two zones. A zone gets its share of CPU
 * as a share of the ready endpoints; its least number is what keeps the load of each endpoint below 1.2 of the even one.
 */
import type { Node } from '../api.js';

/** How much more load than the even one an endpoint may get. */
const OVERLOAD_THRESHOLD = 0.2;

/** Share of the CPU of each zone, in the order in which nodes name them. */
export type ZoneShares = ReadonlyMap<string, number>;

/** What a zone is to have of a Service's ready endpoints. */
export interface Allocation {
  readonly least: number;
  readonly most: number;
  readonly desired: number;
}

/**
 * The zones' shares of the CPU of all nodes.
 * @returns undefined when the nodes do not say enough, or lie in one zone
 */
export function zoneShares(nodes: Iterable<Node>): ZoneShares | undefined {
  const cpu = new Map<string, number>();
  let total = 0;
  for (const { zone, cpuMillis = 0, controlPlane = false, notReady = false } of nodes) {
    if (controlPlane || notReady) continue;
    if (zone === '' || cpuMillis === 0) return undefined;
    cpu.set(zone, (cpu.get(zone) ?? 0) + cpuMillis);
    total += cpuMillis;
  }
  if (cpu.size < 2) return undefined;
  return new Map([...cpu].map(([zone, own]) => [zone, own / total]));
}

/** Why a Service gets no hints, in the words of the event that the controller writes. */
export type NoAllocation =
  | 'InsufficientNodeInfo'
  | 'InsufficientNumberOfEndpoints'
  | 'MinAllocationExceedsOverloadThreshold'
  | 'NoZoneSpecified'
  | 'NoAllocatedHintsForZones';

/** What each zone is to have of `endpoints` ready ones, or why that cannot be said. */
export function allocations(
  shares: ZoneShares | undefined,
  endpoints: number,
): ReadonlyMap<string, Allocation> | NoAllocation {
  if (shares === undefined) return 'InsufficientNodeInfo';
  if (shares.size > endpoints) return 'InsufficientNumberOfEndpoints';
  const spare = [...shares.values()].reduce((rest, share) => rest - leastOf(share * endpoints), endpoints);
  if (spare < 0) return 'MinAllocationExceedsOverloadThreshold';
  return new Map(
    [...shares].map(([zone, share]) => {
      const least = leastOf(share * endpoints);
      return [zone, { least, most: least + spare, desired: Math.max(share * endpoints, least) }];
    }),
  );
}

/**
 * Whether some zone has fewer endpoints than it needs, after nodes changed.
 * @param hinted endpoints by the zone that their hints name
 */
export function overloaded(hinted: ReadonlyMap<string, number>, shares: ZoneShares | undefined): boolean {
  if (hinted.size === 0) return false;
  if (shares === undefined) return true;
  const total = [...hinted.values()].reduce((sum, own) => sum + own, 0);
  return [...shares].some(([zone, share]) => {
    const own = hinted.get(zone);
    return own === undefined || own < leastOf(total * share);
  });
}

function leastOf(desired: number): number {
  return Math.ceil(desired * (1 / (1 + OVERLOAD_THRESHOLD)));
}
