/** Labels of the EndpointSlices that the slice controller writes (kubernetes/endpointslice utils.go). */
import type { Service } from '../api.js';
import type { Labels } from './selector-index.js';

/** Label that names a slice's Service. */
export const SERVICE_NAME_LABEL = 'kubernetes.io/service-name';

/** Label that says who writes a slice. */
export const MANAGED_BY_LABEL = 'endpointslice.kubernetes.io/managed-by';

/** Its value for the slice controller. */
export const MANAGED_BY = 'endpointslice-controller.k8s.io';

/** The Service's labels, and those of the controller. */
export function sliceLabels(service: Service): Labels {
  const labels: Record<string, string> = { ...service.metadata.labels };
  labels[SERVICE_NAME_LABEL] = service.metadata.name;
  labels[MANAGED_BY_LABEL] = MANAGED_BY;
  if (service.headless) labels['service.kubernetes.io/headless'] = '';
  return labels;
}
