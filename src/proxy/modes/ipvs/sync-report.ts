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
import { KEPT_SETS } from './ip-sets.js';
import { RULE_CHAINS, RULE_JUMPS } from './rules.js';
import { Flow, OWN_FLOWS, type Version } from './versions.js';

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
  /** Entries of KUBE-LOOP-BACK: those added and removed by this sync, and those in place after it. */
  readonly localAdded: number;
  readonly localRemoved: number;
  readonly localEntries: number;
  /** Servers that are still draining. */
  readonly draining: number;
}

/**
 * The report of one sync.
 * @param to the version that it brings about
 * @param rules rules in kube-proxy's chains after it
 */
export function syncReport(to: Version, rules: number, start: SyncStart): SyncReport {
  const own = start.ownAddresses;
  const flow = (kind: number): number => to.flows[kind]! - (start.from?.flows[kind] ?? 0);
  const both = (kind: number): number => flow(kind) + own * flow(kind + OWN_FLOWS);
  const { counts } = to.table;
  const services = counts.sharedServices + own * counts.ownServices;
  const servers = counts.sharedServers + own * counts.ownServers;
  const entriesAdded = flow(Flow.setEntriesAdded) + own * flow(Flow.sctpEntriesAdded) + start.localAdded;
  const entriesRemoved = flow(Flow.setEntriesRemoved) + own * flow(Flow.sctpEntriesRemoved) + start.localRemoved;
  const entryChanges = entriesAdded + entriesRemoved;
  const ensures = RULE_CHAINS + RULE_JUMPS * (start.jumpsExist ? 1 : 2);
  const work = new Float64Array(SYNC_WORK_KINDS);
  work[SyncWorkKind.process] = ensures + 2 * KEPT_SETS + entryChanges + 1;
  work[SyncWorkKind.restoreLine] = RULE_CHAINS + rules;
  work[SyncWorkKind.tableRule] = rules;
  const loopCalls =
    CALLS_PER_SERVICE * services +
    both(Flow.servicesAdded) +
    both(Flow.servicesUpdated) +
    both(Flow.serversAdded) +
    CALLS_PER_REMOVAL * both(Flow.serversRemoved);
  work[SyncWorkKind.netlinkCall] = loopCalls + both(Flow.servicesRemoved) + 1;
  work[SyncWorkKind.serviceVisited] = to.ports;
  work[SyncWorkKind.endpointVisited] = servers;
  work[SyncWorkKind.setEntry] = entryChanges;
  work[SyncWorkKind.addressBound] = flow(Flow.addressesBound) + flow(Flow.addressesUnbound);
  const workBeforeLive = new Float64Array(SYNC_WORK_KINDS);
  workBeforeLive[SyncWorkKind.process] = ensures + KEPT_SETS;
  workBeforeLive[SyncWorkKind.netlinkCall] = loopCalls / 2;
  workBeforeLive[SyncWorkKind.serviceVisited] = to.ports / 2;
  workBeforeLive[SyncWorkKind.endpointVisited] = servers / 2;
  workBeforeLive[SyncWorkKind.addressBound] = flow(Flow.addressesBound) / 2;
  const sharedEntries = to.flows[Flow.setEntriesAdded]! - to.flows[Flow.setEntriesRemoved]!;
  return {
    full: true,
    rulesWritten: rules,
    rulesTotal: rules,
    chainsTotal: RULE_CHAINS,
    virtualServers: services,
    realServers: servers + start.draining,
    setEntries: sharedEntries + own * to.sctpNodePorts.length + start.localEntries,
    work,
    workBeforeLive,
  };
}
