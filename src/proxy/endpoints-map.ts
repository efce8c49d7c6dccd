/**
 * kube-proxy's endpoints map: what the slices say by Service, port name and protocol, whether or not there is such a Service
 * (pkg/proxy endpointschangetracker.go, EndpointsMap, 1.34-era). The ledger keeps what service ports need; this is made when asked for.
 * Cost: O(n log n) in all endpoints.
 */
import { objectKey, type EndpointSlice, type Store } from '../kube/index.js';
import type { IpFamily } from '../net/index.js';
import { EndpointMerger, NO_ENDPOINTS } from './endpoint-merge.js';
import { isReady } from './endpoint-facts.js';
import { isWatched } from './service-map.js';
import { servicePortDisplayName, type EndpointList } from './service-port.js';

/** Endpoints of one port. */
export interface MappedEndpoints {
  /** `namespace/name` of the Service. */
  readonly serviceKey: string;
  /** As of a service port: `namespace/name:port`. */
  readonly displayName: string;
  readonly protocol: number;
  readonly endpoints: EndpointList;
}

/** The map of one family, in the order of the slices' creation; ports without endpoints are not in it. */
export function endpointsMap(store: Store, family: IpFamily): MappedEndpoints[] {
  const merger = new EndpointMerger(family);
  const map: MappedEndpoints[] = [];
  for (const [serviceKey, slices] of slicesByService(store, family)) {
    const { namespace } = slices[0]!.metadata;
    const ports = new Map(
      slices.flatMap((slice) => slice.ports.map((port) => [`${port.protocol} ${port.name}`, port] as const)),
    );
    for (const { name, protocol } of ports.values()) {
      const endpoints = merger.merge(slices, name, protocol, NO_ENDPOINTS);
      if (endpoints.length === 0) continue;
      const displayName = servicePortDisplayName(namespace, slices[0]!.service, name);
      map.push({ serviceKey, displayName, protocol, endpoints });
    }
  }
  return map;
}

/** Ready endpoints of each Service on a node, each address once, by `namespace/name`; Services without any are left out. */
export function localReadyEndpoints(map: readonly MappedEndpoints[], node: number): ReadonlyMap<string, number> {
  const addresses = new Map<string, Set<number>>();
  for (const { serviceKey, endpoints } of map) {
    for (let i = 0; i < endpoints.length; i++) {
      if (endpoints.node[i] !== node || !isReady(endpoints.conditions[i]!)) continue;
      const known = addresses.get(serviceKey);
      if (known === undefined) addresses.set(serviceKey, new Set([endpoints.address[i]!]));
      else known.add(endpoints.address[i]!);
    }
  }
  return new Map([...addresses].map(([key, set]) => [key, set.size]));
}

function slicesByService(store: Store, family: IpFamily): ReadonlyMap<string, EndpointSlice[]> {
  const byService = new Map<string, EndpointSlice[]>();
  for (const slice of store.list('slice')) {
    if (slice.family !== family || slice.service === '' || !isWatched(slice.metadata)) continue;
    const key = objectKey(slice.metadata.namespace, slice.service);
    const known = byService.get(key);
    if (known === undefined) byService.set(key, [slice]);
    else known.push(slice);
  }
  return byService;
}
