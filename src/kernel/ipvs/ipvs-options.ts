/** What ip_vs of a node is given, and what it says to packets. */
import type { PacketPool } from '../../net/index.js';
import type { Simulation, TimerWheels } from '../../sim/index.js';
import type { Work } from '../work.js';

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

/** Connection tracking of the same node, as far as ip_vs has to do with it. */
export interface FlowTracker {
  /** Forgets a flow, in the direction of its first packet; nothing happens when it is not tracked. */
  forget(source: number, destination: number, sourcePort: number, destinationPort: number, protocol: number): void;
}

/** The sysctls net.ipv4.vs.* that matter here. */
export interface IpvsSysctls {
  /** Connections of a removed server are ended at once instead of dropped silently until they time out. */
  readonly expireNodestConn: boolean;
  /** A template does not hold once its server's weight is 0. */
  readonly expireQuiescentTemplate: boolean;
  /** A SYN on a connection in TIME_WAIT or CLOSE is scheduled anew (1), or goes to the old server (0). */
  readonly connReuseMode: 0 | 1;
}

/** The sysctls as kube-proxy sets them on a kernel from 5.9 on. */
export const KUBE_PROXY_SYSCTLS: IpvsSysctls = {
  expireNodestConn: true,
  expireQuiescentTemplate: true,
  connReuseMode: 1,
};

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
}
