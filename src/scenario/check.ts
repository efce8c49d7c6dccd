/**
 * What must hold between the fields of a scenario: addresses for everything and networks apart from each other; what holds for
 * its traffic stands in `check-traffic.ts`, for its Services in `check-services.ts`, for kube-proxy in `check-proxy.ts`.
 */
import { formatIp, formatIpPrefix, inPrefix, type IpFamily, type IpPrefix } from '../net/index.js';
import type { ClusterObjects } from '../kube/api.js';
import { balancerMisfits } from './check-balancer.js';
import { ingressMisfits } from './check-ingress.js';
import { lookupMisfits } from './check-lookups.js';
import { proxyMisfits } from './check-proxy.js';
import { serviceMisfits } from './check-services.js';
import { churnMisfits, trafficMisfits } from './check-traffic.js';
import type { Misfit } from './check-traffic.js';
import type { Spec } from './schema.js';
import { clusterFamilies, endpointsOfService, nodeCount, podCounts } from './sizing.js';

/** Addresses of a node's subnet that no pod gets: the network's, the bridge's, the broadcast. */
const RESERVED_IN_SUBNET = 3;
/** Endpoints of a cluster; more do not fit into the memory of most machines, each having a pod with its own stack. */
const MOST_ENDPOINTS = 1_000_000;
/** Longest prefix of a node's subnet; an IPv6 one has room for the 65,536 pods that are the most. */
const LONGEST_SUBNET = { 4: 30, 6: 112 } as const;
/** Shortest prefix of an IPv6 service network (kube-apiserver: /64 or smaller). */
const SHORTEST_SERVICE_CIDR_6 = 64;

/** Names of the fields with a family's networks. */
const FIELDS = {
  4: { pods: 'podCidr', subnet: 'nodeSubnet', services: 'serviceCidr', nodes: 'nodeCidr', pool: 'loadBalancerCidr' },
  6: {
    pods: 'podCidr6',
    subnet: 'nodeSubnet6',
    services: 'serviceCidr6',
    nodes: 'nodeCidr6',
    pool: 'loadBalancerCidr6',
  },
} as const;

/** What a spec is checked for. */
export interface CheckOptions {
  /** Whether the scheduler was written for this case's mode. */
  readonly scheduled: boolean;
  /** Whether there will be traffic and changes. */
  readonly traffic: boolean;
}

/**
 * Checks one expanded spec.
 * @returns every broken rule
 */
export function misfits(spec: Spec, objects: ClusterObjects | null, { scheduled, traffic }: CheckOptions): Misfit[] {
  const { servers } = podCounts(spec, objects);
  if (servers > MOST_ENDPOINTS) {
    const message = `expected at most ${MOST_ENDPOINTS} endpoints in all, found ${servers}`;
    return [{ path: ['cluster', 'services'], message }];
  }
  const families = clusterFamilies(spec, objects);
  const services = [...serviceMisfits(spec, objects)];
  return [
    ...families.flatMap((family) => [...addresses(spec, objects, family), ...overlaps(spec, family)]),
    ...nodesOf(spec, objects),
    ...givenClusterIps(spec, objects, families),
    ...services,
    ...proxyMisfits(spec, scheduled),
    // Traffic to Services that the cluster cannot have has nothing more to say.
    ...(!traffic || (objects !== null && services.length > 0) ? [] : trafficMisfits(spec, objects)),
    ...(traffic
      ? [
          ...lookupMisfits(spec, objects),
          ...ingressMisfits(spec, objects),
          ...balancerMisfits(spec, objects),
          ...churnMisfits(spec, objects),
        ]
      : []),
  ];
}

function* addresses(spec: Spec, objects: ClusterObjects | null, family: IpFamily): Iterable<Misfit> {
  const { cluster } = spec;
  const fields = FIELDS[family];
  const [podCidr, nodeSubnet] = [cluster[fields.pods], cluster[fields.subnet]];
  const width = family === 4 ? 32 : 128;
  const longest = LONGEST_SUBNET[family];
  if (nodeSubnet < podCidr.bits || nodeSubnet > longest) {
    const message = `expected a prefix length from /${podCidr.bits} (${fields.pods}) to /${longest}, found /${nodeSubnet}`;
    yield { path: ['cluster', fields.subnet], message };
    return;
  }
  const nodes = nodeCount(spec, objects);
  const subnets = 2 ** (nodeSubnet - podCidr.bits);
  if (nodes > subnets) {
    const holds = `${formatIpPrefix(podCidr)} holds ${subnets} node subnets of /${nodeSubnet}`;
    const message = `too small: ${holds}, the cluster has ${nodes} nodes; take a shorter prefix`;
    yield { path: ['cluster', fields.pods], message };
  }
  const room = 2 ** (width - nodeSubnet) - RESERVED_IN_SUBNET;
  const needed = podsOnANode(spec, objects, nodes);
  if (needed > room) {
    const message = `too small: a /${nodeSubnet} holds ${room} pods, a node gets ${needed}; take more nodes (nodes: auto) or a larger subnet`;
    yield { path: ['cluster', fields.subnet], message };
  }
  const services = objects === null ? cluster.services.count : objects.services.length;
  yield* tooSmall(cluster[fields.nodes], fields.nodes, nodes, 'nodes');
  yield* tooSmall(cluster[fields.services], fields.services, services, 'Services');
  if (family === 6 && cluster.serviceCidr6.bits < SHORTEST_SERVICE_CIDR_6) {
    const message = `expected a prefix of /${SHORTEST_SERVICE_CIDR_6} or longer, found /${cluster.serviceCidr6.bits}`;
    yield { path: ['cluster', fields.services], message };
  }
  const pooled = cluster.services.externalIps + (cluster.services.type === 'LoadBalancer' ? 1 : 0);
  if (objects === null)
    yield* tooSmall(cluster[fields.pool], fields.pool, services * pooled, 'addresses of Services', 'Services need');
}

function* tooSmall(
  cidr: IpPrefix,
  field: string,
  needed: number,
  what: string,
  has = 'the cluster has',
): Iterable<Misfit> {
  const room = 2 ** ((field.endsWith('6') ? 128 : 32) - cidr.bits) - 2;
  if (needed <= room) return;
  const message = `too small: ${formatIpPrefix(cidr)} holds ${room} ${what}, ${has} ${needed}`;
  yield { path: ['cluster', field], message };
}

function* nodesOf(spec: Spec, objects: ClusterObjects | null): Iterable<Misfit> {
  const nodes = nodeCount(spec, objects);
  if (objects !== null && objects.nodes.length > nodes) {
    const message = `expected at least the ${objects.nodes.length} nodes of the manifests, or auto, found ${nodes}`;
    yield { path: ['cluster', 'nodes'], message };
  }
  if (spec.cluster.zones > nodes) {
    const message = `expected at most the number of nodes (${nodes}), found ${spec.cluster.zones}`;
    yield { path: ['cluster', 'zones'], message };
  }
}

/** Pods that the fullest node holds at once, when they are dealt out evenly. */
function podsOnANode(spec: Spec, objects: ClusterObjects | null, nodes: number): number {
  const { servers, clients } = podCounts(spec, objects);
  const clientNodes = spec.workload.clientNodes === 'all' ? nodes : Math.min(spec.workload.clientNodes, nodes);
  const added = spec.churn.map((change) => {
    if (change.kind === 'proxy-restart' || change.kind === 'node-join' || change.kind === 'next-hops') return 0;
    if (change.kind === 'endpoints-edit') return 0;
    const endpoints = endpointsOfService(spec.cluster.services, change.service);
    if (change.kind === 'sudden-replace' || change.kind === 'pod-failure') return 0;
    const grows = change.kind === 'scale' || change.kind === 'sudden-scale';
    return grows ? Math.max(0, change.replicas - endpoints) : Math.ceil(endpoints * change.maxSurge);
  });
  const extra = objects === null ? added.reduce((sum, pods) => sum + pods, 0) : 0;
  return Math.ceil((servers + extra) / nodes) + Math.ceil(clients / clientNodes);
}

function* overlaps({ cluster }: Spec, family: IpFamily): Iterable<Misfit> {
  const { pods, services, nodes, pool } = FIELDS[family];
  const fields = [pods, services, nodes, pool] as const;
  for (const [i, field] of fields.entries()) {
    for (const other of fields.slice(0, i)) {
      const [a, b] = [cluster[field], cluster[other]];
      if (!inPrefix(a.address, b.address, b.bits) && !inPrefix(b.address, a.address, a.bits)) continue;
      const message = `${formatIpPrefix(a)} overlaps ${other} (${formatIpPrefix(b)})`;
      yield { path: ['cluster', field], message };
    }
  }
}

/** Cluster IPs that manifests bring along are kept, so neither pods nor nodes may have them. */
function* givenClusterIps(
  { cluster }: Spec,
  objects: ClusterObjects | null,
  families: readonly IpFamily[],
): Iterable<Misfit> {
  for (const field of families.flatMap((family) => [FIELDS[family].pods, FIELDS[family].nodes])) {
    const { address, bits } = cluster[field];
    for (const { metadata, clusterIps } of objects?.services ?? []) {
      const inside = clusterIps.find((own) => inPrefix(own, address, bits));
      if (inside === undefined) continue;
      const what = `the cluster IP of Service ${metadata.namespace}/${metadata.name} (${formatIp(inside)})`;
      yield {
        path: ['cluster', field],
        message: `${formatIpPrefix({ address, bits })} holds ${what}; take another network`,
      };
      break;
    }
  }
}
