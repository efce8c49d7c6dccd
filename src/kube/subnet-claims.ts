/** Which subnet each node of a cluster has, by what its objects say. */
import { familyOf, inPrefix } from '../net/index.js';
import type { Cidr } from './address-range.js';
import { addressIn } from './api.js';
import type { ClusterObjects } from './api.js';

/** A node's own record says which subnet it has, else the first pod address of the range that is seen on it. */
export function subnetClaims(objects: ClusterObjects, podCidr: Cidr): ReadonlyMap<number, number> {
  const claims = new Map<number, number>();
  const claim = (node: number, ip: number): void => {
    if (node >= 0 && inPrefix(ip, podCidr.address, podCidr.bits) && !claims.has(node)) claims.set(node, ip);
  };
  const family = familyOf(podCidr.address);
  for (const { index, podCidrs = [] } of objects.nodes) {
    for (const { address } of podCidrs) if (familyOf(address) === family) claim(index, address);
  }
  for (const pod of objects.pods) if (!pod.hostNetwork) claim(pod.node, addressIn(pod, family));
  for (const slice of objects.slices) for (const endpoint of slice.endpoints) claim(endpoint.node, endpoint.address);
  return claims;
}
