/**
 * Endpoints that somebody writes by hand, of Services without selector: as they must have been where only the slices that mirror them are known, and
 * after an edit.
 *
 * A mirrored slice says all that its Endpoints say of its ports and family (pkg/controller/endpointslicemirroring), so the way back is known: one subset
 * for each port set. Left out: addresses beyond the 1,000 that are mirrored. Cost: O(addresses).
 */
import type { IpAddress } from '../net/index.js';
import type { Endpoint, EndpointSlice } from './api.js';
import { portsKey } from './controllers/desired-endpoints.js';
import { MIRRORED_BY } from './controllers/mirroring.js';
import { MANAGED_BY_LABEL, SERVICE_NAME_LABEL } from './controllers/slice-labels.js';
import type { EndpointAddress, EndpointAddresses, Endpoints } from './endpoints-object.js';

/** What somebody writes into Endpoints in place of their addresses: those of every subset, whose ports stay. */
export interface WrittenAddresses {
  readonly ready: readonly IpAddress[];
  readonly notReady: readonly IpAddress[];
}

/**
 * The Endpoints that slices of one Service mirror.
 * @returns undefined when none of them mirrors any
 */
export function endpointsBehind(slices: readonly EndpointSlice[]): Endpoints | undefined {
  const mirrors = slices.filter(({ metadata }) => metadata.labels[MANAGED_BY_LABEL] === MIRRORED_BY);
  const [first] = mirrors;
  if (first === undefined) return undefined;
  const { [MANAGED_BY_LABEL]: _manager, [SERVICE_NAME_LABEL]: _service, ...labels } = first.metadata.labels;
  const { namespace, annotations } = first.metadata;
  const subsets = new Map<string, { ready: EndpointAddress[]; notReady: EndpointAddress[] } & EndpointAddresses>();
  for (const { ports, endpoints } of mirrors) {
    const key = portsKey(ports);
    const subset = subsets.get(key) ?? { ports, ready: [], notReady: [] };
    subsets.set(key, subset);
    for (const endpoint of endpoints) subset[endpoint.ready ? 'ready' : 'notReady'].push(addressOf(endpoint));
  }
  const metadata = { namespace, name: first.service, labels, ...(annotations !== undefined && { annotations }) };
  return { metadata, subsets: [...subsets.values()], truncated: false };
}

/** Endpoints with other addresses. One that they had keeps its node and target; others come without, as somebody types them. */
export function rewritten(endpoints: Endpoints, { ready, notReady }: WrittenAddresses): Endpoints {
  const known = new Map<IpAddress, EndpointAddress>();
  for (const subset of endpoints.subsets) {
    for (const own of [...subset.ready, ...subset.notReady]) known.set(own.address, own);
  }
  const typed = (address: IpAddress): EndpointAddress => known.get(address) ?? { address, node: -1, target: '' };
  const subsets = endpoints.subsets.map(({ ports }) => ({
    ports,
    ready: ready.map(typed),
    notReady: notReady.map(typed),
  }));
  return { ...endpoints, subsets };
}

/** What Endpoints say of an endpoint; its conditions are the list that it stands in. */
function addressOf(endpoint: Endpoint): EndpointAddress {
  const { ready: _ready, serving: _serving, terminating: _terminating, hints: _hints, ...rest } = endpoint;
  return rest;
}
