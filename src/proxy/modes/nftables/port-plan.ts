/**
 * What a service port needs on a node: which chains with how many rules, and what becomes of packets that no chain takes.
 *
 * Mirrors the decisions of syncProxyRules (pkg/proxy/nftables/proxier.go, 1.34) before it writes anything. A plan follows from the service
 * port, the endpoints chosen, and whether the node stands in the load balancer's source ranges. Cost: O(source ranges) a plan.
 */
import { inPrefix } from '../../../net/index.js';
import type { EndpointChoice } from '../../endpoint-choice.js';
import type { NodeFacts } from '../../proxier.js';
import { isExternallyAccessible, restrictsSources, type EndpointList, type ServicePort } from '../../service-port.js';

/** What becomes of packets that no chain takes: none at all (there is one), REJECT (no endpoint anywhere), DROP (none on this node). */
export const Refusal = { none: 0, reject: 1, drop: 2 } as const;

/** One of the three. */
export type Refusal = (typeof Refusal)[keyof typeof Refusal];

/** The plan of one service port. */
export interface PortPlan {
  readonly port: ServicePort;
  readonly choice: EndpointChoice;
  /** Endpoints behind `service-` and `local-`; null where there is no such chain. */
  readonly cluster: EndpointList | null;
  readonly local: EndpointList | null;
  /** What becomes of packets to the cluster address, and to the external ones. */
  readonly internal: Refusal;
  readonly external: Refusal;
  /** Whether `external-` and `firewall-` are there. */
  readonly hasExternal: boolean;
  readonly hasFirewall: boolean;
  /** Whether packets from the load balancer's own addresses are let in, as the node's own packets are. */
  readonly nodeAllowed: boolean;
}

/** How the rules of all service ports depend on options and detector. */
export interface RuleShape {
  /** Rules for packets to a cluster address that are to be masqueraded, a service port: 0 or 1. */
  readonly masquerade: number;
  /** Rules for packets of pods in `external-` with policy Local: 0 or 1. */
  readonly detector: number;
}

/** What a service port has of its own: chains, rules and sets. */
export interface OwnCounts {
  readonly chains: number;
  readonly rules: number;
  /** Sets of session affinity. */
  readonly affinitySets: number;
  /** Anonymous sets and maps in rules. */
  readonly anonymousSets: number;
}

/** The same of all service ports together, with the elements of the sets and maps. */
export interface NftCounts extends OwnCounts {
  readonly elements: number;
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
    hasFirewall: asksForNode(port),
    nodeAllowed,
  };
}

/** Rules of `external-`. */
export function externalRules({ hasExternal, port, external }: PortPlan, { detector }: RuleShape): number {
  if (!hasExternal) return 0;
  return port.externalLocal ? detector + 2 + (external === Refusal.none ? 1 : 0) : 2;
}

/** Rules of `service-` or `local-`, the one that takes packets to the cluster address having those about masquerade. */
export function policyRules({ port }: PortPlan, list: EndpointList | null, masquerade: number): number {
  return list === null ? 0 : masquerade + (port.affinitySeconds > 0 ? list.length : 0) + 1;
}

/** How many chains and rules a plan makes. */
export function planCounts(plan: PortPlan, shape: RuleShape): OwnCounts {
  const { port, choice, cluster, local } = plan;
  const endpoints = choice.reachable.length;
  const hasAffinity = port.affinitySeconds > 0;
  const policies = (cluster === null ? 0 : 1) + (local === null ? 0 : 1);
  const firewall = plan.hasFirewall ? 1 : 0;
  const inLocal = port.internalLocal ? shape.masquerade : 0;
  return {
    chains: policies + (plan.hasExternal ? 1 : 0) + firewall + endpoints,
    rules:
      policyRules(plan, cluster, shape.masquerade - inLocal) +
      policyRules(plan, local, inLocal) +
      externalRules(plan, shape) +
      firewall +
      endpoints * (hasAffinity ? 3 : 2),
    affinitySets: hasAffinity ? endpoints : 0,
    anonymousSets: policies + firewall,
  };
}

/** External and load-balancer addresses of a service port, each once. */
export function outsideAddresses({ externalIps, loadBalancerVips }: ServicePort): readonly number[] {
  if (loadBalancerVips.length === 0 && externalIps.length < 2) return externalIps;
  return [...new Set([...externalIps, ...loadBalancerVips])];
}
