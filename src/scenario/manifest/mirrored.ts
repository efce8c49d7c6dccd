/** Slices of Services without selector, with those that the mirroring controller makes of Endpoints that somebody wrote. */
import { MIRRORED_BY, mirrorEndpoints, type MirroredSlice } from '../../kube/controllers/mirroring.js';
import { MANAGED_BY_LABEL, SERVICE_NAME_LABEL } from '../../kube/controllers/slice-labels.js';
import type { ReadEndpoints } from './endpoints.js';
import type { ReadEndpoint, ReadSlice } from './slice.js';

/** An endpoint as the mirroring controller compares it. */
interface Mirrored extends ReadEndpoint {
  readonly target: string;
}

/**
 * The slices of one Service.
 * @param own those that are written
 * @param endpoints the Endpoints of its name; undefined for none, or for some that are not mirrored
 */
export function withMirrored(own: readonly ReadSlice[], endpoints: ReadEndpoints | undefined): readonly ReadSlice[] {
  if (endpoints === undefined) return own;
  const { namespace, name, labels } = endpoints.metadata;
  const isMirror = (slice: ReadSlice): boolean => slice.metadata.labels[MANAGED_BY_LABEL] === MIRRORED_BY;
  const existing = own.filter(isMirror).map((slice): MirroredSlice<Mirrored> => {
    const { family, ports } = slice;
    return {
      name: slice.metadata.name,
      family,
      labels: slice.metadata.labels,
      ports,
      endpoints: slice.endpoints.map(compared),
    };
  });
  const subsets = endpoints.subsets.map((subset) => ({ ...subset, endpoints: subset.endpoints.map(compared) }));
  const writes = mirrorEndpoints({ labels, subsets, existing });
  const replaced = new Set([...writes.update, ...writes.delete].map((slice) => slice.name));
  const made = [...writes.update, ...writes.create].map((slice, i): ReadSlice => {
    const { family, ports } = slice;
    const sliceName = slice.name === '' ? `${name}-mirrored-${i}` : slice.name;
    const meta = { ...labels, [SERVICE_NAME_LABEL]: name, [MANAGED_BY_LABEL]: MIRRORED_BY };
    const metadata = { namespace, name: sliceName, labels: meta };
    return { metadata, family, service: name, ports, endpoints: slice.endpoints.map(plain) };
  });
  return [...own.filter((slice) => !isMirror(slice) || !replaced.has(slice.metadata.name)), ...made];
}

function compared(endpoint: ReadEndpoint): Mirrored {
  return { ...endpoint, target: endpoint.pod };
}

function plain({ target: _target, ...endpoint }: Mirrored): ReadEndpoint {
  return endpoint;
}
