/**
 * Never queue (net/netfilter/ipvs/ip_vs_nq.c, Linux 6.1): the first usable server without active connections, else
 * as `sed`.
 *
 * Idle means no active connection: a UDP flow never is one, so all UDP flows go to the first usable server. Cost:
 * walks the list up to the first idle server.
 */
import { WorkKind } from '../../work.js';
import { NO_SERVER } from '../servers.js';
import type { Scheduler, SchedulerKind, ServerList } from './scheduler.js';

class NeverQueue implements Scheduler {
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
    let i = count - 1;
    for (; i >= 0; i--) {
      const server = order[i]!;
      const weight = usableWeight[server]!;
      if (weight === 0) continue;
      const cost = active[server]! + 1;
      if (cost === 1) {
        best = server;
        break;
      }
      if (best < 0 || bestCost * weight > cost * bestWeight) {
        best = server;
        bestCost = cost;
        bestWeight = weight;
      }
    }
    this.list.work.add(WorkKind.ipvsServer, i < 0 ? count : count - i);
    return best;
  }

  listChanged(): void {
    // Holds no state of its own.
  }
}

/** `nq`. */
export const neverQueue: SchedulerKind = {
  name: 'nq',
  doc: 'Never queue: the first server without active connections; when all have some, shortest expected delay.',
  cost: 'linear in the servers before the first idle one',
  hashesClient: false,
  make: (list) => new NeverQueue(list),
};
