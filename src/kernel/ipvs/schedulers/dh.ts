/**
 * Destination hashing (net/netfilter/ipvs/ip_vs_dh.c, Linux 6.1): the address asked for decides.
 *
 * 256 buckets are dealt out round robin along the list, weights ignored. All connections to one cluster address
 * therefore go to ONE server; the scheduler is meant for a firewall-mark service in front of caches. Cost: one hash.
 */
import { ipHash } from '../../../net/index.js';
import { NO_SERVER } from '../servers.js';
import { BUCKETS, bucketOf } from './hash-buckets.js';
import { ListChange, type Scheduler, type SchedulerKind, type ServerList } from './scheduler.js';

class DestinationHashing implements Scheduler {
  private readonly list: ServerList;
  private readonly buckets = new Int32Array(BUCKETS);
  private stale = true;

  constructor(list: ServerList) {
    this.list = list;
  }

  pick(_source: number, _sourcePort: number, destination: number): number {
    if (this.stale) this.deal();
    const server = this.buckets[bucketOf(ipHash(destination))]!;
    return server >= 0 && this.list.servers.usableWeight[server]! > 0 ? server : NO_SERVER;
  }

  listChanged(change: number): void {
    if (change !== ListChange.edited) this.stale = true;
  }

  private deal(): void {
    const { order, count } = this.list;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      this.buckets[bucket] = count === 0 ? NO_SERVER : order[count - 1 - (bucket % count)]!;
    }
    this.stale = false;
  }
}

/** `dh`. */
export const destinationHashing: SchedulerKind = {
  name: 'dh',
  doc: 'Destination hashing: a hash of the address asked for decides, so one cluster address has one server.',
  cost: 'constant; a change of the servers deals out 256 buckets anew',
  flags: [],
  make: (list) => new DestinationHashing(list),
};
