/**
 * What a service port needs on a node: which chains with how many rules, and what becomes of packets that no chain takes.
 *
 * Mirrors the decisions of syncProxyRules (pkg/proxy/nftables/proxier.go, 1.34) before it writes anything. A plan follows from the service
 * port, the endpoints chosen, and whether the node stands in the load balancer's source ranges. Cost: O(source ranges) a plan.
 */
import { Refusal, type PortPlan, type RuleShape } from '../../port-plan.js';
import type { EndpointList, ServicePort } from '../../service-port.js';

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
