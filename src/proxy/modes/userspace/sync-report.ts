/**
 * What a sync of kube-proxy's userspace mode writes, and what it makes the node do: one iptables process for everything.
 *
 * Mirrors syncProxyRules (pkg/proxy/userspace/proxier.go, v1.20) and util/iptables: five chains and five jumps are ensured, then every rule of
 * a new service port is asked for and appended, every rule of an old one asked for and deleted, and at last every rule of every service
 * port asked for once more. A process that asks reads its table, one that changes something copies it as well, so that the first sync
 * takes the square of the number of rules. Endpoints play no part: their changes are taken up without a sync.
 */
import { SYNC_WORK_KINDS, SyncWorkKind } from '../../../kernel/work.js';
import type { IpAddress } from '../../../net/index.js';
import type { SyncReport } from '../../proxier.js';
import { PORTAL_CHAINS, type Layout } from './layout.js';
import type { Opening } from './openings.js';
import { portalRuleCounts } from './portal-rules.js';

/** Chains and jumps of each table, which every sync ensures. */
const NAT_FIXED = 4;
const FILTER_FIXED = 1;

/** What reading a table takes for each of its rules, in rules copied by a commit; see the report of the iptables mode. */
const READ_RULE = 0.5;

const NO_WORK = new Float64Array(SYNC_WORK_KINDS);

/** What a sync starts from. */
export interface SyncStart {
  /** Layout in place by this proxy; null before its first sync. */
  readonly before: Layout | null;
  readonly after: Layout;
  /** Whether the jumps from the built-in chains are in place. */
  readonly jumpsExist: boolean;
}

/** Commands on one table. */
interface TableCommands {
  readonly reads: number;
  readonly writes: number;
}

/** The reports of a run: nodes that go from one layout to another share them. */
export class SyncReports {
  /** By the layout after the sync, then by the number of the one before (-1 for none) and whether the jumps exist. */
  private readonly known = new WeakMap<Layout, Map<string, SyncReport>>();

  /**
   * The report of a sync.
   * @param localIps addresses of the node: a portal on one of them claims its port there
   */
  of(start: SyncStart, localIps: readonly IpAddress[]): SyncReport {
    const { before, after, jumpsExist } = start;
    const ofAfter = this.known.get(after) ?? new Map<string, SyncReport>();
    this.known.set(after, ofAfter);
    const key = `${before?.id ?? -1}/${jumpsExist}`;
    const report = ofAfter.get(key) ?? syncReport(start);
    ofAfter.set(key, report);
    const claims = claimedPorts(start, localIps);
    return claims === 0 ? report : withPorts(report, claims);
  }
}

function syncReport({ before, after, jumpsExist }: SyncStart): SyncReport {
  const opened = without(after.openings, before);
  const closed = before === null ? [] : without(before.openings, after);
  const added = rulesOf(opened);
  const removed = rulesOf(closed);
  const nat = changes(NAT_FIXED, added.nat, removed.nat, before === null, jumpsExist);
  const filter = changes(FILTER_FIXED, added.filter, removed.filter, before === null, jumpsExist);
  const workBeforeLive = new Float64Array(SYNC_WORK_KINDS);
  workBeforeLive[SyncWorkKind.process] = nat.reads + filter.reads;
  workBeforeLive[SyncWorkKind.tableRule] =
    copied(nat, ((before?.natRules ?? 0) + after.natRules) / 2) +
    copied(filter, ((before?.filterRules ?? 0) + after.filterRules) / 2);
  workBeforeLive[SyncWorkKind.portOpened] = ports(opened) + ports(closed);
  const work = workBeforeLive.slice();
  work[SyncWorkKind.process]! += after.natRules + after.filterRules;
  work[SyncWorkKind.tableRule]! +=
    READ_RULE * (after.natRules * after.natRules + after.filterRules * after.filterRules);
  work[SyncWorkKind.serviceVisited] = after.openings.length;
  return {
    ...nothingWritten(after),
    full: before === null,
    rulesWritten: added.nat + added.filter,
    work,
    workBeforeLive,
  };
}

/** What is in place of a layout, where nothing had to be written. */
export function nothingWritten({ natRules, filterRules }: Layout): SyncReport {
  return {
    full: false,
    rulesWritten: 0,
    rulesTotal: natRules + filterRules,
    chainsTotal: PORTAL_CHAINS,
    operations: 0,
    nftChains: 0,
    nftRules: 0,
    nftElements: 0,
    virtualServers: 0,
    realServers: 0,
    setEntries: 0,
    work: NO_WORK,
    workBeforeLive: NO_WORK,
  };
}

/** Sockets that another layout does not have. */
function without(openings: readonly (Opening | null)[], other: Layout | null): Opening[] {
  return openings.filter((opening) => opening !== null).filter(({ id }) => other?.byId.has(id) !== true);
}

function rulesOf(openings: readonly Opening[]): { nat: number; filter: number } {
  let nat = 0;
  let filter = 0;
  for (const { port } of openings) {
    const counts = portalRuleCounts(port);
    nat += counts.nat;
    filter += counts.filter;
  }
  return { nat, filter };
}

/**
 * Commands on a table up to the moment when all changes are made.
 * @param fixed its chains, each with a jump
 * @param starts whether the proxy has just been started: then it ensures chains and jumps once more and flushes the chains
 */
function changes(fixed: number, added: number, removed: number, starts: boolean, jumpsExist: boolean): TableCommands {
  const atStart = starts ? 3 * fixed : 0;
  const newJumps = jumpsExist ? 0 : fixed;
  const written = added + removed;
  return {
    reads: 2 * fixed + atStart + newJumps + 2 * written,
    writes: (starts ? fixed : 0) + 2 * newJumps + written,
  };
}

function copied({ reads, writes }: TableCommands, meanRules: number): number {
  return (READ_RULE * reads + writes) * meanRules;
}

/** Sockets of service ports: the proxy's own, and one that claims the node port. */
function ports(openings: readonly Opening[]): number {
  return openings.reduce((sum, { port }) => sum + (port.nodePort === 0 ? 1 : 2), 0);
}

/** Ports that are claimed, or given back, on addresses of the node. */
function claimedPorts({ before, after }: SyncStart, localIps: readonly IpAddress[]): number {
  if (before === after) return 0;
  const changed = [...without(after.external, before), ...without(before?.external ?? [], after)];
  let claims = 0;
  for (const { port } of changed) {
    for (const address of [...port.externalIps, ...port.loadBalancerVips]) if (localIps.includes(address)) claims++;
  }
  return claims;
}

function withPorts(report: SyncReport, more: number): SyncReport {
  const work = report.work.slice();
  const workBeforeLive = report.workBeforeLive.slice();
  work[SyncWorkKind.portOpened]! += more;
  workBeforeLive[SyncWorkKind.portOpened]! += more;
  return { ...report, work, workBeforeLive };
}
