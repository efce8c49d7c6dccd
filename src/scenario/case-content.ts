/**
 * What a case holds, with addresses as text: the same for the same input, whatever IPv6 addresses a process met before and
 * in which order. Hashes are made of this. Cost: O(objects), once for each set of objects.
 */
import type { ClusterObjects } from '../kube/api.js';
import { formatIpPrefix } from '../net/index.js';
import type { Case } from './case.js';
import type { Manifest } from './manifest/manifest-parts.js';
import { manifestsOf } from './manifest/write.js';

/** Cases of one scenario share their objects. */
const written = new WeakMap<ClusterObjects, readonly Manifest[]>();

/** The content of a case as plain data without address numbers. */
export function caseContent(item: Case): unknown {
  const { cluster, proxy } = item;
  return {
    ...item,
    cluster: {
      ...cluster,
      podCidr: formatIpPrefix(cluster.podCidr),
      podCidr6: formatIpPrefix(cluster.podCidr6),
      serviceCidr: formatIpPrefix(cluster.serviceCidr),
      serviceCidr6: formatIpPrefix(cluster.serviceCidr6),
      nodeCidr: formatIpPrefix(cluster.nodeCidr),
      nodeCidr6: formatIpPrefix(cluster.nodeCidr6),
      loadBalancerCidr: formatIpPrefix(cluster.loadBalancerCidr),
      loadBalancerCidr6: formatIpPrefix(cluster.loadBalancerCidr6),
      serviceFeatures: {
        ...cluster.serviceFeatures,
        sourceRanges: cluster.serviceFeatures.sourceRanges.map(formatIpPrefix),
      },
      objects: cluster.objects === null ? null : manifestsOnce(cluster.objects),
    },
    proxy: {
      ...proxy,
      nodePortAddresses:
        proxy.nodePortAddresses === 'primary' ? 'primary' : proxy.nodePortAddresses.map(formatIpPrefix),
      excludeCidrs: proxy.excludeCidrs.map(formatIpPrefix),
    },
  };
}

function manifestsOnce(objects: ClusterObjects): readonly Manifest[] {
  const manifests = written.get(objects) ?? manifestsOf(objects);
  written.set(objects, manifests);
  return manifests;
}
