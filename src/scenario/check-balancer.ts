/**
 * What must hold for a load balancer in front: what it sends must be what those behind it wait for.
 *
 * A server that is not set for the PROXY protocol takes its header for a request that makes no sense (nginx: 400), one that is set for it breaks off
 * connections without. Neither answers anything, so a scenario with a mismatch is refused.
 */
import type { ClusterObjects } from '../kube/api.js';
import { PROXY_V1_MOST_BYTES, PROXY_V2_IPV6_BYTES } from '../kube/ingress/proxy-protocol.js';
import { Protocol } from '../net/index.js';
import { workloads } from '../workload/index.js';
import { SEGMENT_BYTES, type Misfit } from './check-traffic.js';
import type { Spec } from './schema.js';
import { trafficFamily } from './sizing.js';

/** Checks the balancer of one expanded spec. @returns every broken rule */
export function* balancerMisfits(spec: Spec, objects: ClusterObjects | null): Iterable<Misfit> {
  const { workload, cluster } = spec;
  const segment = SEGMENT_BYTES[trafficFamily(spec, objects)][cluster.overlay];
  const { forwards, proxyProtocol } = cluster.loadBalancer;
  const isIngress = workload.frontend === 'ingress';
  const isUsed = (isIngress ? cluster.ingress.exposure : workload.frontend) === 'load-balancer';
  const isHeaded = isUsed && proxyProtocol !== 'none';
  const sends = isHeaded && forwards === 'connections';
  if (isUsed) yield* unusable(spec);
  const [path, expects] = isIngress
    ? ([['cluster', 'ingress', 'useProxyProtocol'], cluster.ingress.useProxyProtocol] as const)
    : ([['workload', 'server', 'useProxyProtocol'], workload.server.useProxyProtocol] as const);
  if (sends && !expects) {
    const message =
      'expected true: the load balancer sends a PROXY protocol header, which would be taken for a bad request';
    yield { path, message };
  }
  // One that cannot send what it is set to has been told so.
  if (expects && !isHeaded) {
    const message =
      'expected false: nobody sends a PROXY protocol header (cluster.loadBalancer.proxyProtocol), and connections without are broken off';
    yield { path, message };
  }
  if (isIngress && workload.server.useProxyProtocol) {
    const message = 'expected false: ingress proxies send no PROXY protocol header to servers';
    yield { path: ['workload', 'server', 'useProxyProtocol'], message };
  }
  const most = segment - (proxyProtocol === 'v1' ? PROXY_V1_MOST_BYTES : PROXY_V2_IPV6_BYTES);
  if (sends && workload.requestSize > most && workload.requestSize <= segment) {
    const message = `expected at most ${most}B: a message is one packet, the PROXY protocol header with it; found ${workload.requestSize}B`;
    yield { path: ['workload', 'requestSize'], message };
  }
}

/** What a balancer that is used cannot be. */
function* unusable({ workload, cluster }: Spec): Iterable<Misfit> {
  const { forwards, proxyProtocol, targets } = cluster.loadBalancer;
  if (forwards === 'packets' && proxyProtocol !== 'none') {
    const message =
      'expected none: who passes packets on as they are has no connection at whose beginning to send a header';
    yield { path: ['cluster', 'loadBalancer', 'proxyProtocol'], message };
  }
  const protocol = workloads.find(({ name }) => name === workload.kind)?.protocol;
  if (forwards === 'connections' && protocol !== Protocol.tcp) {
    const message = `expected packets: ${workload.kind} has no connections that a load balancer could end`;
    yield { path: ['cluster', 'loadBalancer', 'forwards'], message };
  }
  if (workload.placement !== 'external' && (forwards === 'connections' || targets === 'pods')) {
    const field = forwards === 'connections' ? 'forwards' : 'targets';
    const message =
      "kube-proxy takes packets of the cluster's own clients for the load balancer's address past it: expected workload.placement external";
    yield { path: ['cluster', 'loadBalancer', field], message };
  }
}
