/**
 * Weighted least connection (net/netfilter/ipvs/ip_vs_wlc.c, Linux 6.1): least load / weight, first in the list on
 * ties.
 *
 * The comparison is a product, as in the kernel, so an exact tie keeps the earlier server and an idle server beats
 * every loaded one. Cost: the kernel walks the whole list at each decision.
 */
import { LeastCost } from './least-cost.js';
import { LOAD_BY_WEIGHT } from './load.js';
import type { SchedulerKind } from './scheduler.js';

/** `wlc`. */
export const weightedLeastConnection: SchedulerKind = {
  name: 'wlc',
  doc: 'Weighted least connection: the server of least load in proportion to its weight.',
  cost: 'linear in the servers of the service',
  flags: [],
  make: (list) => new LeastCost(list, [LOAD_BY_WEIGHT]),
};
