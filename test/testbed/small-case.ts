/** Small cases for the tests of the testbed: everything has a default, a test says only what matters to it. */
import { SYNC_WORK_NAMES, WORK_NAMES, type CostConstant, type CostProfile } from '../../src/kernel/index.js';
import { parseIpPrefix, type IpPrefix } from '../../src/net/index.js';
import type { CaseResult } from '../../src/measure/index.js';
import type {
  Case,
  ChurnOptions,
  ClusterOptions,
  ConntrackOptions,
  DnsOptions,
  IcmpOptions,
  IngressOptions,
  LoadBalancerOptions,
  LinkOptions,
  LookupOptions,
  ProxyCase,
  RunOptions,
  ServerOptions,
  WorkloadOptions,
} from '../../src/scenario/case.js';

/** Nanoseconds in the units that tests count in. */
export const US = 1e3;
export const MS = 1e6;
export const S = 1e9;

/** What a test may change of each part of a case. */
export interface Changes {
  readonly id?: string;
  readonly cluster?: Partial<ClusterOptions>;
  readonly link?: Partial<LinkOptions>;
  readonly conntrack?: Partial<ConntrackOptions>;
  readonly icmp?: Partial<IcmpOptions>;
  readonly proxy?: Partial<ProxyCase>;
  readonly workload?: Partial<WorkloadOptions>;
  readonly server?: Partial<ServerOptions>;
  /** Names are looked up where these are given, and in workload dns. */
  readonly dns?: Partial<DnsOptions>;
  readonly lookup?: Partial<LookupOptions>;
  /** Of the controller, where traffic goes through Ingresses. */
  readonly ingress?: Partial<IngressOptions>;
  /** Of the load balancer; without it clients outside come in by one node each. */
  readonly loadBalancer?: Partial<LoadBalancerOptions>;
  readonly churn?: readonly ChurnOptions[];
  readonly run?: Partial<RunOptions>;
  readonly profile?: CostProfile;
}

/** Prices in nanoseconds by kind of work; what is not named is free, and far work costs what near work costs. */
export function pricesOf(
  packet: Readonly<Record<string, number>>,
  sync: Readonly<Record<string, number>> = {},
): CostProfile {
  const constant = (ns = 0): CostConstant => ({ ns, basis: 'assumed', source: 'a test', date: '2026-11-20' });
  const all = (names: readonly string[], given: Readonly<Record<string, number>>): Record<string, CostConstant> => {
    const stray = Object.keys(given).find((name) => !names.includes(name));
    if (stray !== undefined) throw new Error(`no work is called ${stray}`);
    return Object.fromEntries(names.map((name) => [name, constant(given[name])]));
  };
  const near = { rule: packet['rule'] ?? 0, ipvsServer: packet['ipvsServer'] ?? 0 };
  return {
    name: 'test',
    description: 'round prices',
    packet: all(WORK_NAMES, packet),
    sync: all(SYNC_WORK_NAMES, sync),
    far: {
      rule: { ...constant(near.rule), beyond: 1e9 },
      ipvsServer: { ...constant(near.ipvsServer), beyond: 1e9 },
    },
  };
}

/** Every kind of work costs something, so that none can go missing unseen; the size is that of a real machine. */
export const PLAIN_PRICES = pricesOf(
  Object.fromEntries(WORK_NAMES.map((name, kind) => [name, name === 'byteCopied' ? 0.05 : 10 + kind])),
  Object.fromEntries(SYNC_WORK_NAMES.map((name) => [name, name === 'process' ? 1 * MS : 1 * US])),
);

/** A prefix from its text. */
export function prefix(text: string): IpPrefix {
  const parsed = parseIpPrefix(text);
  if (parsed === undefined) throw new Error(`${text} is no prefix`);
  return parsed;
}

const ROUTED = { address: 0x0a000000, bits: 8 };

const CLUSTER: Omit<ClusterOptions, 'link' | 'conntrack' | 'icmp'> = {
  nodes: 3,
  coresPerNode: 2,
  overlay: 'vxlan',
  flannelMasquerade: 'iptables',
  ipFamilies: [4],
  podCidr: ROUTED,
  podCidr6: prefix('fd00:10::/48'),
  nodeSubnetBits: 24,
  nodeSubnetBits6: 64,
  serviceCidr: { address: 0xac100000, bits: 16 },
  serviceCidr6: prefix('fd00:20::/108'),
  nodeCidr: { address: 0xc0a80000, bits: 16 },
  nodeCidr6: prefix('fd00:30::/64'),
  loadBalancerCidr: { address: 0xcb007100, bits: 24 },
  loadBalancerCidr6: prefix('fd00:40::/108'),
  zones: 0,
  ipvs: { loadFactor: 256, tableBits: 12, connReuseMode: 1, reuseRules: 'linux-6.1' },
  backlogPackets: 1000,
  services: 4,
  endpoints: 3,
  serviceType: 'ClusterIP',
  protocol: 6,
  serviceFeatures: {
    ipFamilyPolicy: 'SingleStack',
    affinitySeconds: 0,
    sourceRanges: [],
    internalTrafficPolicy: 'Cluster',
    externalTrafficPolicy: 'Cluster',
    trafficDistribution: '',
  },
  externalIps: 0,
  maxEndpointsPerSlice: 100,
  objects: null,
};

const LINK: LinkOptions = { bandwidthBitsPerSecond: 10e9, delayNs: 10 * US, queuePackets: 1000 };

const CONNTRACK: ConntrackOptions = {
  max: 100_000,
  buckets: 25_000,
  tcpEstablishedNs: 86_400 * S,
  tcpCloseWaitNs: 3_600 * S,
  tcpTimeWaitNs: 120 * S,
  udpNs: 30 * S,
  udpStreamNs: 120 * S,
};

const ICMP: IcmpOptions = { ratelimitNs: 1 * S, ratelimit6Ns: 100 * MS, msgsPerSecond: 1000, msgsBurst: 50 };

const PROXY: ProxyCase = {
  mode: 'iptables',
  fellBackFrom: '',
  scheduler: '',
  detectLocalMode: 'ClusterCIDR',
  localInterface: '',
  masqueradeAll: false,
  masqueradeBit: 14,
  nodePortAddresses: [],
  localhostNodePorts: true,
  nfacctCounters: false,
  randomFully: true,
  conntrackTcpBeLiberal: false,
  strictArp: false,
  excludeCidrs: [],
  ipvsTimeouts: { tcpSeconds: 0, tcpFinSeconds: 0, udpSeconds: 0 },
  minSyncPeriodNs: 1 * S,
  syncPeriodNs: 30 * S,
  burst: 2,
  lookup: 'index',
};

const SERVER: ServerOptions = {
  distribution: 'exponential',
  meanNs: 50 * US,
  concurrency: 4,
  factors: [1],
  slowEndpoints: 0,
  slowFactor: 1,
};

const WORKLOAD: Omit<WorkloadOptions, 'server'> = {
  kind: 'new-connection',
  clients: 4,
  clientNodes: 3,
  placement: 'pods',
  frontend: 'cluster-ip',
  ipFamily: 4,
  load: 'open',
  ratePerSecond: 5_000,
  arrivals: 'poisson',
  concurrency: 4,
  thinkNs: 0,
  target: 'uniform',
  zipfExponent: 1,
  requestBytes: 100,
  responseBytes: 400,
  requestsPerConnection: 10,
  ephemeralPorts: { first: 32_768, last: 60_999 },
  requestTimeoutNs: 2 * S,
};

const DNS: DnsOptions = { replicas: 3, serverNs: 40 * US, concurrency: 2, upstreamDelayNs: 5 * MS };

const INGRESS: IngressOptions = {
  className: 'any',
  replicas: 2,
  exposure: 'node-port',
  externalTrafficPolicy: 'Cluster',
  serverNs: 20 * US,
  concurrency: 4,
  keepalive: 320,
  syncIntervalNs: 3_333 * MS,
};

const LOAD_BALANCER: LoadBalancerOptions = { healthIntervalNs: 8 * S, unhealthyThreshold: 3 };

const LOOKUP: LookupOptions = {
  form: 'name',
  outside: '',
  families: [4, 6],
  resolver: { library: 'glibc', ndots: 5, searches: [], options: [] },
};

const RUN: RunOptions = { durationNs: 100 * MS, warmupNs: 0, drainNs: 5 * S };

/** A case with the changes; in ipvs mode the scheduler is rr unless another one is named. */
export function smallCase(changes: Changes = {}): Case {
  const { link, conntrack, icmp, proxy, workload, server } = changes;
  const scheduler = proxy?.mode === 'ipvs' ? 'rr' : '';
  const protocol = workload?.kind === 'udp' ? 17 : 6;
  const { dns, lookup } = changes;
  const isNamed = workload?.kind === 'dns' || dns !== undefined || lookup !== undefined;
  return {
    scenario: 'small',
    id: changes.id ?? 'small',
    cluster: {
      ...CLUSTER,
      protocol,
      ...changes.cluster,
      link: { ...LINK, ...link },
      conntrack: { ...CONNTRACK, ...conntrack },
      icmp: { ...ICMP, ...icmp },
      ...(isNamed && { dns: { ...DNS, ...dns } }),
      ...(changes.loadBalancer && { loadBalancer: { ...LOAD_BALANCER, ...changes.loadBalancer } }),
      ...(workload?.frontend === 'ingress' && { ingress: { ...INGRESS, ...changes.ingress } }),
    },
    proxy: { ...PROXY, scheduler, ...proxy },
    workload: {
      ...WORKLOAD,
      ...workload,
      server: { ...SERVER, ...server },
      ...(isNamed && { lookup: { ...LOOKUP, ...lookup } }),
    },
    churn: changes.churn ?? [],
    run: { ...RUN, ...changes.run },
    profile: changes.profile ?? PLAIN_PRICES,
  };
}

/**
 * One figure of a result.
 * @throws Error when the result has no such figure: a misspelt name must not look like a zero
 */
export function figure(result: CaseResult, metric: string, statistic = 'total'): number {
  const found = result.values.find((value) => value.metric === metric && value.statistic === statistic);
  if (found === undefined) throw new Error(`the result has no ${metric} ${statistic}`);
  return found.value;
}

/** How the requests of a run ended, by outcome; only those that occurred. */
export function outcomes(result: CaseResult): Record<string, number> {
  const names = ['completed', 'refused', 'timed_out', 'reset', 'without_port', 'unfinished'];
  const counts = names.map((name) => [name, figure(result, `requests_${name}`)] as const);
  return Object.fromEntries(counts.filter(([, count]) => count !== 0));
}

/** Lost packets by cause; only causes that occurred. */
export function drops(result: CaseResult): Record<string, number> {
  const prefix = 'packets_dropped_';
  const causes = result.values.filter(({ metric, value }) => metric.startsWith(prefix) && value !== 0);
  return Object.fromEntries(causes.map(({ metric, value }) => [metric.slice(prefix.length), value]));
}

/** Sum of numbers. */
export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
