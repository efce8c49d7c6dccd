/**
 * What hangs below a node's built-in chains: the chains that jumps lead to, and how many rules they hold.
 *
 * Cost: O(rules reached).
 */
import { Hook } from '../hook.js';
import { Owner, type Netfilter, type Table } from './netfilter.js';
import { reachableChains } from './rule-graph.js';

export { reachableChains };

/** Size of a table without its built-in chains. */
export interface TableSize {
  readonly chains: number;
  readonly rules: number;
}

/** All owners, in the order in which their fragments stand. */
export const OWNERS: readonly Owner[] = Object.values(Owner);

/**
 * The fragments in place of one table, hook after hook.
 * @param owner whose; absent for everybody's
 */
export function baseChains(netfilter: Netfilter, table: Table, owner?: Owner): number[] {
  const bases: number[] = [];
  for (const hook of Object.values(Hook)) {
    for (const writer of owner === undefined ? OWNERS : [owner]) {
      const chain = netfilter.base(table, hook, writer);
      if (chain >= 0) bases.push(chain);
    }
  }
  return bases;
}

/**
 * Chains and rules that a node has in a table, built-in chains and their jumps aside.
 * An unused chain that no jump leads to is not seen.
 * @param owner below whose jumps; absent for everybody's
 */
export function tableSize(netfilter: Netfilter, table: Table, owner?: Owner): TableSize {
  const { store } = netfilter;
  const bases = new Set(baseChains(netfilter, table, owner));
  const chains = reachableChains(store, [...bases]).filter((chain) => !bases.has(chain));
  return { chains: chains.length, rules: chains.reduce((sum, chain) => sum + store.length(chain), 0) };
}
