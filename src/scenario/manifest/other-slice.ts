/** Reads and writes EndpointSlices of names in place of addresses (addressType FQDN): API objects that no proxy takes up. */
import { z } from 'zod';
import type { OtherSlice } from '../../kube/api.js';
import { checkedSubject } from '../explain.js';
import * as q from '../quantity.js';
import { metadata, metaOf, protocol } from './field.js';
import { meta, protocolText, type Manifest } from './manifest-parts.js';
import type { RawObject } from './raw-object.js';

/** Label that names a slice's Service. */
const SERVICE_LABEL = 'kubernetes.io/service-name';

const schema = z.object({
  metadata,
  endpoints: z
    .array(z.object({ addresses: z.array(z.string()), conditions: z.object({ ready: q.flag.nullish() }).nullish() }))
    .nullish(),
  ports: z.array(z.object({ name: z.string().nullish(), protocol, port: q.whole(0, 65535).nullish() })).nullish(),
});

/** Reads one slice of type FQDN. @throws InputError with every problem */
export function readOtherSlice(raw: RawObject): OtherSlice {
  const { metadata: written, ports, endpoints } = checkedSubject(schema, raw);
  const own = metaOf(written);
  return {
    metadata: own,
    addressType: 'FQDN',
    service: own.labels[SERVICE_LABEL] ?? '',
    ports: (ports ?? []).flatMap((port) => {
      return port.port ? [{ name: port.name ?? '', protocol: port.protocol, port: port.port }] : [];
    }),
    endpoints: (endpoints ?? []).map(({ addresses, conditions }) => ({ addresses, ready: conditions?.ready ?? true })),
  };
}

/** Such a slice as a manifest. */
export function otherSliceManifest({ metadata: own, addressType, ports, endpoints }: OtherSlice): Manifest {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: meta(own),
    addressType,
    ports: ports.map(({ name, protocol: number, port }) => ({ name, protocol: protocolText(number), port })),
    endpoints: endpoints.map(({ addresses, ready }) => ({ addresses, conditions: { ready } })),
  };
}
