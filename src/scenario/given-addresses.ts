/** Addresses of pods that manifests bring along, as far as they say what the pod network is. */
import type { ClusterObjects } from '../kube/api.js';
import { familyOf, type IpAddress, type IpFamily, type IpPrefix } from '../net/index.js';

/** The nodes' pod subnets of a family. */
export function podSubnets({ nodes }: ClusterObjects, family: IpFamily): readonly IpPrefix[] {
  return nodes.flatMap(({ podCidrs = [] }) => podCidrs.filter(({ address }) => familyOf(address) === family));
}

/**
 * Addresses of pods in the pod network. Pods without labels stand for endpoints that somebody wrote into a slice, which may lie
 * anywhere; those with a node's address are in its network.
 */
export function podIps({ nodes, pods }: ClusterObjects): readonly IpAddress[] {
  const hosts = new Set(nodes.flatMap(({ ip, secondIp }) => [ip, secondIp]));
  return pods
    .filter(({ hostNetwork, metadata }) => !hostNetwork && Object.keys(metadata.labels).length > 0)
    .flatMap(({ ip, secondIp }) => [ip, secondIp])
    .filter((ip) => ip !== 0 && !hosts.has(ip));
}

/** The length that all node subnets of a family have; undefined when there are none, or several lengths. */
export function subnetLength(objects: ClusterObjects, family: IpFamily): number | undefined {
  const lengths = new Set(podSubnets(objects, family).map(({ bits }) => bits));
  return lengths.size === 1 ? [...lengths][0] : undefined;
}
