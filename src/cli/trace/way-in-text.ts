/** How a machine outside came in, in words; and places. */
import type { Trace } from '../../testbed/index.js';

type Entry = NonNullable<Trace['entry']>;

/** Nodes are listed up to so many. */
const LISTED = 6;

/** What chose the node, and among which. */
export function balancerText({ by, node, nodes }: Entry): string {
  const several = nodes.length > LISTED ? String(nodes.length) : nodes.join(', ');
  const among = nodes.length === 1 ? 'the only one' : `one of ${several}`;
  switch (by) {
    case 'node':
      return `it comes in by ${node}`;
    case 'ecmp':
      return `routers with all nodes as next hops send the flow to ${node} (${among})`;
    case 'load-balancer':
      if (nodes.length === 0) return 'the balancer has nobody to send it to: no node passes its health checks';
      return `the balancer sends the flow to ${node} (${among})`;
  }
}

/** A pod or machine with its address, and its node. */
export function placeText({
  name,
  node,
  address,
}: {
  readonly name: string;
  readonly node: string;
  readonly address: string;
}): string {
  const where = node === '' ? '' : ` on ${node}`;
  return name === '' ? `${address}${where}` : `${name} at ${address}${where}`;
}
