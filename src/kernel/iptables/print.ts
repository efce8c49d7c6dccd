/**
 * A node's tables as text that iptables-restore takes (ip6tables-restore for those of IPv6): chains, then rules, table by table, filter
 * before nat as kube-proxy writes them.
 *
 * The text comes in pieces, so that the tables of a large cluster, a hundred megabytes, need not stand in memory at once.
 * Cost: O(rules); chain names and comments are made here and nowhere else.
 */
import { Hook } from '../hook.js';
import { Owner, Table, type Netfilter } from './netfilter.js';
import { OWNERS, baseChains } from './reach.js';
import { reachableChains } from './rule-graph.js';
import { ruleLine, type RuleNames } from './rule-text.js';
import { TableNames } from './table-names.js';

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

/** A piece of text is cut at the first end of a line beyond this. */
const PIECE_CHARACTERS = 1 << 16;

/** Which rules are printed. */
export interface PrintOptions {
  /** Only what this one wrote and what hangs below; absent for everybody's. */
  readonly owner?: Owner;
}

/** The node's tables filter and nat in one text; ends with a line feed. */
export function printTables(netfilter: Netfilter, options: PrintOptions = {}): string {
  return [...tableText(netfilter, options)].join('');
}

/** The same in pieces of whole lines. */
export function* tableText(netfilter: Netfilter, options: PrintOptions = {}): Generator<string, void, undefined> {
  let piece = '';
  for (const [table, name, builtIn] of BUILT_IN) {
    for (const line of tableLines(netfilter, table, name, builtIn, options.owner)) {
      piece += `${line}\n`;
      if (piece.length < PIECE_CHARACTERS) continue;
      yield piece;
      piece = '';
    }
  }
  yield piece;
}

function* tableLines(
  netfilter: Netfilter,
  table: Table,
  tableName: string,
  builtIn: readonly (readonly [Hook, string])[],
  owner: Owner | undefined,
): Generator<string, void, undefined> {
  const { store } = netfilter;
  const bases = new Set(baseChains(netfilter, table, owner));
  const loose = owner === Owner.overlay ? [] : netfilter.looseChains(table);
  const chains = reachableChains(store, [...bases, ...loose]).filter((chain) => !bases.has(chain));
  const names = new TableNames(netfilter);
  yield `*${tableName}`;
  for (const [, name] of builtIn) yield `:${name} ACCEPT [0:0]`;
  for (const chain of chains) yield `:${names.chain(chain)} - [0:0]`;
  for (const [hook, name] of builtIn) {
    for (const writer of owner === undefined ? OWNERS : [owner]) {
      const base = netfilter.base(table, hook, writer);
      if (base >= 0) yield* chainLines(netfilter, base, names, name, true);
    }
  }
  for (const chain of chains) yield* chainLines(netfilter, chain, names, names.chain(chain), false);
  yield 'COMMIT';
}

function* chainLines(
  { store }: Netfilter,
  chain: number,
  names: RuleNames,
  name: string,
  builtIn: boolean,
): Generator<string, void, undefined> {
  for (let position = 0; position < store.length(chain); position++) {
    yield ruleLine(names, name, store.rule(chain, position), builtIn);
  }
}
