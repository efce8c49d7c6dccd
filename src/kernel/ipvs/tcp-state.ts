/**
 * Transitions of TCP connections in ip_vs.
 *
 * Mirrors net/netfilter/ipvs/ip_vs_proto_tcp.c of Linux 6.1 for masquerade (NAT) forwarding, where both directions are
 * seen. Left out: the input-only table (direct routing, tunnels) and the stricter table of the `secure_tcp` defence.
 */
import { TcpFlag } from '../../net/index.js';
import { ConnectionState } from './connection-state.js';

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

/**
 * Whether a TCP packet may open a connection.
 * @param sloppy the sysctl `sloppy_tcp`: any packet may, but a reset
 */
export function opensTcp(flags: number, sloppy: boolean): boolean {
  return (flags & TcpFlag.rst) === 0 && (sloppy || (flags & TcpFlag.syn) !== 0);
}
