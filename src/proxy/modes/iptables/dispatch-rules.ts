/**
 * Which rules service ports have in the chains that all of them share, and whether two versions of a service port have the same ones.
 *
 * Mirrors the conditions of syncProxyRules (pkg/proxy/iptables/proxier.go, 1.34).
 */
import { Refusal, type PortPlan } from '../../port-plan.js';

/** Rules in nat KUBE-SERVICES: cluster address, external addresses, load-balancer addresses. */
export function serviceRules({ port, choice, internal }: PortPlan): number {
  const outside = choice.hasAny ? port.externalIps.length + port.loadBalancerVips.length : 0;
  return outside + (internal === Refusal.none ? 1 : 0);
}

/**
 * Rules in nat KUBE-NODEPORTS.
 * @param counted whether packets from localhost have a rule of their own, which counts them
 */
export function nodePortRules({ port, choice }: PortPlan, counted: boolean): number {
  if (port.nodePort === 0 || !choice.hasAny) return 0;
  return counted ? 2 : 1;
}

/** Rules in filter KUBE-SERVICES. */
export function internalRefusalRules({ internal }: PortPlan): number {
  return internal === Refusal.none ? 0 : 1;
}

/** Rules in filter KUBE-EXTERNAL-SERVICES: external addresses, load-balancer addresses, node port. */
export function externalRefusalRules({ port, external }: PortPlan): number {
  if (external === Refusal.none) return 0;
  return port.externalIps.length + port.loadBalancerVips.length + (port.nodePort === 0 ? 0 : 1);
}

/** Rules in filter KUBE-PROXY-FIREWALL. */
export function proxyFirewallRules({ port, hasFirewall }: PortPlan): number {
  return hasFirewall ? port.loadBalancerVips.length : 0;
}

/** Rules in filter KUBE-NODEPORTS. */
export function healthCheckRules({ port }: PortPlan): number {
  return port.healthCheckNodePort === 0 ? 0 : 1;
}

/** Whether two versions of a service port have the same rules in the nat table's shared chains, the jumps' targets aside. */
export function sameInNat(a: PortPlan, b: PortPlan): boolean {
  return (
    a.internal === b.internal &&
    a.choice.hasAny === b.choice.hasAny &&
    a.hasFirewall === b.hasFirewall &&
    sameFrontends(a, b)
  );
}

/** Whether two versions of a service port have the same rules in the filter table's shared chains. */
export function sameInFilter(a: PortPlan, b: PortPlan): boolean {
  return (
    a.internal === b.internal &&
    a.external === b.external &&
    a.hasFirewall === b.hasFirewall &&
    a.port.healthCheckNodePort === b.port.healthCheckNodePort &&
    sameFrontends(a, b)
  );
}

function sameFrontends({ port: a }: PortPlan, { port: b }: PortPlan): boolean {
  if (a === b) return true;
  return (
    a.clusterIp === b.clusterIp &&
    a.port === b.port &&
    a.protocol === b.protocol &&
    a.nodePort === b.nodePort &&
    a.displayName === b.displayName &&
    sameNumbers(a.externalIps, b.externalIps) &&
    sameNumbers(a.loadBalancerVips, b.loadBalancerVips)
  );
}

function sameNumbers(a: readonly number[], b: readonly number[]): boolean {
  return a === b || (a.length === b.length && a.every((value, i) => value === b[i]));
}
