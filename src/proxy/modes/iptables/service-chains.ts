/**
 * The chains that belong to one service port: KUBE-SVC and KUBE-SVL, KUBE-EXT, KUBE-FW and one KUBE-SEP an endpoint.
 *
 * Mirrors syncProxyRules and writeServiceToEndpointRules (pkg/proxy/iptables/proxier.go, 1.34).
 * Rules are written straight into the rows: about 60 ns an endpoint.
 */
import { probabilityFraction, probabilityText } from '../../../kernel/iptables/probability.js';
import { ROW_CELLS, RuleBit, TargetKind } from '../../../kernel/iptables/rule-bits.js';
import type { RuleStore } from '../../../kernel/iptables/rule-store.js';
import { addressBits, familyOf } from '../../../net/index.js';
import type { LocalDetector } from '../../proxier.js';
import type { EndpointList, ServicePort } from '../../service-port.js';
import type { AffinityLists } from './affinity-lists.js';
import { OutsideTag, OutsideText, POLICY_TAG, PolicyText } from './chain-texts.js';
import { Refusal, type PortPlan, type RuleShape } from '../../port-plan.js';
import { externalRules, firewallRules, policyRules } from './port-plan.js';
import type { RuleOptions } from './rule-options.js';

/** What one version of a service port has of its own on a node; -1 for chains that are not there. */
export interface ServiceChains {
  readonly plan: PortPlan;
  readonly cluster: number;
  readonly local: number;
  readonly external: number;
  readonly firewall: number;
}

/** The chain that takes packets to the cluster address, or -1. */
export function internalChain({ plan, cluster, local }: ServiceChains): number {
  return plan.port.internalLocal ? local : cluster;
}

/** KUBE-SEP chains by endpoint, for chains that share them. */
export type EndpointChains = Map<number, number>;

/** What of an endpoint tells it from the others of its service port. */
export function endpointKey(list: EndpointList, index: number): number {
  return list.address[index]! * 0x10000 + list.port[index]!;
}

/**
 * Adds all own chains of a service port; nobody holds those that are jumped to from elsewhere yet.
 * @param commented false in large-cluster mode
 */
export function writeServiceChains(writer: ServiceChainWriter, plan: PortPlan, commented: boolean): ServiceChains {
  // Endpoints that stand in both sets have one chain.
  const shared: EndpointChains | null = plan.cluster !== null && plan.local !== null ? new Map() : null;
  const cluster = plan.cluster === null ? -1 : writer.policy('KUBE-SVC-', plan, plan.cluster, commented, shared);
  const local = plan.local === null ? -1 : writer.policy('KUBE-SVL-', plan, plan.local, commented, shared);
  const external = plan.hasExternal ? writer.external(plan, cluster, local) : -1;
  const firewall = plan.hasFirewall ? writer.firewall(plan, external) : -1;
  return { plan, cluster, local, external, firewall };
}

/** Writes service ports' own chains into the store. */
export class ServiceChainWriter {
  readonly shape: RuleShape;
  private readonly store: RuleStore;
  private readonly options: RuleOptions;
  private readonly detector: LocalDetector;
  private readonly markMasquerade: number;
  private readonly affinity: AffinityLists;
  /** By n: the kernel's fraction for 1/n. */
  private readonly fractions: number[] = [];

  /**
   * @param detector the detector of the nodes that the chains are for
   * @param markMasquerade handle of KUBE-MARK-MASQ
   * @param affinity the lists of `recent` matches
   */
  constructor(
    store: RuleStore,
    options: RuleOptions,
    detector: LocalDetector,
    markMasquerade: number,
    affinity: AffinityLists,
  ) {
    this.store = store;
    this.options = options;
    this.detector = detector;
    this.markMasquerade = markMasquerade;
    this.affinity = affinity;
    const detects = detector.kind !== 'none';
    this.shape = { masquerade: options.masqueradeAll || detects ? 1 : 0, detector: detects ? 1 : 0 };
  }

  /**
   * Adds KUBE-SVC or KUBE-SVL; nobody holds it yet.
   * @param endpoints those behind it
   * @param shared chains of endpoints that are there already, and that others may use later; null to keep none
   */
  policy(
    prefix: 'KUBE-SVC-' | 'KUBE-SVL-',
    plan: PortPlan,
    endpoints: EndpointList,
    commented: boolean,
    shared: EndpointChains | null,
  ): number {
    const { store } = this;
    const { port } = plan;
    const masqueradeRules = (prefix === 'KUBE-SVL-') === port.internalLocal ? this.shape.masquerade : 0;
    const text = new PolicyText(port, endpoints, { prefix, masqueradeRules, commented });
    const chain = store.newChain(policyRules(plan, endpoints, masqueradeRules), text, POLICY_TAG);
    if (masqueradeRules > 0) this.writeMasquerade(store.firstRow(chain), port);
    const affinityRules = port.affinitySeconds > 0 ? endpoints.length : 0;
    const byList = store.firstRow(chain) + masqueradeRules * ROW_CELLS;
    const byChance = byList + affinityRules * ROW_CELLS;
    for (let i = 0; i < endpoints.length; i++) {
      const endpoint = this.endpoint(port, endpoints, i, text, shared);
      if (affinityRules > 0) this.writeAffinity(byList + i * ROW_CELLS, port, endpoints, i, endpoint);
      const row = byChance + i * ROW_CELLS;
      if (i < endpoints.length - 1) store.rows.matchStatistic(row, this.fraction(endpoints.length - i));
      store.jump(row, endpoint);
    }
    return chain;
  }

  /**
   * Adds KUBE-EXT; nobody holds it yet.
   * @param cluster KUBE-SVC
   * @param local KUBE-SVL, or -1
   */
  external(plan: PortPlan, cluster: number, local: number): number {
    const { store, shape } = this;
    const text = new OutsideText(plan, shape.detector);
    const chain = store.newChain(externalRules(plan, shape.detector), text, OutsideTag.external);
    let row = store.firstRow(chain);
    if (!plan.port.externalLocal) {
      store.jump(row, this.markMasquerade);
      store.jump(row + ROW_CELLS, cluster);
      return chain;
    }
    if (shape.detector > 0) {
      this.matchPods(row, false);
      store.jump(row, cluster);
      row += ROW_CELLS;
    }
    for (const target of [this.markMasquerade, cluster]) {
      store.rows.matchFlags(row, RuleBit.sourceLocal);
      store.jump(row, target);
      row += ROW_CELLS;
    }
    if (plan.external === Refusal.none) store.jump(row, local);
    return chain;
  }

  /** Adds KUBE-FW in front of KUBE-EXT; nobody holds it yet. */
  firewall(plan: PortPlan, external: number): number {
    const { store } = this;
    const { sourceRanges, loadBalancerVips } = plan.port;
    const text = new OutsideText(plan, this.shape.detector);
    const chain = store.newChain(firewallRules(plan), text, OutsideTag.firewall);
    let row = store.firstRow(chain);
    for (const { address, bits } of sourceRanges) {
      store.rows.matchSource(row, address, bits, false);
      store.jump(row, external);
      row += ROW_CELLS;
    }
    for (const vip of plan.nodeAllowed ? loadBalancerVips : []) {
      store.rows.matchSource(row, vip, addressBits(familyOf(vip)), false);
      store.jump(row, external);
      row += ROW_CELLS;
    }
    return chain;
  }

  private writeMasquerade(row: number, port: ServicePort): void {
    const { store, options } = this;
    store.rows.matchDestination(row, port.clusterIp, addressBits(options.family), false);
    store.rows.matchPort(row, port.protocol, port.port);
    if (!options.masqueradeAll) this.matchPods(row, true);
    store.jump(row, this.markMasquerade);
  }

  private writeAffinity(
    row: number,
    port: ServicePort,
    endpoints: EndpointList,
    index: number,
    endpoint: number,
  ): void {
    this.store.rows.matchRecent(row, this.affinity.of(port, endpoints, index), 'rcheck', port.affinitySeconds);
    this.store.jump(row, endpoint);
  }

  private matchPods(row: number, negated: boolean): void {
    const { detector } = this;
    const { rows } = this.store;
    if (detector.kind === 'source') rows.matchSource(row, detector.prefix.address, detector.prefix.bits, negated);
    else if (detector.kind === 'interface') rows.matchInputInterface(row, detector.name, negated);
  }

  private endpoint(
    port: ServicePort,
    endpoints: EndpointList,
    index: number,
    text: PolicyText,
    shared: EndpointChains | null,
  ): number {
    const known = shared?.get(endpointKey(endpoints, index));
    if (known !== undefined) return known;
    const { store } = this;
    const { rows } = store;
    const address = endpoints.address[index]!;
    const chain = store.newChain(2, text, index);
    const row = store.firstRow(chain);
    rows.matchSource(row, address, addressBits(this.options.family), false);
    store.jump(row, this.markMasquerade);
    if (port.affinitySeconds > 0) {
      rows.matchRecent(row + ROW_CELLS, this.affinity.of(port, endpoints, index), 'set', 0);
    }
    rows.matchProtocol(row + ROW_CELLS, port.protocol);
    rows.setTarget(row + ROW_CELLS, TargetKind.dnat, address, endpoints.port[index]);
    shared?.set(endpointKey(endpoints, index), chain);
    return chain;
  }

  private fraction(n: number): number {
    return (this.fractions[n] ??= probabilityFraction(probabilityText(n)));
  }
}
