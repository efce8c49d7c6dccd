/**
 * Which packets open connections in ip_vs, and when one that does ends the connection that it finds instead of joining it.
 *
 * Mirrors is_new_conn, is_new_conn_expected, tcp_conn_schedule and the check in ip_vs_in_hook (net/netfilter/ipvs/ip_vs_core.c, Linux 6.1)
 * for connections that have no others hanging on them. By the rules of Linux 5.8 the check is skipped altogether with conn_reuse_mode 0, even
 * where the server drains, and the SYN that ends a tracked connection is always dropped once: since 5.9 it is only where its conntrack entry is
 * still the old one, and since 5.16 a draining server is left with mode 0 too. Left out: bit 2 of conn_reuse_mode, which speaks of FIN_WAIT where only one
 * direction is seen.
 */
import { Protocol, TcpFlag } from '../../net/index.js';
import { ConnectionState } from './connection-state.js';
import type { Connections } from './connections.js';
import type { IpvsSysctls } from './ipvs-options.js';
import { opensSctp } from './sctp-state.js';
import type { Servers } from './servers.js';
import { opensTcp } from './tcp-state.js';

const OLD_RULES = 'linux-5.8';

/** Whether ip_vs looks at packets of a protocol. */
export function isForwarded(protocol: number): boolean {
  return protocol === Protocol.tcp || protocol === Protocol.udp || protocol === Protocol.sctp;
}

/**
 * Whether a packet that belongs to no connection may open one.
 * @param flags TCP flag bits, or the type of SCTP's first chunk
 * @param sloppy the sysctl `sloppy_tcp`
 */
export function mayOpen(protocol: number, flags: number, sloppy: boolean): boolean {
  if (protocol === Protocol.tcp) return opensTcp(flags, sloppy);
  return protocol !== Protocol.sctp || opensSctp(flags);
}

/** Whether the connection that a packet finds must go, as the packet opens one (`opensAnew`). */
export function isOutlived({ table }: Connections, { weight }: Servers, sysctls: IpvsSysctls, row: number): boolean {
  if (sysctls.connReuseMode === 0 && sysctls.reuseRules === OLD_RULES) return false;
  if (sysctls.expireNodestConn && weight[table.server[row]!] === 0) return true;
  if (sysctls.connReuseMode === 0 || table.control[row]! >= 0) return false;
  const state = table.state[row]!;
  return state === ConnectionState.timeWait || state === ConnectionState.close || state === ConnectionState.sctpClosed;
}

/**
 * Whether the packet that ends an outlived connection is lost with it, so that its sender has to send it again.
 * @param confirmed whether the packet belongs to a conntrack entry that an earlier packet confirmed
 */
export function isLostOnReuse({ table }: Connections, sysctls: IpvsSysctls, row: number, confirmed: boolean): boolean {
  return confirmed || (sysctls.reuseRules === OLD_RULES && table.tracked[row] === 1);
}

/** Whether a packet opens a connection whatever there is already. */
export function opensAnew(protocol: number, flags: number): boolean {
  if (protocol === Protocol.tcp) return (flags & TcpFlag.syn) !== 0;
  return protocol === Protocol.sctp && opensSctp(flags);
}
