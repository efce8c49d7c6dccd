/** Options of a small cluster, for tests. */
import type { ClusterSetup } from '../../src/kube/index.js';
import { ip } from './objects.js';

/** Three nodes and two ClusterIP Services of two pods, unless told otherwise. */
export function setup(changes: Partial<ClusterSetup> = {}): ClusterSetup {
  return {
    nodes: 3,
    podCidr: { address: ip('10.244.0.0'), bits: 16 },
    nodeSubnetBits: 24,
    serviceCidr: { address: ip('10.96.0.0'), bits: 16 },
    nodeCidr: { address: ip('192.168.0.0'), bits: 16 },
    maxEndpointsPerSlice: 100,
    services: 2,
    endpoints: 2,
    serviceType: 'ClusterIP',
    protocol: 6,
    objects: null,
    ...changes,
  };
}
