/**
 * Names and comments of the chains that belong to one service port, as kube-proxy writes them
 * (pkg/proxy/iptables/proxier.go, 1.34); made when printed.
 */
import type { ChainText } from '../../../kernel/iptables/chain-text.js';
import { formatIpPort } from '../../../net/index.js';
import type { EndpointList, ServicePort } from '../../service-port.js';
import { endpointChainName, serviceChainName } from './chain-name.js';
import type { PortPlan } from '../../port-plan.js';

/** Tag of KUBE-SVC or KUBE-SVL in its text; an endpoint's chain has the endpoint's index. */
export const POLICY_TAG = -1;

/** How a policy chain's rules are laid out. */
export interface PolicyLayout {
  readonly prefix: 'KUBE-SVC-' | 'KUBE-SVL-';
  /** Rules before those of the endpoints, 0 or 1. */
  readonly masqueradeRules: number;
  /** False in large-cluster mode, where endpoint rules have no comments. */
  readonly commented: boolean;
}

/** Text of KUBE-SVC or KUBE-SVL and of the KUBE-SEP chains of its endpoints. */
export class PolicyText implements ChainText {
  private readonly port: ServicePort;
  private readonly endpoints: EndpointList;
  private readonly layout: PolicyLayout;

  /** @param endpoints those behind the chain */
  constructor(port: ServicePort, endpoints: EndpointList, layout: PolicyLayout) {
    this.port = port;
    this.endpoints = endpoints;
    this.layout = layout;
  }

  name(tag: number): string {
    const { displayName, protocol } = this.port;
    if (tag === POLICY_TAG) return serviceChainName(this.layout.prefix, displayName, protocol);
    return endpointChainName(displayName, protocol, this.endpoints.address[tag]!, this.endpoints.port[tag]!);
  }

  family(tag: number): string {
    return tag === POLICY_TAG ? this.layout.prefix.slice(0, -1) : 'KUBE-SEP';
  }

  comment(tag: number, position: number): string | undefined {
    const { displayName } = this.port;
    const { masqueradeRules, commented } = this.layout;
    if (tag === POLICY_TAG && position < masqueradeRules) return `${displayName} cluster IP`;
    if (!commented) return undefined;
    if (tag !== POLICY_TAG) return displayName;
    // With affinity every endpoint has two rules: one by list, one by chance.
    const endpoint = (position - masqueradeRules) % this.endpoints.length;
    const { address, port } = this.endpoints;
    return `${displayName} -> ${formatIpPort(address[endpoint]!, port[endpoint]!)}`;
  }
}

/** Tags of the chains for traffic from outside. */
export const OutsideTag = { external: 0, firewall: 1 } as const;

/** Text of KUBE-EXT and KUBE-FW. */
export class OutsideText implements ChainText {
  private readonly plan: PortPlan;
  private readonly detectorRules: number;

  /** @param detectorRules rules for packets of pods, 0 or 1 */
  constructor(plan: PortPlan, detectorRules: number) {
    this.plan = plan;
    this.detectorRules = detectorRules;
  }

  name(tag: number): string {
    const { displayName, protocol } = this.plan.port;
    return serviceChainName(tag === OutsideTag.external ? 'KUBE-EXT-' : 'KUBE-FW-', displayName, protocol);
  }

  family(tag: number): string {
    return tag === OutsideTag.external ? 'KUBE-EXT' : 'KUBE-FW';
  }

  comment(tag: number, position: number): string | undefined {
    return tag === OutsideTag.external ? this.externalComment(position) : this.firewallComment(position);
  }

  private externalComment(position: number): string | undefined {
    const { displayName, externalLocal } = this.plan.port;
    const whose = `for ${displayName} external destinations`;
    if (!externalLocal) return position === 0 ? `masquerade traffic ${whose}` : undefined;
    switch (position - this.detectorRules) {
      case -1:
        return `pod traffic ${whose}`;
      case 0:
        return `masquerade LOCAL traffic ${whose}`;
      case 1:
        return `route LOCAL traffic ${whose}`;
      default:
        return undefined;
    }
  }

  private firewallComment(position: number): string {
    const { port, nodeAllowed } = this.plan;
    const allowed = port.sourceRanges.length + (nodeAllowed ? port.loadBalancerVips.length : 0);
    return position < allowed
      ? `${port.displayName} loadbalancer IP`
      : `other traffic to ${port.displayName} will be dropped by KUBE-PROXY-FIREWALL`;
  }
}
