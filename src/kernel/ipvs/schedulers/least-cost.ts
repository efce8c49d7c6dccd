/**
 * The scheduler that compares all servers of its list and takes the one of least cost, first in the list on ties:
 * what `lc`, `wlc`, `sed`, `nq`, `fo` and `ovf` have in common, each with a measure of its own.
 *
 * The kernel walks the list, and that walk is counted as work. Here the server is found by the very walk (lookup
 * `walk`, and in short lists, where nothing is faster), or through a tournament kept up to date where servers changed:
 * alike in pick and in work. Cost: O(log servers) for each server changed since the last pick; the first pick after a
 * removal O(servers).
 */
import { WorkKind } from '../../work.js';
import { NO_WATCH } from '../server-watches.js';
import { NO_SERVER } from '../servers.js';
import { CostTree } from './cost-tree.js';
import { costsMore, NEVER, type Measure } from './costs.js';
import { ListChange, type Scheduler, type ServerList } from './scheduler.js';

/** Lists of up to this many servers are walked. */
export const SHORT_LIST = 16;

/** Finds servers of least cost in one list. */
export class LeastCost implements Scheduler {
  private readonly list: ServerList;
  private readonly measures: readonly Measure[];
  private readonly trees: readonly CostTree[];
  private watch = NO_WATCH;
  private stale = true;

  /**
   * @param list of one virtual server
   * @param measures the first is the one that `pick` goes by
   */
  constructor(list: ServerList, measures: readonly Measure[]) {
    this.list = list;
    this.measures = measures;
    this.trees = measures.map(() => new CostTree());
  }

  pick(): number {
    return this.least(0);
  }

  /**
   * The server of least cost, or `NO_SERVER` when none costs less than `NEVER`.
   * @param by number of the measure
   */
  least(by: number): number {
    const { order, count, lookup } = this.list;
    if (lookup === 'walk' || count <= SHORT_LIST) return this.walk(this.measures[by]!);
    this.mend();
    const tree = this.trees[by]!;
    const place = tree.first();
    const stops = place >= 0 && this.measures[by]!.stopsAtZero && tree.costAt(place) === 0;
    this.list.work.add(WorkKind.ipvsServer, stops ? count - place : count);
    return place < 0 ? NO_SERVER : order[place]!;
  }

  listChanged(change: number, position: number): void {
    if (this.watch === NO_WATCH) return;
    const { servers, order } = this.list;
    if (change === ListChange.removed) {
      this.stale = true;
      this.forgetChanges();
    } else if (change === ListChange.added) {
      servers.watches.join(order[position]!, this.watch);
      if (position >= this.trees[0]!.room) this.stale = true;
      else servers.watches.mark(order[position]!);
    }
  }

  end(): void {
    if (this.watch === NO_WATCH) return;
    const { order, count, servers } = this.list;
    this.forgetChanges();
    for (let i = 0; i < count; i++) servers.watches.join(order[i]!, NO_WATCH);
    servers.watches.close(this.watch);
    this.watch = NO_WATCH;
  }

  /** As the kernel does it: the first that is cheaper than all before it. */
  private walk(measure: Measure): number {
    const { order, count, work, servers, loadActiveFactor } = this.list;
    const { usableWeight } = servers;
    let best = NO_SERVER;
    let bestCost = 0;
    let bestDivisor = 1;
    let walked = 0;
    for (let i = count - 1; i >= 0; i--) {
      walked++;
      const server = order[i]!;
      const cost = measure.cost(servers, server, loadActiveFactor);
      if (cost === NEVER) continue;
      const divisor = measure.perWeight ? usableWeight[server]! : 1;
      if (best >= 0 && !costsMore(bestCost, bestDivisor, cost, divisor)) continue;
      best = server;
      bestCost = cost;
      bestDivisor = divisor;
      if (measure.stopsAtZero && cost === 0) break;
    }
    work.add(WorkKind.ipvsServer, walked);
    return best;
  }

  /** Brings the trees up to date. */
  private mend(): void {
    if (this.watch === NO_WATCH) this.startWatching();
    if (this.stale) {
      this.build();
      return;
    }
    const { servers, loadActiveFactor } = this.list;
    const { watches, position } = servers;
    for (let server = watches.take(this.watch); server >= 0; server = watches.take(this.watch)) {
      for (let by = 0; by < this.trees.length; by++) {
        const cost = this.measures[by]!.cost(servers, server, loadActiveFactor);
        this.trees[by]!.update(position[server]!, cost, this.divisor(by, server, cost));
      }
    }
  }

  private build(): void {
    const { order, count, servers, loadActiveFactor } = this.list;
    this.forgetChanges();
    for (let by = 0; by < this.trees.length; by++) {
      const tree = this.trees[by]!;
      tree.clear(count);
      for (let place = 0; place < count; place++) {
        const server = order[place]!;
        const cost = this.measures[by]!.cost(servers, server, loadActiveFactor);
        tree.put(place, cost, this.divisor(by, server, cost));
      }
      tree.settle();
    }
    this.stale = false;
  }

  private divisor(by: number, server: number, cost: number): number {
    return cost !== NEVER && this.measures[by]!.perWeight ? this.list.servers.usableWeight[server]! : 1;
  }

  private startWatching(): void {
    const { order, count, servers } = this.list;
    this.watch = servers.watches.open();
    for (let i = 0; i < count; i++) servers.watches.join(order[i]!, this.watch);
    this.stale = true;
  }

  private forgetChanges(): void {
    const { watches } = this.list.servers;
    while (watches.take(this.watch) >= 0);
  }
}
