/**
 * When `lblc` and `lblcr` leave the server that they remember (is_overloaded of ip_vs_lblc.c and ip_vs_lblcr.c, Linux
 * 6.1): it has more active connections than its weight while some server of the list has fewer than half its own.
 *
 * The kernel walks the list up to the first such server, whether overloaded or not. Cost: as a decision of `LeastCost`.
 */
import { NO_SERVER } from '../servers.js';
import { NEVER, type Measure } from './costs.js';
import { LeastCost } from './least-cost.js';
import { LOAD_BY_WEIGHT } from './load.js';
import type { ServerList } from './scheduler.js';

const HALF_EMPTY: Measure = {
  cost: (servers, server) => (servers.active[server]! * 2 < servers.weight[server]! ? 0 : NEVER),
  perWeight: false,
  stopsAtZero: true,
};

/** A list whose servers are picked as by `wlc`, and which knows whether one of them is half empty. */
export function leastLoadOf(list: ServerList): LeastCost {
  return new LeastCost(list, [LOAD_BY_WEIGHT, HALF_EMPTY]);
}

/**
 * Whether a server has too many connections while another has room.
 * @param leastLoad made by `leastLoadOf`
 */
export function isCrowded({ servers }: ServerList, server: number, leastLoad: LeastCost): boolean {
  return servers.active[server]! > servers.weight[server]! && leastLoad.least(1) !== NO_SERVER;
}
