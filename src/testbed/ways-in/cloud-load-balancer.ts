/**
 * A cloud's load balancer in front of Services of type LoadBalancer: it passes packets on as they are, to nodes that pass its health checks.
 *
 * A Service with external policy Local has a health-check node port, on which a node's kube-proxy answers whether it has ready endpoints of it; a node that
 * fails several checks in a row gets no more flows, one that passes a check gets some again (Google's cloud provider: every 8 s, 3 and 1). With policy Cluster
 * every node will do. At the start of a run what the nodes answer is known. Left out: the checks' own packets, checks of nodes for policy
 * Cluster, memory of flows: where members change, flows are dealt out anew. Cost: O(1) a packet; O(Services with Local × nodes) a check.
 */
import type { IpAddress, PacketPool } from '../../net/index.js';
import { AddressMap } from '../../net/index.js';
import type { Ledger, NodeProxies } from '../../proxy/index.js';
import { EventClass, type Nanoseconds, type Simulation } from '../../sim/index.js';
import { placeOf, type FlowSpread } from './flow-spread.js';

const HEALTHY = 200;

/** What a load balancer is made of. */
export interface LoadBalancerSetup {
  readonly simulation: Simulation;
  readonly packets: PacketPool;
  /** Addresses of the nodes, by index. */
  readonly nodes: readonly IpAddress[];
  readonly ledger: Ledger;
  readonly proxies: Pick<NodeProxies, 'healthCheckStatus'>;
  readonly healthIntervalNs: Nanoseconds;
  /** Checks that fail in a row until a node is out. */
  readonly unhealthyThreshold: number;
}

/** Nodes behind the addresses of one Service. */
interface Pool {
  readonly port: number;
  /** Checks that failed in a row, by node. */
  readonly failures: Uint8Array;
  /** Addresses of those that get flows. */
  members: readonly IpAddress[];
}

/** The load balancer of one run, in one family. */
export class CloudLoadBalancer implements FlowSpread {
  private readonly setup: LoadBalancerSetup;
  private readonly pools: Pool[] = [];
  /** Number of the pool of an address, where it has one. */
  private readonly poolAt = new AddressMap();
  private readonly kind: number;
  private isKnown = false;

  /** Knows the Services with health checks; they do not change during a run. */
  constructor(setup: LoadBalancerSetup) {
    this.setup = setup;
    const { ledger, nodes, simulation } = setup;
    this.kind = simulation.register('health-check', EventClass.control, this);
    const byPort = new Map<number, number>();
    for (const key of ledger.keysAt(ledger.revision)) {
      const service = ledger.portAt(key, ledger.revision);
      const port = service?.healthCheckNodePort ?? 0;
      if (service === undefined || port === 0) continue;
      const pool =
        byPort.get(port) ?? this.pools.push({ port, failures: new Uint8Array(nodes.length), members: [] }) - 1;
      byPort.set(port, pool);
      for (const vip of service.loadBalancerVips) this.poolAt.set(vip, pool);
    }
    if (this.pools.length > 0) simulation.schedule(simulation.now + setup.healthIntervalNs, this.kind, 0);
  }

  /** See `FlowSpread`. */
  nodeFor(packet: number): IpAddress {
    const { nodes, packets } = this.setup;
    const pool = this.poolAt.get(packets.destination[packet]!);
    const members = pool < 0 ? nodes : this.membersOf(this.pools[pool]!);
    return members.length === 0 ? 0 : members[placeOf(packets, packet, members.length)]!;
  }

  /** Nodes that get flows to an address. */
  members(address: IpAddress): readonly IpAddress[] {
    const pool = this.poolAt.get(address);
    return pool < 0 ? this.setup.nodes : this.membersOf(this.pools[pool]!);
  }

  /** A round of checks. */
  fire(): void {
    const { simulation, healthIntervalNs, unhealthyThreshold } = this.setup;
    for (const pool of this.pools) this.check(pool, this.isKnown ? 1 : unhealthyThreshold);
    this.isKnown = true;
    simulation.schedule(simulation.now + healthIntervalNs, this.kind, 0);
  }

  private membersOf(pool: Pool): readonly IpAddress[] {
    if (!this.isKnown) {
      for (const own of this.pools) this.check(own, this.setup.unhealthyThreshold);
      this.isKnown = true;
    }
    return pool.members;
  }

  /** Asks every node once. @param weight failures that one failed check counts for */
  private check(pool: Pool, weight: number): void {
    const { nodes, proxies, unhealthyThreshold } = this.setup;
    const { port, failures } = pool;
    pool.members = nodes.filter((_, node) => {
      const isHealthy = proxies.healthCheckStatus(port, node) === HEALTHY;
      failures[node] = isHealthy ? 0 : Math.min(failures[node]! + weight, unhealthyThreshold);
      return failures[node] < unhealthyThreshold;
    });
  }
}
