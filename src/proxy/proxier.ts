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
import type { NftStore } from '../kernel/nftables/nft-store.js';
import type { Nftables } from '../kernel/nftables/nftables.js';
import type { Relay } from '../kernel/relay/relay.js';
import type { IpAddress, IpFamily, IpPrefix } from '../net/index.js';
import type { Nanoseconds, RandomStreams } from '../sim/index.js';
import type { Ledger } from './ledger.js';

/** How a proxy tells whether a packet comes from a pod of its node. */
export type LocalDetector =
  | { readonly kind: 'none' }
  /** detectLocalMode ClusterCIDR, or NodeCIDR where the prefix is the node's own. */
  | { readonly kind: 'source'; readonly prefix: IpPrefix }
  /** BridgeInterface, or InterfaceNamePrefix with a trailing `+`. */
  | { readonly kind: 'interface'; readonly name: string };

/** Options of kube-proxy for one family, shared by all nodes; units in the names. */
export interface ProxyOptions {
  /** ipvs scheduler; ignored by other modes. */
  readonly scheduler: string;
  /** The same for all nodes, or, with NodeCIDR, one for each by index. */
  readonly detector: LocalDetector | readonly LocalDetector[];
  readonly masqueradeAll: boolean;
  /** Bit of the mark for packets to masquerade (14). */
  readonly masqueradeBit: number;
  /** Prefixes of the family in whose addresses node ports answer; empty: the mode's default. */
  readonly nodePortAddresses: readonly IpPrefix[];
  /** Whether node ports answer on 127.0.0.1 (iptables, IPv4). */
  readonly localhostNodePorts: boolean;
  /** Whether the kernel has kube-proxy's nfacct counters, which adds rules (iptables). */
  readonly nfacctCounters: boolean;
  /** Whether iptables knows `MASQUERADE --random-fully`. */
  readonly randomFully: boolean;
  /** net.netfilter.nf_conntrack_tcp_be_liberal, which leaves a rule out (iptables). */
  readonly conntrackTcpBeLiberal: boolean;
  /** Service prefixes in which unallocated addresses are dropped (nftables). */
  readonly serviceCidrs: readonly IpPrefix[];
  readonly strictArp: boolean;
  /** Prefixes whose virtual servers ipvs leaves alone when it cleans up. */
  readonly excludeCidrs: readonly IpPrefix[];
  /** Least time between two syncs, in nanoseconds (kube-proxy's default differs by mode). */
  readonly minSyncPeriodNs: number;
  /** Interval of forced checks, in nanoseconds (30 s). */
  readonly syncPeriodNs: number;
  /** Syncs that may follow each other without waiting (kube-proxy: 2). */
  readonly burst: number;
}

/** The detector of a node. */
export function detectorOf(options: ProxyOptions, node: number): LocalDetector {
  const { detector } = options;
  return 'kind' in detector ? detector : (detector[node] ?? { kind: 'none' });
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
  /** nftables: operations of the transaction (all modes but nftables: 0). */
  readonly operations: number;
  /** nftables: chains, rules, and elements of sets and maps in place after it. */
  readonly nftChains: number;
  readonly nftRules: number;
  readonly nftElements: number;
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

/** What a proxy knows of its node, in its family. */
export interface NodeFacts {
  readonly index: number;
  readonly name: string;
  /** Label topology.kubernetes.io/zone; empty for none. */
  readonly zone: string;
  /** Primary address of the node. */
  readonly ip: IpAddress;
  /** All addresses of the node's interfaces, loopback included. */
  readonly localIps: readonly IpAddress[];
}

/** The parts of one node's kernel that a proxier of one family may write. */
export interface ProxyNode extends NodeFacts {
  readonly netfilter: Netfilter;
  readonly ipvs: Ipvs;
  readonly nftables: Nftables;
  readonly relay: Relay;
}

/** A text that a sync hands to one of the kernel's tools. */
export interface ToolInput {
  readonly tool: 'iptables-restore' | 'ip6tables-restore' | 'nft' | 'ipset' | 'ipvsadm';
  readonly text: string;
}

/** One node's proxier. */
export interface Proxier {
  /**
   * Plans the sync that brings the node to a revision.
   * @param revision what the node has seen of the ledger
   * @param nowNs simulated time, for what kube-proxy does only now and then
   * @param full whether everything is to be written anew, whatever is in place
   * @returns what the sync writes and the work that it takes
   */
  prepare(revision: number, nowNs: Nanoseconds, full: boolean): SyncReport;
  /** What the sync planned last hands to the kernel's tools; made only when asked for, between `prepare` and `commit`. */
  script(): readonly ToolInput[];
  /** Puts what was planned last into the node's kernel. */
  commit(): void;
  /**
   * Takes up what needs no sync, as soon as the node has seen it; only modes that have such a thing.
   * @param revision what the node has seen of the ledger, not older than what is in place
   * @returns what is in place now, written by nothing, if that was everything that the revision brings; null when a sync is needed
   */
  follow?(revision: number, nowNs: Nanoseconds): SyncReport | null;
}

/** A mode at work in one run, for one family. */
export interface ModeRun {
  /** Whether syncs look for stale connections afterwards; absent: yes. */
  readonly cleansConntrack?: boolean;
  /** Whether proxiers take up changes of endpoints without a sync (`Proxier.follow`); absent: no. */
  readonly follows?: boolean;
  /** Makes one node's proxier; nothing is written before its first sync. A second one on a node is kube-proxy started again. */
  proxier(node: ProxyNode): Proxier;
}

/** What a mode is started with. */
export interface ModeSetup {
  readonly family: IpFamily;
  /** Service ports of that family. */
  readonly ledger: Ledger;
  readonly rules: RuleStore;
  readonly nft: NftStore;
  readonly options: ProxyOptions;
  /** For what a mode leaves to chance (userspace: its ports and the order of endpoints); absent: the same draws at every start. */
  readonly streams?: RandomStreams;
}

/** What the nodes' kernel has, as far as a mode may find it missing. */
export interface KernelSupport {
  /** Whether ip_vs is there (module ip_vs, or built in). */
  readonly ipvs: boolean;
  /** Names of the ip_vs schedulers that are there. */
  readonly schedulers: readonly string[];
}

/** A proxy mode, as it stands in the list of modes. */
export interface ProxyMode {
  readonly name: string;
  /** One sentence for `--help` and the documentation. */
  readonly doc: string;
  /** How a new connection gets its endpoint, in a few words. */
  readonly pick: string;
  /** kube-proxy's default of minSyncPeriod in this mode, in nanoseconds. */
  readonly defaultMinSyncPeriodNs: number;
  /** Longest time without a sync, in nanoseconds, where it is not `syncPeriodNs` (iptables: 1 h). */
  readonly forcedSyncPeriodNs?: number;
  /** Whether `scheduler` means anything in this mode. */
  readonly hasScheduler: boolean;
  /**
   * Whether kube-proxy's check at its start lets it run in this mode; absent: always.
   * @param scheduler the one asked for
   * @returns undefined when it does, else the error that kube-proxy ends with
   */
  canRun?(kernel: KernelSupport, scheduler: string): string | undefined;
  /** Starts the mode for one run and family. */
  start(setup: ModeSetup): ModeRun;
}
