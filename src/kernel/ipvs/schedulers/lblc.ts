/**
 * Locality-based least connection (net/netfilter/ipvs/ip_vs_lblc.c, Linux 6.1): the server that connections to this
 * address went to before, as long as it is not crowded; else the one that `wlc` would take, which is remembered.
 *
 * A remembered server that is marked overloaded is used all the same. Cost: constant while the remembered server is
 * used and has no more active connections than its weight; else the kernel walks the list.
 */
import { NO_SERVER } from '../servers.js';
import { isCrowded, leastLoadOf } from './crowded.js';
import type { LeastCost } from './least-cost.js';
import { LocalityCache, type Remembered } from './locality-cache.js';
import type { Scheduler, SchedulerKind, ServerList } from './scheduler.js';

interface Entry extends Remembered {
  server: number;
}

class LocalityBasedLeastConnection implements Scheduler {
  private readonly list: ServerList;
  private readonly leastLoad: LeastCost;
  private readonly cache: LocalityCache<Entry>;

  constructor(list: ServerList) {
    this.list = list;
    this.leastLoad = leastLoadOf(list);
    this.cache = new LocalityCache(list.simulation.now, ({ server }) => list.servers.release(server));
  }

  pick(_source: number, _sourcePort: number, destination: number): number {
    const { now } = this.list.simulation;
    const entry = this.cache.use(destination, now);
    if (entry !== undefined && this.holds(entry.server)) return entry.server;
    const server = this.leastLoad.pick();
    if (server === NO_SERVER) return NO_SERVER;
    const { servers } = this.list;
    servers.hold(server);
    if (entry === undefined) {
      this.cache.add(destination, { server, lastUseNs: now });
    } else {
      servers.release(entry.server);
      entry.server = server;
    }
    return server;
  }

  listChanged(change: number, position: number): void {
    this.leastLoad.listChanged(change, position);
  }

  end(): void {
    this.cache.clear();
    this.leastLoad.end();
  }

  private holds(server: number): boolean {
    const { available, weight } = this.list.servers;
    return available[server] === 1 && weight[server]! > 0 && !isCrowded(this.list, server, this.leastLoad);
  }
}

/** `lblc`. */
export const localityBased: SchedulerKind = {
  name: 'lblc',
  doc: 'Locality-based least connection: one server for each address asked for, until it is crowded and another is not.',
  cost: 'constant while the remembered server is used and not crowded; else linear in the servers of the service',
  flags: [],
  make: (list) => new LocalityBasedLeastConnection(list),
};
