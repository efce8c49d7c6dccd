/**
 * What hangs below a node's built-in chains: the chains that jumps lead to, and how many rules they hold.
 *
 * Cost: O(rules reached).
 */
import { Hook } from '../hook.js';
import { Owner, type Netfilter, type Table } from './netfilter.js';
import { ROW_CELLS, TargetKind } from './rule-bits.js';
import type { RuleStore } from './rule-store.js';

/** Size of a table without its built-in chains. */
export interface TableSize {
  readonly chains: number;
  readonly rules: number;
}

/** Chains that can be reached from some chains, those included, each once, in the order in which a reader meets them. */
export function reachableChains(store: RuleStore, roots: readonly number[]): number[] {
  const seen = new Set<number>();
  const visit = (chain: number): void => {
    if (seen.has(chain)) return;
    seen.add(chain);
    const start = store.firstRow(chain);
    const end = start + store.length(chain) * ROW_CELLS;
    for (let row = start; row < end; row += ROW_CELLS) {
      if (store.rows.targetKind(row) === TargetKind.jump) visit(store.rows.jumpTarget(row));
    }
  };
  for (const root of roots) visit(root);
  return [...seen];
}

/** The fragments in place of one table, hook after hook. */
export function baseChains(netfilter: Netfilter, table: Table): number[] {
  const bases: number[] = [];
  for (const hook of Object.values(Hook)) {
    for (const owner of Object.values(Owner)) {
      const chain = netfilter.base(table, hook, owner);
      if (chain >= 0) bases.push(chain);
    }
  }
  return bases;
}

/**
 * Chains and rules that a node has in a table, built-in chains and their jumps aside.
 * An unused chain that no jump leads to is not seen.
 */
export function tableSize(netfilter: Netfilter, table: Table): TableSize {
  const { store } = netfilter;
  const bases = new Set(baseChains(netfilter, table));
  const chains = reachableChains(store, [...bases]).filter((chain) => !bases.has(chain));
  return { chains: chains.length, rules: chains.reduce((sum, chain) => sum + store.length(chain), 0) };
}
