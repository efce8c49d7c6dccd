/**
 * What a sync of kube-proxy's iptables mode writes, and what it makes the node do.
 *
 * Mirrors syncProxyRules (pkg/proxy/iptables/proxier.go, 1.33): a full sync ensures 14 jumps with two commands each
 * (three where there is none yet) and writes every chain; a partial sync writes the dispatch and fixed chains and the own chains of
 * service ports that changed. One iptables-save before it, to find chains that are no longer used, and one iptables-restore, with
 * which all of it takes hold at once, at the end. A large cluster does without the first in partial syncs (kube-proxy: unless the last
 * one is 30 s old) and leaves the stale chains, which are not counted here.
 */
import { SYNC_WORK_KINDS, SyncWorkKind } from '../../../kernel/work.js';
import type { SyncReport } from '../../proxier.js';
import type { EndpointList, ServicePort } from '../../service-port.js';
import { FIXED_RULES } from './fixed-chains.js';
import { ownChains, ownRules } from './service-chains.js';
import { placeOf, type LedgerView, type TableVersion } from './table-version.js';

/** Jumps from built-in chains that a full sync ensures. */
const JUMPS = 14;
/** Chains that are always there and in every restore: six in filter, four in nat. */
const FIXED_CHAINS = 10;

/**
 * What iptables-save takes for each rule of the table, in rules copied by a commit: it reads the table and does not write it.
 * Measured with legacy tables (Linux 6.18, iptables 1.8.9): 2.7 to 5 us a rule at 8 to 160 thousand rules; a rule copied is 6.25 us.
 */
const SAVED_RULE = 0.5;

/** What a sync starts from. */
export interface SyncStart {
  /** Revision of the node's last sync; 0 before the first. */
  readonly from: number;
  readonly full: boolean;
  /** Whether the jumps from the built-in chains are in place already. */
  readonly jumpsExist: boolean;
}

/** Lines of a restore about service ports' own chains. */
interface OwnLines {
  readonly rules: number;
  readonly chains: number;
  readonly deleted: number;
}

/**
 * The report of one sync.
 * @param version the tables after it
 * @param masqueradeRules rules before those of the endpoints in a service port's chain
 */
export function syncReport(
  ledger: LedgerView,
  version: TableVersion,
  start: SyncStart,
  masqueradeRules: number,
): SyncReport {
  const cleans = start.full || !version.largeCluster;
  const all = allOwn(version, masqueradeRules);
  const own = start.full ? all : changedOwn(ledger, version, start.from, masqueradeRules);
  const dispatchRules = version.natRules - FIXED_RULES.nat - all.rules;
  const rulesWritten = FIXED_RULES.nat + dispatchRules + own.rules + version.filterRules;
  const deletions = cleans ? 2 * own.deleted : 0;
  const work = new Float64Array(SYNC_WORK_KINDS);
  const jumpCommands = start.full ? JUMPS * (start.jumpsExist ? 2 : 3) : 0;
  work[SyncWorkKind.process] = jumpCommands + 1 + (cleans ? 1 : 0);
  work[SyncWorkKind.restoreLine] = FIXED_CHAINS + own.chains + rulesWritten + deletions;
  // Without jumps there is nothing in the table yet that could be saved.
  const savedRules = cleans && start.jumpsExist ? version.natRules : 0;
  work[SyncWorkKind.tableRule] = version.natRules + SAVED_RULE * savedRules;
  work[SyncWorkKind.serviceVisited] = version.keys.length;
  work[SyncWorkKind.endpointVisited] = ledger.endpointCountAt(version.revision);
  return {
    full: start.full,
    rulesWritten,
    rulesTotal: version.natRules + version.filterRules,
    chainsTotal: FIXED_CHAINS + all.chains,
    virtualServers: 0,
    realServers: 0,
    setEntries: 0,
    work,
    workBeforeLive: work,
  };
}

function allOwn(version: TableVersion, masqueradeRules: number): OwnLines {
  let rules = 0;
  let chains = 0;
  for (const { port } of version.own) {
    rules += ownRules(port, masqueradeRules);
    chains += ownChains(port);
  }
  return { rules, chains, deleted: 0 };
}

function changedOwn(ledger: LedgerView, version: TableVersion, from: number, masqueradeRules: number): OwnLines {
  let rules = 0;
  let chains = 0;
  let deleted = 0;
  for (const key of ledger.changedBetween(from, version.revision)) {
    const place = placeOf(version.keys, key);
    const after = place < 0 ? undefined : version.own[place]!.port;
    if (after !== undefined) {
      rules += ownRules(after, masqueradeRules);
      chains += ownChains(after);
    }
    const before = ledger.portAt(key, from);
    if (before !== undefined && before !== after) deleted += deletedChains(before, after);
  }
  return { rules, chains, deleted };
}

/** Chains, by name, that one version of a service port has and the next has not. */
function deletedChains(before: ServicePort, after: ServicePort | undefined): number {
  // The display name and the protocol, which names are made of, never change under one key.
  if (after === undefined) return ownChains(before);
  const kept = endpointsKept(before.endpoints, after.endpoints);
  const endpoints = before.endpoints.length - kept;
  const service = before.endpoints.length > 0 && after.endpoints.length === 0 ? 1 : 0;
  const hadExternal = before.endpoints.length > 0 && before.nodePort !== 0;
  const hasExternal = after.endpoints.length > 0 && after.nodePort !== 0;
  return endpoints + service + (hadExternal && !hasExternal ? 1 : 0);
}

function endpointsKept(before: EndpointList, after: EndpointList): number {
  if (before === after) return before.length;
  const keys = new Set<number>();
  for (let i = 0; i < after.length; i++) keys.add(after.address[i]! * 65536 + after.port[i]!);
  let kept = 0;
  for (let i = 0; i < before.length; i++) if (keys.has(before.address[i]! * 65536 + before.port[i]!)) kept++;
  return kept;
}
