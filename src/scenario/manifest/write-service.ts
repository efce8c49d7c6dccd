/** Writes a Service as a manifest: what has the API's default is left out. */
import { SERVICE_DEFAULTS, type Service } from '../../kube/api.js';
import { formatIp, formatIpPrefix } from '../../net/index.js';
import { meta, protocolText, type Manifest } from './manifest-parts.js';

/** The Service as a manifest. */
export function serviceManifest(service: Service): Manifest {
  const { selector, loadBalancerVips, loadBalancerAssigned: assigned } = service;
  const spec = {
    type: service.type,
    ...addresses(service),
    ...(service.externalName === undefined ? {} : { externalName: service.externalName }),
    ...(selector === null ? {} : { selector }),
    ports: service.ports.map(({ name, protocol, nodePort, ...rest }) => {
      return {
        ...(name === '' ? {} : { name }),
        protocol: protocolText(protocol),
        ...rest,
        ...(nodePort === 0 ? {} : { nodePort }),
      };
    }),
    ...affinity(service.affinitySeconds),
    ...traffic(service),
    // An address that is asked for, and not yet given.
    ...(assigned || loadBalancerVips[0] === undefined ? {} : { loadBalancerIP: formatIp(loadBalancerVips[0]) }),
  };
  // A load balancer may have given what is no address for proxies.
  const ingress = loadBalancerVips.length === 0 ? [{}] : loadBalancerVips.map((vip) => ({ ip: formatIp(vip) }));
  const status = assigned ? { status: { loadBalancer: { ingress } } } : {};
  return { apiVersion: 'v1', kind: 'Service', metadata: meta(service.metadata), spec, ...status };
}

function addresses({ type, headless, clusterIps, ipFamilies, ipFamilyPolicy }: Service): Manifest {
  const [first] = clusterIps;
  return {
    ...(headless ? { clusterIP: 'None' } : {}),
    ...(first === undefined ? {} : { clusterIP: formatIp(first), clusterIPs: clusterIps.map(formatIp) }),
    ...(ipFamilies.length === 0 ? {} : { ipFamilies: ipFamilies.map((family) => `IPv${family}`) }),
    // A name has no addresses of any family.
    ...(type === 'ExternalName' ? {} : { ipFamilyPolicy }),
  };
}

function affinity(timeoutSeconds: number): Manifest {
  if (timeoutSeconds === 0) return {};
  return { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds } } };
}

/** Fields about traffic that are not as they are when nothing is written. */
function traffic(service: Service): Manifest {
  const fields: Manifest = {
    publishNotReadyAddresses: service.publishNotReadyAddresses,
    internalTrafficPolicy: service.internalTrafficPolicy,
    externalTrafficPolicy: service.externalTrafficPolicy,
    healthCheckNodePort: service.healthCheckNodePort,
    trafficDistribution: service.trafficDistribution,
  };
  const changed = Object.entries(fields).filter(
    ([name, value]) => value !== SERVICE_DEFAULTS[name as keyof typeof SERVICE_DEFAULTS],
  );
  const { externalIps, sourceRanges } = service;
  return {
    ...Object.fromEntries(changed),
    ...(externalIps.length === 0 ? {} : { externalIPs: externalIps.map(formatIp) }),
    ...(sourceRanges.length === 0 ? {} : { loadBalancerSourceRanges: sourceRanges.map(formatIpPrefix) }),
    ...(service.allocateNodePorts ? {} : { allocateLoadBalancerNodePorts: false }),
  };
}
