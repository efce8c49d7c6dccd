/**
 * What a service port needs on a node: which chains, how many rules, and REJECT or DROP where there is nothing to send packets to.
 *
 * Mirrors the decisions of syncProxyRules (pkg/proxy/iptables/proxier.go, 1.34) before it writes anything. A plan follows from
 * the service port, the endpoints chosen, and whether the node stands in the load balancer's source ranges; equal answers are one
 * object for all nodes. Cost: O(source ranges) a plan.
 */
import type { IpAddress } from '../../../net/index.js';
import type { EndpointChoice } from '../../endpoint-choice.js';
import { planPort as planFor, Refusal, type PortPlan, type RuleShape } from '../../port-plan.js';
import type { EndpointList, ServicePort } from '../../service-port.js';

/** The plan for a choice of endpoints: KUBE-FW, unlike nftables' firewall, is there only with endpoints. */
export function planPort(port: ServicePort, choice: EndpointChoice, nodeAllowed: boolean): PortPlan {
  const plan = planFor(port, choice, nodeAllowed);
  return choice.hasAny || !plan.hasFirewall ? plan : { ...plan, hasFirewall: false };
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
