/**
 * Reads EndpointSlices (discovery.k8s.io/v1) of addresses of either family.
 *
 * Conditions that are nothing are read as kube-proxy reads them (pkg/proxy endpointslicecache.go): ready and serving, not
 * terminating. Of an endpoint's addresses the first one counts. A port without number is left out; so is, for a lenient reader,
 * a port without name, which the API server would have given the empty one.
 */
import { z } from 'zod';
import type { EndpointHints, EndpointSlice } from '../../kube/api.js';
import { familyOf, type IpAddress, type IpFamily } from '../../net/index.js';
import { checkedSubject, problemIn } from '../explain.js';
import { InputError } from '../problem.js';
import * as q from '../quantity.js';
import { metadata, metaOf, protocol } from './field.js';
import { address } from './ip-text.js';
import type { RawObject } from './raw-object.js';

/** Label that names a slice's Service. */
export const SERVICE_LABEL = 'kubernetes.io/service-name';

const named = z.array(z.object({ name: z.string() })).nullish();

const endpoint = z.object({
  addresses: z.array(address).min(1),
  conditions: z.object({ ready: q.flag.nullish(), serving: q.flag.nullish(), terminating: q.flag.nullish() }).nullish(),
  nodeName: z.string().nullish(),
  hostname: z.string().nullish(),
  targetRef: z
    .object({ kind: z.string().nullish(), namespace: z.string().nullish(), name: z.string().nullish() })
    .nullish(),
  hints: z.object({ forZones: named, forNodes: named }).nullish(),
});

const head = z.object({ metadata, addressType: q.word('IPv4', 'IPv6', 'FQDN') });

const schema = z.object({
  metadata,
  endpoints: z.array(endpoint).nullish(),
  ports: z
    .array(
      z.object({
        name: z.string().nullish(),
        protocol,
        port: q.whole(0, 65535).nullish(),
        appProtocol: z.string().nullish(),
      }),
    )
    .nullish(),
});

/** One endpoint of a slice, with names in place of nodes' indices. */
export interface ReadEndpoint {
  readonly address: IpAddress;
  /** Namespace of the Pod behind it, and its name; empty when none is named. */
  readonly namespace: string;
  readonly pod: string;
  readonly nodeName: string;
  /** Absent for none. */
  readonly hostname?: string;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
  readonly hints: { readonly zones: readonly string[]; readonly nodeNames: readonly string[] } | null;
}

/** A slice; its Service is empty when it belongs to none. */
export interface ReadSlice extends Omit<EndpointSlice, 'endpoints'> {
  readonly endpoints: readonly ReadEndpoint[];
}

/**
 * Reads one slice.
 * @param lenient whether what the API server would have filled in is taken as it stands
 * @returns the slice; undefined for one of names in place of addresses
 * @throws InputError with every problem
 */
export function readSlice(raw: RawObject, lenient: boolean): ReadSlice | undefined {
  const { addressType } = checkedSubject(head, raw);
  if (addressType === 'FQDN') return undefined;
  const family: IpFamily = addressType === 'IPv4' ? 4 : 6;
  const slice = checkedSubject(schema, raw);
  requireFamily(raw, slice.endpoints ?? [], family);
  const meta = metaOf(slice.metadata);
  return {
    metadata: meta,
    family,
    service: meta.labels[SERVICE_LABEL] ?? '',
    ports: (slice.ports ?? []).flatMap((own) => {
      if (!own.port || (lenient && typeof own.name !== 'string')) return [];
      const { appProtocol } = own;
      return [
        { name: own.name ?? '', protocol: own.protocol, port: own.port, ...(appProtocol ? { appProtocol } : {}) },
      ];
    }),
    endpoints: (slice.endpoints ?? []).map((own) => endpointOf(own, meta.namespace)),
  };
}

/** Puts indices in place of nodes' names, -1 for those that are unknown. Equal hints become one object. */
export function sliceWithNodes(
  slice: ReadSlice,
  indices: ReadonlyMap<string, number>,
  shared: SharedHints,
): EndpointSlice {
  const indexOf = (name: string): number => indices.get(name) ?? -1;
  const endpoints = slice.endpoints.map(({ namespace, pod, nodeName, hints, ...rest }) => {
    const target = pod === '' ? '' : `${namespace}/${pod}`;
    const known = hints === null ? null : shared.of({ zones: hints.zones, nodes: hints.nodeNames.map(indexOf) });
    return { ...rest, node: indexOf(nodeName), target, hints: known };
  });
  return { ...slice, endpoints };
}

/** Hints met so far. */
export class SharedHints {
  private readonly known = new Map<string, EndpointHints>();

  /** The first hints that were equal to these. */
  of(hints: EndpointHints): EndpointHints {
    const key = JSON.stringify(hints);
    const first = this.known.get(key) ?? hints;
    this.known.set(key, first);
    return first;
  }
}

function endpointOf(own: z.output<typeof endpoint>, namespace: string): ReadEndpoint {
  const { conditions, hints, targetRef } = own;
  const zones = (hints?.forZones ?? []).map(({ name }) => name);
  const nodeNames = (hints?.forNodes ?? []).map(({ name }) => name);
  return {
    address: own.addresses[0]!,
    namespace: targetRef?.namespace ?? namespace,
    pod: targetRef?.kind === 'Pod' ? (targetRef.name ?? '') : '',
    nodeName: own.nodeName ?? '',
    ...(own.hostname && { hostname: own.hostname }),
    ready: conditions?.ready ?? true,
    serving: conditions?.serving ?? true,
    terminating: conditions?.terminating ?? false,
    hints: zones.length + nodeNames.length === 0 ? null : { zones, nodeNames },
  };
}

function requireFamily(raw: RawObject, endpoints: readonly z.output<typeof endpoint>[], family: IpFamily): void {
  const problems = endpoints.flatMap(({ addresses }, i) =>
    addresses.flatMap((own, j) => {
      if (familyOf(own) === family) return [];
      const path = ['endpoints', i, 'addresses', j];
      return [problemIn(raw, path, `expected an IPv${family} address, as addressType says`)];
    }),
  );
  if (problems.length > 0) throw new InputError(problems);
}
