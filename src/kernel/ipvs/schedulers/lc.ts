/**
 * Least connection (net/netfilter/ipvs/ip_vs_lc.c, Linux 6.1): the usable server of least load, first in the list on
 * ties.
 *
 * Cost: walks the whole list at each decision, in the kernel and here.
 */
import { WorkKind } from '../../work.js';
import { NO_SERVER } from '../servers.js';
import type { Scheduler, SchedulerKind, ServerList } from './scheduler.js';

class LeastConnection implements Scheduler {
  private readonly list: ServerList;

  constructor(list: ServerList) {
    this.list = list;
  }

  pick(): number {
    const { order, count, loadActiveFactor } = this.list;
    const { usableWeight, active, inactive } = this.list.servers;
    let best = NO_SERVER;
    let bestLoad = 0;
    for (let i = count - 1; i >= 0; i--) {
      const server = order[i]!;
      if (usableWeight[server] === 0) continue;
      const load = active[server]! * loadActiveFactor + inactive[server]!;
      if (best < 0 || load < bestLoad) {
        best = server;
        bestLoad = load;
      }
    }
    this.list.work.add(WorkKind.ipvsServer, count);
    return best;
  }

  listChanged(): void {
    // Holds no state of its own.
  }
}

/** `lc`. */
export const leastConnection: SchedulerKind = {
  name: 'lc',
  doc: 'Least connection: the server of least load, where an active connection weighs as much as 256 inactive ones.',
  cost: 'linear in the servers of the service',
  hashesClient: false,
  make: (list) => new LeastConnection(list),
};
