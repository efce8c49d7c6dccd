/**
 * Weighted overflow (net/netfilter/ipvs/ip_vs_ovf.c, Linux 6.1): the usable server of highest weight among those with no
 * more active connections than their weight, first in the list on ties; nobody when all have more.
 *
 * A server of weight w so takes w + 1 connections before the next one gets any. UDP flows are never active and never
 * overflow. Cost: the kernel walks the whole list at each decision.
 */
import { NEVER, type Measure } from './costs.js';
import { LeastCost } from './least-cost.js';
import type { SchedulerKind } from './scheduler.js';

/** The greatest weight (a signed 32-bit integer). */
const MOST = 2 ** 31 - 1;

const HEAVIEST_WITH_ROOM: Measure = {
  cost: (servers, server) => {
    const weight = servers.usableWeight[server]!;
    return weight === 0 || servers.active[server]! > weight ? NEVER : MOST - weight;
  },
  perWeight: false,
  stopsAtZero: false,
};

/** `ovf`. */
export const weightedOverflow: SchedulerKind = {
  name: 'ovf',
  doc: 'Weighted overflow: the server of highest weight until its active connections exceed its weight, then the next.',
  cost: 'linear in the servers of the service',
  flags: [],
  make: (list) => new LeastCost(list, [HEAVIEST_WITH_ROOM]),
};
