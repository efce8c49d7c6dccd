/**
 * Least connection (net/netfilter/ipvs/ip_vs_lc.c, Linux 6.1): the usable server of least load, first in the list on
 * ties.
 *
 * Cost: the kernel walks the whole list at each decision.
 */
import type { Measure } from './costs.js';
import { LeastCost } from './least-cost.js';
import { usableLoad } from './load.js';
import type { SchedulerKind } from './scheduler.js';

const LOAD: Measure = { cost: usableLoad, perWeight: false, stopsAtZero: false };

/** `lc`. */
export const leastConnection: SchedulerKind = {
  name: 'lc',
  doc: 'Least connection: the server of least load, where an active connection weighs as much as 256 inactive ones.',
  cost: 'linear in the servers of the service',
  flags: [],
  make: (list) => new LeastCost(list, [LOAD]),
};
