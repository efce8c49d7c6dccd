/**
 * Where pods go: to the nodes in turn, and to an address of the node's subnet.
 *
 * Stands for kube-scheduler and the CNI plugin. The real scheduler scores nodes; with equal nodes and pods its default of spreading
 * comes down to taking turns. A node without free addresses is passed over. Cost: O(1) a pod while nodes have room.
 */
import { ClusterError } from './cluster-error.js';
import type { PodNetwork } from './pod-network.js';

/** Gives pods a node and an address. */
export class Placement {
  private readonly addresses: PodNetwork;
  private readonly nodes: number;
  private turn = 0;

  /**
   * @param addresses where addresses come from
   * @param nodes number of nodes
   */
  constructor(addresses: PodNetwork, nodes: number) {
    this.addresses = addresses;
    this.nodes = nodes;
  }

  /**
   * The next node in turn that has a free address.
   * @throws ClusterError when there is none
   */
  node(): number {
    for (let tries = 0; tries < this.nodes; tries++) {
      const node = this.turn;
      this.turn = (node + 1) % this.nodes;
      if (this.addresses.free(node) > 0) return node;
    }
    throw new ClusterError(
      `no node has a free pod address: ${this.nodes} nodes with ${this.addresses.perNode} each are full`,
    );
  }
}
