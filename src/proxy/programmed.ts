/**
 * What a proxy has in place on its node: as the texts that would put it there again, or as counts without any text.
 *
 * Which tools there is a text for is read from the node's kernel, so this holds for every mode. Only what the proxy wrote is in it, not
 * the overlay's rules. Cost: linear; texts come in pieces, so that nobody need hold a large one.
 */
import { ipsetLines, Owner, placedServers, placedServices, printIpvs, tableText } from '../kernel/index.js';
import type { IpFamily } from '../net/index.js';
import { tableCounts } from './modes/iptables/table-counts.js';
import { rulesetLines } from './modes/nftables/ruleset.js';
import { KUBE_PROXY_TABLE } from './modes/nftables/table-names.js';
import type { ProxyNode, SyncReport, ToolInput } from './proxier.js';
import type { ServicePort } from './service-port.js';

/** A text for one of the kernel's tools. */
export interface ProgrammedText {
  readonly tool: ToolInput['tool'];
  readonly family: IpFamily;
  /** Pieces of whole lines. */
  pieces(): Iterable<string>;
}

/** How many things of one kind there are. */
export interface ProgrammedCount {
  readonly family: IpFamily;
  /** iptables, nftables, ipset, or ip_vs. */
  readonly tool: string;
  /** Table, or set; empty where there is none. */
  readonly table: string;
  /** What is counted. */
  readonly kind: string;
  readonly count: number;
}

/**
 * The texts, in an order in which they can be loaded (rules name sets).
 * @param ports the service ports in place, for comments
 */
export function programmedTexts(
  node: ProxyNode,
  family: IpFamily,
  ports: () => Iterable<ServicePort>,
): readonly ProgrammedText[] {
  const { netfilter, nftables, ipvs } = node;
  const texts: ProgrammedText[] = [];
  const sets = netfilter.sets.all();
  if (sets.length > 0) texts.push({ tool: 'ipset', family, pieces: () => sets.map((set) => joined(ipsetLines(set))) });
  if (netfilter.active) {
    const tool = family === 4 ? 'iptables-restore' : 'ip6tables-restore';
    texts.push({ tool, family, pieces: () => tableText(netfilter, { owner: Owner.proxy }) });
  }
  if (nftables.bases().some(({ table }) => table === KUBE_PROXY_TABLE)) {
    texts.push({ tool: 'nft', family, pieces: () => inPieces(rulesetLines(nftables, family, ports())) });
  }
  if (ipvs.active) texts.push({ tool: 'ipvsadm', family, pieces: () => [printIpvs(ipvs)] });
  return texts;
}

/**
 * The counts.
 * @param report of the sync that put it there
 */
export function programmedCounts(node: ProxyNode, family: IpFamily, report: SyncReport): readonly ProgrammedCount[] {
  const { netfilter, ipvs } = node;
  const counts: ProgrammedCount[] = [];
  const add = (tool: string, table: string, kind: string, count: number): void => {
    counts.push({ family, tool, table, kind, count });
  };
  if (netfilter.active) {
    const tables = tableCounts(netfilter);
    for (const table of ['nat', 'filter'] as const) {
      const { chains, rules, families } = tables[table];
      for (const each of families) {
        if (each.chains > 1) add('iptables', table, `${each.family} chains`, each.chains);
        add('iptables', table, `${each.family} rules`, each.rules);
      }
      add('iptables', table, 'chains in all', chains);
      add('iptables', table, 'rules in all', rules);
    }
  }
  if (report.nftChains > 0) {
    add('nftables', KUBE_PROXY_TABLE, 'chains', report.nftChains);
    add('nftables', KUBE_PROXY_TABLE, 'rules', report.nftRules);
    add('nftables', KUBE_PROXY_TABLE, 'elements of sets and maps', report.nftElements);
  }
  for (const set of netfilter.sets.all()) add('ipset', set.name, 'entries', set.size);
  if (ipvs.active) {
    const placed = placedServices(ipvs);
    add('ip_vs', '', 'virtual servers', placed.length);
    add(
      'ip_vs',
      '',
      'real servers',
      placed.reduce((sum, service) => sum + placedServers(ipvs, service).length, 0),
    );
  }
  return counts;
}

function joined(lines: Iterable<string>): string {
  let text = '';
  for (const line of lines) text += `${line}\n`;
  return text;
}

/** A piece is cut at the first end of a line beyond this. */
const PIECE_CHARACTERS = 1 << 16;

function* inPieces(lines: Iterable<string>): Generator<string, void, undefined> {
  let piece = '';
  for (const line of lines) {
    piece += `${line}\n`;
    if (piece.length < PIECE_CHARACTERS) continue;
    yield piece;
    piece = '';
  }
  if (piece !== '') yield piece;
}
