/**
 * A Service on its whole way through the API server: decoded, given its defaults, prepared, allocated for and checked, in this order
 * (pkg/registry/core/service storage, v1.31 to v1.34).
 *
 * What allocation refuses is reported alone, as the server does not get any further; what the check refuses gives everything back.
 */
import { withServiceDefaults } from '../validation/defaults.js';
import { DEFAULT_GATES, type FeatureGates } from '../validation/feature-gates.js';
import { SERVICE, type ServiceObject } from '../validation/object-shapes.js';
import { preparedToCreate, preparedToUpdate } from '../validation/prepare-service.js';
import { serviceCreateErrors, serviceUpdateErrors } from '../validation/service.js';
import { decode } from '../validation/shape.js';
import type { Allocation, ServiceAllocators } from './service-allocators.js';

/** What is asked of the API server. */
export interface ServiceRequest {
  /** The Service as plain JSON, as a user writes it. */
  readonly object: unknown;
  /** The Service before an update, as the server holds it; undefined for a new one. */
  readonly before?: ServiceObject | undefined;
  readonly gates?: FeatureGates;
}

/**
 * Takes or refuses a Service.
 * @param allocators those of the cluster; they keep what the Service was given
 * @returns the Service as the server would hold it, or every problem
 */
export function admitService(
  { object, before, gates = DEFAULT_GATES }: ServiceRequest,
  allocators: ServiceAllocators,
): Allocation {
  const decoded = decode(SERVICE, object, { strict: false });
  const nothing = { clusterIps: 0, nodePorts: 0 };
  if (decoded.errors.length > 0) return { service: decoded.object, errors: decoded.errors, taken: nothing };
  const defaulted = withServiceDefaults(decoded.object);
  const ready = before === undefined ? preparedToCreate(defaulted) : preparedToUpdate(defaulted, before);
  const rules = { gates, allocated: true };
  return before === undefined
    ? allocators.create(ready, (service) => serviceCreateErrors(service, rules))
    : allocators.update(ready, before, (service) => serviceUpdateErrors(service, before, rules));
}
