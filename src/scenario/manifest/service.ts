/**
 * Reads Services (v1), with everything that proxies see of them.
 *
 * Of Services from a server, which nobody checks again, what would make the simulation ambiguous is refused (`service-checks.ts`), unless
 * the reader is lenient: kube-proxy copes with what it gets. Of the load balancer's addresses those count that kube-proxy programs: with `ip`, and
 * ipMode VIP or none (pkg/proxy serviceport.go, 1.34-era).
 */
import type { ObjectMeta, Service, ServicePortSpec } from '../../kube/api.js';
import { TOPOLOGY_ANNOTATIONS } from '../../kube/controllers/topology-hints.js';
import { familyOf, type IpAddress, type IpFamily } from '../../net/index.js';
import { checkedSubject } from '../explain.js';
import { InputError } from '../problem.js';
import { metaOf } from './field.js';
import { byFamily, readAddress } from './ip-text.js';
import type { RawObject } from './raw-object.js';
import { serviceProblems } from './service-checks.js';
import { serviceSchema, type WrittenService } from './service-schema.js';

/** Timeout of ClientIP affinity where a Service does not say one (API default, three hours). */
const AFFINITY_SECONDS = 10_800;

/**
 * Reads one Service.
 * @param lenient whether to take it as it stands, as kube-proxy does
 * @param reviewed whether the API server's rules have been looked at already
 * @throws InputError with every problem
 */
export function readService(raw: RawObject, lenient: boolean, reviewed = false): Service {
  const written = checkedSubject(serviceSchema, raw);
  const { spec } = written;
  const problems = lenient || reviewed ? [] : serviceProblems(raw, written);
  if (problems.length > 0) throw new InputError(problems);
  const type = spec.type ?? 'ClusterIP';
  const selector = spec.selector ?? {};
  return {
    metadata: { ...metaOf(written.metadata), ...topologyAnnotations(written.metadata.annotations ?? {}) },
    type,
    ...addressesOf(spec, type),
    ...(type === 'ExternalName' && { externalName: spec.externalName ?? '' }),
    selector: Object.keys(selector).length === 0 ? null : selector,
    ports: (spec.ports ?? []).map(portOf),
    affinitySeconds:
      spec.sessionAffinity === 'ClientIP'
        ? (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? AFFINITY_SECONDS)
        : 0,
    publishNotReadyAddresses: spec.publishNotReadyAddresses ?? false,
    externalIps: spec.externalIPs ?? [],
    sourceRanges: spec.loadBalancerSourceRanges ?? [],
    internalTrafficPolicy: spec.internalTrafficPolicy ?? 'Cluster',
    externalTrafficPolicy: spec.externalTrafficPolicy ?? 'Cluster',
    healthCheckNodePort: spec.healthCheckNodePort ?? 0,
    trafficDistribution: spec.trafficDistribution ?? '',
    allocateNodePorts: spec.allocateLoadBalancerNodePorts ?? true,
    ...loadBalancerOf(written, type, lenient),
  };
}

type Addresses = Pick<Service, 'clusterIp' | 'clusterIps' | 'headless' | 'ipFamilies' | 'ipFamilyPolicy'>;

function addressesOf(spec: WrittenService['spec'], type: Service['type']): Addresses {
  const written = [spec.clusterIP, ...(spec.clusterIPs ?? [])];
  const headless = type !== 'ExternalName' && written.includes('None');
  const proxied = !headless && type !== 'ExternalName';
  const numbers = written.filter((own): own is IpAddress => typeof own === 'number');
  const clusterIps = proxied ? byFamily(numbers).filter((own) => own !== 0) : [];
  const families = (spec.ipFamilies ?? []).map((name): IpFamily => (name === 'IPv4' ? 4 : 6));
  return {
    clusterIp: clusterIps[0] ?? 0,
    clusterIps,
    headless,
    ipFamilies: families.length > 0 ? families : clusterIps.map(familyOf),
    ipFamilyPolicy: spec.ipFamilyPolicy ?? (clusterIps.length > 1 ? 'PreferDualStack' : 'SingleStack'),
  };
}

function portOf(written: NonNullable<WrittenService['spec']['ports']>[number]): ServicePortSpec {
  return {
    name: written.name ?? '',
    protocol: written.protocol,
    port: written.port,
    // The API's default; zero is what a Go program writes for nothing.
    targetPort: written.targetPort === 0 ? written.port : (written.targetPort ?? written.port),
    nodePort: written.nodePort ?? 0,
    ...(written.appProtocol && { appProtocol: written.appProtocol }),
  };
}

/** An address that is asked for (loadBalancerIP) is the load balancer's as long as there is no status; kube-proxy looks at the status alone. */
function loadBalancerOf(
  { spec, status }: WrittenService,
  type: Service['type'],
  lenient: boolean,
): Pick<Service, 'loadBalancerVips' | 'loadBalancerAssigned'> {
  const ingress = status?.loadBalancer?.ingress ?? [];
  if (ingress.length === 0) {
    const asked = type === 'LoadBalancer' && !lenient ? readAddress(spec.loadBalancerIP) : undefined;
    return { loadBalancerVips: asked === undefined ? [] : [asked], loadBalancerAssigned: false };
  }
  const vips = ingress.flatMap(({ ip, ipMode }) => {
    const own = (ipMode ?? 'VIP') === 'VIP' ? readAddress(ip) : undefined;
    return own === undefined ? [] : [own];
  });
  return { loadBalancerVips: vips, loadBalancerAssigned: true };
}

/** The annotations of a Service that decide about hints; nothing without them. */
function topologyAnnotations(written: Readonly<Record<string, unknown>>): Pick<ObjectMeta, 'annotations'> {
  const found = TOPOLOGY_ANNOTATIONS.flatMap((name) => {
    const value = written[name];
    return typeof value === 'string' ? [[name, value] as const] : [];
  });
  return found.length === 0 ? {} : { annotations: Object.fromEntries(found) };
}
