/**
 * States of ip_vs connections, their timeouts, and which of them count as active.
 *
 * Mirrors the state and timeout tables of net/netfilter/ipvs/ip_vs_proto_tcp.c, ip_vs_proto_udp.c and ip_vs_proto_sctp.c (Linux 6.1).
 * The transitions stand in `tcp-state.ts` and `sctp-state.ts`.
 */
import { SECOND } from '../../sim/index.js';

/** States: those of TCP in the kernel's order, the one of UDP, then those of SCTP in the kernel's order. */
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
  sctpNone: 12,
  sctpInit1: 13,
  sctpInit: 14,
  sctpCookieSent: 15,
  sctpCookieReplied: 16,
  sctpCookieWait: 17,
  sctpCookie: 18,
  sctpCookieEchoed: 19,
  sctpEstablished: 20,
  sctpShutdownSent: 21,
  sctpShutdownReceived: 22,
  sctpShutdownAckSent: 23,
  sctpRejected: 24,
  sctpClosed: 25,
} as const;

/** Names of the states as `ipvsadm -Lnc` prints them, in the order of their numbers. */
export const CONNECTION_STATE_NAMES: readonly string[] = [
  ...['NONE', 'ESTABLISHED', 'SYN_SENT', 'SYN_RECV', 'FIN_WAIT', 'TIME_WAIT', 'CLOSE', 'CLOSE_WAIT', 'LAST_ACK'],
  ...['LISTEN', 'SYNACK', 'UDP'],
  ...['NONE', 'INIT1', 'INIT', 'C-SENT', 'C-REPLIED', 'C-WAIT', 'COOKIE', 'C-ECHOED', 'ESTABLISHED', 'S-SENT'],
  ...['S-RECEIVED', 'S-ACK-SENT', 'REJECTED', 'CLOSED'],
];

/** States of templates (IP_VS_CTPL_S_*): assured once one of their connections was answered; the drop of entries under attack spares them. */
export const TemplateState = { none: 0, assured: 1 } as const;

/** Names of the states of templates, in the order of their numbers. */
export const TEMPLATE_STATE_NAMES: readonly string[] = ['NONE', 'ASSURED'];

/** Direction of a packet within its connection. */
export const Direction = { fromClient: 0, fromServer: 1 } as const;

/** Default timeouts in seconds, indexed by state (tcp_timeouts, udp_timeouts, sctp_timeouts). */
export const DEFAULT_TIMEOUT_SECONDS: readonly number[] = [
  ...[2, 900, 120, 60, 120, 120, 10, 60, 30, 120, 120, 300],
  ...[2, 4, 61, 61, 61, 61, 61, 61, 900, 61, 61, 61, 4, 61],
];

/** Timeouts of one node in nanoseconds, indexed by state, at the kernel's defaults. */
export function defaultTimeoutsNs(): Float64Array {
  return Float64Array.from(DEFAULT_TIMEOUT_SECONDS, (seconds) => seconds * SECOND);
}

/** Whether a state counts as active (tcp_state_active_table; of SCTP's only ESTABLISHED; UDP's never does). */
const ACTIVE = Uint8Array.from([
  ...[0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 0],
  ...[0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0],
]);

/** Whether a connection in this state counts as active for its server. */
export function isActiveState(state: number): boolean {
  return ACTIVE[state] === 1;
}

/** Whether a packet in a direction, that leaves its connection in this state, assures the template (ip_vs_control_assure_ct). */
export function isAssuring(state: number, direction: number): boolean {
  if (state === ConnectionState.udp) return direction === Direction.fromServer;
  return state === ConnectionState.established || state === ConnectionState.sctpEstablished;
}
