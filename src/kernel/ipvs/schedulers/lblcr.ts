/**
 * Locality-based least connection with replication (net/netfilter/ipvs/ip_vs_lblcr.c, Linux 6.1): of the servers that
 * connections to this address went to before, the one that `wlc` would take; when it is crowded, or none is usable,
 * the one that `wlc` takes of all, which joins them.
 *
 * A set of two or more that has not changed for 24 hours loses its most loaded member. Cost: the kernel walks the set,
 * and the list when a member is crowded or none is usable.
 */
import { WorkKind } from '../../work.js';
import { NO_SERVER } from '../servers.js';
import { costsMore } from './costs.js';
import { isCrowded, leastLoadOf } from './crowded.js';
import type { LeastCost } from './least-cost.js';
import { loadOf } from './load.js';
import { EXPIRATION_NS, LocalityCache, type Remembered } from './locality-cache.js';
import type { Scheduler, SchedulerKind, ServerList } from './scheduler.js';

interface Entry extends Remembered {
  /** The newest first. */
  readonly members: number[];
  lastChangeNs: number;
}

class ReplicatedLocalityBased implements Scheduler {
  private readonly list: ServerList;
  private readonly leastLoad: LeastCost;
  private readonly cache: LocalityCache<Entry>;

  constructor(list: ServerList) {
    this.list = list;
    this.leastLoad = leastLoadOf(list);
    this.cache = new LocalityCache(list.simulation.now, ({ members }) => {
      for (const server of members) list.servers.release(server);
    });
  }

  pick(_source: number, _sourcePort: number, destination: number): number {
    const { now } = this.list.simulation;
    const entry = this.cache.use(destination, now);
    if (entry !== undefined) {
      const member = this.leastLoaded(entry.members);
      if (entry.members.length > 1 && now > entry.lastChangeNs + EXPIRATION_NS) this.shrink(entry, now);
      if (member !== NO_SERVER && !isCrowded(this.list, member, this.leastLoad)) return member;
    }
    const server = this.leastLoad.pick();
    if (server === NO_SERVER) return NO_SERVER;
    if (entry === undefined) {
      this.list.servers.hold(server);
      this.cache.add(destination, { members: [server], lastUseNs: now, lastChangeNs: now });
    } else if (!entry.members.includes(server)) {
      this.list.servers.hold(server);
      entry.members.unshift(server);
      entry.lastChangeNs = now;
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

  /** The usable member of least load / weight, the first on ties (ip_vs_dest_set_min). */
  private leastLoaded(members: readonly number[]): number {
    const { usableWeight, available } = this.list.servers;
    let least = NO_SERVER;
    for (const server of members) {
      if (available[server] === 0 || usableWeight[server] === 0) continue;
      if (least < 0 || this.isLighter(server, least)) least = server;
    }
    this.list.work.add(WorkKind.ipvsServer, members.length);
    return least;
  }

  /** Takes the member of most load / weight out, the first on ties; one of weight 0 stays (ip_vs_dest_set_max). */
  private shrink(entry: Entry, now: number): void {
    const { weight } = this.list.servers;
    let most = NO_SERVER;
    for (const server of entry.members) {
      if (weight[server] === 0) continue;
      if (most < 0 || this.isLighter(most, server)) most = server;
    }
    this.list.work.add(WorkKind.ipvsServer, entry.members.length);
    if (most < 0) return;
    entry.members.splice(entry.members.indexOf(most), 1);
    entry.lastChangeNs = now;
    this.list.servers.release(most);
  }

  /** Whether a server has less load in proportion to its weight as set than another; neither weight is 0. */
  private isLighter(server: number, than: number): boolean {
    const { servers, loadActiveFactor } = this.list;
    const { weight } = servers;
    const load = loadOf(servers, server, loadActiveFactor);
    return costsMore(loadOf(servers, than, loadActiveFactor), weight[than]!, load, weight[server]!);
  }
}

/** `lblcr`. */
export const replicatedLocalityBased: SchedulerKind = {
  name: 'lblcr',
  doc: 'Locality-based least connection with replication: as lblc, with a set of servers for each address asked for.',
  cost: 'linear in the servers remembered for the address; in those of the service too when they are crowded',
  flags: [],
  make: (list) => new ReplicatedLocalityBased(list),
};
