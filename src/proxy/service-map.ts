/**
 * How a Service becomes service ports, and which writes kube-proxy notices (pkg/proxy service.go and change trackers, v1.30).
 *
 * Headless Services, ExternalName and those without an address are not proxied. Of slices, labels do not matter; their ports and
 * the addresses, nodes and conditions of their endpoints do. Left out: external IPs, load balancer addresses, policies Local.
 */
import type { Endpoint, EndpointPort, EndpointSlice, Service, ServicePortSpec } from '../kube/index.js';
import { servicePortDisplayName, type EndpointList, type ServicePort } from './service-port.js';

/** Whether kube-proxy handles a Service at all. */
export function isProxied(service: Service): boolean {
  return service.clusterIp !== 0 && !service.headless && service.type !== 'ExternalName';
}

/** The service port of one port of a Service. */
export function servicePortOf(
  key: number,
  service: Service,
  spec: ServicePortSpec,
  endpoints: EndpointList,
): ServicePort {
  const { namespace, name } = service.metadata;
  return {
    key,
    namespace,
    service: name,
    portName: spec.name,
    displayName: servicePortDisplayName(namespace, name, spec.name),
    protocol: spec.protocol,
    clusterIp: service.clusterIp,
    port: spec.port,
    nodePort: nodePortOf(service, spec),
    affinitySeconds: service.affinitySeconds,
    endpoints,
  };
}

/** Whether a service port already says what the Service's port, of the same name and protocol, says. */
export function sameServicePort(port: ServicePort, service: Service, spec: ServicePortSpec): boolean {
  return (
    port.clusterIp === service.clusterIp &&
    port.port === spec.port &&
    port.nodePort === nodePortOf(service, spec) &&
    port.affinitySeconds === service.affinitySeconds
  );
}

/** Whether kube-proxy notices the difference between two versions of a slice. */
export function sliceDiffers(before: EndpointSlice, after: EndpointSlice): boolean {
  return !same(before.ports, after.ports, samePort) || !same(before.endpoints, after.endpoints, sameEndpoint);
}

function nodePortOf(service: Service, spec: ServicePortSpec): number {
  return service.type === 'ClusterIP' ? 0 : spec.nodePort;
}

function samePort(a: EndpointPort, b: EndpointPort): boolean {
  return a.name === b.name && a.protocol === b.protocol && a.port === b.port;
}

function sameEndpoint(a: Endpoint, b: Endpoint): boolean {
  return (
    a.address === b.address &&
    a.node === b.node &&
    a.ready === b.ready &&
    a.serving === b.serving &&
    a.terminating === b.terminating
  );
}

function same<T>(before: readonly T[], after: readonly T[], equal: (a: T, b: T) => boolean): boolean {
  if (before === after) return true;
  return before.length === after.length && before.every((item, i) => item === after[i] || equal(item, after[i]!));
}
