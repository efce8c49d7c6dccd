/**
 * Round robin (net/netfilter/ipvs/ip_vs_rr.c, Linux 6.1).
 *
 * Keeps a mark; takes the first usable server after it, wrapping once round the list up to and including the marked
 * one. Cost: O(1) while all servers are usable.
 */
import { WorkKind } from '../../work.js';
import { NO_SERVER } from '../servers.js';
import { ListChange, type Scheduler, type SchedulerKind, type ServerList } from './scheduler.js';

/** The mark when no server is marked: before the first of the list, whatever is added at the front later. */
const BEFORE_FIRST = -1;

class RoundRobin implements Scheduler {
  private readonly list: ServerList;
  private mark = BEFORE_FIRST;

  constructor(list: ServerList) {
    this.list = list;
  }

  pick(): number {
    const { order, count, work } = this.list;
    const weight = this.list.servers.usableWeight;
    const mark = this.mark;
    const start = mark === BEFORE_FIRST ? count - 1 : mark - 1;
    let walked = 0;
    let found = NO_SERVER;
    for (let i = start; i >= 0 && found < 0; i--) {
      walked++;
      if (weight[order[i]!]! > 0) found = i;
    }
    if (found < 0 && mark !== BEFORE_FIRST) {
      for (let i = count - 1; i >= mark && found < 0; i--) {
        walked++;
        if (weight[order[i]!]! > 0) found = i;
      }
    }
    work.add(WorkKind.ipvsServer, walked);
    if (found < 0) return NO_SERVER;
    this.mark = found;
    return order[found]!;
  }

  listChanged(change: number, position: number): void {
    if (change !== ListChange.removed || this.mark < position) return;
    if (this.mark > position) this.mark--;
    // The marked one went: its predecessor in the list has moved down to its index; the front has none.
    else if (position === this.list.count) this.mark = BEFORE_FIRST;
  }
}

/** `rr`. */
export const roundRobin: SchedulerKind = {
  name: 'rr',
  doc: 'Round robin: the servers in turn, newest first.',
  cost: 'constant; grows with the number of drained servers passed over',
  flags: [],
  make: (list) => new RoundRobin(list),
};
