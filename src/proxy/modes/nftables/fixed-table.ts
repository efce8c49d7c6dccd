/**
 * What of kube-proxy's table is the same whatever services there are: sets and maps, base chains, and the chains that they lead to.
 *
 * Mirrors setupNFTables (pkg/proxy/nftables/proxier.go, 1.34). One for all nodes of a run; what a node's sets hold is put in place
 * with a table version.
 */
import { CtState, Hook } from '../../../kernel/hook.js';
import type { NftStore } from '../../../kernel/nftables/nft-store.js';
import type { NftBase, Nftables } from '../../../kernel/nftables/nftables.js';
import type { NftRuleSpec } from '../../../kernel/nftables/rule.js';
import type { RuleOptions } from './rule-options.js';
import { isTableMap, KUBE_PROXY_TABLE, SET_DECLARATIONS, TableSet } from './table-names.js';

/** A base chain with its rules. */
export interface FixedBase {
  readonly base: NftBase;
  readonly chain: number;
}

/** The fixed part of the table. */
export interface FixedTable {
  /** In kube-proxy's order. */
  readonly bases: readonly FixedBase[];
  /** The other chains by name, in the order in which kube-proxy makes them. */
  readonly chains: ReadonlyMap<string, number>;
  /** Handles of the sets and maps, by `TableSet`. */
  readonly sets: readonly number[];
  /** Their handles. */
  readonly loose: readonly number[];
  readonly markMasquerade: number;
  readonly reject: number;
  /** Sizes of all this. */
  readonly rules: number;
  readonly anonymousSets: number;
}

type Chains = (name: string) => number;

/** Makes the fixed part and holds it for good. */
export function makeFixedTable(store: NftStore, rules: RuleOptions): FixedTable {
  const sets = SET_DECLARATIONS.map(({ name, key, comment }, set) =>
    store.declareSet({ table: KUBE_PROXY_TABLE, name, key, isMap: isTableMap(set as TableSet), comment }),
  );
  const chains = new Map<string, number>();
  for (const [name, specs] of fixedChains(rules, sets)) {
    const chain = store.addChain(name, specs);
    store.retain(chain);
    chains.set(name, chain);
  }
  const of: Chains = (name) => chains.get(name) ?? -1;
  const bases = baseChains(of).map(({ base, specs }) => {
    const chain = store.addChain(base.name, specs);
    store.retain(chain);
    return { base, chain };
  });
  const all = [...chains.values(), ...bases.map(({ chain }) => chain)];
  return {
    bases,
    chains,
    sets,
    loose: [...chains.values()],
    markMasquerade: of('mark-for-masquerade'),
    reject: of('reject-chain'),
    rules: all.reduce((sum, chain) => sum + store.length(chain), 0),
    anonymousSets: rules.serviceCidrs.length > 0 ? 1 : 0,
  };
}

/** Puts the base chains in place on a node. */
export function installFixedTable(fixed: FixedTable, nftables: Nftables): void {
  for (const { base, chain } of fixed.bases) nftables.setBase(base, chain);
  nftables.setLooseChains(KUBE_PROXY_TABLE, fixed.loose);
}

/** Chains that base chains, other rules or elements lead to. */
function fixedChains(rules: RuleOptions, sets: readonly number[]): [string, NftRuleSpec[]][] {
  const { mark, serviceCidrs, allNodePorts, loopback } = rules;
  const vmap = (set: TableSet): NftRuleSpec => ({ statement: { kind: 'vmap', map: sets[set]! } });
  const toNodePorts: NftRuleSpec = allNodePorts
    ? { destination: { ...loopback, negated: true } }
    : { destinationSet: { set: sets[TableSet.nodePortIps]! } };
  const unallocated: NftRuleSpec = {
    destinationIn: { prefixes: serviceCidrs },
    statement: { kind: 'drop' },
    comment: 'Drop traffic to unallocated ClusterIPs',
  };
  return [
    ['nodeport-endpoints-check', [{ ...toNodePorts, ...vmap(TableSet.noEndpointNodePorts) }]],
    ['service-endpoints-check', [vmap(TableSet.noEndpointServices)]],
    ['firewall-check', [vmap(TableSet.firewallIps)]],
    [
      'services',
      [
        vmap(TableSet.serviceIps),
        { ...(allNodePorts && { destinationLocal: {} }), ...toNodePorts, ...vmap(TableSet.serviceNodePorts) },
      ],
    ],
    [
      'masquerading',
      [
        { mark: { value: 0, mask: mark }, statement: { kind: 'return' } },
        { statement: { kind: 'mark-xor', bits: mark } },
        { statement: { kind: 'masquerade', fullyRandom: true } },
      ],
    ],
    [
      'cluster-ips-check',
      [
        {
          destinationSet: { set: sets[TableSet.clusterIps]! },
          statement: { kind: 'reject' },
          comment: 'Reject traffic to invalid ports of ClusterIPs',
        },
        ...(serviceCidrs.length > 0 ? [unallocated] : []),
      ],
    ],
    ['mark-for-masquerade', [{ statement: { kind: 'mark-or', bits: mark } }]],
    ['reject-chain', [{ statement: { kind: 'reject' } }]],
  ];
}

/** The base chains: filter before the destination is translated, and behind it, where REJECT is allowed; nat. */
function baseChains(of: Chains): { base: NftBase; specs: NftRuleSpec[] }[] {
  const base = (name: string, type: 'filter' | 'nat', hook: Hook, priority: number): NftBase => ({
    table: KUBE_PROXY_TABLE,
    name,
    type,
    hook,
    priority,
  });
  const jump = (name: string): NftRuleSpec => ({ statement: { kind: 'jump', chain: of(name) } });
  const ifNew = (name: string): NftRuleSpec => ({ state: CtState.new, ...jump(name) });
  const { prerouting, input, forward, output, postrouting } = Hook;
  return [
    { base: base('filter-prerouting-pre-dnat', 'filter', prerouting, -110), specs: [ifNew('firewall-check')] },
    { base: base('filter-output-pre-dnat', 'filter', output, -110), specs: [ifNew('firewall-check')] },
    {
      base: base('filter-input', 'filter', input, 0),
      specs: [ifNew('nodeport-endpoints-check'), ifNew('service-endpoints-check')],
    },
    {
      base: base('filter-forward', 'filter', forward, 0),
      specs: [ifNew('service-endpoints-check'), ifNew('cluster-ips-check')],
    },
    {
      base: base('filter-output', 'filter', output, 0),
      specs: [ifNew('service-endpoints-check'), ifNew('cluster-ips-check')],
    },
    { base: base('nat-prerouting', 'nat', prerouting, -100), specs: [jump('services')] },
    { base: base('nat-output', 'nat', output, -100), specs: [jump('services')] },
    { base: base('nat-postrouting', 'nat', postrouting, 100), specs: [jump('masquerading')] },
  ];
}
