/**
 * The iptables rules of kube-proxy's ipvs mode: the same few whatever services there are.
 *
 * Mirrors createAndLinkKubeChain and writeIptablesRules (pkg/proxy/ipvs/proxier.go, v1.30). Most rules are written only for sets with
 * entries, so there is a variant of the chains for each choice of such sets and of load-balancer addresses that the node may not use, shared by all
 * nodes for which it is the same.
 */
import { Hook, Netfilter, Owner, RuleStore, Table } from '../../../kernel/index.js';
import type { RuleSpec } from '../../../kernel/index.js';
import type { IpFamily } from '../../../net/index.js';
import { detectorOf, type LocalDetector, type ProxyOptions } from '../../proxier.js';
import { filterChains } from './filter-chains.js';
import type { FirewallVariant } from './firewall.js';
import { natChains } from './nat-chains.js';
import { jump, type FilledSets } from './rule-parts.js';

/** One of kube-proxy's chains. */
export interface RuleChain {
  readonly table: Table;
  readonly name: string;
  readonly chain: number;
}

/** The rules of one variant. */
export interface RuleVariant {
  /** Fragments of the built-in chains; `natServices` is for PREROUTING and OUTPUT alike. */
  readonly natServices: number;
  readonly natPostrouting: number;
  readonly filterInput: number;
  readonly filterForward: number;
  readonly filterOutput: number;
  /** kube-proxy's chains, in the order in which it writes them; and those that no rule leads to, by table. */
  readonly chains: readonly RuleChain[];
  readonly loose: Readonly<Record<Table, readonly number[]>>;
  /** Rules in these chains; the jumps from built-in chains aside. */
  readonly rules: number;
}

/** What decides which variant a node has. */
export interface RuleChoice {
  readonly filled: FilledSets;
  readonly firewall: FirewallVariant;
  readonly node: number;
}

/** Chains of kube-proxy in both tables: lines of every restore beside the rules. */
export const RULE_CHAINS = 11;
/** Jumps from built-in chains. */
export const RULE_JUMPS = 9;

/** Order of the chains in a restore (iptablesChains). */
const CHAIN_ORDER: readonly string[] = [
  ...['KUBE-SERVICES', 'KUBE-POSTROUTING', 'KUBE-NODE-PORT', 'KUBE-LOAD-BALANCER', 'KUBE-MARK-MASQ'].map(
    (name) => `${Table.nat} ${name}`,
  ),
  ...['KUBE-FORWARD', 'KUBE-NODE-PORT', 'KUBE-PROXY-FIREWALL', 'KUBE-SOURCE-RANGES-FIREWALL'].map(
    (name) => `${Table.filter} ${name}`,
  ),
  ...['KUBE-IPVS-FILTER', 'KUBE-IPVS-OUT-FILTER'].map((name) => `${Table.filter} ${name}`),
];

/** Makes variants of the rules and keeps them for the run. */
export class RuleVariants {
  private readonly store: RuleStore;
  private readonly options: ProxyOptions;
  private readonly family: IpFamily;
  private readonly variants = new Map<string, RuleVariant>();

  constructor(store: RuleStore, options: ProxyOptions, family: IpFamily) {
    this.store = store;
    this.options = options;
    this.family = family;
  }

  /** The variant for a choice. */
  of({ filled, firewall, node }: RuleChoice): RuleVariant {
    const detector = detectorOf(this.options, node);
    // Nodes whose ranges bar the same addresses have the same rules, whatever else they allow.
    const barred = firewall.barred.map(({ address, protocol, port }) => `${address}/${protocol}/${port}`).join();
    const key = `${filled} ${JSON.stringify(detector)} ${barred}`;
    let variant = this.variants.get(key);
    if (variant === undefined) {
      variant = this.write(filled, firewall, detector);
      this.variants.set(key, variant);
    }
    return variant;
  }

  private write(filled: FilledSets, { barred }: FirewallVariant, detector: LocalDetector): RuleVariant {
    const { options, family } = this;
    const chains: RuleChain[] = [];
    const reached = new Set<number>();
    let rules = 0;
    const adder =
      (table: Table) =>
      (name: string, specs: readonly RuleSpec[]): number => {
        const chain = this.store.addChain(name, specs);
        // Held for the run, as the variant is.
        this.store.retain(chain);
        rules += specs.length;
        chains.push({ table, name, chain });
        for (const { target } of specs) if (target?.kind === 'jump') reached.add(target.chain);
        return chain;
      };
    const nat = natChains(adder(Table.nat), filled, { options, family, detector });
    const filter = filterChains(adder(Table.filter), filled, { options, family, barred });
    const base = (name: string, jumps: RuleSpec[]): number => {
      const chain = this.store.addChain(name, jumps);
      this.store.retain(chain);
      for (const { target } of jumps) if (target?.kind === 'jump') reached.add(target.chain);
      return chain;
    };
    const firewall = jump(filter.proxyFirewall, 'kube-proxy firewall rules');
    const bases = {
      natServices: base('PREROUTING', [jump(nat.services, 'kubernetes service portals')]),
      natPostrouting: base('POSTROUTING', [jump(nat.postrouting, 'kubernetes postrouting rules')]),
      // Top to bottom in the reverse order of kube-proxy's installation, which prepends each jump.
      filterInput: base('INPUT', [
        jump(filter.ipvsFilter, 'kubernetes ipvs access filter'),
        firewall,
        jump(filter.nodePort, 'kubernetes health check rules'),
      ]),
      filterForward: base('FORWARD', [firewall, jump(filter.forward, 'kubernetes forwarding rules')]),
      filterOutput: base('OUTPUT', [jump(filter.ipvsOutFilter, 'kubernetes ipvs access filter')]),
    };
    const looseIn = (wanted: Table): number[] =>
      chains.filter(({ table, chain }) => table === wanted && !reached.has(chain)).map(({ chain }) => chain);
    chains.sort((a, b) => CHAIN_ORDER.indexOf(placeOf(a)) - CHAIN_ORDER.indexOf(placeOf(b)));
    return {
      ...bases,
      chains,
      rules,
      loose: { [Table.nat]: looseIn(Table.nat), [Table.filter]: looseIn(Table.filter) },
    };
  }
}

/** Puts a variant's fragments into a node's tables. */
export function installRules(netfilter: Netfilter, variant: RuleVariant): void {
  netfilter.setBase(Table.nat, Hook.prerouting, Owner.proxy, variant.natServices);
  netfilter.setBase(Table.nat, Hook.output, Owner.proxy, variant.natServices);
  netfilter.setBase(Table.nat, Hook.postrouting, Owner.proxy, variant.natPostrouting);
  netfilter.setBase(Table.filter, Hook.input, Owner.proxy, variant.filterInput);
  netfilter.setBase(Table.filter, Hook.forward, Owner.proxy, variant.filterForward);
  netfilter.setBase(Table.filter, Hook.output, Owner.proxy, variant.filterOutput);
  netfilter.setLoose(Table.nat, variant.loose[Table.nat]);
  netfilter.setLoose(Table.filter, variant.loose[Table.filter]);
}

function placeOf({ table, name }: RuleChain): string {
  return `${table} ${name}`;
}
