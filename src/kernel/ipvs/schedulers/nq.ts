/**
 * Never queue (net/netfilter/ipvs/ip_vs_nq.c, Linux 6.1): the first usable server without active connections, else
 * as `sed`.
 *
 * Idle means no active connection: a UDP flow never is one, so all UDP flows go to the first usable server. Cost: the
 * kernel walks the list up to the first idle server.
 */
import { NEVER, type Measure } from './costs.js';
import { LeastCost } from './least-cost.js';
import type { SchedulerKind } from './scheduler.js';

const DELAY_UNLESS_IDLE: Measure = {
  cost: (servers, server) => {
    if (servers.usableWeight[server] === 0) return NEVER;
    return servers.active[server] === 0 ? 0 : servers.active[server]! + 1;
  },
  perWeight: true,
  stopsAtZero: true,
};

/** `nq`. */
export const neverQueue: SchedulerKind = {
  name: 'nq',
  doc: 'Never queue: the first server without active connections; when all have some, shortest expected delay.',
  cost: 'linear in the servers before the first idle one',
  flags: [],
  make: (list) => new LeastCost(list, [DELAY_UNLESS_IDLE]),
};
