/**
 * Transitions of SCTP associations in ip_vs.
 *
 * Mirrors net/netfilter/ipvs/ip_vs_proto_sctp.c of Linux 6.1 for masquerade (NAT) forwarding; a packet shows the type of its
 * first chunk (RFC 9260, 3.2). Left out: the input-only table, an ABORT bundled behind a COOKIE chunk, `sloppy_sctp`.
 */
import { ConnectionState } from './connection-state.js';

/** Type of the chunk that opens an association. */
const INIT = 1;
const SCTP_STATES = 14;
const FIRST_STATE = ConnectionState.sctpNone;

/** What a chunk type comes to: DATA 0, INIT, INIT ACK, COOKIE ECHO, COOKIE ACK, SHUTDOWN, its ACK, its COMPLETE, ERROR, ABORT 9. */
const EVENTS = Uint8Array.from([0, 1, 2, 0, 0, 0, 9, 5, 6, 8, 3, 4, 0, 0, 7]);

const [NO, I1, IN, CS, CR, CW, CO, CE, ES, SS, SR, SA, RJ, CL] = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13,
] as const;
const SAME = [NO, I1, IN, CS, CR, CW, CO, CE, ES, SS, SR, SA, RJ, CL];

/** Next states: a row for each direction and event, a column for each present state. */
const NEXT = Uint8Array.from(
  [
    [ES, ...SAME.slice(1)],
    [I1, IN, IN, CS, CR, CW, CO, CE, ES, SS, SR, SA, IN, IN],
    [CW, CW, CW, CS, CR, CO, CO, CE, ES, SS, SR, SA, RJ, CL],
    [CR, IN, IN, CR, CR, CW, CO, CE, ES, SS, SR, SA, RJ, CL],
    [ES, I1, IN, CS, CR, CW, CO, ES, ES, SS, SR, SA, RJ, CL],
    [SR, I1, IN, CS, CR, CW, CO, CE, SR, SS, SR, SA, RJ, CL],
    [CL, IN, IN, CS, CR, CW, CO, CE, ES, CL, SR, CL, RJ, CL],
    [CL, CL, CL, CS, CR, CW, CO, CE, ES, SS, SR, CL, RJ, CL],
    [CL, I1, IN, CS, CR, CW, CO, CL, ES, SS, SR, SA, RJ, CL],
    [CL, CL, CL, CL, CL, RJ, CL, CL, CL, CL, CL, CL, CL, CL],
    [ES, ...SAME.slice(1)],
    [CW, CW, CW, CW, CW, CW, CW, CW, ES, CW, CW, CW, CW, CW],
    [CS, CS, CS, CS, CR, CW, CO, CE, ES, SS, SR, SA, RJ, CL],
    [CE, CE, CE, CE, CE, CE, CE, CE, ES, SS, SR, SA, RJ, CL],
    [ES, ES, ES, ES, ES, ES, ES, ES, ES, SS, SR, SA, RJ, CL],
    [SS, SS, SS, SS, SS, SS, SS, SS, SS, SS, SR, SA, RJ, CL],
    [SA, SA, SA, SA, SA, CW, CO, CE, ES, SA, SA, SA, RJ, CL],
    [CL, I1, IN, CS, CR, CW, CO, CE, ES, SS, SR, SA, RJ, CL],
    [CL, CL, CL, CL, CL, CW, CO, CE, ES, SS, SR, SA, RJ, CL],
    [CL, RJ, CL, CL, CL, CL, CL, CL, CL, CL, CL, CL, CL, CL],
  ].flat(),
);

/**
 * The state of an SCTP association after a packet.
 * @param direction one of `Direction`
 * @param state the present state, one of SCTP's
 * @param chunk type of the packet's first chunk; an unknown one counts as data
 */
export function nextSctpState(direction: number, state: number, chunk: number): number {
  const event = EVENTS[chunk] ?? 0;
  return FIRST_STATE + NEXT[(direction * 10 + event) * SCTP_STATES + state - FIRST_STATE]!;
}

/** Whether an SCTP packet may open an association. */
export function opensSctp(chunk: number): boolean {
  return chunk === INIT;
}
