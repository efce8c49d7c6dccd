/**
 * The nat chains that have rules for every service port: KUBE-SERVICES and KUBE-NODEPORTS.
 *
 * Mirrors syncProxyRules (pkg/proxy/iptables/proxier.go, 1.34). kube-proxy writes services in the random order of a Go
 * map, new at every sync; here they stand in the order of their creation, so that a position means something.
 * Where only endpoints changed, the chains are copied with other jumps and keep their index.
 * Cost: O(service ports) a version; 30 ns a rule built anew, 5 ns copied.
 */
import { ROW_CELLS, RuleBit } from '../../../kernel/iptables/rule-bits.js';
import type { RuleStore } from '../../../kernel/iptables/rule-store.js';
import { addressBits, ipv6Of, type IpAddress } from '../../../net/index.js';
import { ChainLayout } from './chain-layout.js';
import { nodePortRules, serviceRules } from './dispatch-rules.js';
import { DispatchText, nodePortComment, serviceComment } from './dispatch-text.js';
import { Refusal } from '../../port-plan.js';
import { Counter, LOOPBACK_V4, type RuleOptions } from './rule-options.js';
import { internalChain, type ServiceChains } from './service-chains.js';

/** One version of the chains. */
export interface DispatchChains {
  readonly services: number;
  readonly nodePorts: number;
  /** Where the service ports stand; one for all versions whose rules match on the same things. */
  readonly serviceLayout: ChainLayout;
  readonly nodePortLayout: ChainLayout;
}

/** Builds and derives the chains of one family. */
export class DispatchBuilder {
  private readonly store: RuleStore;
  private readonly options: RuleOptions;
  private readonly counted: boolean;
  private readonly bits: number;

  constructor(store: RuleStore, options: RuleOptions) {
    this.store = store;
    this.options = options;
    this.counted = options.localhostNodePorts && options.counters;
    this.bits = addressBits(options.family);
  }

  /**
   * Builds the chains anew.
   * @param own the service ports' own chains
   * @param nodePortIps addresses with a rule to KUBE-NODEPORTS each; null for one rule for all local addresses
   */
  build(own: readonly ServiceChains[], nodePortIps: readonly IpAddress[] | null): DispatchChains {
    const nodePortLayout = new ChainLayout(own.length, (place) => nodePortRules(own[place]!.plan, this.counted));
    const serviceLayout = new ChainLayout(own.length, (place) => serviceRules(own[place]!.plan));
    const nodePorts = this.buildNodePorts(own, nodePortLayout);
    return {
      nodePorts,
      nodePortLayout,
      serviceLayout,
      services: this.buildServices(own, serviceLayout, nodePorts, nodePortIps),
    };
  }

  /**
   * The chains of another version in which only jumps differ.
   * @param base chains of a version with the same layout and the same rules to KUBE-NODEPORTS
   * @param places places of the service ports whose own chains are others
   * @param own all service ports' own chains
   */
  derive(base: DispatchChains, places: readonly number[], own: readonly ServiceChains[]): DispatchChains {
    const positions: number[] = [];
    const targets: number[] = [];
    for (const place of places) {
      const first = base.nodePortLayout.startOf(place);
      if (first < 0) continue;
      for (let i = 0; i < (this.counted ? 2 : 1); i++) {
        positions.push(first + i);
        targets.push(own[place]!.external);
      }
    }
    const nodePorts = positions.length === 0 ? base.nodePorts : this.store.derive(base.nodePorts, positions, targets);
    const services = this.deriveServices(base, nodePorts, places, own);
    return services === base.services ? base : { ...base, nodePorts, services };
  }

  private deriveServices(
    base: DispatchChains,
    nodePorts: number,
    places: readonly number[],
    own: readonly ServiceChains[],
  ): number {
    const { store } = this;
    const positions: number[] = [];
    const targets: number[] = [];
    for (const place of places) {
      let position = base.serviceLayout.startOf(place);
      if (position < 0) continue;
      for (const target of serviceTargets(own[place]!)) {
        positions.push(position++);
        targets.push(target);
      }
    }
    if (nodePorts !== base.nodePorts) {
      for (let position = base.serviceLayout.length; position < store.length(base.services); position++) {
        positions.push(position);
        targets.push(nodePorts);
      }
    }
    return positions.length === 0 ? base.services : store.derive(base.services, positions, targets);
  }

  private buildServices(
    own: readonly ServiceChains[],
    layout: ChainLayout,
    nodePorts: number,
    nodePortIps: readonly IpAddress[] | null,
  ): number {
    const { store, bits } = this;
    const { rows } = store;
    const text = new DispatchText('KUBE-SERVICES', own, layout, serviceComment);
    const chain = store.newChain(layout.length + (nodePortIps?.length ?? 1), text, 0);
    let row = store.firstRow(chain);
    for (const place of layout.places) {
      const chains = own[place]!;
      const { port } = chains.plan;
      const targets = serviceTargets(chains);
      const addresses = serviceAddresses(chains);
      for (let i = 0; i < targets.length; i++) {
        rows.matchDestination(row, addresses[i]!, bits, false);
        rows.matchPort(row, port.protocol, port.port);
        store.jump(row, targets[i]!);
        row += ROW_CELLS;
      }
    }
    if (nodePortIps === null) this.writeLocalNodePorts(row, nodePorts);
    else this.writeNodePortIps(row, nodePortIps, nodePorts);
    return chain;
  }

  /** The rule for all local addresses, loopback ones aside where node ports do not answer there. */
  private writeLocalNodePorts(row: number, nodePorts: number): void {
    const { rows } = this.store;
    const { family, localhostNodePorts } = this.options;
    rows.matchFlags(row, RuleBit.destinationLocal);
    if (family === 6) rows.matchDestination(row, ipv6Of(0, 0, 0, 1), 128, true);
    else if (!localhostNodePorts) rows.matchDestination(row, LOOPBACK_V4.address, LOOPBACK_V4.bits, true);
    this.store.jump(row, nodePorts);
  }

  private writeNodePortIps(first: number, ips: readonly IpAddress[], nodePorts: number): void {
    let row = first;
    for (const ip of ips) {
      this.store.rows.matchDestination(row, ip, this.bits, false);
      this.store.jump(row, nodePorts);
      row += ROW_CELLS;
    }
  }

  private buildNodePorts(own: readonly ServiceChains[], layout: ChainLayout): number {
    const { store, counted } = this;
    const { rows } = store;
    const chain = store.newChain(layout.length, new DispatchText('KUBE-NODEPORTS', own, layout, nodePortComment), 0);
    let row = store.firstRow(chain);
    for (const place of layout.places) {
      const { plan, external } = own[place]!;
      if (counted) {
        rows.matchDestination(row, LOOPBACK_V4.address, LOOPBACK_V4.bits, false);
        rows.matchPort(row, plan.port.protocol, plan.port.nodePort);
        rows.matchNfacct(row, Counter.localhostNodePorts);
        store.jump(row, external);
        row += ROW_CELLS;
      }
      rows.matchPort(row, plan.port.protocol, plan.port.nodePort);
      store.jump(row, external);
      row += ROW_CELLS;
    }
    return chain;
  }
}

/** Where a service port's rules in KUBE-SERVICES lead, in their order. */
function serviceTargets(chains: ServiceChains): number[] {
  const { plan, external, firewall } = chains;
  const targets = plan.internal === Refusal.none ? [internalChain(chains)] : [];
  if (!plan.choice.hasAny) return targets;
  for (let i = 0; i < plan.port.externalIps.length; i++) targets.push(external);
  for (let i = 0; i < plan.port.loadBalancerVips.length; i++) targets.push(firewall >= 0 ? firewall : external);
  return targets;
}

/** The addresses of the same rules. */
function serviceAddresses({ plan }: ServiceChains): IpAddress[] {
  const { port, internal, choice } = plan;
  const addresses = internal === Refusal.none ? [port.clusterIp] : [];
  if (choice.hasAny) addresses.push(...port.externalIps, ...port.loadBalancerVips);
  return addresses;
}
