/** The one place where a checked spec becomes a case: names of the file to names of the code, `auto` to numbers. */
import { PROXY_MODES } from '../proxy/modes/index.js';
import { hasAddress } from './check-traffic.js';
import type { Case, ChurnOptions, ClusterOptions, ProxyCase, WorkloadOptions } from './case.js';
import type { Supplies } from './supplies.js';
import type { Spec } from './schema.js';
import { conntrackSize, nodeCount } from './sizing.js';

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
    workload: workloadOf(spec.workload, nodes),
    churn: spec.churn.map(churnOf),
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
    podCidr: cluster.podCidr,
    nodeSubnetBits: cluster.nodeSubnet,
    serviceCidr: cluster.serviceCidr,
    nodeCidr: cluster.nodeCidr,
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
    maxEndpointsPerSlice: cluster.maxEndpointsPerSlice,
    objects,
  };
}

function proxyOf(proxy: Spec['proxy']): ProxyCase {
  const mode = PROXY_MODES.find((known) => known.name === proxy.mode);
  if (mode === undefined) throw new Error(`no proxy mode is called ${proxy.mode}`);
  return {
    mode: mode.name,
    scheduler: mode.hasScheduler ? proxy.scheduler : '',
    masqueradeAll: proxy.masqueradeAll,
    minSyncPeriodNs: proxy.minSyncPeriod === 'default' ? mode.defaultMinSyncPeriodNs : proxy.minSyncPeriod,
    syncPeriodNs: proxy.syncPeriod,
    burst: proxy.burst,
    lookup: proxy.lookup,
  };
}

function workloadOf(workload: Spec['workload'], nodes: number): WorkloadOptions {
  const { server } = workload;
  return {
    kind: workload.kind,
    clients: workload.clients,
    clientNodes: workload.clientNodes === 'all' ? nodes : workload.clientNodes,
    placement: workload.placement,
    frontend: workload.frontend,
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

function churnOf(change: Spec['churn'][number]): ChurnOptions {
  const { at: atNs, service, startup: startupNs, termination: terminationNs, spread } = change;
  const common = { atNs, service, startupNs, terminationNs, spread };
  if (change.kind === 'scale') return { kind: 'scale', replicas: change.replicas, ...common };
  const { maxSurge, maxUnavailable } = change;
  return { kind: 'rolling-update', maxSurge, maxUnavailable, ...common };
}
