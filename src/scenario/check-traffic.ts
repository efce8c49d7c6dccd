/**
 * What must hold for the traffic of a scenario: Services that it can reach, messages that fit a packet, an amount that can be
 * simulated; and for changes of the cluster meanwhile.
 */
import type { ClusterObjects, EndpointSlice, Service } from '../kube/api.js';
import { MIRRORED_BY } from '../kube/controllers/mirroring.js';
import { MANAGED_BY_LABEL } from '../kube/controllers/slice-labels.js';
import { familyOf, formatIp, Protocol, protocolName, type IpFamily } from '../net/index.js';
import { workloads } from '../workload/index.js';
import type { Path } from './located.js';
import type { Spec } from './schema.js';
import { clusterFamilies, nodeCount, trafficFamily } from './sizing.js';
import { durationWritten } from './units.js';

/** A broken rule, at the field that should be changed. */
export interface Misfit {
  readonly path: Path;
  readonly message: string;
}

/** Payload of one TCP segment by family and overlay: MTU less IP (20, IPv6 40), TCP (20) and its timestamps (12); VXLAN takes 50 off the MTU, over IPv6 70. */
export const SEGMENT_BYTES = {
  4: { vxlan: 1398, 'host-gw': 1448 },
  6: { vxlan: 1358, 'host-gw': 1428 },
} as const;
/** Requests of one run: an hour and more on one core. */
const MOST_REQUESTS = 100_000_000;

/** Checks the traffic of one expanded spec. @returns every broken rule */
export function* trafficMisfits(spec: Spec, objects: ClusterObjects | null): Iterable<Misfit> {
  const { workload, cluster, run } = spec;
  const nodes = nodeCount(spec, objects);
  if (workload.clientNodes !== 'all' && workload.clientNodes > nodes) {
    const message = `expected at most the number of nodes (${nodes}), found ${workload.clientNodes}`;
    yield { path: ['workload', 'clientNodes'], message };
  }
  if (workload.placement === 'external' && workload.frontend === 'cluster-ip') {
    const message =
      'expected node-port, load-balancer, external-ip, ecmp or ingress: cluster addresses are not routed outside of the cluster';
    yield { path: ['workload', 'frontend'], message };
  }
  if (workload.placement !== 'external' && workload.frontend === 'ecmp') {
    const message =
      'routers send clients outside of the cluster to it (workload.placement: external): expected cluster-ip';
    yield { path: ['workload', 'frontend'], message };
  }
  const family = trafficFamily(spec, objects);
  const families = clusterFamilies(spec, objects);
  if (!families.includes(family)) {
    const has = families.map((own) => `IPv${own}`).join(' and ');
    yield { path: ['workload', 'ipFamily'], message: `the cluster has ${has} only (cluster.ipFamilies)` };
    return;
  }
  if (workload.kind !== 'dns' && workload.frontend !== 'ingress') yield* reachable(spec, objects, family);
  const segment = SEGMENT_BYTES[family][cluster.overlay];
  for (const field of ['requestSize', 'responseSize'] as const) {
    if (workload[field] <= segment) continue;
    const why = `a message is one packet, and that is what a TCP segment holds with ${cluster.overlay}`;
    const message = `expected at most ${segment}B: ${why}; found ${workload[field]}B`;
    yield { path: ['workload', field], message };
  }
  const requests = workload.load === 'open' ? Math.round((workload.rate * run.duration) / 1e9) : 0;
  if (requests > MOST_REQUESTS) {
    const message = `too high for run.duration: ${requests} requests a run, and ${MOST_REQUESTS} are the most`;
    yield { path: ['workload', 'rate'], message };
  }
  if (run.warmup >= run.duration) {
    const found = `found ${durationWritten(run.warmup)} of ${durationWritten(run.duration)}`;
    const shorter = durationWritten(Math.floor(run.duration / 10));
    const message = `expected less than run.duration, of which it is the beginning; ${found} (--set run.warmup=${shorter})`;
    yield { path: ['run', 'warmup'], message };
  }
}

/** Checks the changes of the cluster. @returns every broken rule */
export function* churnMisfits(spec: Spec, objects: ClusterObjects | null): Iterable<Misfit> {
  const services = objects === null ? spec.cluster.services.count : objects.services.length;
  for (const [index, change] of spec.churn.entries()) {
    if (change.at >= spec.run.duration) {
      yield { path: ['churn', index, 'at'], message: 'expected a time before the end of the run (run.duration)' };
    }
    if (change.kind === 'next-hops' && spec.workload.frontend !== 'ecmp') {
      const message = `routers have several next hops with workload.frontend ecmp only, found ${spec.workload.frontend}`;
      yield { path: ['churn', index, 'kind'], message };
    }
    if (change.kind === 'proxy-restart' || change.kind === 'node-join' || change.kind === 'next-hops') {
      const nodes = nodeCount(spec, objects);
      const last = change.nodes === 'all' ? 0 : (change.nodes.at(-1) ?? 0);
      if (last < nodes) continue;
      const message = `expected numbers of nodes from 0 to ${nodes - 1}, found ${last}`;
      yield { path: ['churn', index, 'nodes'], message };
      continue;
    }
    if (change.service >= services) {
      const message = `expected the number of a Service, 0 to ${services - 1}, found ${change.service}`;
      yield { path: ['churn', index, 'service'], message };
    }
    if (change.kind === 'endpoints-edit') {
      yield* editMisfits(change, index, objects);
      continue;
    }
    if (objects?.services[change.service]?.selector === null) {
      const { namespace, name } = objects.services[change.service]!.metadata;
      const message = `Service ${namespace}/${name} has no selector, so its pods are not known`;
      yield { path: ['churn', index, 'service'], message };
    }
    if (change.kind === 'pod-failure' && (change.period === 0 || change.timeout === 0)) {
      yield { path: ['churn', index, change.period === 0 ? 'period' : 'timeout'], message: 'expected at least 1s' };
    }
    if (change.kind === 'rolling-update' && change.maxSurge === 0 && change.maxUnavailable === 0) {
      yield { path: ['churn', index, 'maxSurge'], message: 'maxSurge and maxUnavailable must not both be 0' };
    }
  }
}

/** Checks an edit of Endpoints: they are those that somebody wrote, and what is written stands for something. */
function* editMisfits(
  { service, ready, notReady }: Extract<Spec['churn'][number], { kind: 'endpoints-edit' }>,
  index: number,
  objects: ClusterObjects | null,
): Iterable<Misfit> {
  const edited = objects?.services[service];
  if (objects === null || edited === undefined) {
    if (objects === null)
      yield {
        path: ['churn', index, 'kind'],
        message: 'made-up Services have no Endpoints by hand: expected manifests',
      };
    return;
  }
  const { namespace, name } = edited.metadata;
  const isTheirs = ({ service: own, metadata }: EndpointSlice): boolean =>
    own === name && metadata.namespace === namespace && metadata.labels[MANAGED_BY_LABEL] === MIRRORED_BY;
  if (edited.selector !== null || !objects.slices.some(isTheirs)) {
    const message = `Service ${namespace}/${name} has no Endpoints that somebody wrote and that are mirrored`;
    yield { path: ['churn', index, 'service'], message };
    return;
  }
  const known = new Set(objects.pods.flatMap(({ ip, secondIp }) => [ip, secondIp]));
  for (const [field, addresses] of [
    ['ready', ready],
    ['notReady', notReady],
  ] as const) {
    const stray = addresses.find((own) => !known.has(own));
    if (stray === undefined) continue;
    const message = `expected addresses of Pods or endpoints of the manifests, found ${formatIp(stray)}`;
    yield { path: ['churn', index, field], message };
  }
}

/** What a frontend needs of Services, in the words of a scenario's fields. */
const NEEDED = {
  'cluster-ip': '',
  'node-port': 'type NodePort',
  'load-balancer': 'type LoadBalancer',
  'external-ip': 'external addresses',
  ecmp: '',
  ingress: '',
} as const;

/** There must be a Service port that the workload can talk to. */
function* reachable(spec: Spec, objects: ClusterObjects | null, family: IpFamily): Iterable<Misfit> {
  const { workload, cluster } = spec;
  const primary = clusterFamilies(spec, objects)[0];
  const wanted = workloads.find(({ name }) => name === workload.kind)?.protocol ?? Protocol.tcp;
  const name = protocolName(wanted).toUpperCase();
  const { frontend } = workload;
  if (objects === null) {
    const { services } = cluster;
    if (services.protocol !== wanted) {
      const found = protocolName(services.protocol).toUpperCase();
      const message = `${workload.kind} needs Services of protocol ${name}; cluster.services.protocol is ${found}`;
      yield { path: ['workload', 'kind'], message };
    }
    const entrances = { ...services, externalIps: Array<number>(services.externalIps).fill(0) };
    if (!hasEntrance(entrances, frontend)) {
      const field = frontend === 'external-ip' ? 'externalIps' : 'type';
      const message = `${frontend} needs Services of ${NEEDED[frontend]} (cluster.services.${field})`;
      yield { path: ['workload', 'frontend'], message };
    }
    if (services.ipFamilyPolicy === 'SingleStack' && family !== primary) {
      const message = "the Services have the cluster's primary family only (cluster.services.ipFamilyPolicy)";
      yield { path: ['workload', 'ipFamily'], message };
    }
    return;
  }
  const { services } = objects;
  const entered = services.filter((service) => hasEntrance(service, frontend));
  if (entered.length === 0 && services.length > 0) {
    const message = `${frontend} needs Services of ${NEEDED[frontend]}, and the manifests have none`;
    yield { path: ['workload', 'frontend'], message };
    return;
  }
  const isWanted = (service: Service): boolean =>
    service.ports.some(({ protocol }) => protocol === wanted) && mayHave(service, family, family === primary);
  if (entered.some((service) => hasAddress(service) && isWanted(service))) return;
  const of = family === 6 ? ' in IPv6' : '';
  const message = `${workload.kind} needs a Service with a ${name} port and a cluster address${of}; the manifests have ${inventory(services)}`;
  yield { path: ['workload', 'kind'], message };
}

/** Whether Services can be entered as a workload wants to. */
function hasEntrance(
  { type, externalIps }: { readonly type: Service['type']; readonly externalIps: readonly unknown[] },
  frontend: Spec['workload']['frontend'],
): boolean {
  if (frontend === 'cluster-ip' || frontend === 'ecmp' || frontend === 'ingress') return true;
  if (frontend === 'external-ip') return externalIps.length > 0;
  return type === 'LoadBalancer' || (type === 'NodePort' && frontend === 'node-port');
}

/** Whether a Service has, or will be given, an address of a family. */
function mayHave(service: Service, family: IpFamily, isPrimary: boolean): boolean {
  const written = [...service.ipFamilies, ...service.clusterIps.map(familyOf)];
  if (written.includes(family) || service.ipFamilyPolicy !== 'SingleStack') return true;
  return written.length === 0 && isPrimary;
}

/** Whether kube-proxy handles a Service: headless ones and mere names have no address. */
export function hasAddress({ headless, type }: Service): boolean {
  return !headless && type !== 'ExternalName';
}

/** What Services there are, by what a client would have to know of them. */
function inventory(services: readonly Service[]): string {
  const counts = new Map<string, number>();
  for (const { headless, type, ports } of services) {
    const protocols = [...new Set(ports.map(({ protocol }) => protocolName(protocol).toUpperCase()))].join('+');
    const kind =
      type === 'ExternalName' ? type : headless ? 'headless' : protocols === '' ? 'without ports' : protocols;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return [...counts].map(([kind, count]) => `${count} ${kind}`).join(', ');
}
