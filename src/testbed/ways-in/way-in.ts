/** What stands between clients outside of the cluster and its nodes or pods in one run: built from the case. */
import { addressIn, type Cluster } from '../../kube/index.js';
import type { ServicePort } from '../../proxy/index.js';
import type { Case, LoadBalancerOptions } from '../../scenario/case.js';
import type { FamilyProxies } from '../cluster-proxies.js';
import type { Foundation } from '../foundation.js';
import { NodeTargets, PodsInTurn } from './balancer-targets.js';
import { CloudLoadBalancer } from './cloud-load-balancer.js';
import { ConnectionBalancer } from './connection-balancer.js';
import { EcmpRoutes } from './ecmp-routes.js';
import type { FlowSpread } from './flow-spread.js';
import { addMachine } from './outside-machine.js';
import { PodBalancer } from './pod-balancer.js';
import { PodRoutes } from './pod-routes.js';
import { PodTargets } from './pod-targets.js';

/** What stands in front. */
export interface WayIn {
  /** How flows from outside are dealt out; absent where each client comes in by one node. */
  readonly spread?: FlowSpread;
  /** Routers with several next hops. */
  readonly ecmp?: EcmpRoutes;
  /** A balancer that ends connections. */
  readonly balancer?: ConnectionBalancer;
  /** Hosts of machines in front that dial on behalf of clients. */
  readonly machines: readonly number[];
}

/** What it is built from. */
interface Parts {
  readonly base: Foundation;
  readonly cluster: Cluster;
  readonly plan: Case;
  /** Of the family that is dialled. */
  readonly proxies: FamilyProxies;
}

/** Clients send packets to a balancer's addresses to itself, which is on their network. */
const TO_ITSELF: FlowSpread = { nodeFor: () => 0 };

/** Builds it. */
export function wayInOf(parts: Parts): WayIn {
  const { base, cluster, plan } = parts;
  const { frontend, ipFamily } = plan.workload;
  if (frontend === 'ecmp') {
    const nodes = cluster.nodes.map((node) => addressIn(node, ipFamily));
    const isWatched = plan.churn.some(({ kind }) => kind === 'next-hops');
    const hashing = plan.cluster.ecmpHashing ?? 'modulo';
    const isMeasured = (): boolean => base.simulation.now >= base.probes.fromNs;
    const ecmp = new EcmpRoutes(base.packets, nodes, { hashing, isWatched, isMeasured });
    return { spread: ecmp, ecmp, machines: [] };
  }
  const { loadBalancer } = plan.cluster;
  return loadBalancer === undefined ? { machines: [] } : balanced(parts, loadBalancer);
}

function balanced(parts: Parts, options: LoadBalancerOptions): WayIn {
  const { base } = parts;
  const pods = options.podTargets && podTargets(parts, options.podTargets.delayNs);
  if (options.connections === undefined) {
    const spread = pods ? new PodBalancer(base.packets, pods, routesOf(parts)) : nodeBalancer(parts, options);
    return { spread, machines: [] };
  }
  const services = balancedServices(parts);
  const vips = [...new Set(services.flatMap(({ loadBalancerVips }) => loadBalancerVips))];
  const { host } = addMachine({
    ...{ base, cluster: parts.cluster, options: parts.plan.cluster, family: parts.plan.workload.ipFamily },
    more: vips,
  });
  const targets = pods ? new PodsInTurn(pods) : new NodeTargets(nodeBalancer(parts, options), services);
  const version = options.connections.proxyProtocol;
  const ports = services.map(({ port }) => port);
  const balancer = new ConnectionBalancer({ base, host, ports, targets, version });
  return { spread: TO_ITSELF, balancer, machines: [host] };
}

function nodeBalancer({ base, cluster, plan, proxies: own }: Parts, options: LoadBalancerOptions): CloudLoadBalancer {
  const { simulation, packets } = base;
  const { ledger, proxies } = own;
  const nodes = cluster.nodes.map((node) => addressIn(node, plan.workload.ipFamily));
  const { healthIntervalNs, unhealthyThreshold } = options;
  return new CloudLoadBalancer({ simulation, packets, nodes, ledger, proxies, healthIntervalNs, unhealthyThreshold });
}

function podTargets({ base, cluster, plan, proxies }: Parts, delayNs: number): PodTargets {
  const { simulation } = base;
  return new PodTargets({ simulation, cluster, ledger: proxies.ledger, family: plan.workload.ipFamily, delayNs });
}

function routesOf({ base, cluster, plan }: Parts): PodRoutes {
  return new PodRoutes(base.packets, cluster, plan.workload.ipFamily);
}

/** Service ports with addresses of a balancer. */
function balancedServices({ proxies: { ledger } }: Parts): readonly ServicePort[] {
  return ledger
    .keysAt(ledger.revision)
    .map((key) => ledger.portAt(key, ledger.revision))
    .filter((own) => own !== undefined)
    .filter(({ loadBalancerVips }) => loadBalancerVips.length > 0);
}
