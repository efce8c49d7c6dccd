/**
 * How a Service becomes service ports of one family, and which writes kube-proxy notices (pkg/proxy serviceport.go,
 * servicechangetracker.go, endpointslicecache.go, 1.34-era).
 *
 * Headless Services, ExternalName and those without an address of the family are not proxied; objects that another proxy is named for,
 * and slices of headless Services, are not even watched (cmd/kube-proxy server.go). Of slices, other labels do not matter; their
 * ports and the addresses, nodes, conditions and hints of their endpoints do.
 */
import type {
  Endpoint,
  EndpointHints,
  EndpointPort,
  EndpointSlice,
  ObjectMeta,
  Service,
  ServicePortSpec,
} from '../kube/index.js';
import { Protocol, familyOf, type IpAddress, type IpFamily, type IpPrefix } from '../net/index.js';
import { servicePortDisplayName, type EndpointList, type ServicePort } from './service-port.js';

/** Labels that kube-proxy's watches leave out, whatever their value. */
const UNWATCHED_LABELS = ['service.kubernetes.io/service-proxy-name', 'service.kubernetes.io/headless'];

/** Whether kube-proxy watches an object (a Service or a slice) with these labels. */
export function isWatched({ labels }: ObjectMeta): boolean {
  for (const label of UNWATCHED_LABELS) if (label in labels) return false;
  return true;
}

/** The cluster address of a Service in a family; 0 when there is none, or when kube-proxy does not handle the Service at all. */
export function proxiedAddress(service: Service, family: IpFamily): IpAddress {
  const skipped = service.clusterIp === 0 || service.headless || service.type === 'ExternalName';
  if (skipped || !isWatched(service.metadata)) return 0;
  if (familyOf(service.clusterIp) === family) return service.clusterIp;
  return service.clusterIps.find((address) => address !== 0 && familyOf(address) === family) ?? 0;
}

/**
 * The service port of one port of a Service.
 * @param address cluster address of the Service in the family
 */
export function servicePortOf(
  key: number,
  service: Service,
  address: IpAddress,
  spec: ServicePortSpec,
  endpoints: EndpointList,
): ServicePort {
  const { namespace, name } = service.metadata;
  const family = familyOf(address);
  const ofFamily = (other: IpAddress): boolean => familyOf(other) === family;
  return {
    key,
    namespace,
    service: name,
    portName: spec.name,
    displayName: servicePortDisplayName(namespace, name, spec.name),
    protocol: spec.protocol,
    clusterIp: address,
    port: spec.port,
    nodePort: spec.nodePort,
    externalIps: only(service.externalIps, ofFamily),
    loadBalancerVips: only(service.loadBalancerVips, ofFamily),
    sourceRanges: only(service.sourceRanges, (range) => ofFamily(range.address)),
    affinitySeconds: service.affinitySeconds,
    internalLocal: service.internalTrafficPolicy === 'Local',
    externalLocal: isExternalLocal(service),
    healthCheckNodePort: service.type === 'LoadBalancer' && isExternalLocal(service) ? service.healthCheckNodePort : 0,
    endpoints,
  };
}

/** Whether two versions of a service port, of the same name, protocol and endpoints, say the same. */
export function sameServicePort(a: ServicePort, b: ServicePort): boolean {
  return (
    a.clusterIp === b.clusterIp &&
    a.port === b.port &&
    a.nodePort === b.nodePort &&
    a.affinitySeconds === b.affinitySeconds &&
    a.internalLocal === b.internalLocal &&
    a.externalLocal === b.externalLocal &&
    a.healthCheckNodePort === b.healthCheckNodePort &&
    same(a.externalIps, b.externalIps, (x, y) => x === y) &&
    same(a.loadBalancerVips, b.loadBalancerVips, (x, y) => x === y) &&
    same(a.sourceRanges, b.sourceRanges, samePrefix)
  );
}

/** Whether kube-proxy notices the difference between two versions of a slice. */
export function sliceDiffers(before: EndpointSlice, after: EndpointSlice): boolean {
  if (isWatched(before.metadata) !== isWatched(after.metadata)) return true;
  return !same(before.ports, after.ports, samePort) || !same(before.endpoints, after.endpoints, sameEndpoint);
}

/** Whether a slice has endpoints of a UDP port. */
export function hasUdpEndpoints({ ports, endpoints }: EndpointSlice): boolean {
  return endpoints.length > 0 && ports.some(({ protocol, port }) => protocol === Protocol.udp && port !== 0);
}

/** Whether two endpoints are meant for the same zones and nodes. */
export function sameHints(a: EndpointHints | null, b: EndpointHints | null): boolean {
  if (a === b) return true;
  return a !== null && b !== null && same(a.zones, b.zones, Object.is) && same(a.nodes, b.nodes, Object.is);
}

/** The policy counts only where the type makes the Service reachable from outside (apiservice.ExternallyAccessible). */
function isExternalLocal({ type, externalIps, externalTrafficPolicy }: Service): boolean {
  if (externalTrafficPolicy !== 'Local') return false;
  return type === 'NodePort' || type === 'LoadBalancer' || (type === 'ClusterIP' && externalIps.length > 0);
}

function samePrefix(a: IpPrefix, b: IpPrefix): boolean {
  return a.address === b.address && a.bits === b.bits;
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
    a.terminating === b.terminating &&
    sameHints(a.hints, b.hints)
  );
}

function same<T>(before: readonly T[], after: readonly T[], equal: (a: T, b: T) => boolean): boolean {
  if (before === after) return true;
  return before.length === after.length && before.every((item, i) => item === after[i] || equal(item, after[i]!));
}

/** The items that fit; the list itself when all do. */
function only<T>(items: readonly T[], fits: (item: T) => boolean): readonly T[] {
  return items.every(fits) ? items : items.filter(fits);
}

/** A Service's ports; of several of one name and protocol, which no API server would let in, the last one counts (proxier.go's map). */
export function lastOfEachName(ports: readonly ServicePortSpec[]): readonly ServicePortSpec[] {
  if (ports.length < 2) return ports;
  return [...new Map(ports.map((port) => [`${port.protocol} ${port.name}`, port])).values()];
}
