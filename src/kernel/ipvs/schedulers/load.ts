/**
 * Load of a server as `lc`, `wlc`, `lblc`, `lblcr` and `twos` reckon it (ip_vs_dest_conn_overhead of include/net/ip_vs.h,
 * Linux 6.1): 256 x active + inactive connections, or 257 in newer kernels.
 */
import { NEVER, type Measure } from './costs.js';
import type { Servers } from '../servers.js';

/**
 * Load of a server.
 * @param loadActiveFactor see `ServerList`
 */
export function loadOf(servers: Servers, server: number, loadActiveFactor: number): number {
  return servers.active[server]! * loadActiveFactor + servers.inactive[server]!;
}

/** Load of a server that is usable, `NEVER` for others. */
export function usableLoad(servers: Servers, server: number, loadActiveFactor: number): number {
  return servers.usableWeight[server] === 0 ? NEVER : loadOf(servers, server, loadActiveFactor);
}

/** Load in proportion to weight, as `wlc`, `lblc` and `lblcr` compare it. */
export const LOAD_BY_WEIGHT: Measure = { cost: usableLoad, perWeight: true, stopsAtZero: false };
