/**
 * Weighted fail over (net/netfilter/ipvs/ip_vs_fo.c, Linux 6.1): the usable server of highest weight, first in the list
 * on ties; the others get something only while it is drained or overloaded.
 *
 * Cost: the kernel walks the whole list at each decision.
 */
import { NEVER, type Measure } from './costs.js';
import { LeastCost } from './least-cost.js';
import type { SchedulerKind } from './scheduler.js';

/** The greatest weight (a signed 32-bit integer). */
const MOST = 2 ** 31 - 1;

const HEAVIEST: Measure = {
  cost: (servers, server) => {
    const weight = servers.usableWeight[server]!;
    return weight === 0 ? NEVER : MOST - weight;
  },
  perWeight: false,
  stopsAtZero: false,
};

/** `fo`. */
export const weightedFailOver: SchedulerKind = {
  name: 'fo',
  doc: 'Weighted fail over: the server of highest weight takes everything, and the next one when it is drained.',
  cost: 'linear in the servers of the service',
  flags: [],
  make: (list) => new LeastCost(list, [HEAVIEST]),
};
