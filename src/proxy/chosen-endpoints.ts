/** What a node uses of a service port's endpoints; how it is chosen stands in `endpoint-choice.ts`. */
import type { NodeFacts } from './proxier.js';
import type { EndpointList } from './service-port.js';

/** The choice for one service port on one node. */
export interface EndpointChoice {
  /** Number of this choice among those of its chooser. */
  readonly id: number;
  /** For traffic with policy Cluster; null when the service port has no such traffic. */
  readonly cluster: EndpointList | null;
  /** For traffic with policy Local; null when the service port has no such traffic. */
  readonly local: EndpointList | null;
  /** Both together: every endpoint that the node needs rules for. */
  readonly reachable: EndpointList;
  /** Whether any endpoint anywhere could take a connection: decides between REJECT and DROP. */
  readonly hasAny: boolean;
}

/** What of a node decides. */
export type NodePlace = Pick<NodeFacts, 'index' | 'zone'>;
