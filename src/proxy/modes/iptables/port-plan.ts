/**
 * What a service port needs on a node: which chains, how many rules, and REJECT or DROP where there is nothing to send packets to.
 *
 * Mirrors the decisions of syncProxyRules (pkg/proxy/iptables/proxier.go, 1.34) before it writes anything. A plan follows from
 * the service port, the endpoints chosen, and whether the node stands in the load balancer's source ranges; equal answers are one
 * object for all nodes. Cost: O(source ranges) a plan.
 */
import { inPrefix, type IpAddress } from '../../../net/index.js';
import type { EndpointChoice } from '../../endpoint-choice.js';
import type { NodeFacts } from '../../proxier.js';
import { isExternallyAccessible, restrictsSources, type EndpointList, type ServicePort } from '../../service-port.js';

/** Why packets are turned away: no endpoint at all (REJECT), none on this node (DROP). */
export const Refusal = { none: 0, reject: 1, drop: 2 } as const;

/** One of the reasons. */
export type Refusal = (typeof Refusal)[keyof typeof Refusal];

/** The plan of one service port. */
export interface PortPlan {
  readonly port: ServicePort;
  readonly choice: EndpointChoice;
  /** Endpoints behind KUBE-SVC and KUBE-SVL; null where there is no such chain. */
  readonly cluster: EndpointList | null;
  readonly local: EndpointList | null;
  /** What becomes of packets to the cluster address, and to the external ones, that no chain takes. */
  readonly internal: Refusal;
  readonly external: Refusal;
  /** Whether KUBE-EXT and KUBE-FW are there. */
  readonly hasExternal: boolean;
  readonly hasFirewall: boolean;
  /** Whether KUBE-FW lets packets from the load balancer's own addresses in, as the node's own packets are. */
  readonly nodeAllowed: boolean;
}

/** Whether a service port's rules say where the node stands, besides the choice of endpoints. */
export function asksForNode(port: ServicePort): boolean {
  return restrictsSources(port);
}

/** Whether a node's primary address lies in a service port's source ranges. */
export function isNodeAllowed(port: ServicePort, node: Pick<NodeFacts, 'ip'>): boolean {
  return asksForNode(port) && port.sourceRanges.some(({ address, bits }) => inPrefix(node.ip, address, bits));
}

/** The plan for a choice of endpoints. */
export function planPort(port: ServicePort, choice: EndpointChoice, nodeAllowed: boolean): PortPlan {
  const { hasAny } = choice;
  const hasLocal = choice.local !== null && choice.local.length > 0;
  const refusal = (local: boolean): Refusal =>
    hasAny ? (local && !hasLocal ? Refusal.drop : Refusal.none) : Refusal.reject;
  return {
    port,
    choice,
    cluster: choice.cluster !== null && choice.cluster.length > 0 ? choice.cluster : null,
    local: hasLocal ? choice.local : null,
    internal: refusal(port.internalLocal),
    external: refusal(port.externalLocal),
    hasExternal: hasAny && isExternallyAccessible(port),
    hasFirewall: hasAny && asksForNode(port),
    nodeAllowed,
  };
}

/** Whether an endpoint has a chain of its own. */
export function hasEndpoint({ choice }: PortPlan, address: IpAddress, port: number): boolean {
  const { reachable } = choice;
  for (let i = 0; i < reachable.length; i++) {
    if (reachable.address[i] === address && reachable.port[i] === port) return true;
  }
  return false;
}

/** Rules of KUBE-EXT. */
export function externalRules(plan: PortPlan, detectorRules: number): number {
  if (!plan.hasExternal) return 0;
  if (!plan.port.externalLocal) return 2;
  return detectorRules + 2 + (plan.external === Refusal.none ? 1 : 0);
}

/** Rules of KUBE-FW. */
export function firewallRules({ port, hasFirewall, nodeAllowed }: PortPlan): number {
  return hasFirewall ? port.sourceRanges.length + (nodeAllowed ? port.loadBalancerVips.length : 0) + 1 : 0;
}

/**
 * Rules of KUBE-SVC or KUBE-SVL.
 * @param list the endpoints behind it
 * @param masqueradeRules rules before them: 1 in the chain that takes packets to the cluster address, if there is such a rule
 */
export function policyRules({ port }: PortPlan, list: EndpointList | null, masqueradeRules: number): number {
  return list === null ? 0 : masqueradeRules + list.length * (port.affinitySeconds > 0 ? 2 : 1);
}

/** How the rules of all service ports depend on options and detector. */
export interface RuleShape {
  /** Rules for packets to a cluster address that are to be masqueraded, a service port: 0 or 1. */
  readonly masquerade: number;
  /** Rules for packets of pods in KUBE-EXT with policy Local: 0 or 1. */
  readonly detector: number;
}

/** Rules in a service port's own chains. */
export function ownRules(plan: PortPlan, shape: RuleShape): number {
  const { port, cluster, local, choice } = plan;
  // Packets to the cluster address go through one of the two.
  const inLocal = port.internalLocal ? shape.masquerade : 0;
  return (
    policyRules(plan, cluster, shape.masquerade - inLocal) +
    policyRules(plan, local, inLocal) +
    externalRules(plan, shape.detector) +
    firewallRules(plan) +
    2 * choice.reachable.length
  );
}

/** Number of a service port's own chains. */
export function ownChains({ cluster, local, hasExternal, hasFirewall, choice }: PortPlan): number {
  const chains = (cluster === null ? 0 : 1) + (local === null ? 0 : 1) + (hasExternal ? 1 : 0) + (hasFirewall ? 1 : 0);
  return chains + choice.reachable.length;
}
