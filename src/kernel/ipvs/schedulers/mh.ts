/**
 * Maglev hashing (net/netfilter/ipvs/ip_vs_mh.c, Linux 6.1, table of 4093 entries, 64-bit): the client's address
 * decides, and few clients change their server when servers come or go.
 *
 * In turn each server claims as many entries as its weight says, following a sequence of its own. What counts is the
 * last weight that was not 0, so draining a server moves no other one's clients; its own are refused, unless
 * `mh-fallback` is set. With more servers than entries the kernel leaves the table as it was: those beyond the 4093rd
 * get nothing, and one that is removed then keeps its entries. Cost: one hash; the table is filled anew at the first
 * decision after a change of the list.
 */
import { ipHash } from '../../../net/index.js';
import { NO_SERVER } from '../servers.js';
import { greatestCommonDivisor } from './common-divisor.js';
import { ListChange, SchedulerFlag, type Scheduler, type SchedulerKind, type ServerList } from './scheduler.js';
import { sipHash13, type SipKey } from './sip-hash.js';

/** Entries (IP_VS_MH_TAB_SIZE with CONFIG_IP_VS_MH_TAB_INDEX 12, the default). */
const ENTRIES = 4093;
/** Bits that a weight may have in the table (IP_VS_MH_TAB_BITS). */
const WEIGHT_BITS = 6;
/** Entry that nobody has claimed. */
const FREE = 0xffff;

const HASH_KEY = keyOf(2654435761);
const SKIP_KEY = keyOf(2654446892);

function keyOf(word: number): SipKey {
  return { k0High: 0, k0Low: word | 0, k1High: 0, k1Low: word | 0 };
}

class MaglevHashing implements Scheduler {
  private readonly list: ServerList;
  /** Of each entry the number of its server in `dealt`. */
  private readonly entries = new Uint16Array(ENTRIES);
  /** The servers that the table was filled with, front of the list first. */
  private dealt = new Int32Array(0);
  private isEmpty = true;
  private stale: boolean;

  constructor(list: ServerList) {
    this.list = list;
    // A longer list is refused, and nobody is picked.
    this.stale = list.count <= ENTRIES;
  }

  pick(source: number, sourcePort: number): number {
    if (this.stale) this.deal(this.list.count);
    if (this.isEmpty) return NO_SERVER;
    const { flags } = this.list;
    const usable = this.list.servers.usableWeight;
    const client = (flags & SchedulerFlag.port) !== 0 ? ipHash(source) + sourcePort : ipHash(source);
    const entry = sipHash13(client, HASH_KEY) % ENTRIES;
    const server = this.dealt[this.entries[entry]!]!;
    if (usable[server]! > 0) return server;
    return (flags & SchedulerFlag.fallback) !== 0 ? this.fallback(client, entry) : NO_SERVER;
  }

  listChanged(change: number): void {
    const { count } = this.list;
    if (count <= ENTRIES) this.stale = true;
    // One too many: the table stays as it was before this one came, at the front.
    else if (this.stale && change === ListChange.added) this.deal(count - 1);
  }

  end(): void {
    this.hold(new Int32Array(0));
  }

  /** Hashes the client with other numbers added, until an entry's server is usable. */
  private fallback(client: number, entry: number): number {
    const usable = this.list.servers.usableWeight;
    for (let i = 0; i < ENTRIES; i++) {
      const other = sipHash13(client + ((entry + i) % ENTRIES), HASH_KEY) % ENTRIES;
      const server = this.dealt[this.entries[other]!]!;
      if (usable[server]! > 0) return server;
    }
    return NO_SERVER;
  }

  /** Fills the table with the first `count` servers that were added. */
  private deal(count: number): void {
    const { order, servers } = this.list;
    this.stale = false;
    this.hold(order.slice(0, count).reverse());
    const turns = turnsOf(this.dealt, servers.lastWeight);
    this.isEmpty = turns.every((turn) => turn === 0);
    if (this.isEmpty) return;
    const next = new Int32Array(count);
    const skip = new Int32Array(count);
    this.dealt.forEach((server, i) => {
      const place = ipHash(servers.address[server]!) + servers.port[server]!;
      next[i] = sipHash13(place, HASH_KEY) % ENTRIES;
      skip[i] = (sipHash13(place, SKIP_KEY) % (ENTRIES - 1)) + 1;
    });
    this.claim(turns, next, skip);
  }

  private claim(turns: Int32Array, next: Int32Array, skip: Int32Array): void {
    const { entries } = this;
    entries.fill(FREE);
    let left = ENTRIES;
    for (;;) {
      for (let i = 0; i < turns.length; i++) {
        for (let turn = 0; turn < turns[i]!; turn++) {
          let entry = next[i]!;
          while (entries[entry] !== FREE) entry = (entry + skip[i]!) % ENTRIES;
          entries[entry] = i;
          next[i] = entry;
          if (--left === 0) return;
        }
      }
    }
  }

  /** The table refers to these servers from now on, and not to those before. */
  private hold(dealt: Int32Array<ArrayBuffer>): void {
    const { servers } = this.list;
    for (const server of dealt) servers.hold(server);
    for (const server of this.dealt) servers.release(server);
    this.dealt = dealt;
  }
}

/** Entries that each server claims at its turn. */
function turnsOf(dealt: Int32Array, lastWeight: Int32Array): Int32Array {
  let divisor = 0;
  let heaviest = 0;
  for (const server of dealt) {
    divisor = greatestCommonDivisor(divisor, lastWeight[server]!);
    heaviest = Math.max(heaviest, lastWeight[server]!);
  }
  if (divisor === 0) return new Int32Array(dealt.length);
  const bits = 32 - Math.clz32(heaviest / divisor);
  const shift = Math.max(0, bits - WEIGHT_BITS);
  return dealt.map((server) => {
    const weight = lastWeight[server]!;
    return weight === 0 ? 0 : Math.max(1, (weight / divisor) >> shift);
  });
}

/** `mh`. */
export const maglevHashing: SchedulerKind = {
  name: 'mh',
  doc: "Maglev hashing: a hash of the client's address decides, and a change of the servers moves few other clients.",
  cost: 'constant; a change of the servers fills a table of 4093 entries anew',
  flags: [
    { name: 'mh-fallback', bit: SchedulerFlag.fallback },
    { name: 'mh-port', bit: SchedulerFlag.port },
  ],
  make: (list) => new MaglevHashing(list),
};
