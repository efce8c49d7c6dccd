/** What kind of Service one is, as the API server's rules ask it (pkg/api/service and core/validation, about v1.34). */
import type { ServiceObject, ServiceSpecObject } from './object-shapes.js';

/** The value of clusterIP and clusterIPs that stands for no address. */
export const NO_ADDRESS = 'None';

/** Types of Services. */
export const SERVICE_TYPES = ['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'];

/** A Service's `spec`; an empty one where there is none. */
export function specOf(service: ServiceObject): ServiceSpecObject {
  return service.spec ?? {};
}

/** Whether it has no cluster address by choice: `None` alone in clusterIPs. */
export function isHeadless({ clusterIPs = [] }: ServiceSpecObject): boolean {
  return clusterIPs.length === 1 && clusterIPs[0] === NO_ADDRESS;
}

/** Whether its type has cluster addresses; `None` counts as one. */
export function needsClusterIp({ type }: ServiceSpecObject): boolean {
  return type !== 'ExternalName';
}

/** Whether its type has node ports. */
export function needsNodePort({ type }: ServiceSpecObject): boolean {
  return type === 'NodePort' || type === 'LoadBalancer';
}

/** Whether it can be reached from outside of the cluster. */
export function isExternallyAccessible(spec: ServiceSpecObject): boolean {
  return needsNodePort(spec) || (spec.type === 'ClusterIP' && (spec.externalIPs ?? []).length > 0);
}

/** Whether load balancers ask its nodes for their health. */
export function needsHealthCheck({ type, externalTrafficPolicy }: ServiceSpecObject): boolean {
  return type === 'LoadBalancer' && externalTrafficPolicy === 'Local';
}
