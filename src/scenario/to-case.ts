/** The one place where a checked spec becomes a case: names of the file to names of the code, `auto` to numbers. */
import { runningMode } from './check-proxy.js';
import { hasAddress } from './check-traffic.js';
import type { Case, ChurnOptions, ClusterOptions, MadeUpFeatures, ProxyCase, WorkloadOptions } from './case.js';
import type { Supplies } from './supplies.js';
import type { Spec } from './schema.js';
import { clusterFamilies, conntrackSize, nodeCount, trafficFamily } from './sizing.js';

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
  const { conntrack, link, services } = cluster;
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
    backlogPackets: cluster.backlog,
    // Made-up services do not count beside real ones: two cases that differ only in them are the same.
    // Nor do headless Services and ExternalNames, which kube-proxy has nothing to do with.
    services: objects === null ? services.count : objects.services.filter(hasAddress).length,
    endpoints: objects === null ? services.endpoints : 0,
    serviceType: services.type,
    protocol: services.protocol,
    serviceFeatures: featuresOf(services),
    externalIps: services.externalIps,
    maxEndpointsPerSlice: cluster.maxEndpointsPerSlice,
    objects,
  };
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
    server: {
      distribution: server.distribution,
      meanNs: server.time,
      concurrency: server.concurrency,
      factors: server.factors,
      slowEndpoints: server.slowEndpoints,
      slowFactor: server.slowFactor,
    },
  };
}

function churnOf(change: Spec['churn'][number], nodes: number): ChurnOptions {
  if (change.kind === 'proxy-restart') {
    const all = Array.from({ length: nodes }, (_, index) => index);
    return {
      kind: 'proxy-restart',
      atNs: change.at,
      downNs: change.down,
      nodes: change.nodes === 'all' ? all : change.nodes,
    };
  }
  const { at: atNs, service, startup: startupNs, termination: terminationNs, spread } = change;
  const common = { atNs, service, startupNs, terminationNs, spread };
  if (change.kind === 'scale') return { kind: 'scale', replicas: change.replicas, ...common };
  const { maxSurge, maxUnavailable } = change;
  return { kind: 'rolling-update', maxSurge, maxUnavailable, ...common };
}
