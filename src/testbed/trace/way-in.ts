/**
 * How a machine outside of the cluster comes in for addresses that no machine has: by one node, by routers that have all nodes as next hops (ECMP),
 * or by a cloud's load balancer, which takes nodes that pass its health checks.
 *
 * Balancer and routers choose by the flow's addresses and ports, so that the same client comes in by the same node each time.
 */
import { addressIn, type Node } from '../../kube/index.js';
import { familyOf, formatIp, type IpAddress } from '../../net/index.js';
import { SECOND } from '../../sim/index.js';
import { CaseError } from '../case-error.js';
import { CloudLoadBalancer, EcmpRoutes, type FlowSpread } from '../ways-in/index.js';
import { nodeNamed } from './node-named.js';
import type { Entry } from './place.js';
import type { Target } from './target.js';
import type { TraceWorld } from './trace-world.js';

/** The way in of a machine outside. */
export interface WayIn {
  /** Address of the node that takes what is routed, where `spread` does not choose. */
  readonly gateway: IpAddress;
  readonly spread: FlowSpread | undefined;
  readonly entry: Entry;
}

/** A health check says the same all the time here, however often it is asked. */
const CHECKS = { healthIntervalNs: 8 * SECOND, unhealthyThreshold: 3 };

/**
 * Decides how a machine outside comes in.
 * @param via a node's name, `ecmp` or `load-balancer`; a node of such a name goes before
 * @throws CaseError when there is no such node, or nothing is to be chosen for that target
 */
export function wayInOf(world: TraceWorld, via: string | undefined, target: Target): WayIn {
  const { nodes } = world.cluster;
  const family = familyOf(target.address);
  if (via === undefined || !isSpread(world, via)) {
    const node = via === undefined ? nodes[0]! : nodeNamed(world, via, '--via');
    return { gateway: addressIn(node, family), spread: undefined, entry: { by: 'node', nodes: [node.name] } };
  }
  requireRouted(world, via, target);
  const addresses = nodes.map((node) => addressIn(node, family));
  const gateway = addresses[0]!;
  const names = (own: readonly IpAddress[]): readonly string[] => namesOf(nodes, addresses, own);
  const { packets, simulation } = world.base;
  if (via === 'ecmp') {
    const hashing = world.plan.cluster.ecmpHashing ?? 'modulo';
    const spread = new EcmpRoutes(packets, addresses, { hashing });
    return { gateway, spread, entry: { by: 'ecmp', nodes: names(addresses) } };
  }
  requirePacketBalancer(world);
  const { ledger, proxies } = world.proxies.of(family);
  const setup = { simulation, packets, nodes: addresses, ledger, proxies, ...CHECKS };
  const spread = new CloudLoadBalancer(setup);
  return { gateway, spread, entry: { by: 'load-balancer', nodes: names(spread.members(target.address)) } };
}

/** Whether routers or a balancer choose the node. */
export function isSpread({ cluster }: TraceWorld, via: string): boolean {
  return (via === 'ecmp' || via === 'load-balancer') && !cluster.nodes.some(({ name }) => name === via);
}

/** Refuses to choose among nodes for what only one machine has. */
function requireRouted(world: TraceWorld, via: string, { address }: Target): void {
  if (world.nodeAt(address) !== undefined) {
    throw new CaseError(`--via ${via}: ${formatIp(address)} is a node's own address, to which no other node leads`);
  }
  if (via === 'ecmp') return;
  const services = [...world.cluster.store.list('service')];
  if (services.some(({ loadBalancerVips }) => loadBalancerVips.includes(address))) return;
  throw new CaseError(`--via ${via}: no Service has ${formatIp(address)} as load balancer's address`);
}

/** Refuses a balancer that ends connections, or that knows pods: it does more than choose a node. */
function requirePacketBalancer({ plan }: TraceWorld): void {
  const { podTargets, connections } = plan.cluster.loadBalancer ?? {};
  if (podTargets === undefined && connections === undefined) return;
  const set = [
    ...(connections === undefined ? [] : ['--set cluster.loadBalancer.forwards=packets']),
    ...(podTargets === undefined ? [] : ['--set cluster.loadBalancer.targets=nodes']),
  ].join(' and ');
  throw new CaseError(`a trace knows load balancers that pass packets on to nodes: ${set}, or name a node with --via`);
}

function namesOf(
  nodes: readonly Node[],
  addresses: readonly IpAddress[],
  own: readonly IpAddress[],
): readonly string[] {
  return nodes.filter((_, i) => own.includes(addresses[i]!)).map(({ name }) => name);
}
