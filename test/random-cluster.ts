/** Random small clusters with every Service feature: what property tests and the comparison with a real kernel feed on. */
import fc from 'fast-check';
import { Protocol, type IpFamily } from '../src/net/index.js';
import {
  clusterOf,
  MOST_ENDPOINTS,
  type ClusterPlan,
  type EndpointPlan,
  type PlannedCluster,
  type ServicePlan,
} from './planned-cluster.js';

export { flowsOf, type ClusterFlow as RandomFlow } from './cluster-flows.js';
export type { PlannedCluster as RandomCluster } from './planned-cluster.js';

const endpointPlan: fc.Arbitrary<EndpointPlan> = fc.record({
  place: fc.constantFrom('here', 'there'),
  // Most endpoints are ready; some serve while they end; some do neither.
  state: fc.constantFrom('ready', 'ready', 'ready', 'ready', 'draining', 'gone'),
  zone: fc.constantFrom('', '', 'a', 'b'),
});

const servicePlan: fc.Arbitrary<ServicePlan> = fc.record({
  type: fc.constantFrom('ClusterIP', 'ClusterIP', 'NodePort', 'LoadBalancer'),
  protocol: fc.constantFrom(Protocol.tcp, Protocol.tcp, Protocol.udp),
  ports: fc.integer({ min: 1, max: 2 }),
  endpoints: fc.array(endpointPlan, { maxLength: MOST_ENDPOINTS }),
  external: fc.boolean(),
  ranges: fc.subarray(['range', 'podRange', 'nodeRange']),
  internalLocal: fc.constantFrom(false, false, true),
  externalLocal: fc.constantFrom(false, true),
  affinity: fc.constantFrom(false, false, false, true),
});

/** Any cluster. */
export function randomCluster(families: readonly IpFamily[] = [4, 6]): fc.Arbitrary<PlannedCluster> {
  return fc
    .record<ClusterPlan>({
      family: fc.constantFrom(...families),
      services: fc.array(servicePlan, { minLength: 1, maxLength: 5 }),
      detector: fc.constantFrom('source', 'source', 'none'),
      masqueradeAll: fc.constantFrom(false, false, true),
      localhostNodePorts: fc.boolean(),
      nodePortAddresses: fc.constantFrom<ClusterPlan['nodePortAddresses']>([], [], ['nodePorts'], ['nodeRange']),
    })
    .map(clusterOf);
}
