/** Reads EndpointSlices (discovery.k8s.io/v1) of IPv4 addresses. */
import { z } from 'zod';
import { checkedSubject } from '../explain.js';
import { parseIpv4 } from '../../net/index.js';
import * as q from '../quantity.js';
import { metadata, metaOf, port, protocol } from './field.js';
import type { RawObject } from './raw-object.js';

const SERVICE_LABEL = 'kubernetes.io/service-name';

const endpoint = z.object({
  addresses: z.array(z.unknown()),
  conditions: z.object({ ready: q.flag.nullish(), terminating: q.flag.nullish() }).nullish(),
  nodeName: z.string().nullish(),
  targetRef: z.object({ kind: z.string().nullish(), name: z.string().nullish() }).nullish(),
});

const schema = z.object({
  metadata,
  addressType: q.word('IPv4', 'IPv6', 'FQDN'),
  endpoints: z.array(endpoint).nullish(),
  ports: z.array(z.object({ name: z.string().nullish(), protocol, port: port.nullish() })).nullish(),
});

const address = z.object({
  endpoints: z
    .array(z.object({ addresses: z.array(q.quantity('an IPv4 address', (value) => parseIpv4(String(value)))).min(1) }))
    .nullish(),
});

/** One endpoint of a slice. */
export interface ReadEndpoint {
  /** Name of the Pod behind it; empty when none is named. */
  readonly pod: string;
  readonly nodeName: string;
  readonly ready: boolean;
  readonly terminating: boolean;
}

/** A slice. */
export interface ReadSlice {
  readonly namespace: string;
  readonly name: string;
  /** Name of the Service; empty when the slice belongs to none. */
  readonly service: string;
  readonly ports: readonly { readonly name: string; readonly protocol: number; readonly port: number }[];
  readonly endpoints: readonly ReadEndpoint[];
}

/**
 * Reads one slice.
 * @returns the slice; undefined for one of another address type than IPv4
 * @throws InputError with every problem
 */
export function readSlice(raw: RawObject): ReadSlice | undefined {
  const slice = checkedSubject(schema, raw);
  if (slice.addressType !== 'IPv4') return undefined;
  checkedSubject(address, raw);
  const meta = metaOf(slice.metadata);
  return {
    namespace: meta.namespace,
    name: meta.name,
    service: meta.labels[SERVICE_LABEL] ?? '',
    // A port without number means all ports; no Service written by a user has one.
    ports: (slice.ports ?? []).flatMap((own) => {
      return typeof own.port === 'number' ? [{ name: own.name ?? '', protocol: own.protocol, port: own.port }] : [];
    }),
    endpoints: (slice.endpoints ?? []).map((own) => {
      return {
        pod: own.targetRef?.kind === 'Pod' ? (own.targetRef.name ?? '') : '',
        nodeName: own.nodeName ?? '',
        // The API reads an unknown condition as ready.
        ready: own.conditions?.ready ?? true,
        terminating: own.conditions?.terminating ?? false,
      };
    }),
  };
}
