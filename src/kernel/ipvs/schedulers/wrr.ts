/**
 * Weighted round robin (net/netfilter/ipvs/ip_vs_wrr.c, Linux 6.1).
 *
 * Keeps a mark and a threshold cw that sinks from the greatest weight by the greatest common divisor of the weights
 * at each turn of the list; a turn picks the servers whose weight reaches cw. Every change of the list sends the
 * mark back to the front. Cost: O(1) with equal weights; up to a few turns of the list with very unequal ones.
 */
import { WorkKind } from '../../work.js';
import { NO_SERVER } from '../servers.js';
import { greatestCommonDivisor } from './common-divisor.js';
import type { Scheduler, SchedulerKind, ServerList } from './scheduler.js';

const BEFORE_FIRST = -1;

class WeightedRoundRobin implements Scheduler {
  private readonly list: ServerList;
  private mark = BEFORE_FIRST;
  /** Present threshold (cw), greatest threshold (mw), step (di). */
  private threshold = 0;
  private greatest = 0;
  private step = 1;

  constructor(list: ServerList) {
    this.list = list;
    this.measure();
    this.threshold = this.greatest;
  }

  pick(): number {
    if (this.greatest === 0) return NO_SERVER;
    const { order, count, work } = this.list;
    const weight = this.list.servers.usableWeight;
    const last = this.mark;
    let stop = BEFORE_FIRST;
    let lastPass = false;
    let restarted = false;
    let walked = 0;
    let from = last === BEFORE_FIRST ? count - 1 : last - 1;
    let end = BEFORE_FIRST;
    search: for (;;) {
      for (let i = from; i >= 0; i--) {
        walked++;
        if (weight[order[i]!]! >= this.threshold) {
          this.mark = i;
          work.add(WorkKind.ipvsServer, walked);
          return order[i]!;
        }
        if (i === stop) {
          end = i;
          break search;
        }
      }
      from = count - 1;
      this.threshold -= this.step;
      if (this.threshold <= 0) {
        this.threshold = this.greatest;
        if (lastPass || last === BEFORE_FIRST) break;
        restarted = true;
      }
      lastPass = this.threshold <= this.step;
      if (lastPass && restarted && last !== BEFORE_FIRST) stop = last;
    }
    this.mark = end;
    work.add(WorkKind.ipvsServer, walked);
    return NO_SERVER;
  }

  listChanged(): void {
    this.mark = BEFORE_FIRST;
    this.measure();
    if (this.threshold > this.greatest || this.threshold === 0) this.threshold = this.greatest;
    else if (this.step > 1) this.threshold = Math.floor(this.threshold / this.step) * this.step + 1;
  }

  private measure(): void {
    const { order, count, servers } = this.list;
    let divisor = 0;
    let heaviest = 0;
    for (let i = 0; i < count; i++) {
      const weight = servers.weight[order[i]!]!;
      if (weight > 0) divisor = greatestCommonDivisor(divisor, weight);
      if (weight > heaviest) heaviest = weight;
    }
    this.step = divisor === 0 ? 1 : divisor;
    this.greatest = heaviest - (this.step - 1);
  }
}

/** `wrr`. */
export const weightedRoundRobin: SchedulerKind = {
  name: 'wrr',
  doc: 'Weighted round robin: the servers in turn, each as often as its weight says.',
  cost: 'constant with equal weights; up to a few turns of the list with very unequal ones',
  flags: [],
  make: (list) => new WeightedRoundRobin(list),
};
