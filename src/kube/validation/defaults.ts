/**
 * Fields that the API server fills in before it checks an object (pkg/apis/core/v1 and discovery/v1 defaults.go, v1.31 to v1.34).
 * An Ingress (networking.k8s.io/v1) has no defaults.
 */
import type { EndpointsObject, EndpointSliceObject, ServiceObject, ServiceSpecObject } from './object-shapes.js';
import { isExternallyAccessible, needsNodePort, specOf } from './service-kind.js';

/** Timeout of ClientIP affinity, in seconds: three hours. */
const AFFINITY_SECONDS = 10_800;

/** The Service with its defaults. Empty texts count as nothing. */
export function withServiceDefaults(service: ServiceObject): ServiceObject {
  const written = specOf(service);
  const { clusterIP: _single, ...rest } = written;
  const type = filled(written.type, 'ClusterIP');
  const spec: ServiceSpecObject = {
    ...rest,
    ...(written.clusterIP ? { clusterIP: written.clusterIP } : {}),
    ...withAffinity(written),
    type,
    ...(written.ports === undefined ? {} : { ports: written.ports.map(withPortDefaults) }),
  };
  const { externalTrafficPolicy, internalTrafficPolicy: internal, allocateLoadBalancerNodePorts: allocate } = spec;
  const hasCluster = needsNodePort(spec) || type === 'ClusterIP';
  return {
    ...service,
    spec: {
      ...spec,
      ...(isExternallyAccessible(spec) ? { externalTrafficPolicy: filled(externalTrafficPolicy, 'Cluster') } : {}),
      ...(hasCluster ? { internalTrafficPolicy: internal ?? 'Cluster' } : {}),
      ...(type === 'LoadBalancer' ? { allocateLoadBalancerNodePorts: allocate ?? true } : {}),
    },
  };
}

/** The Endpoints with their defaults. */
export function withEndpointsDefaults(endpoints: EndpointsObject): EndpointsObject {
  const { subsets } = endpoints;
  if (subsets === undefined) return endpoints;
  return {
    ...endpoints,
    subsets: subsets.map((subset) => ({
      ...subset,
      ...(subset.ports === undefined
        ? {}
        : { ports: subset.ports.map((port) => ({ ...port, protocol: filled(port.protocol, 'TCP') })) }),
    })),
  };
}

/**
 * The slice with its defaults. Its topology labels go: discovery.k8s.io/v1 takes none from writers, and refuses nobody for writing some
 * (pkg/registry/discovery/endpointslice dropTopologyOnV1).
 */
export function withSliceDefaults(slice: EndpointSliceObject): EndpointSliceObject {
  const { endpoints, ports } = slice;
  return {
    ...slice,
    ...(endpoints === undefined ? {} : { endpoints: endpoints.map(({ deprecatedTopology: _gone, ...own }) => own) }),
    ...(ports === undefined
      ? {}
      : { ports: ports.map((port) => ({ ...port, name: port.name ?? '', protocol: port.protocol ?? 'TCP' })) }),
  };
}

function withAffinity({ sessionAffinity, sessionAffinityConfig }: ServiceSpecObject): Partial<ServiceSpecObject> {
  const affinity = filled(sessionAffinity, 'None');
  // The configuration goes without a word when there is no affinity.
  if (affinity === 'None') return { sessionAffinity: affinity, sessionAffinityConfig: undefined };
  if (affinity !== 'ClientIP' || sessionAffinityConfig?.clientIP?.timeoutSeconds !== undefined) {
    return { sessionAffinity: affinity };
  }
  return { sessionAffinity: affinity, sessionAffinityConfig: { clientIP: { timeoutSeconds: AFFINITY_SECONDS } } };
}

function withPortDefaults(
  port: NonNullable<ServiceSpecObject['ports']>[number],
): NonNullable<ServiceSpecObject['ports']>[number] {
  const { protocol, port: own = 0, targetPort } = port;
  return { ...port, protocol: filled(protocol, 'TCP'), targetPort: filled<number | string>(targetPort, own) };
}

/** A value, or another one in place of an empty one. */
function filled<T extends number | string>(value: T | undefined, otherwise: T): T {
  return value === undefined || value === '' || value === 0 ? otherwise : value;
}
