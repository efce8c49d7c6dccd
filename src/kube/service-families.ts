/**
 * The families that a Service is wanted in (pkg/registry/core/service storage/alloc.go, about v1.31).
 *
 * Written families stand. Without them the first is that of a written cluster address, else the cluster's primary one; a dual-stack policy adds
 * the other one where the cluster has it. A headless Service without selector is wanted in all of the cluster's.
 */
import { familyOf, type IpFamily } from '../net/index.js';
import type { Service } from './api.js';
import { ClusterError } from './cluster-error.js';

/**
 * The families of a Service, the primary one first; none for an ExternalName.
 * @param cluster families of the cluster, the primary one first
 * @throws ClusterError when it asks for a family that the cluster does not have
 */
export function familiesOf(service: Service, cluster: readonly IpFamily[]): readonly IpFamily[] {
  if (service.type === 'ExternalName') return [];
  const written = service.ipFamilies.length > 0 ? service.ipFamilies : service.clusterIps.map(familyOf);
  const missing = written.find((family) => !cluster.includes(family));
  if (missing !== undefined) refuse(service, `IPv${missing}`, cluster);
  if (service.ipFamilyPolicy === 'RequireDualStack' && cluster.length < 2) refuse(service, 'both families', cluster);
  if (written.length > 1) return written;
  const [only] = written;
  const everywhere = service.headless && service.selector === null && only === undefined;
  const first = only ?? cluster[0] ?? 4;
  if (service.ipFamilyPolicy === 'SingleStack' && !everywhere) return [first];
  return [first, ...cluster.filter((family) => family !== first)];
}

function refuse({ metadata }: Service, wanted: string, cluster: readonly IpFamily[]): never {
  const has = cluster.map((family) => `IPv${family}`).join(' and ');
  throw new ClusterError(`Service ${metadata.namespace}/${metadata.name} wants ${wanted}, the cluster has ${has} only`);
}
