/**
 * Sizes that follow from other sizes: how many pods there are, and so how many nodes, and the conntrack table.
 */
import type { ClusterObjects } from '../kube/api.js';
import { AUTO_CONNTRACK, AUTO_NODES } from './defaults.js';
import type { Spec } from './schema.js';

/** Number of endpoint pods and client pods in the cluster. */
export function podCounts(
  spec: Spec,
  objects: ClusterObjects | null,
): { readonly servers: number; readonly clients: number } {
  const { services } = spec.cluster;
  const servers =
    objects === null
      ? services.count * services.endpoints
      : objects.pods.length + objects.podSets.reduce((sum, set) => sum + set.replicas, 0);
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
  const max = conntrack.max === 'auto' ? Math.max(AUTO_CONNTRACK.perCore * cores, AUTO_CONNTRACK.least) : conntrack.max;
  const buckets = conntrack.buckets === 'auto' ? Math.ceil(max / AUTO_CONNTRACK.perBucket) : conntrack.buckets;
  return { max, buckets };
}
