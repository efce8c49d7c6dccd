/**
 * Labels of the EndpointSlices that the slice controller writes (kubernetes/endpointslice utils.go, setEndpointSliceLabels).
 *
 * A Service's labels are copied, but for three that are the controller's own whatever the Service says; a difference in those three alone causes no
 * write.
 */
import type { Service } from '../api.js';
import type { Labels } from './selector-index.js';

/** Label that names a slice's Service. */
export const SERVICE_NAME_LABEL = 'kubernetes.io/service-name';

/** Label that says who writes a slice. */
export const MANAGED_BY_LABEL = 'endpointslice.kubernetes.io/managed-by';

/** Its value for the slice controller. */
export const MANAGED_BY = 'endpointslice-controller.k8s.io';

/** Label of slices and Endpoints of Services without a cluster address. */
export const HEADLESS_LABEL = 'service.kubernetes.io/headless';

const RESERVED = [SERVICE_NAME_LABEL, MANAGED_BY_LABEL, HEADLESS_LABEL];

/** The Service's labels, and those of the controller. */
export function sliceLabels(service: Service): Labels {
  const labels = unreserved(service.metadata.labels);
  labels[SERVICE_NAME_LABEL] = service.metadata.name;
  labels[MANAGED_BY_LABEL] = MANAGED_BY;
  if (service.clusterIp === 0) labels[HEADLESS_LABEL] = '';
  return labels;
}

/**
 * Whether a slice's labels call for a write.
 * @param labels its present ones
 * @param wanted what `sliceLabels` gives
 */
export function labelsDiffer(labels: Labels, wanted: Labels): boolean {
  if (labels === wanted) return false;
  let count = 0;
  for (const name in labels) {
    if (RESERVED.includes(name)) continue;
    if (wanted[name] !== labels[name]) return true;
    count++;
  }
  for (const name in wanted) if (!RESERVED.includes(name)) count--;
  return count !== 0;
}

function unreserved(labels: Labels): Record<string, string> {
  const copy: Record<string, string> = {};
  for (const name in labels) if (!RESERVED.includes(name)) copy[name] = labels[name]!;
  return copy;
}
