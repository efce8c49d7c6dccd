/** Where the ends of a traced connection stand, and how one outside of the cluster comes in. */

/** A place that a packet comes from or goes to. */
export interface Place {
  /** As people call it: `default/web-0`, `node-1`, `203.0.113.9`. */
  readonly name: string;
  /** Name of its node; empty for a machine outside. */
  readonly node: string;
}

/** How a machine outside comes in. */
export interface Entry {
  readonly by: 'node' | 'ecmp' | 'load-balancer';
  /** Nodes among which it was chosen. */
  readonly nodes: readonly string[];
}
