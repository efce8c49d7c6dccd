/**
 * States of ip_vs connections, the TCP transitions and the timeouts.
 *
 * Mirrors net/netfilter/ipvs/ip_vs_proto_tcp.c and ip_vs_proto_udp.c of Linux 6.1 for masquerade (NAT) forwarding,
 * where both directions are seen. Left out: the input-only table (direct routing, tunnels), the stricter table of
 * the `secure_tcp` defence, and SCTP's own states (an SCTP flow is kept as UDP is).
 */
import { SECOND } from '../../sim/index.js';
import { TcpFlag } from '../../net/index.js';

/** States, in the kernel's order; `udp` stands for every flow that is not TCP. */
export const ConnectionState = {
  none: 0,
  established: 1,
  synSent: 2,
  synReceived: 3,
  finWait: 4,
  timeWait: 5,
  close: 6,
  closeWait: 7,
  lastAck: 8,
  listen: 9,
  synAck: 10,
  udp: 11,
} as const;

/** Names of the states as `ipvsadm -Lnc` prints them, in the order of their numbers. */
export const CONNECTION_STATE_NAMES: readonly string[] = [
  'NONE',
  'ESTABLISHED',
  'SYN_SENT',
  'SYN_RECV',
  'FIN_WAIT',
  'TIME_WAIT',
  'CLOSE',
  'CLOSE_WAIT',
  'LAST_ACK',
  'LISTEN',
  'SYNACK',
  'UDP',
];

/** Direction of a packet within its connection. */
export const Direction = { fromClient: 0, fromServer: 1 } as const;

/** Default timeouts in seconds, indexed by state (tcp_timeouts and udp_timeouts). */
export const DEFAULT_TIMEOUT_SECONDS: readonly number[] = [2, 900, 120, 60, 120, 120, 10, 60, 30, 120, 120, 300];

/** Timeouts of one node in nanoseconds, indexed by state, at the kernel's defaults. */
export function defaultTimeoutsNs(): Float64Array {
  return Float64Array.from(DEFAULT_TIMEOUT_SECONDS, (seconds) => seconds * SECOND);
}

const TCP_STATES = 11;
const [ES, SS, SR, FW, TW, CL, CW, LA, LI] = [1, 2, 3, 4, 5, 6, 7, 8, 9] as const;

/** Next states: a row for each direction and deciding flag (RST, SYN, FIN, ACK), a column for each present state. */
const NEXT = Uint8Array.from(
  [
    [CL, CL, CL, SR, CL, CL, CL, CL, LA, LI, SR],
    [SR, ES, ES, SR, SR, SR, SR, SR, SR, SR, SR],
    [CL, CW, SS, TW, TW, TW, CL, CW, LA, LI, TW],
    [ES, ES, SS, ES, FW, TW, CL, CW, CL, LI, ES],
    [CL, CL, SS, CL, CL, TW, CL, CL, CL, CL, CL],
    [SS, ES, SS, SR, SS, SS, SS, SS, SS, LI, SR],
    [TW, FW, SS, TW, FW, TW, CL, TW, LA, LI, TW],
    [ES, ES, SS, ES, FW, TW, CL, CW, LA, ES, ES],
  ].flat(),
);

/** Whether a TCP state counts as active (tcp_state_active_table), indexed by state; UDP never does. */
const ACTIVE = Uint8Array.from([0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 0]);

/**
 * The state of a TCP connection after a packet.
 * @param direction one of `Direction`
 * @param state the present state
 * @param flags TCP flag bits; the first of RST, SYN, FIN, ACK that is set decides, and none at all means CLOSE
 */
export function nextTcpState(direction: number, state: number, flags: number): number {
  let event: number;
  if ((flags & TcpFlag.rst) !== 0) event = 0;
  else if ((flags & TcpFlag.syn) !== 0) event = 1;
  else if ((flags & TcpFlag.fin) !== 0) event = 2;
  else if ((flags & TcpFlag.ack) !== 0) event = 3;
  else return ConnectionState.close;
  return NEXT[(direction * 4 + event) * TCP_STATES + state]!;
}

/** Whether a connection in this state counts as active for its server. */
export function isActiveState(state: number): boolean {
  return ACTIVE[state] === 1;
}

/** Whether a TCP packet may open a connection (`sloppy_tcp` is off). */
export function opensConnection(flags: number): boolean {
  return (flags & TcpFlag.syn) !== 0 && (flags & TcpFlag.rst) === 0;
}
