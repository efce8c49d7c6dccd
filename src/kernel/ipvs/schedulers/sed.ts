/**
 * Shortest expected delay (net/netfilter/ipvs/ip_vs_sed.c, Linux 6.1): least (active + 1) / weight, first in the
 * list on ties.
 *
 * Ignores inactive connections, so UDP flows (always inactive) all go to the server of the highest weight. Cost: the
 * kernel walks the whole list at each decision.
 */
import { NEVER, type Measure } from './costs.js';
import { LeastCost } from './least-cost.js';
import type { SchedulerKind } from './scheduler.js';

const DELAY: Measure = {
  cost: (servers, server) => (servers.usableWeight[server] === 0 ? NEVER : servers.active[server]! + 1),
  perWeight: true,
  stopsAtZero: false,
};

/** `sed`. */
export const shortestExpectedDelay: SchedulerKind = {
  name: 'sed',
  doc: 'Shortest expected delay: the server of least (active connections + 1) in proportion to its weight.',
  cost: 'linear in the servers of the service',
  flags: [],
  make: (list) => new LeastCost(list, [DELAY]),
};
