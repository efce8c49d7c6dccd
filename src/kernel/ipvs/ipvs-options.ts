/** What ip_vs of a node is given, and what it says to packets. */
import type { PacketPool } from '../../net/index.js';
import type { RandomStream, Simulation, TimerWheels } from '../../sim/index.js';
import type { Work } from '../work.js';
import type { ConnectionChains } from './connection-chains.js';

/** What ip_vs says to a packet at LOCAL_IN or LOCAL_OUT. */
export const IpvsVerdict = {
  /** Not its business, or a server's answer that has its virtual source now: goes on as if ip_vs were not there. */
  notOurs: 0,
  /** Destination address and port were rewritten: goes on to routing, LOCAL_OUT and POSTROUTING. */
  forwarded: 1,
  /** No server: ICMP port unreachable to the sender. */
  refused: 2,
  /** Vanishes without a word. */
  dropped: 3,
} as const;

/** One of the verdicts. */
export type IpvsVerdict = (typeof IpvsVerdict)[keyof typeof IpvsVerdict];

/** What became of the conntrack entry of a packet that ip_vs rewrote. */
export const FlowUse = {
  /** The flow's entry follows: answers are expected from the server (`conntrack` on when the connection was made). */
  followed: 0,
  /** The entry stays as the client's packet made it (one-packet scheduling: ip_vs expects no answer). */
  left: 1,
  /** The packet goes on untracked, and an entry that it has begun is dropped (`conntrack` off). */
  untracked: 2,
} as const;

/** One of the uses. */
export type FlowUse = (typeof FlowUse)[keyof typeof FlowUse];

/** Connection tracking of the same node, as far as ip_vs has to do with it. */
export interface FlowTracker {
  /** Forgets a flow, in the direction of its first packet; nothing happens when it is not tracked. */
  forget(source: number, destination: number, sourcePort: number, destinationPort: number, protocol: number): void;
}

/** By which kernel's rules a SYN is taken that finds an old connection in its way; see `reuse.ts`. */
export type ReuseRules = 'linux-6.1' | 'linux-5.8';

/** The sysctls net.ipv4.vs.* that matter here. */
export interface IpvsSysctls {
  /** Connections made from now on have an entry in conntrack; those of others have none (their packets are untracked). */
  readonly conntrack: boolean;
  /** Connections of a removed server are ended at once instead of dropped silently until they time out. */
  readonly expireNodestConn: boolean;
  /** A template does not hold once its server's weight is 0. */
  readonly expireQuiescentTemplate: boolean;
  /** A SYN on a connection in TIME_WAIT or CLOSE is scheduled anew (1), or goes to the old server (0). */
  readonly connReuseMode: 0 | 1;
  /** No sysctl, but what the kernel makes of the one above; default: linux-6.1. */
  readonly reuseRules?: ReuseRules;
  /** Any TCP packet but a reset may open a connection, not only a SYN. */
  readonly sloppyTcp: boolean;
}

/** The sysctls as a new network namespace has them. */
export const KERNEL_DEFAULT_SYSCTLS: IpvsSysctls = {
  conntrack: false,
  expireNodestConn: false,
  expireQuiescentTemplate: false,
  connReuseMode: 1,
  sloppyTcp: false,
};

/** The sysctls as kube-proxy sets them on a kernel from 5.9 on. */
export const KUBE_PROXY_SYSCTLS: IpvsSysctls = {
  ...KERNEL_DEFAULT_SYSCTLS,
  conntrack: true,
  expireNodestConn: true,
  expireQuiescentTemplate: true,
};

/** Timeouts as `ipvsadm --set` gives them, in seconds; 0 leaves the kernel's own. */
export interface IpvsTimeouts {
  /** Of established TCP, of TCP in FIN_WAIT, and of UDP. */
  readonly tcpSeconds: number;
  readonly tcpFinSeconds: number;
  readonly udpSeconds: number;
}

/** What ip_vs of a node is made of. */
export interface IpvsOptions {
  readonly simulation: Simulation;
  readonly wheels: TimerWheels;
  readonly packets: PacketPool;
  /** The node's tally. */
  readonly work: Work;
  /** 256, or 257 as in kernels from 6.1.192 and 6.12.117 on, which also treat thresholds in another way. */
  readonly loadActiveFactor?: 256 | 257;
  readonly sysctls?: IpvsSysctls;
  readonly timeouts?: IpvsTimeouts;
  /** Length of the chains of the connection table, shared by the families of a node; without it one of its own. */
  readonly chains?: ConnectionChains;
  /** How schedulers that compare all servers find theirs: through an index (by default), or by walking as the kernel does; alike in pick and work. */
  readonly lookup?: 'index' | 'walk';
  /** What the scheduler `twos` draws from; without it a stream of the same draws everywhere. */
  readonly random?: RandomStream;
}
