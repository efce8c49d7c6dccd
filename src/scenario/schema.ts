/**
 * The scenario's schema: which fields there are and what each may hold. Values come out in base units.
 *
 * It checks a spec in which the defaults are already filled in, so no field is optional that has one. What depends on
 * several fields together is checked in `check.ts`.
 */
import { z } from 'zod';
import { schedulers } from '../kernel/ipvs/schedulers/index.js';
import { Protocol, type IpFamily, type IpPrefix } from '../net/index.js';
import { PROXY_MODES } from '../proxy/modes/index.js';
import { workloads } from '../workload/index.js';
import { churnSchema } from './churn-schema.js';
import { gateSchema, thresholdsSchema } from './gate-schema.js';
import * as q from './quantity.js';
import { MAX_SEEDS, readSeeds } from './seeds.js';
import { ecmpSchema, frontendSchema, ingressSchema, loadBalancerSchema } from './ways-in-schema.js';
import { DURATION_FORM, readCidr, readDuration, readSize } from './units.js';

const services = z.strictObject({
  count: q.whole(1),
  endpoints: q.whole(0),
  sizes: z.array(z.strictObject({ count: q.whole(1), endpoints: q.whole(0) })),
  type: q.word('ClusterIP', 'NodePort', 'LoadBalancer'),
  protocol: q.word('TCP', 'UDP').transform((name) => Protocol[name === 'TCP' ? 'tcp' : 'udp']),
  ipFamilyPolicy: q.word('SingleStack', 'PreferDualStack', 'RequireDualStack'),
  sessionAffinity: q.word('None', 'ClientIP'),
  affinityTimeout: q.quantity('a duration in whole seconds from 1s to 24h', (value) => {
    const ns = readDuration(value) ?? 0;
    return ns >= 1e9 && ns <= 86_400e9 && ns % 1e9 === 0 ? ns : undefined;
  }),
  internalTrafficPolicy: q.word('Cluster', 'Local'),
  externalTrafficPolicy: q.word('Cluster', 'Local'),
  trafficDistribution: q.word('none', 'PreferClose', 'PreferSameZone', 'PreferSameNode'),
  externalIps: q.whole(0, 16),
  sourceRanges: z.array(q.anyCidr),
});

const cluster = z.strictObject({
  nodes: q.wholeOr(1, 'auto'),
  zones: q.whole(0),
  cores: q.whole(1, 1024),
  overlay: q.word('vxlan', 'host-gw'),
  flannelMasquerade: q.word('iptables', 'nftables'),
  ipFamilies: q.quantity('auto, or a list of IPv4, IPv6 or both, the primary one first', readFamilies),
  podCidr: q.cidr,
  podCidr6: q.cidr6,
  nodeSubnet: q.prefixLength,
  nodeSubnet6: q.prefixLength6,
  serviceCidr: q.cidr,
  serviceCidr6: q.cidr6,
  nodeCidr: q.cidr,
  nodeCidr6: q.cidr6,
  loadBalancerCidr: q.cidr,
  loadBalancerCidr6: q.cidr6,
  link: z.strictObject({ bandwidth: q.bandwidth, delay: q.duration, queue: q.whole(1) }),
  conntrack: z.strictObject({
    max: q.wholeOr(1, 'auto'),
    maxPerCore: q.whole(1),
    min: q.whole(1),
    buckets: q.wholeOr(1, 'auto'),
    tcpEstablished: q.someDuration,
    tcpCloseWait: q.someDuration,
    tcpTimeWait: q.someDuration,
    udp: q.someDuration,
    udpStream: q.someDuration,
  }),
  icmp: z.strictObject({
    ratelimit: q.duration,
    ratelimit6: q.duration,
    msgsPerSecond: q.whole(0),
    msgsBurst: q.whole(0),
  }),
  ipvs: z.strictObject({
    loadFactor: q.oneNumber(256, 257),
    connTabBits: q.whole(8, 27),
    connReuseMode: q.oneNumber(0, 1),
    connReuseRules: q.word('linux-6.1', 'linux-5.8'),
  }),
  backlog: q.whole(1),
  ingress: ingressSchema,
  loadBalancer: loadBalancerSchema,
  ecmp: ecmpSchema,
  dns: z.strictObject({
    replicas: q.whole(0, 1000),
    serverTime: q.duration,
    concurrency: q.whole(1),
    upstreamDelay: q.duration,
  }),
  services,
  maxEndpointsPerSlice: q.whole(1, 1000),
  api: z.strictObject({
    fanout: q.flag,
    encoding: q.word('protobuf', 'json'),
    endpoints: q.word('none', 'truncated', 'whole'),
    bytesPerEndpoint: q.quantity('measured, or a size such as 100B', (value) =>
      value === 'measured' ? value : readSize(value),
    ),
    bytesPerObject: q.size,
    requestsPerSecond: q.whole(0),
    requestsBurst: q.whole(1),
    informerLag: q.duration,
    batchPeriod: q.duration,
  }),
  /** Files with Kubernetes objects to take in place of made-up services; whoever reads the scenario reads them. */
  manifests: z.array(q.text).optional(),
});

/** A mode that kube-proxy has elsewhere, and that is not simulated. */
const NOT_YET = ['kernelspace'];

const interfaceName = q.quantity('the name of an interface, up to 15 letters without blanks and slashes', (value) =>
  typeof value === 'string' && /^[^\s/]{1,15}$/.test(value) ? value : undefined,
);

const proxy = z.strictObject({
  mode: q.named('proxy mode', PROXY_MODES, NOT_YET),
  scheduler: q.named('scheduler', schedulers),
  detectLocalMode: q.word('ClusterCIDR', 'NodeCIDR', 'BridgeInterface', 'InterfaceNamePrefix', 'None'),
  bridgeInterface: interfaceName,
  interfaceNamePrefix: interfaceName,
  masqueradeAll: q.flag,
  masqueradeBit: q.whole(0, 31),
  nodePortAddresses: q.quantity('a list of networks, or primary', readNodePortAddresses),
  localhostNodePorts: q.flag,
  nfacctCounters: q.flag,
  randomFully: q.flag,
  conntrackTcpBeLiberal: q.flag,
  strictArp: q.flag,
  excludeCidrs: z.array(q.anyCidr),
  ipvsTcpTimeout: q.wholeSeconds,
  ipvsTcpFinTimeout: q.wholeSeconds,
  ipvsUdpTimeout: q.wholeSeconds,
  ipvs: q.word('available', 'missing'),
  onMissing: q.word('error', 'fallback'),
  minSyncPeriod: q.quantity(`${DURATION_FORM}, or default`, (value) =>
    value === 'default' ? value : readDuration(value),
  ),
  syncPeriod: q.someDuration,
  burst: q.whole(1),
  lookup: q.word('index', 'walk'),
});

const server = z.strictObject({
  distribution: q.word('constant', 'exponential'),
  time: q.duration,
  concurrency: q.whole(1),
  factors: z.array(q.atLeast(0)).min(1),
  slowEndpoints: q.whole(0),
  slowFactor: q.atLeast(0),
  useProxyProtocol: q.flag,
});

const searchDomain = q.quantity('a search domain', (value) =>
  typeof value === 'string' && isDomain(value) ? value : undefined,
);

/** Options that change what is sent when. */
const resolverOption = q.quantity(
  'timeout:SECONDS, attempts:TIMES, single-request, single-request-reopen, use-vc, edns0, no-aaaa or no-tld-query',
  (value) => (typeof value === 'string' && RESOLVER_OPTION.test(value) ? value : undefined),
);

const RESOLVER_OPTION =
  /^(timeout:\d{1,2}|attempts:\d{1,2}|single-request|single-request-reopen|use-vc|edns0|no-aaaa|no-tld-query)$/;

/** Empty for none. */
const outsideName = q.quantity('a name outside of the cluster, or none', (value) => {
  if (value === 'none') return '';
  return typeof value === 'string' && isDomain(value) && !/(^|\.)cluster\.local\.?$/.test(value) ? value : undefined;
});

const workload = z.strictObject({
  kind: q.named('workload', workloads),
  clients: q.whole(1),
  clientNodes: q.wholeOr(1, 'all'),
  placement: q.word('pods', 'nodes', 'external'),
  frontend: frontendSchema,
  ipFamily: q.word('auto', 'IPv4', 'IPv6'),
  load: q.word('open', 'closed'),
  rate: q.rate,
  arrivals: q.word('poisson', 'constant'),
  concurrency: q.whole(1),
  thinkTime: q.duration,
  target: q.word('first', 'middle', 'last', 'uniform', 'zipf'),
  zipfExponent: q.atLeast(0),
  requestSize: q.size,
  responseSize: q.size,
  requestsPerConnection: q.whole(0),
  requestTimeout: q.someDuration,
  ephemeralPorts: q.ports,
  lookup: q.word('auto', 'none', 'name', 'namespace', 'svc', 'fqdn', 'absolute'),
  resolver: z.strictObject({
    library: q.word('glibc', 'musl'),
    ndots: q.whole(0, 15),
    searches: z.array(searchDomain),
    families: q.word('both', 'IPv4', 'IPv6'),
    options: z.array(resolverOption),
    outside: outsideName,
  }),
  server,
});

const run = z.strictObject({
  duration: q.someDuration,
  warmup: q.duration,
  drain: q.duration,
  seeds: q.quantity(`a number of runs from 1 to ${MAX_SEEDS}, or a list of different seeds`, readSeeds),
  seed: q.quantity('a seed (text or number)', (value) =>
    (typeof value === 'string' && value !== '') || typeof value === 'number' ? String(value) : undefined,
  ),
});

/** A domain name of letters, digits, dashes and underscores, with or without a dot at the end. */
function isDomain(text: string): boolean {
  return text.length <= 253 && /^[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?$/.test(text);
}

function readFamilies(value: unknown): readonly IpFamily[] | 'auto' | undefined {
  if (value === 'auto') return value;
  if (!Array.isArray(value) || value.length === 0 || new Set(value).size < value.length) return undefined;
  if (!value.every((name) => name === 'IPv4' || name === 'IPv6')) return undefined;
  return value.map((name): IpFamily => (name === 'IPv4' ? 4 : 6));
}

function readNodePortAddresses(value: unknown): readonly IpPrefix[] | 'primary' | undefined {
  if (value === 'primary') return value;
  if (!Array.isArray(value)) return undefined;
  const networks = value.map(readCidr).filter((network) => network !== undefined);
  return networks.length === value.length ? networks : undefined;
}

/** The schema of `spec`, without its matrix and its embedded objects and profile. */
export const specSchema = z.strictObject({
  question: q.text.optional(),
  description: q.text.optional(),
  cluster,
  proxy,
  workload,
  churn: z.array(churnSchema),
  run,
  gate: gateSchema.optional(),
  thresholds: thresholdsSchema.optional(),
});

/** A checked spec, in base units. */
export type Spec = z.output<typeof specSchema>;

/** The schema of the whole file, around `spec`. */
export const envelopeSchema = z.strictObject({
  apiVersion: q.word('kpb/v1alpha1'),
  kind: q.word('Scenario'),
  metadata: z.strictObject({
    name: q.quantity('a name of lower-case letters, digits and dashes', (value) =>
      typeof value === 'string' && /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(value) ? value : undefined,
    ),
  }),
  spec: z.unknown(),
});
