/**
 * The scenario's schema: which fields there are and what each may hold. Values come out in base units.
 *
 * It checks a spec in which the defaults are already filled in, so no field is optional that has one. What depends on
 * several fields together is checked in `check.ts`.
 */
import { z } from 'zod';
import { schedulers } from '../kernel/ipvs/schedulers/index.js';
import { Protocol } from '../net/index.js';
import { PROXY_MODES } from '../proxy/modes/index.js';
import { workloads } from '../workload/index.js';
import { gateSchema, thresholdsSchema } from './gate-schema.js';
import * as q from './quantity.js';
import { MAX_SEEDS, readSeeds } from './seeds.js';
import { DURATION_FORM, readDuration } from './units.js';

const cluster = z.strictObject({
  nodes: q.wholeOr(1, 'auto'),
  cores: q.whole(1, 1024),
  overlay: q.word('vxlan', 'host-gw'),
  podCidr: q.cidr,
  nodeSubnet: q.prefixLength,
  serviceCidr: q.cidr,
  nodeCidr: q.cidr,
  link: z.strictObject({ bandwidth: q.bandwidth, delay: q.duration, queue: q.whole(1) }),
  conntrack: z.strictObject({
    max: q.wholeOr(1, 'auto'),
    buckets: q.wholeOr(1, 'auto'),
    tcpEstablished: q.someDuration,
    tcpCloseWait: q.someDuration,
    tcpTimeWait: q.someDuration,
    udp: q.someDuration,
    udpStream: q.someDuration,
  }),
  backlog: q.whole(1),
  services: z.strictObject({
    count: q.whole(1),
    endpoints: q.whole(0),
    type: q.word('ClusterIP', 'NodePort'),
    protocol: q.word('TCP', 'UDP').transform((name) => Protocol[name === 'TCP' ? 'tcp' : 'udp']),
  }),
  maxEndpointsPerSlice: q.whole(1, 1000),
  /** Files with Kubernetes objects to take in place of made-up services; whoever reads the scenario reads them. */
  manifests: z.array(q.text).optional(),
});

/** Modes that kube-proxy has or had, and that are not simulated. */
const NOT_YET = ['nftables', 'userspace', 'kernelspace'];

const proxy = z.strictObject({
  mode: q.named('proxy mode', PROXY_MODES, NOT_YET),
  scheduler: q.named('scheduler', schedulers),
  masqueradeAll: q.flag,
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
});

const workload = z.strictObject({
  kind: q.named('workload', workloads),
  clients: q.whole(1),
  clientNodes: q.wholeOr(1, 'all'),
  placement: q.word('pods', 'external'),
  frontend: q.word('cluster-ip', 'node-port'),
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
  server,
});

const podTimes = { startup: q.duration, termination: q.duration, spread: q.share };

const churn = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('scale'), at: q.duration, service: q.whole(0), replicas: q.whole(0), ...podTimes }),
  z.strictObject({
    kind: z.literal('rolling-update'),
    at: q.duration,
    service: q.whole(0),
    maxSurge: q.fraction,
    maxUnavailable: q.fraction,
    ...podTimes,
  }),
]);

const run = z.strictObject({
  duration: q.someDuration,
  warmup: q.duration,
  drain: q.duration,
  seeds: q.quantity(`a number of runs from 1 to ${MAX_SEEDS}, or a list of different seeds`, readSeeds),
  seed: q.quantity('a seed (text or number)', (value) =>
    (typeof value === 'string' && value !== '') || typeof value === 'number' ? String(value) : undefined,
  ),
});

/** The schema of `spec`, without its matrix and its embedded objects and profile. */
export const specSchema = z.strictObject({
  question: q.text.optional(),
  description: q.text.optional(),
  cluster,
  proxy,
  workload,
  churn: z.array(churn),
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
