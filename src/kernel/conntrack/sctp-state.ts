/**
 * SCTP as conntrack sees it: states, and the state after a chunk in either direction.
 *
 * Mirrors sctp_conntracks[][][] and sctp_timeouts of net/netfilter/nf_conntrack_proto_sctp.c (Linux 6.2 and later, in which DATA_SENT and
 * HEARTBEAT_ACKED are gone); seen alike on Linux 6.18 with raw packets. Verification tags are taken to be right.
 */
import { SECOND } from '../../sim/index.js';

/** States, numbered as the kernel does. */
export const SctpState = {
  none: 0,
  closed: 1,
  cookieWait: 2,
  cookieEchoed: 3,
  established: 4,
  shutdownSent: 5,
  shutdownReceived: 6,
  shutdownAckSent: 7,
  heartbeatSent: 8,
} as const;

/** Answer beside the states: the chunk makes no sense; the packet is invalid. */
export const SCTP_INVALID = 9;

/** How long an entry is kept in each state, in nanoseconds: the defaults, which kube-proxy leaves alone. */
export const SCTP_TIMEOUTS: Float64Array = Float64Array.from([10, 10, 3, 3, 210, 3, 3, 3, 30], (s) => s * SECOND);

/** Type of a chunk (RFC 9260, 3.2) that opens an association. */
export const CHUNK_INIT = 1;

const STATES = 9;

const { closed: CL, cookieWait: CW, cookieEchoed: CE, established: ES } = SctpState;
const { shutdownSent: SS, shutdownReceived: SR, shutdownAckSent: SA, heartbeatSent: HS } = SctpState;
const IV = SCTP_INVALID;

// Columns: none, CLOSED, COOKIE_WAIT, COOKIE_ECHOED, ESTABLISHED, SHUTDOWN_SENT, SHUTDOWN_RECD, SHUTDOWN_ACK_SENT, HEARTBEAT_SENT.
// The first column of the original direction is what a packet without entry makes of it, its tag considered: only these four chunks open one.
// prettier-ignore
const ORIGINAL = [
  CL, CL, CW, CE, ES, CL, CL, SA, CW, // INIT
  IV, CL, CW, CE, ES, SS, SR, SA, CL, // INIT ACK
  IV, CL, CL, CL, CL, CL, CL, CL, CL, // ABORT
  IV, CL, CW, CE, SS, SS, SR, SA, CL, // SHUTDOWN
  SA, CL, CW, CE, ES, SA, SA, SA, SA, // SHUTDOWN ACK
  IV, CL, CW, CE, ES, SS, SR, SA, CL, // ERROR
  IV, CL, CE, CE, ES, SS, SR, SA, CL, // COOKIE ECHO
  IV, CL, CW, ES, ES, SS, SR, SA, CL, // COOKIE ACK
  IV, CL, CW, CE, ES, SS, SR, CL, CL, // SHUTDOWN COMPLETE
  HS, CL, CW, CE, ES, SS, SR, SA, HS, // HEARTBEAT
  CL, CL, CW, CE, ES, SS, SR, SA, HS, // HEARTBEAT ACK
  IV, CL, CW, CE, ES, SS, SR, SA, HS, // DATA, SACK and others
];
// prettier-ignore
const REPLY = [
  IV, CL, CW, CE, ES, SS, SR, SA, IV,
  IV, CW, CW, CE, ES, SS, SR, SA, IV,
  IV, CL, CL, CL, CL, CL, CL, CL, IV,
  IV, CL, CW, CE, SR, SS, SR, SA, IV,
  IV, CL, CW, CE, ES, SA, SA, SA, IV,
  IV, CL, CW, CL, ES, SS, SR, SA, IV,
  IV, CL, CE, CE, ES, SS, SR, SA, IV,
  IV, CL, CW, ES, ES, SS, SR, SA, IV,
  IV, CL, CW, CE, ES, SS, SR, CL, IV,
  IV, CL, CW, CE, ES, SS, SR, SA, HS,
  IV, CL, CW, CE, ES, SS, SR, SA, ES,
  IV, CL, CW, CE, ES, SS, SR, SA, HS,
];

const TRANSITIONS = Uint8Array.from([...ORIGINAL, ...REPLY]);
const ROWS = ORIGINAL.length / STATES;
const OTHERS = ROWS - 1;

/** Row of a chunk type from 0: DATA, INIT, INIT ACK, SACK, HEARTBEAT and its ACK, ABORT, SHUTDOWN and its ACK, ERROR, the cookies, COMPLETE. */
const ROW_OF = [OTHERS, 0, 1, OTHERS, 9, 10, 2, 3, 4, 5, 6, 7, OTHERS, OTHERS, 8];

/**
 * The state after a chunk.
 * @param state the present state
 * @param chunk type of the packet's first chunk
 * @param reply 0 in the direction of the connection's first packet, 1 in the other
 * @returns a state of `SctpState`, or `SCTP_INVALID`
 */
export function nextSctpState(state: number, chunk: number, reply: number): number {
  return TRANSITIONS[(reply * ROWS + (ROW_OF[chunk] ?? OTHERS)) * STATES + state]!;
}
