/**
 * A node's tables as a script that `nft -f` takes: tables, sets and maps, chains, rules, elements, one command a line.
 *
 * Lines are made one after the other, so that a large ruleset can be written out without being held. Chains that no base chain, rule or
 * element leads to are not seen. Cost: linear in rules and elements; names and comments are made here and nowhere else.
 */
import { formatIpPrefix, type IpFamily } from '../../net/index.js';
import { Hook } from '../hook.js';
import { NFT_ROW, NftBit, NftCell, NftKind } from './rule-cells.js';
import type { Nftables } from './nftables.js';
import type { NftKey, NftSetSpec } from './nft-sets.js';
import {
  chainNames,
  elementKeyText,
  elementVerdictText,
  nftComment,
  nftFamily,
  nftRuleText,
  type NftTextContext,
} from './rule-text.js';

/** Comments of tables and chains by name, and those of elements. */
export interface NftComments {
  readonly tables?: Readonly<Record<string, string>>;
  readonly chains?: Readonly<Record<string, string>>;
  /** Comment of an element of a set or map; undefined for none. */
  element?(set: number, address: number, service: number): string | undefined;
}

/** What hangs below a table's base chains. */
interface Reached {
  /** Chains in the order in which they are met, base chains first. */
  readonly chains: readonly number[];
  readonly sets: readonly number[];
  /** Dynamic sets and their timeouts in seconds. */
  readonly dynamic: ReadonlyMap<number, number>;
}

/** Lines of the script for all tables of a node. */
export function* nftLines(nftables: Nftables, family: IpFamily, comments: NftComments = {}): Generator<string> {
  for (const table of new Set(nftables.bases().map((base) => base.table))) {
    yield* tableLines(nftables, family, table, comments);
  }
}

/** The whole script; ends with a line feed unless there is nothing. */
export function printNftables(nftables: Nftables, family: IpFamily, comments: NftComments = {}): string {
  let text = '';
  for (const line of nftLines(nftables, family, comments)) text += `${line}\n`;
  return text;
}

/** What stands between the braces where a set or map is declared. */
export function setDeclaration(family: IpFamily, spec: NftSetSpec): string {
  const comment = spec.comment === undefined ? '' : ` ${nftComment(spec.comment)} ;`;
  return `{ type ${keyType(family, spec.key)}${spec.isMap ? ' : verdict' : ''} ;${comment} }`;
}

/** The same for a dynamic set of addresses. */
export function dynamicDeclaration(family: IpFamily, timeoutSeconds: number): string {
  return `{ type ${keyType(family, 'addr')} ; flags dynamic,timeout ; timeout ${timeoutSeconds}s ; }`;
}

/** What stands between the braces where a base chain is declared. */
export function baseDeclaration(base: {
  readonly type: string;
  readonly hook: Hook;
  readonly priority: number;
}): string {
  const hook = Object.entries(Hook).find(([, value]) => value === base.hook)?.[0] ?? '';
  return `{ type ${base.type} hook ${hook} priority ${base.priority} ; }`;
}

function* tableLines(nftables: Nftables, family: IpFamily, table: string, comments: NftComments): Generator<string> {
  const { store } = nftables;
  const place = `${nftFamily(family)} ${table}`;
  const comment = comments.tables?.[table];
  const bases = nftables.bases().filter((base) => base.table === table);
  const reached = reach(nftables, [...bases.map((base) => base.chain), ...nftables.looseChains(table)]);
  const nameOf = chainNames(store);
  const text: NftTextContext = { store, family, nameOf, ownPrefix: ownPrefixText(nftables) };
  yield `add table ${place}${comment === undefined ? '' : ` { ${nftComment(comment)} ; }`}`;
  for (const set of reached.sets) {
    const spec = store.sets.spec(set);
    yield `add ${spec.isMap ? 'map' : 'set'} ${place} ${spec.name} ${setDeclaration(family, spec)}`;
  }
  for (const [set, seconds] of reached.dynamic) {
    yield `add set ${place} ${store.sets.name(set)} ${dynamicDeclaration(family, seconds)}`;
  }
  for (const base of bases) yield `add chain ${place} ${base.name} ${baseDeclaration(base)}`;
  for (const chain of reached.chains.slice(bases.length)) {
    const name = nameOf(chain);
    const about = comments.chains?.[name];
    yield `add chain ${place} ${name}${about === undefined ? '' : ` { ${nftComment(about)} ; }`}`;
  }
  for (const chain of reached.chains) yield* ruleLines(text, place, chain);
  for (const set of reached.sets) yield* elementLines(nftables, text, place, set, comments);
}

function* ruleLines(text: NftTextContext, place: string, chain: number): Generator<string> {
  const { store } = text;
  const name = text.nameOf(chain);
  for (let position = 0; position < store.length(chain); position++) {
    const rule = store.rule(chain, position);
    const comment = rule.comment === undefined ? '' : ` ${nftComment(rule.comment)}`;
    yield `add rule ${place} ${name} ${nftRuleText(text, rule)}${comment}`;
  }
}

function* elementLines(
  nftables: Nftables,
  { store, nameOf }: NftTextContext,
  place: string,
  set: number,
  comments: NftComments,
): Generator<string> {
  const spec = store.sets.spec(set);
  const content = store.sets.contentOf(set);
  const elements: (readonly [number, number, number])[] = [];
  content.forEach(nftables.contentOf(set), (...element) => elements.push(element));
  for (const [value, address, service] of elements) {
    const comment = comments.element?.(set, address, service);
    const about = comment === undefined ? '' : ` ${nftComment(comment)}`;
    const verdict = spec.isMap ? ` : ${elementVerdictText(nameOf, value)}` : '';
    yield `add element ${place} ${spec.name} { ${elementKeyText(spec.key, address, service)}${about}${verdict} }`;
  }
}

function reach(nftables: Nftables, roots: readonly number[]): Reached {
  const { store } = nftables;
  const { rows } = store;
  const chains = new Set<number>(roots);
  const sets = new Set<number>();
  const dynamic = new Map<number, number>();
  const take = (chain: number): void => {
    chains.add(chain);
  };
  const takeSet = (set: number): void => {
    if (set < 0 || sets.has(set)) return;
    sets.add(set);
    store.sets.contentOf(set).forEach(nftables.contentOf(set), (value) => {
      if ((value & 7) === NftKind.jump || (value & 7) === NftKind.goto) take(value >>> 3);
    });
  };
  // A set grows while it is walked through, and the walk goes on to what came.
  for (const chain of chains) {
    const start = store.firstRow(chain);
    for (let row = start; row < start + store.length(chain) * NFT_ROW; row += NFT_ROW) {
      const word = rows.cells[row + NftCell.word]!;
      const target = rows.cells[row + NftCell.target]!;
      if ((word & NftBit.sourceSet) !== 0) takeSet(rows.sourceRef(row));
      if ((word & NftBit.destinationSet) !== 0) takeSet(rows.cells[row + NftCell.destinationRef]!);
      const kind = rows.kind(row);
      if (kind === NftKind.jump || kind === NftKind.goto) take(target);
      if (kind === NftKind.vmap) takeSet(target);
      if (kind === NftKind.numgen)
        rows.chains.subarray(target, target + rows.cells[row + NftCell.argument]!).forEach(take);
      if (kind === NftKind.update) dynamic.set(target, rows.cells[row + NftCell.argument]!);
    }
  }
  return { chains: [...chains], sets: [...sets], dynamic };
}

function keyType(family: IpFamily, key: NftKey): string {
  const address = family === 4 ? 'ipv4_addr' : 'ipv6_addr';
  if (key === 'addr') return address;
  return key === 'proto.port' ? 'inet_proto . inet_service' : `${address} . inet_proto . inet_service`;
}

function ownPrefixText({ ownPrefix }: Nftables): string {
  // A prefix that holds nothing stands for none: no packet comes from there.
  return ownPrefix === null ? '255.255.255.255/32' : formatIpPrefix(ownPrefix);
}
