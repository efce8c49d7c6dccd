/**
 * Shortest expected delay (net/netfilter/ipvs/ip_vs_sed.c, Linux 6.1): least (active + 1) / weight, first in the
 * list on ties.
 *
 * Ignores inactive connections, so UDP flows (always inactive) all go to the server of the highest weight. Cost:
 * walks the whole list at each decision.
 */
import { WorkKind } from '../../work.js';
import { NO_SERVER } from '../servers.js';
import type { Scheduler, SchedulerKind, ServerList } from './scheduler.js';

class ShortestExpectedDelay implements Scheduler {
  private readonly list: ServerList;

  constructor(list: ServerList) {
    this.list = list;
  }

  pick(): number {
    const { order, count } = this.list;
    const { usableWeight, active } = this.list.servers;
    let best = NO_SERVER;
    let bestCost = 0;
    let bestWeight = 0;
    for (let i = count - 1; i >= 0; i--) {
      const server = order[i]!;
      const weight = usableWeight[server]!;
      if (weight === 0) continue;
      const cost = active[server]! + 1;
      if (best < 0 || bestCost * weight > cost * bestWeight) {
        best = server;
        bestCost = cost;
        bestWeight = weight;
      }
    }
    this.list.work.add(WorkKind.ipvsServer, count);
    return best;
  }

  listChanged(): void {
    // Holds no state of its own.
  }
}

/** `sed`. */
export const shortestExpectedDelay: SchedulerKind = {
  name: 'sed',
  doc: 'Shortest expected delay: the server of least (active connections + 1) in proportion to its weight.',
  cost: 'linear in the servers of the service',
  hashesClient: false,
  make: (list) => new ShortestExpectedDelay(list),
};
