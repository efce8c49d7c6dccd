/** What must hold for lookups of names: clients with a pod's resolver, and an address for kube-dns that they reach. */
import type { ClusterObjects } from '../kube/api.js';
import { DNS_ADDRESS_OFFSET, DNS_SERVICE } from '../kube/dns/dns-service.js';
import { formatIpPrefix } from '../net/index.js';
import type { Misfit } from './check-traffic.js';
import type { Spec } from './schema.js';
import { clusterFamilies, lookupForm, trafficFamily } from './sizing.js';

/** Checks the lookups of one expanded spec. @returns every broken rule */
export function* lookupMisfits(spec: Spec, objects: ClusterObjects | null): Iterable<Misfit> {
  const { workload } = spec;
  const isWorkload = workload.kind === 'dns';
  if (lookupForm(spec) === undefined) {
    if (isWorkload) yield { path: ['workload', 'lookup'], message: 'workload dns looks names up: none is for others' };
    return;
  }
  if (workload.placement === 'external') {
    const message = 'names are looked up by pods or nodes: clients outside of the cluster have another resolver';
    yield { path: ['workload', 'placement'], message };
  }
  if (workload.frontend !== 'cluster-ip') {
    const message = "a Service's name stands for its cluster address: expected cluster-ip";
    yield { path: ['workload', 'frontend'], message };
  }
  if (isWorkload && trafficFamily(spec, objects) !== clusterFamilies(spec, objects)[0]) {
    const message = "kube-dns has an address of the cluster's primary family only: expected that one, or auto";
    yield { path: ['workload', 'ipFamily'], message };
  }
  if (!isWorkload && workload.resolver.outside !== '') {
    const message = 'a name outside of the cluster is for workload dns: the others connect to Services';
    yield { path: ['workload', 'resolver', 'outside'], message };
  }
  if (objects?.services.length === 0 && workload.resolver.outside === '') {
    yield { path: ['workload', 'kind'], message: 'the manifests have no Service whose name could be looked up' };
  }
  if (!hasDns(objects)) yield* addressMisfits(spec, objects);
}

/** Whether manifests have a kube-dns of their own. */
function hasDns(objects: ClusterObjects | null): boolean {
  const { namespace, name } = DNS_SERVICE;
  return objects?.services.some(({ metadata }) => metadata.namespace === namespace && metadata.name === name) === true;
}

/** kube-dns has the tenth address of the service range. */
function* addressMisfits(spec: Spec, objects: ClusterObjects | null): Iterable<Misfit> {
  const { cluster } = spec;
  const family = clusterFamilies(spec, objects)[0] ?? 4;
  const field = family === 4 ? 'serviceCidr' : 'serviceCidr6';
  const range = cluster[field];
  const room = 2 ** ((family === 4 ? 32 : 128) - range.bits) - 2;
  const services = objects === null ? cluster.services.count : objects.services.length;
  const needed = Math.max(services + 1, DNS_ADDRESS_OFFSET);
  if (room >= needed) return;
  const message = `too small: ${formatIpPrefix(range)} holds ${room} addresses, ${needed} are needed with that of kube-dns`;
  yield { path: ['cluster', field], message };
}
