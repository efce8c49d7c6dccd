/**
 * What a sync of kube-proxy's ipvs mode writes, and what it makes the node do.
 *
 * Mirrors syncProxyRules (pkg/proxy/ipvs/proxier.go, v1.30), which has no partial sync: 11 chains and 9 jumps are
 * ensured with a command each (two for a jump that is not there yet); each of 17 sets is made, if need be, and
 * listed, with a process each, and one more for each entry added or removed; each virtual server is asked for twice
 * and its servers are listed; one iptables-restore. What came and went again between two syncs of a node is counted
 * as if it had been written. Chains are ensured and sets made before the loop over the services; what the loop writes
 * over netlink holds at once, so a change takes hold in the mean when half of the loop is done, Go's order of a map being
 * random. Entries of sets, iptables-restore and the removal of virtual servers follow the loop. Cost: O(1).
 */
import { SYNC_WORK_KINDS, SyncWorkKind } from '../../../kernel/work.js';
import type { SyncReport } from '../../proxier.js';
import { SET_KINDS } from './ip-sets.js';
import { RULE_CHAINS, RULE_JUMPS } from './rules.js';
import { NO_TALLY, plus, type Tally } from './tally.js';
import type { Version } from './versions.js';

/** Requests about a virtual server at each sync: get, get again, list its servers. */
const CALLS_PER_SERVICE = 3;
/** Requests for a server that leaves: list, then delete it or set its weight to 0. */
const CALLS_PER_REMOVAL = 2;

/** What a sync of one node starts from and what the node has of its own. */
export interface SyncStart {
  /** The version in place; null before the first sync. */
  readonly from: Version | null;
  /** Whether the jumps from the built-in chains are in place already. */
  readonly jumpsExist: boolean;
  /** Own addresses with virtual servers for node ports. */
  readonly ownAddresses: number;
  /** Rules in kube-proxy's chains after it. */
  readonly rules: number;
  /** Entries of sets: those of the node's own that this sync adds or removes, and all that are in place after it. */
  readonly ownEntryChanges: number;
  readonly entries: number;
  /** By how much the node's servers differ from those of nodes without zone and endpoints, and what this sync does to them. */
  readonly tally: Tally;
  /** Servers that are still draining. */
  readonly draining: number;
}

/** What a sync does to virtual servers and servers, over all of the node's addresses. */
interface Changes {
  readonly services: number;
  readonly servers: number;
  readonly servicesAdded: number;
  readonly servicesRemoved: number;
  readonly servicesUpdated: number;
  readonly serversAdded: number;
  readonly serversRemoved: number;
}

/**
 * The report of one sync.
 * @param to the version that it brings about
 */
export function syncReport(to: Version, start: SyncStart): SyncReport {
  const changes = changesOf(to, start);
  const { from, rules } = start;
  const entryChanges =
    start.ownEntryChanges +
    to.entriesAdded +
    to.entriesRemoved -
    (from?.entriesAdded ?? 0) -
    (from?.entriesRemoved ?? 0);
  const ensures = RULE_CHAINS + RULE_JUMPS * (start.jumpsExist ? 1 : 2);
  const bound = to.bound - (from?.bound ?? 0);
  const work = new Float64Array(SYNC_WORK_KINDS);
  work[SyncWorkKind.process] = ensures + 2 * SET_KINDS.length + entryChanges + 1;
  work[SyncWorkKind.restoreLine] = RULE_CHAINS + rules;
  work[SyncWorkKind.tableRule] = rules;
  const loopCalls =
    CALLS_PER_SERVICE * changes.services +
    changes.servicesAdded +
    changes.servicesUpdated +
    changes.serversAdded +
    CALLS_PER_REMOVAL * changes.serversRemoved;
  work[SyncWorkKind.netlinkCall] = loopCalls + changes.servicesRemoved + 1;
  work[SyncWorkKind.serviceVisited] = to.ports;
  work[SyncWorkKind.endpointVisited] = changes.servers;
  work[SyncWorkKind.setEntry] = entryChanges;
  work[SyncWorkKind.addressBound] = bound + to.unbound - (from?.unbound ?? 0);
  const workBeforeLive = new Float64Array(SYNC_WORK_KINDS);
  workBeforeLive[SyncWorkKind.process] = ensures + SET_KINDS.length;
  workBeforeLive[SyncWorkKind.netlinkCall] = loopCalls / 2;
  workBeforeLive[SyncWorkKind.serviceVisited] = to.ports / 2;
  workBeforeLive[SyncWorkKind.endpointVisited] = changes.servers / 2;
  workBeforeLive[SyncWorkKind.addressBound] = bound / 2;
  return {
    full: true,
    rulesWritten: rules,
    rulesTotal: rules,
    chainsTotal: RULE_CHAINS,
    operations: 0,
    nftChains: 0,
    nftRules: 0,
    nftElements: 0,
    virtualServers: changes.services,
    realServers: changes.servers + start.draining,
    setEntries: start.entries,
    work,
    workBeforeLive,
  };
}

function changesOf(to: Version, { from, ownAddresses: own, tally: difference }: SyncStart): Changes {
  const { counts } = to.table;
  const flow = (what: 'added' | 'removed' | 'updated'): number =>
    to.flow.shared[what] - (from?.flow.shared[what] ?? 0) + own * (to.flow.own[what] - (from?.flow.own[what] ?? 0));
  const tally = plus(plus(to.tally, from?.tally ?? NO_TALLY, -1), difference, 1);
  const servers = counts.sharedServers + difference.servers;
  const ownServers = counts.ownServers + difference.ownServers;
  return {
    services: counts.sharedServices + own * counts.ownServices,
    servers: servers + own * ownServers,
    servicesAdded: flow('added'),
    servicesRemoved: flow('removed'),
    servicesUpdated: flow('updated'),
    serversAdded: tally.added + own * tally.ownAdded,
    serversRemoved: tally.removed + own * tally.ownRemoved,
  };
}
