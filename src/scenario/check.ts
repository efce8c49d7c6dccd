/**
 * What must hold between the fields of a scenario: addresses for everything and networks apart from each other; what holds for
 * its traffic stands in `check-traffic.ts`.
 */
import { formatIpv4, inIpv4Prefix } from '../net/index.js';
import type { ClusterObjects } from '../kube/api.js';
import { churnMisfits, trafficMisfits } from './check-traffic.js';
import type { Misfit } from './check-traffic.js';
import type { Spec } from './schema.js';
import { nodeCount, podCounts } from './sizing.js';
import type { Cidr } from './units.js';

/** Addresses of a node's subnet that no pod gets: the network's, the bridge's, the broadcast. */
const RESERVED_IN_SUBNET = 3;
/** Node ports are 30000 to 32767 (kube-apiserver's default). */
const NODE_PORTS = 2768;
/** Endpoints of a cluster; more do not fit into the memory of most machines, each having a pod with its own stack. */
const MOST_ENDPOINTS = 1_000_000;

/** Checks one expanded spec. @returns every broken rule */
export function misfits(spec: Spec, objects: ClusterObjects | null): Misfit[] {
  return [
    ...addresses(spec, objects),
    ...overlaps(spec),
    ...givenClusterIps(spec, objects),
    ...trafficMisfits(spec, objects),
    ...churnMisfits(spec, objects),
  ];
}

function* addresses(spec: Spec, objects: ClusterObjects | null): Iterable<Misfit> {
  const { cluster } = spec;
  const { servers } = podCounts(spec, objects);
  if (servers > MOST_ENDPOINTS) {
    const message = `expected at most ${MOST_ENDPOINTS} endpoints in all, found ${servers}`;
    yield { path: ['cluster', 'services'], message };
    return;
  }
  const nodes = nodeCount(spec, objects);
  const { podCidr, nodeSubnet } = cluster;
  if (nodeSubnet < podCidr.bits || nodeSubnet > 30) {
    const message = `expected a prefix length from /${podCidr.bits} (podCidr) to /30, found /${nodeSubnet}`;
    yield { path: ['cluster', 'nodeSubnet'], message };
    return;
  }
  const subnets = 2 ** (nodeSubnet - podCidr.bits);
  if (nodes > subnets) {
    const message = `too small: ${cidrText(podCidr)} holds ${subnets} node subnets of /${nodeSubnet}, the cluster has ${nodes} nodes; take a shorter prefix`;
    yield { path: ['cluster', 'podCidr'], message };
  }
  const room = 2 ** (32 - nodeSubnet) - RESERVED_IN_SUBNET;
  const needed = podsOnANode(spec, objects, nodes);
  if (needed > room) {
    const message = `too small: a /${nodeSubnet} holds ${room} pods, a node gets ${needed}; take more nodes (nodes: auto) or a larger subnet`;
    yield { path: ['cluster', 'nodeSubnet'], message };
  }
  const forNodes = 2 ** (32 - cluster.nodeCidr.bits) - 2;
  if (nodes > forNodes) {
    const message = `too small: ${cidrText(cluster.nodeCidr)} holds ${forNodes} nodes, the cluster has ${nodes}`;
    yield { path: ['cluster', 'nodeCidr'], message };
  }
  const services = objects === null ? cluster.services.count : objects.services.length;
  const forServices = 2 ** (32 - cluster.serviceCidr.bits) - 2;
  if (services > forServices) {
    const message = `too small: ${cidrText(cluster.serviceCidr)} holds ${forServices} Services, the cluster has ${services}`;
    yield { path: ['cluster', 'serviceCidr'], message };
  }
  if (objects === null && cluster.services.type === 'NodePort' && services > NODE_PORTS) {
    const message = `expected at most ${NODE_PORTS} Services of type NodePort (node ports 30000 to 32767), found ${services}`;
    yield { path: ['cluster', 'services', 'count'], message };
  }
  if (objects !== null && objects.nodes.length > nodes) {
    const message = `expected at least the ${objects.nodes.length} nodes of the manifests, or auto, found ${nodes}`;
    yield { path: ['cluster', 'nodes'], message };
  }
}

/** Pods that the fullest node holds at once, when they are dealt out evenly. */
function podsOnANode(spec: Spec, objects: ClusterObjects | null, nodes: number): number {
  const { servers, clients } = podCounts(spec, objects);
  const clientNodes = spec.workload.clientNodes === 'all' ? nodes : Math.min(spec.workload.clientNodes, nodes);
  const endpoints = spec.cluster.services.endpoints;
  const added = spec.churn.map((change) =>
    change.kind === 'scale' ? Math.max(0, change.replicas - endpoints) : Math.ceil(endpoints * change.maxSurge),
  );
  const extra = objects === null ? added.reduce((sum, pods) => sum + pods, 0) : 0;
  return Math.ceil((servers + extra) / nodes) + Math.ceil(clients / clientNodes);
}

function* overlaps(spec: Spec): Iterable<Misfit> {
  const fields = ['podCidr', 'serviceCidr', 'nodeCidr'] as const;
  for (const [i, field] of fields.entries()) {
    for (const other of fields.slice(0, i)) {
      const [a, b] = [spec.cluster[field], spec.cluster[other]];
      const size = 2 ** (32 - Math.min(a.bits, b.bits));
      if (Math.floor(a.address / size) !== Math.floor(b.address / size)) continue;
      yield { path: ['cluster', field], message: `${cidrText(a)} overlaps ${other} (${cidrText(b)})` };
    }
  }
}

/** Cluster IPs that manifests bring along are kept, so neither pods nor nodes may have them. */
function* givenClusterIps(spec: Spec, objects: ClusterObjects | null): Iterable<Misfit> {
  for (const field of ['podCidr', 'nodeCidr'] as const) {
    const { address, bits } = spec.cluster[field];
    const inside = objects?.services.find(({ clusterIp }) => clusterIp !== 0 && inIpv4Prefix(clusterIp, address, bits));
    if (inside === undefined) continue;
    const { namespace, name } = inside.metadata;
    const what = `the cluster IP of Service ${namespace}/${name} (${formatIpv4(inside.clusterIp)})`;
    const message = `${cidrText(spec.cluster[field])} holds ${what}; take another network`;
    yield { path: ['cluster', field], message };
  }
}

function cidrText(cidr: Cidr): string {
  return `${formatIpv4(cidr.address)}/${cidr.bits}`;
}
