/**
 * The chains that belong to one service port: `service-`, `local-`, `external-`, `firewall-` and one `endpoint-` an endpoint.
 *
 * Mirrors the second half of syncProxyRules and writeServiceToEndpointRules (pkg/proxy/nftables/proxier.go, 1.34). What is the same in a
 * version that is already there is shared with it: chains of endpoints, and where only the endpoints differ between nodes, the
 * chains that do not name them. Rules are written straight into the rows. Cost: O(endpoints) a service port.
 */
import type { NftStore } from '../../../kernel/nftables/nft-store.js';
import { NFT_ROW, NftBit, NftCell, NftKind } from '../../../kernel/nftables/rule-cells.js';
import type { NftRuleSpec } from '../../../kernel/nftables/rule.js';
import { addressBits } from '../../../net/index.js';
import type { EndpointList, ServicePort } from '../../service-port.js';
import { ownChainName, OwnTag, PortText } from './chain-texts.js';
import type { FixedTable } from './fixed-table.js';
import type { PortIdentities } from './port-identities.js';
import { Refusal, type PortPlan, type RuleShape } from '../../port-plan.js';
import { externalRules, planCounts, policyRules, type OwnCounts } from './port-plan.js';
import type { RuleDetector, RuleOptions } from './rule-options.js';

/** What one variant of a service port has of its own; -1 for a chain that is not there. */
export interface PortChains {
  readonly plan: PortPlan;
  readonly service: number;
  readonly local: number;
  readonly external: number;
  readonly firewall: number;
  /** By place in the list of reachable endpoints. */
  readonly endpoints: Int32Array;
  /** Their affinity sets; null without session affinity. */
  readonly affinity: Int32Array | null;
  readonly counts: OwnCounts;
}

/** What writers of one run share. */
export interface WriterSetup {
  readonly store: NftStore;
  readonly fixed: FixedTable;
  readonly rules: RuleOptions;
  readonly identities: PortIdentities;
}

const NO_CHAINS = new Int32Array(0);

/** Writes service ports' own chains into the store, for nodes with one kind of detector. */
export class PortChainWriter {
  readonly shape: RuleShape;
  private readonly setup: WriterSetup;
  private readonly detector: RuleDetector;
  private readonly store: NftStore;

  constructor(setup: WriterSetup, detector: RuleDetector) {
    this.setup = setup;
    this.store = setup.store;
    this.detector = detector;
    const implemented = detector.kind === 'none' ? 0 : 1;
    this.shape = { masquerade: setup.rules.masqueradeAll ? 1 : implemented, detector: implemented };
  }

  /**
   * Adds the chains of a plan and holds them until `release`.
   * @param known chains of the same service port in another variant or version, to share with; null for none
   */
  write(plan: PortPlan, known: PortChains | null): PortChains {
    const { port, choice } = plan;
    const text = new PortText(port, choice.reachable, this.shape.detector);
    const affinity = port.affinitySeconds > 0 ? this.affinitySets(port, choice.reachable) : null;
    const endpoints = this.writeEndpoints(plan, text, affinity, known);
    const policy = (tag: typeof OwnTag.service | typeof OwnTag.local, list: EndpointList | null): number =>
      list === null ? -1 : this.writePolicy(plan, tag, text, { list, endpoints, affinity, known });
    const service = policy(OwnTag.service, plan.cluster);
    const local = policy(OwnTag.local, plan.local);
    const chains: PortChains = {
      plan,
      service,
      local,
      external: plan.hasExternal ? this.writeExternal(plan, text, service, local) : -1,
      firewall: plan.hasFirewall ? this.writeFirewall(plan, text) : -1,
      endpoints,
      affinity,
      counts: planCounts(plan, this.shape),
    };
    for (const chain of heldChains(chains)) this.store.retain(chain);
    return chains;
  }

  /** Lets the chains go. */
  release(chains: PortChains): void {
    for (const chain of heldChains(chains)) this.store.release(chain);
  }

  private affinitySets(port: ServicePort, { length, address, port: ports }: EndpointList): Int32Array {
    const { identities } = this.setup;
    return Int32Array.from({ length }, (_, i) => identities.affinitySet(port, address[i]!, ports[i]!));
  }

  /** Endpoints' chains, those of `known` where they are the same. */
  private writeEndpoints(
    plan: PortPlan,
    text: PortText,
    affinity: Int32Array | null,
    known: PortChains | null,
  ): Int32Array {
    const { port, choice } = plan;
    const list = choice.reachable;
    if (list.length === 0) return NO_CHAINS;
    const same = known?.plan.port.affinitySeconds === port.affinitySeconds ? known : null;
    if (same?.plan.choice.reachable === list) return same.endpoints;
    const places = same === null ? null : placesOf(same.plan.choice.reachable);
    return Int32Array.from({ length: list.length }, (_, i) => {
      const place = places?.get(list.address[i]! * 65536 + list.port[i]!) ?? -1;
      return same?.endpoints[place] ?? this.writeEndpoint(plan, i, text, affinity);
    });
  }

  private writeEndpoint(
    { port, choice }: PortPlan,
    index: number,
    text: PortText,
    affinity: Int32Array | null,
  ): number {
    const { store } = this;
    const address = choice.reachable.address[index]!;
    const chain = store.newChain(affinity === null ? 2 : 3, text, index, -1);
    const { cells } = store.rows;
    let row = store.firstRow(chain);
    // Packets that come back to where they came from.
    cells[row + NftCell.word] = NftBit.source;
    cells[row + NftCell.source] = address;
    cells[row + NftCell.lengths] = addressBits(this.setup.rules.family);
    store.goTo(row, NftKind.jump, this.setup.fixed.markMasquerade);
    if (affinity !== null) {
      row += NFT_ROW;
      cells[row + NftCell.word] = NftKind.update;
      cells[row + NftCell.target] = affinity[index]!;
      cells[row + NftCell.argument] = port.affinitySeconds;
    }
    row += NFT_ROW;
    cells[row + NftCell.word] = NftBit.protocol | NftKind.dnat;
    cells[row + NftCell.lengths] = port.protocol << 16;
    cells[row + NftCell.target] = address;
    cells[row + NftCell.argument] = choice.reachable.port[index]!;
    return chain;
  }

  private writePolicy(
    plan: PortPlan,
    tag: typeof OwnTag.service | typeof OwnTag.local,
    text: PortText,
    from: PolicyParts,
  ): number {
    const { store } = this;
    const { port } = plan;
    const { list, known } = from;
    const shared = sharedPolicy(plan, tag, list, known);
    if (shared >= 0) return shared;
    const masquerade = port.internalLocal === (tag === OwnTag.local) ? this.shape.masquerade : 0;
    const chain = this.newChain(plan, policyRules(plan, list, masquerade), text, tag);
    let row = store.firstRow(chain);
    if (masquerade > 0) {
      this.writeMasquerade(port, row);
      row += NFT_ROW;
    }
    const places = list === plan.choice.reachable ? null : placesOf(plan.choice.reachable);
    const placeAt = (i: number): number => places?.get(list.address[i]! * 65536 + list.port[i]!) ?? i;
    const chosen = Int32Array.from({ length: list.length }, (_, i) => from.endpoints[placeAt(i)]!);
    if (from.affinity !== null) {
      for (let i = 0; i < list.length; i++, row += NFT_ROW) {
        store.rows.cells[row + NftCell.word] = NftBit.sourceSet;
        store.rows.cells[row + NftCell.sourceRef] = from.affinity[placeAt(i)]!;
        store.goTo(row, NftKind.goto, chosen[i]!);
      }
    }
    store.chooseOf(row, chosen);
    return chain;
  }

  /** Packets to the cluster address that do not come from a pod, or all of them. */
  private writeMasquerade(port: ServicePort, row: number): void {
    const { rules, fixed } = this.setup;
    const destination = { address: port.clusterIp, bits: addressBits(rules.family) };
    const source = rules.masqueradeAll ? {} : detected(this.detector, true);
    this.store.writeRule(row, { destination, ...source, statement: { kind: 'jump', chain: fixed.markMasquerade } });
  }

  private writeExternal(plan: PortPlan, text: PortText, service: number, local: number): number {
    const { store, shape } = this;
    const { markMasquerade } = this.setup.fixed;
    const chain = this.newChain(plan, externalRules(plan, shape), text, OwnTag.external);
    const specs: NftRuleSpec[] = [];
    if (plan.port.externalLocal) {
      const short = { kind: 'goto', chain: service } as const;
      if (shape.detector > 0) specs.push({ ...detected(this.detector, false), statement: short });
      specs.push({ sourceLocal: {}, statement: { kind: 'jump', chain: markMasquerade } });
      specs.push({ sourceLocal: {}, statement: short });
    } else specs.push({ statement: { kind: 'jump', chain: markMasquerade } });
    if (plan.external === Refusal.none) {
      specs.push({ statement: { kind: 'goto', chain: plan.port.externalLocal ? local : service } });
    }
    specs.forEach((spec, position) => store.writeRule(store.firstRow(chain) + position * NFT_ROW, spec));
    return chain;
  }

  private writeFirewall(plan: PortPlan, text: PortText): number {
    const { store } = this;
    const { port, nodeAllowed } = plan;
    const chain = this.newChain(plan, 1, text, OwnTag.firewall);
    const bits = addressBits(this.setup.rules.family);
    const own = nodeAllowed ? port.loadBalancerVips.map((address) => ({ address, bits, host: true })) : [];
    store.writeRule(store.firstRow(chain), {
      sourceIn: { prefixes: [...port.sourceRanges, ...own], negated: true },
      statement: { kind: 'drop' },
    });
    return chain;
  }

  /** A chain that is compared by service port and tag. */
  private newChain({ port }: PortPlan, rules: number, text: PortText, tag: OwnTag): number {
    return this.store.newChain(rules, text, tag, this.setup.identities.of(port) * 4 - 1 - tag);
  }
}

/** What a chain of one policy is made from. */
interface PolicyParts {
  readonly list: EndpointList;
  readonly endpoints: Int32Array;
  readonly affinity: Int32Array | null;
  readonly known: PortChains | null;
}

/** Names of the chains, endpoints' aside. */
export function ownChainNames(chains: PortChains): string[] {
  const { plan, service, local, external, firewall } = chains;
  const names: string[] = [];
  if (service >= 0) names.push(ownChainName(plan.port, OwnTag.service));
  if (local >= 0) names.push(ownChainName(plan.port, OwnTag.local));
  if (external >= 0) names.push(ownChainName(plan.port, OwnTag.external));
  if (firewall >= 0) names.push(ownChainName(plan.port, OwnTag.firewall));
  return names;
}

/** Places of endpoints in a list, by address and port. */
export function placesOf({ length, address, port }: EndpointList): Map<number, number> {
  const places = new Map<number, number>();
  for (let i = 0; i < length; i++) places.set(address[i]! * 65536 + port[i]!, i);
  return places;
}

/** Chain of a policy in another variant of the same service port with the same endpoints behind it, or -1. */
function sharedPolicy({ port }: PortPlan, tag: OwnTag, list: EndpointList, known: PortChains | null): number {
  if (known?.plan.port !== port) return -1;
  const isService = tag === OwnTag.service;
  if ((isService ? known.plan.cluster : known.plan.local) !== list) return -1;
  return isService ? known.service : known.local;
}

/** The chains that a variant holds; those of endpoints are held by the ones that lead to them. */
function heldChains({ service, local, external, firewall }: PortChains): number[] {
  return [service, local, external, firewall].filter((chain) => chain >= 0);
}

/** The match for packets that a detector takes for a pod's, or with `negated` for none. */
function detected(detector: RuleDetector, negated: boolean): NftRuleSpec {
  const turned = negated ? { negated: true } : {};
  if (detector.kind === 'source') return { source: { ...detector.prefix, ...turned } };
  if (detector.kind === 'interface') return { inputInterface: { name: detector.name.replace(/\+$/, '*'), ...turned } };
  return detector.kind === 'own' ? { sourceInOwnPrefix: turned } : {};
}
