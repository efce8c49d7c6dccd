/**
 * What the API server does to a Service before it allocates and checks (pkg/registry/core/service NormalizeClusterIPs, patchAllocatedValues,
 * dropTypeDependentFields, v1.31 to v1.34): clusterIP and clusterIPs are brought together; on an update, allocated values that the
 * writer left out are taken over, and those that the new type does not have go, unless the writer changed them.
 */
import type { ServiceObject, ServiceSpecObject } from './object-shapes.js';
import { needsClusterIp, needsHealthCheck, needsNodePort, specOf } from './service-kind.js';

/** A new Service, ready to be allocated for and checked. */
export function preparedToCreate(service: ServiceObject): ServiceObject {
  const spec = specOf(service);
  const { clusterIP = '', clusterIPs = [] } = spec;
  if (clusterIP === '' || clusterIPs.length > 0) return service;
  return { ...service, spec: { ...spec, clusterIPs: [clusterIP] } };
}

/** A changed Service, ready to be allocated for and checked. */
export function preparedToUpdate(service: ServiceObject, before: ServiceObject): ServiceObject {
  const old = specOf(before);
  const patched = withMatchingIps(withAllocated(specOf(service), old), old);
  return { ...service, spec: withoutForeign(patched, old) };
}

/** Old clients know clusterIP alone; what they do to it is done to clusterIPs. */
function withMatchingIps(spec: ServiceSpecObject, before: ServiceSpecObject): ServiceSpecObject {
  const [now, then] = [spec.clusterIP ?? '', before.clusterIP ?? ''];
  const [list, listBefore] = [spec.clusterIPs ?? [], before.clusterIPs ?? []];
  if (now === then) return list.length === 0 && listBefore.length > 0 ? { ...spec, clusterIPs: listBefore } : spec;
  if (!same(list, listBefore)) return spec;
  return { ...spec, clusterIPs: now === '' ? undefined : [now] };
}

function withAllocated(spec: ServiceSpecObject, before: ServiceSpecObject): ServiceSpecObject {
  const patched = { ...spec };
  if (needsClusterIp(before) && needsClusterIp(spec)) {
    if (!spec.clusterIP) patched.clusterIP = before.clusterIP;
    if ((spec.clusterIPs ?? []).length === 0) patched.clusterIPs = before.clusterIPs;
  }
  if (needsNodePort(before) && needsNodePort(spec)) patched.ports = withNodePorts(spec, before);
  if (needsHealthCheck(before) && needsHealthCheck(spec) && !spec.healthCheckNodePort) {
    patched.healthCheckNodePort = before.healthCheckNodePort;
  }
  return patched;
}

/** Ports keep their node port by their name, unless another port has taken it. */
function withNodePorts(spec: ServiceSpecObject, before: ServiceSpecObject): ServiceSpecObject['ports'] {
  const taken = nodePorts(spec);
  const known = new Map((before.ports ?? []).map(({ name = '', nodePort = 0 }) => [name, nodePort]));
  return spec.ports?.map((port) => {
    const own = known.get(port.name ?? '') ?? 0;
    return port.nodePort || own === 0 || taken.has(own) ? port : { ...port, nodePort: own };
  });
}

function withoutForeign(spec: ServiceSpecObject, before: ServiceSpecObject): ServiceSpecObject {
  const kept = { ...spec };
  if (needsClusterIp(before) && !needsClusterIp(spec)) {
    const isSame = spec.clusterIP === before.clusterIP && same(spec.clusterIPs ?? [], before.clusterIPs ?? []);
    if (isSame) {
      kept.clusterIP = undefined;
      kept.clusterIPs = undefined;
    }
    if (same(spec.ipFamilies ?? [], before.ipFamilies ?? [])) kept.ipFamilies = undefined;
    if (spec.ipFamilyPolicy === before.ipFamilyPolicy) kept.ipFamilyPolicy = undefined;
  }
  const old = nodePorts(before);
  if (needsNodePort(before) && !needsNodePort(spec) && [...nodePorts(spec)].every((port) => old.has(port))) {
    kept.ports = spec.ports?.map(({ nodePort: _own, ...port }) => port);
  }
  const isLoadBalancer = (own: ServiceSpecObject): boolean => own.type === 'LoadBalancer';
  for (const [field, isNeeded] of [
    ['healthCheckNodePort', needsHealthCheck],
    ['allocateLoadBalancerNodePorts', isLoadBalancer],
    ['loadBalancerClass', isLoadBalancer],
    ['externalTrafficPolicy', needsNodePort],
  ] as const) {
    if (isNeeded(before) && !isNeeded(spec) && spec[field] === before[field]) kept[field] = undefined;
  }
  return kept;
}

function nodePorts({ ports = [] }: ServiceSpecObject): ReadonlySet<number> {
  return new Set(ports.flatMap(({ nodePort = 0 }) => (nodePort === 0 ? [] : [nodePort])));
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((own, i) => own === b[i]);
}
