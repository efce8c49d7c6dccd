/**
 * Limits and timeouts of connection tracking (net.netfilter.nf_conntrack_*), and the kernel's fixed ones.
 */
import { SECOND, type Nanoseconds } from '../../sim/index.js';
import { TcpState } from './tcp-state.js';

/** Limits and timeouts; times in nanoseconds. */
export interface ConntrackSettings {
  readonly max: number;
  readonly buckets: number;
  readonly tcpEstablishedNs: Nanoseconds;
  readonly tcpCloseWaitNs: Nanoseconds;
  readonly tcpTimeWaitNs: Nanoseconds;
  readonly udpNs: Nanoseconds;
  readonly udpStreamNs: Nanoseconds;
}

/** Timeouts by state: nf_conntrack_proto_tcp.c, with those that kube-proxy or the user sets. */
export function tcpTimeouts(settings: ConntrackSettings): Float64Array {
  const timeouts = new Float64Array(10);
  timeouts[TcpState.synSent] = 120 * SECOND;
  timeouts[TcpState.synReceived] = 60 * SECOND;
  timeouts[TcpState.established] = settings.tcpEstablishedNs;
  timeouts[TcpState.finWait] = 120 * SECOND;
  timeouts[TcpState.closeWait] = settings.tcpCloseWaitNs;
  timeouts[TcpState.lastAck] = 30 * SECOND;
  timeouts[TcpState.timeWait] = settings.tcpTimeWaitNs;
  timeouts[TcpState.close] = 10 * SECOND;
  timeouts[TcpState.synSent2] = 120 * SECOND;
  return timeouts;
}
