/**
 * Source hashing (net/netfilter/ipvs/ip_vs_sh.c, Linux 6.1): the client's address decides.
 *
 * 256 buckets are dealt out along the list, each server taking as many in a row as its weight says (at least one,
 * weight 0 included). A client whose bucket's server is not usable is refused, unless `sh-fallback` is set. Of more
 * than 256 servers the oldest get nothing. Cost: one hash; the buckets are dealt out anew at the first decision
 * after a change of the list.
 */
import { ipHash } from '../../../net/index.js';
import { NO_SERVER } from '../servers.js';
import { BUCKETS, bucketOf } from './hash-buckets.js';
import { SchedulerFlag, type Scheduler, type SchedulerKind, type ServerList } from './scheduler.js';

class SourceHashing implements Scheduler {
  private readonly list: ServerList;
  private readonly buckets = new Int32Array(BUCKETS);
  private stale = true;

  constructor(list: ServerList) {
    this.list = list;
  }

  pick(source: number, sourcePort: number): number {
    if (this.stale) this.deal();
    const flags = this.list.flags;
    const client = ipHash(source);
    const value = (flags & SchedulerFlag.port) !== 0 ? client + sourcePort : client;
    const bucket = bucketOf(value);
    const server = this.buckets[bucket]!;
    if (server < 0 || this.list.servers.usableWeight[server]! > 0) return server;
    return (flags & SchedulerFlag.fallback) !== 0 ? this.fallback(bucket) : NO_SERVER;
  }

  listChanged(): void {
    this.stale = true;
  }

  /** Tries all other buckets; the kernel adds the hash twice, so the search starts at twice the bucket's number. */
  private fallback(bucket: number): number {
    for (let i = 0; i < BUCKETS; i++) {
      const server = this.buckets[(bucket + ((i + bucket) % BUCKETS)) % BUCKETS]!;
      if (this.list.servers.usableWeight[server]! > 0) return server;
    }
    return NO_SERVER;
  }

  private deal(): void {
    const { order, count, servers } = this.list;
    let position = count - 1;
    let given = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const server = count === 0 ? NO_SERVER : order[position]!;
      this.buckets[bucket] = server;
      if (count > 0 && ++given >= servers.weight[server]!) {
        position = position === 0 ? count - 1 : position - 1;
        given = 0;
      }
    }
    this.stale = false;
  }
}

/** `sh`. */
export const sourceHashing: SchedulerKind = {
  name: 'sh',
  doc: "Source hashing: a hash of the client's address decides, so a client keeps its server.",
  cost: 'constant; a change of the servers deals out 256 buckets anew',
  flags: [
    { name: 'sh-fallback', bit: SchedulerFlag.fallback },
    { name: 'sh-port', bit: SchedulerFlag.port },
  ],
  make: (list) => new SourceHashing(list),
};
