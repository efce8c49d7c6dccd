/**
 * TCP as conntrack sees it: states, and the state after a segment in either direction.
 *
 * Mirrors tcp_conntracks[][][] of net/netfilter/nf_conntrack_proto_tcp.c (Linux 6.x). Left out: window checks, and the unacknowledged-data timeout.
 */
import { TcpFlag } from '../../net/index.js';

/** States, numbered as the kernel does. */
export const TcpState = {
  none: 0,
  synSent: 1,
  synReceived: 2,
  established: 3,
  finWait: 4,
  closeWait: 5,
  lastAck: 6,
  timeWait: 7,
  close: 8,
  synSent2: 9,
} as const;

/** Answer beside the states: the segment changes nothing. */
export const TCP_IGNORE = 10;
/** Answer beside the states: the segment makes no sense; the packet is invalid. */
export const TCP_INVALID = 11;

const SEGMENTS = 6; // syn, syn+ack, fin, ack, rst, none
const STATES = 10;

const { synSent: SS, synReceived: SR, established: ES, finWait: FW } = TcpState;
const { closeWait: CW, lastAck: LA, timeWait: TW, close: CL, synSent2: S2 } = TcpState;
const IG = TCP_IGNORE;
const IV = TCP_INVALID;

// Rows: segment; columns: none, SYN_SENT, SYN_RECV, ESTABLISHED, FIN_WAIT, CLOSE_WAIT, LAST_ACK, TIME_WAIT, CLOSE, SYN_SENT2.
// prettier-ignore
const ORIGINAL = [
  SS, SS, IG, IG, IG, IG, IG, SS, SS, S2,
  IV, IV, SR, IV, IV, IV, IV, IV, IV, SR,
  IV, IV, FW, FW, LA, LA, LA, TW, CL, IV,
  ES, IV, ES, ES, CW, CW, TW, TW, CL, IV,
  IV, CL, CL, CL, CL, CL, CL, CL, CL, CL,
  IV, IV, IV, IV, IV, IV, IV, IV, IV, IV,
];
// prettier-ignore
const REPLY = [
  IV, S2, IV, IV, IV, IV, IV, SS, IV, S2,
  IV, SR, IG, IG, IG, IG, IG, IG, IG, SR,
  IV, IV, FW, FW, LA, LA, LA, TW, CL, IV,
  IV, IG, SR, ES, CW, CW, TW, TW, CL, IG,
  IV, CL, CL, CL, CL, CL, CL, CL, CL, CL,
  IV, IV, IV, IV, IV, IV, IV, IV, IV, IV,
];

const TRANSITIONS = Uint8Array.from([...ORIGINAL, ...REPLY]);

/**
 * The state after a segment.
 * @param state the present state
 * @param flags TCP flags of the segment
 * @param reply 0 in the direction of the connection's first packet, 1 in the other
 * @returns a state of `TcpState`, `TCP_IGNORE` or `TCP_INVALID`
 */
export function nextTcpState(state: number, flags: number, reply: number): number {
  return TRANSITIONS[(reply * SEGMENTS + segmentOf(flags)) * STATES + state]!;
}

function segmentOf(flags: number): number {
  if (flags & TcpFlag.rst) return 4;
  if (flags & TcpFlag.syn) return flags & TcpFlag.ack ? 1 : 0;
  if (flags & TcpFlag.fin) return 2;
  return flags & TcpFlag.ack ? 3 : 5;
}
