/**
 * Whom a balancer that ends connections dials: node ports of the nodes that pass its health checks, or pods, each kind in turn.
 *
 * A Service without node ports (allocateLoadBalancerNodePorts: false) has no target among nodes. Cost: O(1) a connection.
 */
import { Protocol, type IpAddress } from '../../net/index.js';
import type { ServicePort } from '../../proxy/index.js';
import type { CloudLoadBalancer } from './cloud-load-balancer.js';
import type { BalancerTarget, BalancerTargets } from './connection-balancer.js';
import type { PodTargets } from './pod-targets.js';

const PORTS = 65_536;

/** Whose turn it is at each of a balancer's addresses and ports. */
class Turns {
  private readonly next = new Map<number, number>();

  /** The place whose turn it is among several. */
  take(vip: IpAddress, port: number, places: number): number {
    const key = vip * PORTS + port;
    const place = (this.next.get(key) ?? 0) % places;
    this.next.set(key, place + 1);
    return place;
  }
}

/** Nodes, by the node port of a Service's port. */
export class NodeTargets implements BalancerTargets {
  private readonly balancer: Pick<CloudLoadBalancer, 'members'>;
  private readonly nodePorts = new Map<number, number>();
  private readonly turns = new Turns();

  /** @param services the service ports that have addresses of a balancer */
  constructor(balancer: Pick<CloudLoadBalancer, 'members'>, services: readonly ServicePort[]) {
    this.balancer = balancer;
    for (const { protocol, port, nodePort, loadBalancerVips } of services) {
      if (protocol !== Protocol.tcp) continue;
      for (const vip of loadBalancerVips) this.nodePorts.set(vip * PORTS + port, nodePort);
    }
  }

  /** See `BalancerTargets`. */
  choose(vip: IpAddress, port: number, target: BalancerTarget): boolean {
    const nodePort = this.nodePorts.get(vip * PORTS + port) ?? 0;
    const nodes = this.balancer.members(vip);
    if (nodePort === 0 || nodes.length === 0) return false;
    target.address = nodes[this.turns.take(vip, port, nodes.length)]!;
    target.port = nodePort;
    return true;
  }
}

/** Pods that the balancer knows. */
export class PodsInTurn implements BalancerTargets {
  private readonly targets: PodTargets;
  private readonly turns = new Turns();

  /** @param targets what it knows */
  constructor(targets: PodTargets) {
    this.targets = targets;
  }

  /** See `BalancerTargets`. */
  choose(vip: IpAddress, port: number, target: BalancerTarget): boolean {
    const { addresses, ports } = this.targets.pool(Protocol.tcp, vip, port);
    if (addresses.length === 0) return false;
    const place = this.turns.take(vip, port, addresses.length);
    target.address = addresses[place]!;
    target.port = ports[place]!;
    return true;
  }
}
