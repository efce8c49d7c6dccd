/**
 * The one interface behind which every proxy mode stands.
 *
 * A mode is shared by all nodes of a run: what it compiles for a revision of the cluster's state is compiled once and used by
 * every node that has seen that revision. A proxier is one node's part: it plans a sync, and later, at the moment of the
 * sync at which it takes hold, puts the result into the node's kernel.
 */
import type { Ipvs } from '../kernel/ipvs/ipvs.js';
import type { Netfilter } from '../kernel/iptables/netfilter.js';
import type { RuleStore } from '../kernel/iptables/rule-store.js';
import type { Ledger } from './ledger.js';

/** Options of kube-proxy that every mode knows; units in the names. */
export interface ProxyOptions {
  /** ipvs scheduler; ignored by other modes. */
  readonly scheduler: string;
  /** Cluster CIDR for the local detector; `bits` 0 means that no detector is configured. */
  readonly clusterCidr: { readonly address: number; readonly bits: number };
  readonly masqueradeAll: boolean;
  /** Least time between two syncs, in nanoseconds (kube-proxy's default differs by mode). */
  readonly minSyncPeriodNs: number;
  /** Interval of forced checks, in nanoseconds (30 s). */
  readonly syncPeriodNs: number;
  /** Syncs that may follow each other without waiting (kube-proxy: 2). */
  readonly burst: number;
}

/** What one sync writes; counts of things, plus its work in `SyncWorkKind` units. */
export interface SyncReport {
  readonly full: boolean;
  /** iptables rules written by this sync, nat and filter together. */
  readonly rulesWritten: number;
  /** iptables rules in place after it, nat and filter together. */
  readonly rulesTotal: number;
  /** kube-proxy's own iptables chains in place after it, nat and filter together. */
  readonly chainsTotal: number;
  /** ip_vs virtual servers and real servers in place after it. */
  readonly virtualServers: number;
  readonly realServers: number;
  /** ipset entries in place after it. */
  readonly setEntries: number;
  /** Units of work, indexed by `SyncWorkKind`. */
  readonly work: Float64Array;
  /** Those of them that are done when packets meet what the sync changes; kind by kind no more than `work`. */
  readonly workBeforeLive: Float64Array;
}

/** The parts of one node's kernel that a proxier may write, and what it must know of the node. */
export interface ProxyNode {
  readonly index: number;
  readonly name: string;
  /** Address of the node's uplink. */
  readonly ip: number;
  readonly netfilter: Netfilter;
  readonly ipvs: Ipvs;
}

/** One node's proxier. */
export interface Proxier {
  /**
   * Plans the sync that brings the node to a revision.
   * @param revision what the node has seen of the ledger
   * @returns what the sync writes and the work that it takes
   */
  prepare(revision: number): SyncReport;
  /** Puts what was planned last into the node's kernel. */
  commit(): void;
}

/** A mode at work in one run. */
export interface ModeRun {
  /** Makes one node's proxier; nothing is written before its first sync. */
  proxier(node: ProxyNode): Proxier;
}

/** A proxy mode, as it stands in the list of modes. */
export interface ProxyMode {
  readonly name: string;
  /** One sentence for `--help` and the documentation. */
  readonly doc: string;
  /** kube-proxy's default of minSyncPeriod in this mode, in nanoseconds. */
  readonly defaultMinSyncPeriodNs: number;
  /** Longest time without a sync, in nanoseconds, where it is not `syncPeriodNs` (iptables: 1 h). */
  readonly forcedSyncPeriodNs?: number;
  /** Whether `scheduler` means anything in this mode. */
  readonly hasScheduler: boolean;
  /** Starts the mode for one run. */
  start(setup: { readonly ledger: Ledger; readonly rules: RuleStore; readonly options: ProxyOptions }): ModeRun;
}
