/**
 * The tally of work: what a node's kernel did for one packet, counted and not yet priced.
 *
 * Work is exact and can be golden; only `cost.ts` turns it into time. One tally serves one node at a time: the datapath
 * adds to it, the CPU prices it and clears it.
 */

/**
 * Kinds of work. The comment says what one unit is.
 * Every rule evaluated counts once as `rule`; the other `match*` kinds count what was evaluated beyond its addresses.
 */
export const WorkKind = {
  /** One rule compared with a packet (any chain, matched or not). */
  rule: 0,
  /** One protocol and port match evaluated on a rule whose addresses fit. */
  matchPort: 1,
  /** One mark match evaluated. */
  matchMark: 2,
  /** One `statistic` match evaluated (with the comment beside it). */
  matchStatistic: 3,
  /** One address type match (`addrtype`) evaluated. */
  matchAddressType: 4,
  /** One connection state match (`conntrack --ctstate`) evaluated. */
  matchState: 5,
  /** One ipset looked up. */
  matchSet: 6,
  /** One jump to a chain (or return from it). */
  jump: 7,
  /** One table passed at a hook. */
  table: 8,
  /** One conntrack table lookup. */
  conntrackLookup: 9,
  /** One conntrack entry made and confirmed. */
  conntrackCreate: 10,
  /** Load of the conntrack table met by a lookup: mean chain length, 2 x entries / buckets. */
  conntrackLoad: 11,
  /** One NAT binding set up for a new flow (null binding included). */
  natBinding: 12,
  /** One header rewritten by NAT. */
  natRewrite: 13,
  /** One masquerade set up (the mark aside): address chosen, port sought. */
  masquerade: 14,
  /** One occupied port probed while seeking a free one. */
  portProbe: 15,
  /** One passage of the ip_vs hooks. */
  ipvsHook: 16,
  /** One ip_vs connection table lookup. */
  ipvsConnectionLookup: 17,
  /** One ip_vs service lookup. */
  ipvsServiceLookup: 18,
  /** One entry compared in a chain of the ip_vs service table. */
  ipvsChainEntry: 19,
  /** One scheduler decision. */
  ipvsSchedule: 20,
  /** One server looked at by a scheduler that walks the list. */
  ipvsServer: 21,
  /** One ip_vs connection made and inserted. */
  ipvsConnectionCreate: 22,
  /** One packet rewritten and rerouted by ip_vs. */
  ipvsForward: 23,
  /** One send by a socket, down to the veth pair. */
  socketSend: 24,
  /** One receive by a socket, from the veth pair up. */
  socketReceive: 25,
  /** One packet forwarded between two pods of a node over the bridge. */
  bridge: 26,
  /** One packet routed between a pod and the wire. */
  route: 27,
  /** One packet put into VXLAN. */
  encapsulate: 28,
  /** One packet taken out of VXLAN. */
  decapsulate: 29,
  /** One byte of payload copied. */
  byteCopied: 30,
  /** One packet turned away at a full conntrack table. */
  conntrackFull: 31,
  /** One `recent` match evaluated: a list of source addresses looked up. */
  matchRecent: 32,
  /** One nftables rule evaluated (any chain, matched or not). */
  nftRule: 33,
  /** One lookup in an nftables set or map, anonymous ones included. */
  nftLookup: 34,
  /** One `numgen random`. */
  nftNumgen: 35,
  /** One element added to an nftables set by a packet, or its timeout renewed. */
  nftUpdate: 36,
  /** One nftables base chain entered at a hook. */
  nftChain: 37,
  /** One byte copied between kernel and user space by a proxy that relays connections. */
  relayByte: 38,
  /** One wake-up of a relaying proxy's thread: a system call that had to wait, and the switch to the thread. */
  relayWake: 39,
  /** One list of `recent` passed over while a match seeks its own by name: on average half of the others that the node's rules name. */
  recentList: 40,
  /** One other match function evaluated, which looks nothing up (physdev, nfacct). */
  matchOther: 41,
  /** One entry of others compared in a chain of the ip_vs connection table, in the mean: entries / chains where nothing is found, half of it otherwise. */
  ipvsConnectionChain: 42,
} as const;

/** Number of kinds of work. */
export const WORK_KINDS = 43;

/** Length of columns of all kinds: the next multiple of four, so that pricing needs no remainder. What stands behind the kinds is 0. */
export const WORK_COLUMNS = Math.ceil(WORK_KINDS / 4) * 4;

/** Names of the kinds, in the order of their numbers. */
export const WORK_NAMES: readonly string[] = Object.keys(WorkKind);

/** Walks that a tally keeps apart; a packet with an outer one and a node's answer to it asks the tables 14 times at most. */
const WALKS_MAX = 16;

/** A tally: one counter per kind of work. */
export class Work {
  /** Units of work since the last `clear`, indexed by `WorkKind`; 0 behind the last kind. */
  readonly counts = new Float64Array(WORK_COLUMNS);
  /** Rules compared in each walk since the last `clear`: one walk a table passed. Valid below `walks`. */
  readonly walkRules = new Float64Array(WALKS_MAX);
  /** Number of walks. */
  walks = 0;

  /** Adds units of one kind. */
  add(kind: number, units: number): void {
    this.counts[kind]! += units;
  }

  /** Notes that a walk has ended whose rules are counted already. */
  endWalk(rules: number): void {
    if (this.walks < WALKS_MAX) this.walkRules[this.walks++] = rules;
  }

  /** Sets every counter to zero. */
  clear(): void {
    this.walks = 0;
    // A loop over so few takes less than the call of `fill` (13 ns against 21).
    for (let kind = 0; kind < WORK_KINDS; kind++) this.counts[kind] = 0;
  }
}

/** Kinds of work of the control plane: what a sync of the node's proxy makes the kernel and its tools do. */
export const SyncWorkKind = {
  /** One process started (iptables, iptables-restore, ipset). */
  process: 0,
  /** One line read by iptables-restore. */
  restoreLine: 1,
  /** One rule of a table copied because a commit rewrites the whole table. */
  tableRule: 2,
  /** One netlink request to ip_vs. */
  netlinkCall: 3,
  /** One service visited by kube-proxy's own loop. */
  serviceVisited: 4,
  /** One endpoint visited by kube-proxy's own loop. */
  endpointVisited: 5,
  /** One set entry added or removed. */
  setEntry: 6,
  /** One address bound to or taken from a device. */
  addressBound: 7,
  /** One operation of an nftables transaction (an object added, deleted or flushed, or a rule). */
  nftOperation: 8,
  /** One object of the nftables table that the tool lists before it commits (chains and sets present). */
  nftListed: 9,
  /** One conntrack entry read in a dump of the table. */
  conntrackDumped: 10,
  /** One local port opened or closed by a relaying proxy. */
  portOpened: 11,
} as const;

/** Number of kinds of control-plane work. */
export const SYNC_WORK_KINDS = 12;

/** Names of the control-plane kinds, in the order of their numbers. */
export const SYNC_WORK_NAMES: readonly string[] = Object.keys(SyncWorkKind);
