/**
 * Names and comments of the chains that have rules for many service ports (pkg/proxy/iptables/proxier.go, 1.34); made when printed.
 */
import type { ChainText } from '../../../kernel/iptables/chain-text.js';
import { serviceChainName } from './chain-name.js';
import type { ChainLayout } from './chain-layout.js';
import { Refusal, type PortPlan } from '../../port-plan.js';

/** Comment of the rules that lead to KUBE-NODEPORTS. */
export const LAST_RULE = 'kubernetes service nodeports; NOTE: this must be the last rule in this chain';

/** Comment of a service port's rule: the how-manieth of its rules in the chain it is, from 0. */
export type PortComment = (plan: PortPlan, index: number) => string;

/** Text of one such chain. */
export class DispatchText implements ChainText {
  private readonly chainName: string;
  private readonly plans: readonly { readonly plan: PortPlan }[];
  private readonly layout: ChainLayout;
  private readonly portComment: PortComment;

  /**
   * @param chainName the chain's name
   * @param plans of the service ports, by place; their comments must hold for all versions of the chain
   * @param layout whose rules stand where
   */
  constructor(
    chainName: string,
    plans: readonly { readonly plan: PortPlan }[],
    layout: ChainLayout,
    portComment: PortComment,
  ) {
    this.chainName = chainName;
    this.plans = plans;
    this.layout = layout;
    this.portComment = portComment;
  }

  name(): string {
    return this.chainName;
  }

  comment(_tag: number, position: number): string {
    const place = this.layout.placeAt(position);
    // Only nat KUBE-SERVICES has rules that belong to no service port.
    if (place < 0) return LAST_RULE;
    return this.portComment(this.plans[place]!.plan, position - this.layout.startOf(place));
  }
}

/** nat KUBE-SERVICES: cluster address, external addresses, load-balancer addresses. */
export const serviceComment: PortComment = ({ port, internal }, index) => {
  const afterCluster = internal === Refusal.none ? index - 1 : index;
  if (afterCluster < 0) return `${port.displayName} cluster IP`;
  return `${port.displayName} ${afterCluster < port.externalIps.length ? 'external' : 'loadbalancer'} IP`;
};

/** nat KUBE-NODEPORTS. */
export const nodePortComment: PortComment = ({ port }) => port.displayName;

/** filter KUBE-SERVICES. */
export const internalRefusalComment: PortComment = ({ port, internal }) => refusalComment(port.displayName, internal);

/** filter KUBE-EXTERNAL-SERVICES. */
export const externalRefusalComment: PortComment = ({ port, external }) => refusalComment(port.displayName, external);

/** filter KUBE-PROXY-FIREWALL. */
export const firewallComment: PortComment = ({ port }) =>
  `${port.displayName} traffic not accepted by ${serviceChainName('KUBE-FW-', port.displayName, port.protocol)}`;

/** filter KUBE-NODEPORTS. */
export const healthCheckComment: PortComment = ({ port }) => `${port.displayName} health check node port`;

function refusalComment(displayName: string, refusal: Refusal): string {
  return `${displayName} has no ${refusal === Refusal.drop ? 'local ' : ''}endpoints`;
}
