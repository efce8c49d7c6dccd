/**
 * What becomes of packets to a service port on a node: which endpoints stand behind its addresses, and what where there are none.
 *
 * Mirrors the decisions of syncProxyRules that iptables and nftables mode have in common (pkg/proxy, 1.34), before anything is written. A
 * plan follows from the service port, the endpoints chosen, and whether the node stands in the load balancer's source ranges.
 */
import { inPrefix } from '../net/index.js';
import type { EndpointChoice } from './endpoint-choice.js';
import type { NodeFacts } from './proxier.js';
import { isExternallyAccessible, restrictsSources, type EndpointList, type ServicePort } from './service-port.js';

/** What becomes of packets that no chain takes: none at all (there is one), REJECT (no endpoint anywhere), DROP (none on this node). */
export const Refusal = { none: 0, reject: 1, drop: 2 } as const;

/** One of the three. */
export type Refusal = (typeof Refusal)[keyof typeof Refusal];

/** The plan of one service port. */
export interface PortPlan {
  readonly port: ServicePort;
  readonly choice: EndpointChoice;
  /** Endpoints for policy Cluster and for policy Local; null where no chain is needed. */
  readonly cluster: EndpointList | null;
  readonly local: EndpointList | null;
  /** What becomes of packets to the cluster address, and to the external ones, that no chain takes. */
  readonly internal: Refusal;
  readonly external: Refusal;
  /** Whether there are chains for external traffic, and for the load balancer's source ranges. */
  readonly hasExternal: boolean;
  readonly hasFirewall: boolean;
  /** Whether packets from the load balancer's own addresses are let in, as the node's own packets are. */
  readonly nodeAllowed: boolean;
}

/** How the rules of all service ports depend on options and detector. */
export interface RuleShape {
  /** Rules for packets to a cluster address that are to be masqueraded, a service port: 0 or 1. */
  readonly masquerade: number;
  /** Rules for packets of pods in the chain of external traffic with policy Local: 0 or 1. */
  readonly detector: number;
}

/** Whether a node's primary address lies in a service port's source ranges, and they count. */
export function isNodeAllowed(port: ServicePort, node: Pick<NodeFacts, 'ip'>): boolean {
  return restrictsSources(port) && port.sourceRanges.some(({ address, bits }) => inPrefix(node.ip, address, bits));
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
    hasFirewall: restrictsSources(port),
    nodeAllowed,
  };
}
