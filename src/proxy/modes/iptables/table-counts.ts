/**
 * How many rules and chains a node's tables hold, without building their text.
 *
 * Built-in chains and the jumps in them are not counted, nor is KUBE-PROXY-CANARY. Cost: O(rules) for the counts by family of chains, about
 * 0.1 us a rule; names of chains are hashes, 3 us each, and made only for the counts by chain.
 */
import { Owner, Table, type Netfilter } from '../../../kernel/iptables/netfilter.js';
import { baseChains, reachableChains } from '../../../kernel/iptables/reach.js';
import { CANARY } from './fixed-chains.js';

/** Chains of one kind, such as all KUBE-SVC chains, or one shared chain. */
export interface FamilyCount {
  /** `KUBE-SVC`, `KUBE-SVL`, `KUBE-EXT`, `KUBE-FW`, `KUBE-SEP`, or the chain's name. */
  readonly family: string;
  readonly chains: number;
  readonly rules: number;
}

/** One table. */
export interface TableCount {
  readonly chains: number;
  readonly rules: number;
  /** In the order in which a reader of the table meets them. */
  readonly families: readonly FamilyCount[];
}

/** The tables that kube-proxy writes. */
export interface TableCounts {
  readonly nat: TableCount;
  readonly filter: TableCount;
}

/** Counts what kube-proxy has put into a node's tables, by family of chains. */
export function tableCounts(netfilter: Netfilter): TableCounts {
  return { nat: countTable(netfilter, Table.nat), filter: countTable(netfilter, Table.filter) };
}

/** Rules by chain in one table, in the order in which a reader of the table meets the chains. */
export function chainCounts(netfilter: Netfilter, table: Table): ReadonlyMap<string, number> {
  const { store } = netfilter;
  return new Map(proxyChains(netfilter, table).map((chain) => [store.name(chain), store.length(chain)]));
}

function countTable(netfilter: Netfilter, table: Table): TableCount {
  const { store } = netfilter;
  const families = new Map<string, { family: string; chains: number; rules: number }>();
  const total = { chains: 0, rules: 0 };
  for (const chain of proxyChains(netfilter, table)) {
    const family = store.family(chain);
    const count = families.get(family) ?? { family, chains: 0, rules: 0 };
    families.set(family, count);
    for (const sum of [count, total]) {
      sum.chains++;
      sum.rules += store.length(chain);
    }
  }
  return { ...total, families: [...families.values()] };
}

function proxyChains(netfilter: Netfilter, table: Table): number[] {
  const { store } = netfilter;
  const bases = new Set(baseChains(netfilter, table, Owner.proxy));
  const loose = netfilter.looseChains(table).filter((chain) => store.name(chain) !== CANARY);
  return reachableChains(store, [...bases, ...loose]).filter((chain) => !bases.has(chain));
}
