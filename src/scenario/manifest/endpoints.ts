/**
 * Reads Endpoints (v1), as somebody writes them for a Service without selector.
 *
 * Those that the mirroring controller leaves alone, by its label or as objects of a leader election, are marked.
 */
import { z } from 'zod';
import type { EndpointPort } from '../../kube/api.js';
import { checkedSubject } from '../explain.js';
import { metadata, metaOf, port, protocol } from './field.js';
import { address } from './ip-text.js';
import type { RawObject } from './raw-object.js';
import type { ReadEndpoint, ReadSlice } from './slice.js';

const SKIP_LABEL = 'endpointslice.kubernetes.io/skip-mirror';
const LEADER_ANNOTATION = 'control-plane.alpha.kubernetes.io/leader';

const addresses = z
  .array(
    z.object({
      ip: address,
      hostname: z.string().nullish(),
      nodeName: z.string().nullish(),
      targetRef: z
        .object({ kind: z.string().nullish(), namespace: z.string().nullish(), name: z.string().nullish() })
        .nullish(),
    }),
  )
  .nullish();

const schema = z.object({
  metadata: metadata.extend({ annotations: z.record(z.string(), z.unknown()).nullish() }),
  subsets: z
    .array(
      z.object({
        addresses,
        notReadyAddresses: addresses,
        ports: z.array(z.object({ name: z.string().nullish(), protocol, port })).nullish(),
      }),
    )
    .nullish(),
});

/** Endpoints, with names in place of nodes' indices. */
export interface ReadEndpoints {
  readonly metadata: ReadSlice['metadata'];
  readonly subsets: readonly {
    readonly ports: readonly EndpointPort[];
    readonly endpoints: readonly ReadEndpoint[];
  }[];
  /** Whether they are mirrored into slices. */
  readonly mirrored: boolean;
}

/** Reads one Endpoints object. @throws InputError with every problem */
export function readEndpoints(raw: RawObject): ReadEndpoints {
  const { metadata: written, subsets } = checkedSubject(schema, raw);
  const meta = metaOf(written);
  return {
    metadata: meta,
    subsets: (subsets ?? []).map((subset) => ({
      ports: (subset.ports ?? []).map((own) => ({ name: own.name ?? '', protocol: own.protocol, port: own.port })),
      endpoints: [
        ...(subset.addresses ?? []).map((own) => endpointOf(own, meta.namespace, true)),
        ...(subset.notReadyAddresses ?? []).map((own) => endpointOf(own, meta.namespace, false)),
      ],
    })),
    mirrored: meta.labels[SKIP_LABEL] !== 'true' && !Object.hasOwn(written.annotations ?? {}, LEADER_ANNOTATION),
  };
}

function endpointOf(
  own: NonNullable<z.output<typeof addresses>>[number],
  namespace: string,
  ready: boolean,
): ReadEndpoint {
  const { targetRef } = own;
  return {
    address: own.ip,
    namespace: targetRef?.namespace ?? namespace,
    pod: targetRef?.kind === 'Pod' ? (targetRef.name ?? '') : '',
    nodeName: own.nodeName ?? '',
    ...(own.hostname && { hostname: own.hostname }),
    ready,
    // The mirroring controller writes the condition `ready` alone.
    serving: true,
    terminating: false,
    hints: null,
  };
}
