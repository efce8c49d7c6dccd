/** Slices as a case writes them: endpoints by address type, with names in place of indices. */
import type { EndpointSlice, Store } from '../../../src/kube/index.js';
import { formatIp } from '../../../src/net/index.js';

/** The endpoints of all slices. */
export function slicesAfter(store: Store, slices: readonly EndpointSlice[]): unknown {
  const nodes = [...store.list('node')];
  const byType: Record<string, unknown[]> = {};
  for (const { family, endpoints } of slices) {
    const list = (byType[`IPv${family}`] ??= []);
    for (const { address, node, target, hostname, ready, serving, terminating } of endpoints) {
      const [namespace = '', name = ''] = target.split('/');
      const zone = nodes[node]?.zone ?? '';
      list.push({
        addresses: [formatIp(address)],
        conditions: { ready, serving, terminating },
        ...(zone === '' ? {} : { zone }),
        nodeName: nodes[node]?.name,
        ...(hostname === undefined ? {} : { hostname }),
        targetRef: { kind: 'Pod', namespace, name },
      });
    }
  }
  return byType;
}
