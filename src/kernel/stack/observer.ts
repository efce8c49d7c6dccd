/**
 * What a node's stack reports to whoever measures: one call a packet and node, while the tally of work still stands.
 */
import type { Nanoseconds } from '../../sim/index.js';

/** Listens to the nodes' stacks; only the testbed does. */
export interface StackObserver {
  /**
   * A packet's way through a node is decided and priced; the tally holds its work until the call returns.
   * @param packet the packet, or -1 when it was lost here
   * @param first the packet's column `first` when it came in
   * @param ns CPU time
   * @param outerRules rules compared with the tunnel's outer packet, of those in the tally
   */
  processed(packet: number, first: number, ns: Nanoseconds, outerRules: number): void;
}

/** Where a packet enters a node: from one of its pods, from the wire, or from a process in the node's own network. */
export const Origin = { pod: 0, wire: 1, node: 2 } as const;

/** Devices of a node, as routes name them. */
export const Device = {
  /** The node itself. */
  local: 0,
  /** The bridge cni0, behind which the node's pods are. */
  bridge: 1,
  /** The VXLAN device flannel.1. */
  tunnel: 2,
  /** The uplink eth0. */
  uplink: 3,
} as const;
