/**
 * The filter chains that have rules for service ports: KUBE-SERVICES and KUBE-EXTERNAL-SERVICES, which turn packets away for
 * which there is no endpoint, KUBE-PROXY-FIREWALL, which drops what source ranges keep out, and KUBE-NODEPORTS for health checks.
 *
 * Mirrors syncProxyRules (pkg/proxy/iptables/proxier.go, 1.34). Most service ports have no rule here.
 */
import { ROW_CELLS, RuleBit, TargetKind } from '../../../kernel/iptables/rule-bits.js';
import type { RuleStore } from '../../../kernel/iptables/rule-store.js';
import { addressBits, Protocol, type IpAddress, type IpFamily } from '../../../net/index.js';
import { ChainLayout } from './chain-layout.js';
import { externalRefusalRules, healthCheckRules, internalRefusalRules, proxyFirewallRules } from './dispatch-rules.js';
import {
  DispatchText,
  externalRefusalComment,
  firewallComment,
  healthCheckComment,
  internalRefusalComment,
  type PortComment,
} from './dispatch-text.js';
import { Refusal, type PortPlan } from '../../port-plan.js';
import type { ServiceChains } from './service-chains.js';

/** One version of the chains. */
export interface FilterChains {
  readonly services: number;
  readonly externalServices: number;
  readonly proxyFirewall: number;
  readonly healthChecks: number;
}

/** Writes a service port's rules from a row on; returns the row behind them. */
type PortWriter = (row: number, plan: PortPlan) => number;

/** Builds the chains of one family. */
export class FilterBuilder {
  private readonly store: RuleStore;
  private readonly bits: number;

  constructor(store: RuleStore, family: IpFamily) {
    this.store = store;
    this.bits = addressBits(family);
  }

  /** Builds the chains anew; nobody holds them yet. */
  build(own: readonly ServiceChains[]): FilterChains {
    return {
      services: this.chain('KUBE-SERVICES', own, internalRefusalRules, internalRefusalComment, (row, plan) =>
        this.refuse(row, plan.port.clusterIp, plan, plan.internal),
      ),
      externalServices: this.chain(
        'KUBE-EXTERNAL-SERVICES',
        own,
        externalRefusalRules,
        externalRefusalComment,
        (row, plan) => this.refuseExternal(row, plan),
      ),
      proxyFirewall: this.chain('KUBE-PROXY-FIREWALL', own, proxyFirewallRules, firewallComment, (row, plan) =>
        plan.port.loadBalancerVips.reduce((next, vip) => this.refuse(next, vip, plan, Refusal.drop), row),
      ),
      healthChecks: this.chain('KUBE-NODEPORTS', own, healthCheckRules, healthCheckComment, (row, plan) => {
        this.store.rows.matchPort(row, Protocol.tcp, plan.port.healthCheckNodePort);
        this.store.rows.setTarget(row, TargetKind.accept);
        return row + ROW_CELLS;
      }),
    };
  }

  private chain(
    name: string,
    own: readonly ServiceChains[],
    rulesOf: (plan: PortPlan) => number,
    comment: PortComment,
    write: PortWriter,
  ): number {
    const { store } = this;
    const layout = new ChainLayout(own.length, (place) => rulesOf(own[place]!.plan));
    // A text that names no service port must not keep all of them.
    const plans = layout.length === 0 ? [] : own;
    const chain = store.newChain(layout.length, new DispatchText(name, plans, layout, comment), 0);
    let row = store.firstRow(chain);
    for (const place of layout.places) row = write(row, own[place]!.plan);
    return chain;
  }

  private refuse(row: number, address: IpAddress, { port }: PortPlan, refusal: Refusal): number {
    const { rows } = this.store;
    rows.matchDestination(row, address, this.bits, false);
    rows.matchPort(row, port.protocol, port.port);
    rows.setTarget(row, targetOf(refusal));
    return row + ROW_CELLS;
  }

  private refuseExternal(first: number, plan: PortPlan): number {
    const { rows } = this.store;
    const { port, external } = plan;
    let row = first;
    for (const ip of port.externalIps) row = this.refuse(row, ip, plan, external);
    for (const vip of port.loadBalancerVips) row = this.refuse(row, vip, plan, external);
    if (port.nodePort === 0) return row;
    rows.matchPort(row, port.protocol, port.nodePort);
    rows.matchFlags(row, RuleBit.destinationLocal);
    rows.setTarget(row, targetOf(external));
    return row + ROW_CELLS;
  }
}

function targetOf(refusal: Refusal): TargetKind {
  return refusal === Refusal.reject ? TargetKind.reject : TargetKind.drop;
}
