/** The one place where a checked spec becomes a case: names of the file to names of the code, `auto` to numbers. */
import { runningMode } from './check-proxy.js';
import { hasAddress } from './check-traffic.js';
import type {
  Case,
  ClusterOptions,
  DnsOptions,
  IngressOptions,
  LoadBalancerOptions,
  MadeUpFeatures,
  ProxyCase,
  WorkloadOptions,
} from './case.js';
import type { Supplies } from './supplies.js';
import type { IpFamily } from '../net/index.js';
import type { Spec } from './schema.js';
import { clusterFamilies, conntrackSize, lookupForm, nodeCount, trafficFamily } from './sizing.js';
import { churnOf } from './to-churn.js';

/** What a case has beside its spec. */
export interface CaseFrame extends Supplies {
  readonly scenario: string;
  readonly id: string;
}

/** Makes a case. @param spec checked, with nothing left open but `auto`, `all` and `default` */
export function toCase(spec: Spec, frame: CaseFrame): Case {
  const nodes = nodeCount(spec, frame.objects);
  const { duration, warmup, drain } = spec.run;
  return {
    scenario: frame.scenario,
    id: frame.id,
    cluster: clusterOf(spec, nodes, frame),
    proxy: proxyOf(spec.proxy),
    workload: workloadOf(spec, nodes, frame),
    churn: spec.churn.map((change) => churnOf(change, nodes)),
    run: { durationNs: duration, warmupNs: warmup, drainNs: drain },
    profile: frame.profile,
  };
}

function clusterOf(spec: Spec, nodes: number, { objects }: CaseFrame): ClusterOptions {
  const { cluster } = spec;
  const { conntrack, icmp, ipvs, link, services } = cluster;
  return {
    nodes,
    coresPerNode: cluster.cores,
    overlay: cluster.overlay,
    flannelMasquerade: cluster.flannelMasquerade,
    ipFamilies: clusterFamilies(spec, objects),
    podCidr: cluster.podCidr,
    podCidr6: cluster.podCidr6,
    nodeSubnetBits: cluster.nodeSubnet,
    nodeSubnetBits6: cluster.nodeSubnet6,
    serviceCidr: cluster.serviceCidr,
    serviceCidr6: cluster.serviceCidr6,
    nodeCidr: cluster.nodeCidr,
    nodeCidr6: cluster.nodeCidr6,
    loadBalancerCidr: cluster.loadBalancerCidr,
    loadBalancerCidr6: cluster.loadBalancerCidr6,
    zones: cluster.zones,
    link: { bandwidthBitsPerSecond: link.bandwidth, delayNs: link.delay, queuePackets: link.queue },
    conntrack: {
      ...conntrackSize(spec),
      tcpEstablishedNs: conntrack.tcpEstablished,
      tcpCloseWaitNs: conntrack.tcpCloseWait,
      tcpTimeWaitNs: conntrack.tcpTimeWait,
      udpNs: conntrack.udp,
      udpStreamNs: conntrack.udpStream,
    },
    icmp: {
      ratelimitNs: icmp.ratelimit,
      ratelimit6Ns: icmp.ratelimit6,
      msgsPerSecond: icmp.msgsPerSecond,
      msgsBurst: icmp.msgsBurst,
    },
    ipvs: {
      loadFactor: ipvs.loadFactor,
      tableBits: ipvs.connTabBits,
      connReuseMode: ipvs.connReuseMode,
      reuseRules: ipvs.connReuseRules,
    },
    backlogPackets: cluster.backlog,
    // Made-up services do not count beside real ones: two cases that differ only in them are the same.
    // Nor do headless Services and ExternalNames, which kube-proxy has nothing to do with.
    services: objects === null ? services.count : objects.services.filter(hasAddress).length,
    endpoints: objects === null ? services.endpoints : 0,
    ...(objects === null && services.sizes.length > 0 ? { sizes: services.sizes } : {}),
    serviceType: services.type,
    protocol: services.protocol,
    serviceFeatures: featuresOf(services),
    externalIps: services.externalIps,
    maxEndpointsPerSlice: cluster.maxEndpointsPerSlice,
    ...controlPlaneOf(cluster.api),
    objects,
    ...(lookupForm(spec) === undefined ? {} : { dns: dnsOf(cluster.dns) }),
    ...frontOf(spec),
  };
}

function dnsOf({ replicas, serverTime, concurrency, upstreamDelay }: Spec['cluster']['dns']): DnsOptions {
  return { replicas, serverNs: serverTime, concurrency, upstreamDelayNs: upstreamDelay };
}

/** What stands in front of the Services, where traffic goes that way. */
function frontOf({ cluster, workload }: Spec): Pick<ClusterOptions, 'ingress' | 'loadBalancer' | 'ecmpHashing'> {
  const isIngress = workload.frontend === 'ingress';
  const dialsVip = workload.frontend === 'load-balancer' || (isIngress && cluster.ingress.exposure === 'load-balancer');
  const isBalanced = dialsVip && workload.placement === 'external';
  return {
    ...(isIngress ? { ingress: ingressOf(cluster.ingress) } : {}),
    ...(isBalanced ? { loadBalancer: loadBalancerOf(cluster.loadBalancer) } : {}),
    ...(workload.frontend === 'ecmp' && cluster.ecmp.hashing === 'resilient' ? { ecmpHashing: 'resilient' } : {}),
  };
}

const PROXY_PROTOCOLS = { none: 0, v1: 1, v2: 2 } as const;

function loadBalancerOf({
  healthInterval: healthIntervalNs,
  unhealthyThreshold,
  forwards,
  targets,
  targetDelay: delayNs,
  proxyProtocol,
}: Spec['cluster']['loadBalancer']): LoadBalancerOptions {
  return {
    healthIntervalNs,
    unhealthyThreshold,
    ...(targets === 'pods' ? { podTargets: { delayNs } } : {}),
    ...(forwards === 'connections' ? { connections: { proxyProtocol: PROXY_PROTOCOLS[proxyProtocol] } } : {}),
  };
}

function ingressOf({
  class: className,
  serverTime: serverNs,
  syncInterval: syncIntervalNs,
  replicas,
  exposure,
  externalTrafficPolicy,
  concurrency,
  keepalive,
}: Spec['cluster']['ingress']): IngressOptions {
  const own = { className, serverNs, syncIntervalNs };
  return { ...own, replicas, exposure, externalTrafficPolicy, concurrency, keepalive };
}

function featuresOf(services: Spec['cluster']['services']): MadeUpFeatures {
  const { trafficDistribution } = services;
  return {
    ipFamilyPolicy: services.ipFamilyPolicy,
    affinitySeconds: services.sessionAffinity === 'ClientIP' ? services.affinityTimeout / 1e9 : 0,
    sourceRanges: services.sourceRanges,
    internalTrafficPolicy: services.internalTrafficPolicy,
    externalTrafficPolicy: services.externalTrafficPolicy,
    trafficDistribution: trafficDistribution === 'none' ? '' : trafficDistribution,
  };
}

function proxyOf(proxy: Spec['proxy']): ProxyCase {
  const running = runningMode(proxy);
  if (running.mode === undefined) throw new Error(running.error);
  const { mode, fellBackFrom } = running;
  const names: Readonly<Record<string, string>> = {
    BridgeInterface: proxy.bridgeInterface,
    InterfaceNamePrefix: proxy.interfaceNamePrefix,
  };
  return {
    mode: mode.name,
    fellBackFrom,
    scheduler: mode.hasScheduler ? proxy.scheduler : '',
    detectLocalMode: proxy.detectLocalMode,
    localInterface: names[proxy.detectLocalMode] ?? '',
    masqueradeAll: proxy.masqueradeAll,
    masqueradeBit: proxy.masqueradeBit,
    nodePortAddresses: proxy.nodePortAddresses,
    localhostNodePorts: proxy.localhostNodePorts,
    nfacctCounters: proxy.nfacctCounters,
    randomFully: proxy.randomFully,
    conntrackTcpBeLiberal: proxy.conntrackTcpBeLiberal,
    strictArp: proxy.strictArp,
    ipvsTimeouts: {
      tcpSeconds: proxy.ipvsTcpTimeout / 1e9,
      tcpFinSeconds: proxy.ipvsTcpFinTimeout / 1e9,
      udpSeconds: proxy.ipvsUdpTimeout / 1e9,
    },
    excludeCidrs: proxy.excludeCidrs,
    minSyncPeriodNs: proxy.minSyncPeriod === 'default' ? mode.defaultMinSyncPeriodNs : proxy.minSyncPeriod,
    syncPeriodNs: proxy.syncPeriod,
    burst: proxy.burst,
    lookup: proxy.lookup,
  };
}

function workloadOf(spec: Spec, nodes: number, { objects }: CaseFrame): WorkloadOptions {
  const { workload } = spec;
  const { server } = workload;
  return {
    kind: workload.kind,
    clients: workload.clients,
    clientNodes: workload.clientNodes === 'all' ? nodes : workload.clientNodes,
    placement: workload.placement,
    frontend: workload.frontend,
    ipFamily: trafficFamily(spec, objects),
    load: workload.load,
    ratePerSecond: workload.rate,
    arrivals: workload.arrivals,
    concurrency: workload.concurrency,
    thinkNs: workload.thinkTime,
    target: workload.target,
    zipfExponent: workload.zipfExponent,
    requestBytes: workload.requestSize,
    responseBytes: workload.responseSize,
    requestsPerConnection: workload.requestsPerConnection,
    requestTimeoutNs: workload.requestTimeout,
    ephemeralPorts: workload.ephemeralPorts,
    server: {
      distribution: server.distribution,
      meanNs: server.time,
      concurrency: server.concurrency,
      factors: server.factors,
      slowEndpoints: server.slowEndpoints,
      slowFactor: server.slowFactor,
    },
    ...lookupOf(spec),
  };
}

function lookupOf(spec: Spec): Pick<WorkloadOptions, 'lookup'> {
  const form = lookupForm(spec);
  if (form === undefined) return {};
  const { families, outside, ...resolver } = spec.workload.resolver;
  const asked: Readonly<Record<typeof families, readonly IpFamily[]>> = { both: [4, 6], IPv4: [4], IPv6: [6] };
  return { lookup: { form, outside, families: asked[families], resolver } };
}

/** Addresses of Endpoints that nobody truncates: more than a cluster has. */
const NO_CAPACITY = 2 ** 31;

/** How the control plane works, as far as it is not the default. */
function controlPlaneOf({
  fanout,
  encoding,
  endpoints,
  bytesPerEndpoint,
  bytesPerObject,
  requestsPerSecond,
  requestsBurst,
  informerLag,
  batchPeriod,
}: Spec['cluster']['api']): Pick<ClusterOptions, 'pace' | 'fanout' | 'endpointsObjects'> {
  const requests = { perSecond: requestsPerSecond, burst: requestsBurst };
  const pace = {
    ...(requestsPerSecond > 0 && { requests }),
    ...(informerLag > 0 && { informerLagNs: informerLag }),
    ...(batchPeriod > 0 && { batchPeriodNs: batchPeriod }),
  };
  return {
    ...(Object.keys(pace).length > 0 && { pace }),
    ...(fanout && {
      fanout: { encoding, ...(bytesPerEndpoint !== 'measured' && { sizes: { bytesPerEndpoint, bytesPerObject } }) },
    }),
    ...(endpoints !== 'none' && { endpointsObjects: { capacity: endpoints === 'truncated' ? 1000 : NO_CAPACITY } }),
  };
}
