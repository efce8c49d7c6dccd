/**
 * What follows from other fields: how many pods there are, and so how many nodes, the conntrack table, the families of the cluster
 * and of its traffic.
 */
import type { ClusterObjects, Service } from '../kube/api.js';
import { familyOf, type IpAddress, type IpFamily } from '../net/index.js';
import { AUTO_CONNTRACK, AUTO_NODES } from './defaults.js';
import type { LookupOptions } from './case.js';
import type { Spec } from './schema.js';

/** How much of a Service's name clients look up; undefined where they dial addresses. */
export function lookupForm({ workload: { kind, lookup } }: Spec): LookupOptions['form'] | undefined {
  if (lookup === 'auto') return kind === 'dns' ? 'name' : undefined;
  return lookup === 'none' ? undefined : lookup;
}

/** Endpoints of all made-up Services; groups beyond their number do not count. */
function madeUpEndpoints({ count, endpoints, sizes }: Spec['cluster']['services']): number {
  let total = 0;
  let left = count;
  for (const size of sizes) {
    const services = Math.min(size.count, left);
    total += services * size.endpoints;
    left -= services;
  }
  return total + left * endpoints;
}

/** Endpoints of one made-up Service, by its number. */
export function endpointsOfService({ endpoints, sizes }: Spec['cluster']['services'], service: number): number {
  let first = 0;
  for (const size of sizes) {
    first += size.count;
    if (service < first) return size.endpoints;
  }
  return endpoints;
}

/** Number of endpoint pods and client pods in the cluster. */
export function podCounts(
  spec: Spec,
  objects: ClusterObjects | null,
): { readonly servers: number; readonly clients: number } {
  const { services } = spec.cluster;
  const dns = lookupForm(spec) === undefined ? 0 : spec.cluster.dns.replicas;
  const own =
    objects === null
      ? madeUpEndpoints(services)
      : objects.pods.length + objects.podSets.reduce((sum, set) => sum + set.replicas, 0);
  const { replicas, exposure } = spec.cluster.ingress;
  const hasProxies = spec.workload.frontend === 'ingress' && exposure !== 'host-network' && exposure !== 'outside';
  const servers = own + dns + (hasProxies ? replicas : 0);
  return { servers, clients: spec.workload.placement === 'pods' ? spec.workload.clients : 0 };
}

/** Number of nodes: as written, else those of the manifests, else enough for the pods. */
export function nodeCount(spec: Spec, objects: ClusterObjects | null): number {
  const { nodes } = spec.cluster;
  if (nodes !== 'auto') return nodes;
  if (objects !== null && objects.nodes.length > 0) return objects.nodes.length;
  const { servers, clients } = podCounts(spec, objects);
  return Math.max(AUTO_NODES.least, Math.ceil((servers + clients) / AUTO_NODES.podsPerNode));
}

/** Size of the conntrack table as kube-proxy and the kernel choose it. */
export function conntrackSize(spec: Spec): { readonly max: number; readonly buckets: number } {
  const { conntrack, cores } = spec.cluster;
  const max = conntrack.max === 'auto' ? Math.max(conntrack.maxPerCore * cores, conntrack.min) : conntrack.max;
  const buckets = conntrack.buckets === 'auto' ? Math.ceil(max / AUTO_CONNTRACK.perBucket) : conntrack.buckets;
  return { max, buckets };
}

/** Families of the cluster, the primary one first: as written, else those that the manifests need, else IPv4. */
export function clusterFamilies({ cluster }: Spec, objects: ClusterObjects | null): readonly IpFamily[] {
  if (cluster.ipFamilies !== 'auto') return cluster.ipFamilies;
  if (objects === null) return cluster.services.ipFamilyPolicy === 'RequireDualStack' ? [4, 6] : [4];
  const hosts = [...objects.nodes, ...objects.pods].flatMap(({ ip, secondIp }) => [ip, secondIp]).filter(isAddress);
  const services = objects.services.flatMap(neededFamilies);
  const all = new Set([...hosts.map(familyOf), ...services]);
  if (!all.has(6)) return [4];
  if (!all.has(4)) return [6];
  // A dual-stack node's first address is of the cluster's primary family.
  return hosts[0] !== undefined && familyOf(hosts[0]) === 6 ? [6, 4] : [4, 6];
}

/** Families that a Service cannot do without. */
export function neededFamilies({ ipFamilies, clusterIps, ipFamilyPolicy }: Service): readonly IpFamily[] {
  return ipFamilyPolicy === 'RequireDualStack' ? [4, 6] : [...ipFamilies, ...clusterIps.map(familyOf)];
}

/** Family that clients dial: as written, else the cluster's primary one. */
export function trafficFamily(spec: Spec, objects: ClusterObjects | null): IpFamily {
  const { ipFamily } = spec.workload;
  if (ipFamily === 'auto') return clusterFamilies(spec, objects)[0] ?? 4;
  return ipFamily === 'IPv4' ? 4 : 6;
}

function isAddress(address: IpAddress): boolean {
  return address !== 0;
}
