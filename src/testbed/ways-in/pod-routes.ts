/**
 * The way from machines outside of the cluster to its pods: each node's part of the pod network is routed to that node's address on the underlay.
 *
 * So clouds do it whose pods have addresses of the cloud's own network (VPC-native clusters), and routers that learn pods' networks. The packet
 * comes in over the node's uplink and not through a tunnel. Cost: O(1) a packet.
 */
import { addressIn, type Cluster } from '../../kube/index.js';
import { isIpv6, type IpAddress, type IpFamily, type PacketPool } from '../../net/index.js';
import type { FlowSpread } from './flow-spread.js';

/** Routes to the pods of some families. */
export class PodRoutes implements FlowSpread {
  private readonly packets: PacketPool;
  private readonly families: readonly FamilyRoutes[];

  /**
   * @param families those of the cluster in which there are routes
   * @throws ClusterError when the cluster does not have one of them
   */
  constructor(packets: PacketPool, cluster: Cluster, ...families: readonly IpFamily[]) {
    this.packets = packets;
    this.families = families.map((family) => ({
      family,
      nodes: cluster.nodes.map((node) => addressIn(node, family)),
      pods: cluster.podAddressesIn(family),
    }));
  }

  /** See `FlowSpread`; 0 for addresses that are no pods'. */
  nodeFor(packet: number): IpAddress {
    return this.nodeOf(this.packets.destination[packet]!);
  }

  /** Address of the node that has a pod's address in its subnet; 0 when none has. */
  nodeOf(address: IpAddress): IpAddress {
    const wanted = isIpv6(address) ? 6 : 4;
    for (const { family, nodes, pods } of this.families) {
      if (family === wanted) return nodes[pods.nodeOf(address)] ?? 0;
    }
    return 0;
  }
}

/** What routes of one family are made of. */
interface FamilyRoutes {
  readonly family: IpFamily;
  /** Addresses of the nodes, by index. */
  readonly nodes: readonly IpAddress[];
  readonly pods: ReturnType<Cluster['podAddressesIn']>;
}
