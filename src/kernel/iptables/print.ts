/**
 * A node's tables as text that iptables-restore takes: chains, then rules, table by table, filter before nat as
 * kube-proxy writes them.
 *
 * Cost: O(rules); chain names and comments are made here and nowhere else.
 */
import { Hook } from '../hook.js';
import { Owner, Table, type Netfilter } from './netfilter.js';
import { baseChains, reachableChains } from './reach.js';
import { ruleLine } from './rule-text.js';

/** Built-in chains of each table, by hook (Linux 6.x). */
const BUILT_IN: readonly (readonly [Table, string, readonly (readonly [Hook, string])[]])[] = [
  [
    Table.filter,
    'filter',
    [
      [Hook.input, 'INPUT'],
      [Hook.forward, 'FORWARD'],
      [Hook.output, 'OUTPUT'],
    ],
  ],
  [
    Table.nat,
    'nat',
    [
      [Hook.prerouting, 'PREROUTING'],
      [Hook.input, 'INPUT'],
      [Hook.output, 'OUTPUT'],
      [Hook.postrouting, 'POSTROUTING'],
    ],
  ],
];

/** The node's tables filter and nat as iptables-restore reads them; ends with a line feed. */
export function printTables(netfilter: Netfilter): string {
  return BUILT_IN.map(([table, name, builtIn]) => `${printTable(netfilter, table, name, builtIn).join('\n')}\n`).join(
    '',
  );
}

function printTable(
  netfilter: Netfilter,
  table: Table,
  tableName: string,
  builtIn: readonly (readonly [Hook, string])[],
): string[] {
  const { store, sets } = netfilter;
  const bases = new Set(baseChains(netfilter, table));
  const chains = reachableChains(store, [...bases]).filter((chain) => !bases.has(chain));
  const names = new Map(chains.map((chain) => [chain, store.name(chain)]));
  const nameOf = (chain: number): string => names.get(chain) ?? store.name(chain);
  const lines = [`*${tableName}`];
  for (const [, name] of builtIn) lines.push(`:${name} ACCEPT [0:0]`);
  for (const chain of chains) lines.push(`:${nameOf(chain)} - [0:0]`);
  const printRules = (chain: number, name: string, isBuiltIn: boolean): void => {
    for (let position = 0; position < store.length(chain); position++) {
      lines.push(ruleLine(nameOf, sets, name, store.rule(chain, position), isBuiltIn));
    }
  };
  for (const [hook, name] of builtIn) {
    for (const owner of Object.values(Owner)) {
      const base = netfilter.base(table, hook, owner);
      if (base >= 0) printRules(base, name, true);
    }
  }
  for (const chain of chains) printRules(chain, nameOf(chain), false);
  lines.push('COMMIT');
  return lines;
}
