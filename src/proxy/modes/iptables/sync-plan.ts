/**
 * What a sync of kube-proxy's iptables mode writes, and what it makes the node do.
 *
 * Mirrors syncProxyRules (pkg/proxy/iptables/proxier.go, 1.34): a full sync ensures 14 jumps with two commands each
 * (three where there is none yet) and writes every chain; a partial sync writes the dispatch and fixed chains and the own chains of
 * service ports that changed. One iptables-save before it, to find chains that are no longer used, and one iptables-restore, with
 * which all of it takes hold at once, at the end. A large cluster does without the first for a while after it did it last.
 */
import { SYNC_WORK_KINDS, SyncWorkKind } from '../../../kernel/work.js';
import type { IpAddress } from '../../../net/index.js';
import type { SyncReport } from '../../proxier.js';
import { ownChains, ownRules } from './port-plan.js';
import { placeOf, type LedgerView } from './revision-view.js';
import type { RuleOptions } from './rule-options.js';
import type { ServiceChains } from './service-chains.js';
import {
  goneChains,
  goneCount,
  goneEndpoints,
  namedChains,
  NO_STALE_CHAINS,
  ownChanges,
  type OwnChain,
  type OwnChange,
  type StaleChains,
  type StaleChainSets,
} from './stale-chains.js';
import type { TableVersion } from './table-version.js';

/** Jumps from built-in chains that a full sync ensures. */
const JUMPS = 14;
/** Chains that are always there: six in filter, four in nat; those without rules of their own aside, all are in every restore. */
const FIXED_CHAINS = 10;

/**
 * What iptables-save takes for each rule of the table, in rules copied by a commit: it reads the table and does not write it.
 * Measured with legacy tables (Linux 6.18, iptables 1.8.9): 2.7 to 5 us a rule at 8 to 160 thousand rules; a rule copied is 6.25 us.
 */
const SAVED_RULE = 0.5;

/** What a sync starts from. */
export interface SyncStart {
  /** What is in the node's tables; null before the first sync. */
  readonly before: TableVersion | null;
  /** Revision that this kube-proxy has synced last; 0 before its first sync. */
  readonly from: number;
  readonly full: boolean;
  /** Whether the jumps from the built-in chains are in place already. */
  readonly jumpsExist: boolean;
  /** Whether it looks for stale chains. */
  readonly cleans: boolean;
  /** Stale chains in the tables. */
  readonly stale: StaleChains;
}

/** An endpoint of a service port with session affinity that is gone, and with it its list. */
export interface GoneList {
  readonly key: number;
  readonly address: IpAddress;
  readonly port: number;
}

/** A sync as planned; the same for all nodes that start from the same. */
export interface SyncPlan {
  readonly report: SyncReport;
  readonly full: boolean;
  /** Own chains that are written. */
  readonly written: readonly ServiceChains[];
  /** Names of the chains that are deleted. */
  deleted(): readonly OwnChain[];
  /** Stale chains that stay. */
  readonly stale: StaleChains;
  readonly goneLists: readonly GoneList[];
}

/** Plans one sync. @param version the tables after it */
export function planSync(
  ledger: LedgerView,
  options: RuleOptions,
  version: TableVersion,
  start: SyncStart,
  staleSets: StaleChainSets,
): SyncPlan {
  const { full, before, cleans } = start;
  const keys = full ? null : ledger.changedBetween(start.from, version.view.revision);
  const changes = ownChanges(before, version, keys);
  const written = keys === null ? version.own : keys.flatMap((key) => ownAt(version, key));
  const gone = (): OwnChain[] => (before === null ? [] : goneChains(before, version, changes));
  // A chain that was stale can only be in use again where something changed.
  const active = (): OwnChain[] =>
    changes.flatMap(({ after }) => (after === undefined ? [] : namedChains(version, after)));
  const stale = cleans ? NO_STALE_CHAINS : staleSets.after(start.stale, gone(), active);
  const deletions = cleans ? sum(changes, goneCount) + unusedStale(start, active).length : 0;
  return {
    report: reportOf(options, version, start, { written, deletions, stale }),
    full,
    written,
    deleted: () => (cleans ? [...gone(), ...unusedStale(start, active)] : []),
    stale,
    goneLists: changes.flatMap(goneListsOf),
  };
}

interface Lines {
  readonly written: readonly ServiceChains[];
  readonly deletions: number;
  readonly stale: StaleChains;
}

function reportOf(options: RuleOptions, version: TableVersion, start: SyncStart, lines: Lines): SyncReport {
  const { full, cleans, jumpsExist } = start;
  const { view, natRules, filterRules } = version;
  const { shape } = version.writer;
  const ownRulesWritten = full ? version.ownRules : sum(lines.written, ({ plan }) => ownRules(plan, shape));
  const ownChainsWritten = full ? version.ownChains : sum(lines.written, ({ plan }) => ownChains(plan));
  const rulesWritten = natRules - version.ownRules + ownRulesWritten + filterRules;
  const staleRules = [...lines.stale.rules.values()].reduce((total, rules) => total + rules, 0);
  const work = new Float64Array(SYNC_WORK_KINDS);
  work[SyncWorkKind.process] = (full ? JUMPS * (jumpsExist ? 2 : 3) : 0) + 1 + (cleans ? 1 : 0);
  // KUBE-FIREWALL is written only where it has its rule.
  const fixedLines = FIXED_CHAINS - (options.localhostNodePorts ? 0 : 1);
  work[SyncWorkKind.restoreLine] = fixedLines + ownChainsWritten + rulesWritten + 2 * lines.deletions;
  // Without jumps there is nothing in the table yet that could be saved.
  const savedRules = cleans && jumpsExist ? natRules : 0;
  work[SyncWorkKind.tableRule] = natRules + staleRules + SAVED_RULE * savedRules;
  work[SyncWorkKind.serviceVisited] = view.keys.length;
  work[SyncWorkKind.endpointVisited] = view.endpoints;
  return {
    full,
    rulesWritten,
    rulesTotal: natRules + filterRules + staleRules,
    chainsTotal: FIXED_CHAINS + version.ownChains + lines.stale.rules.size,
    ...{ operations: 0, nftChains: 0, nftRules: 0, nftElements: 0 },
    ...{ virtualServers: 0, realServers: 0, setEntries: 0 },
    work,
    workBeforeLive: work,
  };
}

function unusedStale({ stale }: SyncStart, active: () => readonly OwnChain[]): OwnChain[] {
  if (stale.rules.size === 0) return [];
  const used = new Set(active().map(({ name }) => name));
  return [...stale.rules].flatMap(([name, rules]) => (used.has(name) ? [] : [{ name, rules }]));
}

function ownAt(version: TableVersion, key: number): ServiceChains[] {
  const place = placeOf(version.view.keys, key);
  return place < 0 ? [] : [version.own[place]!];
}

function goneListsOf({ before, after }: OwnChange): GoneList[] {
  if (before === undefined || before.plan.port.affinitySeconds === 0) return [];
  const { port, choice } = before.plan;
  const lost = after === undefined || after.plan.port.affinitySeconds === 0;
  const places = lost ? [...choice.reachable.address.keys()] : goneEndpoints(before.plan, after.plan);
  const { address, port: ports } = choice.reachable;
  return places.map((place) => ({ key: port.key, address: address[place]!, port: ports[place]! }));
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
