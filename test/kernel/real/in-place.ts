/** What a kernel has in place, as its tools list it: iptables' chains, the nftables table of kube-proxy, ipsets. */
import type { IpFamily } from '../../../src/net/index.js';
import { kernelDoes, hasTool, whyNot } from './possible.js';
import type { Namespace } from './namespace.js';

/** Back ends of iptables: the words of the tools' names. */
export type BackEnd = 'legacy' | 'nft';

const BOTH: readonly BackEnd[] = ['legacy', 'nft'];

/** Those that are here. */
export const BACK_ENDS: readonly BackEnd[] =
  whyNot() === ''
    ? BOTH.filter((each) => hasTool(`iptables-${each}-save`) && kernelDoes(`iptables-${each}`, '-t', 'nat', '-S'))
    : [];

/** Rules by chain, by table. */
export type Tables = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

const BUILT_IN = ['INPUT', 'FORWARD', 'OUTPUT', 'PREROUTING', 'POSTROUTING'];

/** Name of a tool of iptables, such as `ip6tables-legacy-save`. */
export function toolName(family: IpFamily, backEnd: BackEnd, verb: 'save' | 'restore'): string {
  return `ip${family === 4 ? '' : '6'}tables-${backEnd}-${verb}`;
}

/** The tables nat and filter as iptables-save lists them, or as a text for iptables-restore has them. */
export function tablesIn(text: string): Tables {
  const tables: Record<string, Record<string, string[]>> = {};
  let chains: Record<string, string[]> = {};
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) chains = tables[line.slice(1)] = {};
    else if (line.startsWith(':')) chains[line.slice(1, line.indexOf(' '))] = [];
    else if (line.startsWith('-A ')) chains[line.split(' ')[1] ?? '']?.push(line);
  }
  return { nat: tables['nat'] ?? {}, filter: tables['filter'] ?? {} };
}

/** The tables of a namespace. */
export function savedTables(namespace: Namespace, family: IpFamily, backEnd: BackEnd): Tables {
  return tablesIn(namespace.exec(toolName(family, backEnd, 'save')));
}

/** Number of rules by chain of kube-proxy's own. */
export function ruleCounts(chains: Readonly<Record<string, readonly string[]>>): Record<string, number> {
  const own = Object.entries(chains).filter(([name]) => !BUILT_IN.includes(name) && name !== 'KUBE-PROXY-CANARY');
  return Object.fromEntries(own.map(([name, rules]) => [name, rules.length]));
}

/** Whether the kernel has the match `ipvs`, and how to take the rules with it out of a text where it has not. */
export function ipvsMatch(): { readonly canMatch: boolean; without(text: string): string } {
  const rule = ['-A', 'INPUT', '-m', 'ipvs', '--ipvs', '-j', 'ACCEPT'];
  const canMatch = whyNot() === '' && kernelDoes('iptables', ...rule);
  return { canMatch, without: (text) => (canMatch ? text : text.replace(/^-A .* -m ipvs .*\n/gm, '')) };
}

/** What kube-proxy sees to before it restores: the jumps from built-in chains, the chains that they lead to, and its canary. */
export function ensuredText(whole: string): string {
  const lines: string[] = [];
  for (const [table, chains] of Object.entries(tablesIn(whole))) {
    const jumps = BUILT_IN.flatMap((name) => chains[name] ?? []);
    const targets = new Set(jumps.map((line) => / -j (\S+)/.exec(line)?.[1] ?? ''));
    if (chains['KUBE-PROXY-CANARY'] !== undefined) targets.add('KUBE-PROXY-CANARY');
    lines.push(`*${table}`, ...[...targets].map((name) => `:${name} - [0:0]`), ...jumps, 'COMMIT');
  }
  return `${lines.join('\n')}\n`;
}

/** The table of kube-proxy in nftables. */
export interface NftTable {
  /** Rules by chain, as JSON. */
  readonly chains: Readonly<Record<string, readonly string[]>>;
  /** Elements by set or map, as JSON, sorted. */
  readonly sets: Readonly<Record<string, readonly string[]>>;
  /** How chains, sets and maps are declared, sorted. */
  readonly declarations: readonly string[];
}

type Listed = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** Lists it. */
export function nftTable(namespace: Namespace, family: IpFamily): NftTable {
  const text = namespace.exec('nft', ['-j', 'list', 'table', family === 4 ? 'ip' : 'ip6', 'kube-proxy']);
  const chains: Record<string, string[]> = {};
  const sets: Record<string, string[]> = {};
  const declarations: string[] = [];
  for (const item of (JSON.parse(text) as { readonly nftables: readonly Listed[] }).nftables) {
    const [[kind, { handle: _, elem, ...rest }]] = Object.entries(item) as [
      [string, Readonly<Record<string, unknown>>],
    ];
    const name = String(rest['name']);
    if (kind === 'metainfo') continue;
    if (kind === 'rule') {
      chains[String(rest['chain'])]!.push(JSON.stringify([rest['expr'], rest['comment']]));
      continue;
    }
    declarations.push(JSON.stringify([kind, rest]));
    if (kind === 'chain') chains[name] = [];
    if (kind === 'set' || kind === 'map') sets[name] = ((elem ?? []) as unknown[]).map((e) => JSON.stringify(e)).sort();
  }
  return { chains, sets, declarations: declarations.sort() };
}

/** Sets as `ipset save` lists them: how each is made, and its entries sorted. */
export function savedSets(namespace: Namespace): string[] {
  const lines = namespace.exec('ipset', ['save']).split('\n').filter(Boolean);
  // Hashes have a seed of their own, and grow.
  return lines.map((line) => line.replace(/ (initval|hashsize|bucketsize) \S+/g, '')).sort();
}
