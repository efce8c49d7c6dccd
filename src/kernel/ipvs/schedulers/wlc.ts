/**
 * Weighted least connection (net/netfilter/ipvs/ip_vs_wlc.c, Linux 6.1): least load / weight, first in the list on
 * ties.
 *
 * The comparison is a product, as in the kernel, so an exact tie keeps the earlier server and an idle server beats
 * every loaded one. Products stay below 2^53 for loads and weights below 2^26. Cost: walks the whole list at each
 * decision.
 */
import { WorkKind } from '../../work.js';
import { NO_SERVER } from '../servers.js';
import type { Scheduler, SchedulerKind, ServerList } from './scheduler.js';

class WeightedLeastConnection implements Scheduler {
  private readonly list: ServerList;

  constructor(list: ServerList) {
    this.list = list;
  }

  pick(): number {
    const { order, count, loadActiveFactor } = this.list;
    const { usableWeight, active, inactive } = this.list.servers;
    let best = NO_SERVER;
    let bestLoad = 0;
    let bestWeight = 0;
    for (let i = count - 1; i >= 0; i--) {
      const server = order[i]!;
      const weight = usableWeight[server]!;
      if (weight === 0) continue;
      const load = active[server]! * loadActiveFactor + inactive[server]!;
      if (best < 0 || bestLoad * weight > load * bestWeight) {
        best = server;
        bestLoad = load;
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

/** `wlc`. */
export const weightedLeastConnection: SchedulerKind = {
  name: 'wlc',
  doc: 'Weighted least connection: the server of least load in proportion to its weight.',
  cost: 'linear in the servers of the service',
  hashesClient: false,
  make: (list) => new WeightedLeastConnection(list),
};
