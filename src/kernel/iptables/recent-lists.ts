/**
 * What the `recent` matches of one node remember: lists of source addresses with the time each was seen last.
 *
 * Mirrors net/netfilter/xt_recent.c, seen alike on Linux 6.18 with iptables-legacy and iptables-nft: a list holds 100 addresses (module
 * parameter ip_list_tot), and a new one takes the place of the one set longest ago; `--set` on an address that is there renews it and
 * makes it the newest; `--rcheck` renews nothing; `--reap` acts only where the source stands in the list, and removes at
 * most the list's oldest address, be it the source itself; time is counted in jiffies (CONFIG_HZ=250), and an address is too
 * old when more than the seconds have passed; a list outlives a restore that writes its rules anew and vanishes with its
 * last rule. Left out: hit counts, TTL, masks. Cost: O(1) a question; 32 bytes an entry.
 */
import { MILLISECOND, grown, type Nanoseconds } from '../../sim/index.js';
import { AddressMap } from '../../net/index.js';

/** Addresses that a list holds (ip_list_tot). */
const LIST_ROOM = 100;

const JIFFY_NS = 4 * MILLISECOND;
const JIFFIES_PER_SECOND = 250;

/** Cells of an entry: what it is, its neighbours in the list by age, in the chain of its source and in its bucket. */
const CELLS = 8;
const LIST = 0;
const ADDRESS = 1;
const STAMP = 2;
const OLDER = 3;
const NEWER = 4;
const PREVIOUS_OF_SOURCE = 5;
const NEXT_OF_SOURCE = 6;
const NEXT_IN_BUCKET = 7;

/** All lists of one node. */
export class RecentLists {
  /** Lists that the node's rules name; -1 while nobody has asked since they changed. */
  private known = -1;
  private readonly countNamed: () => number;
  private cells = new Int32Array(0);
  private heads = new Int32Array(0);
  private free: number[] = [];
  private made = 0;
  /** Places of the lists that hold or held something, and what stands there: both ends and the length. */
  private readonly places = new AddressMap();
  private readonly oldest: number[] = [];
  private readonly newest: number[] = [];
  private readonly counts: number[] = [];
  private readonly freePlaces: number[] = [];
  /** First entry of each source. */
  private readonly sources = new AddressMap();

  /** @param countNamed counts the lists that the node's rules name */
  constructor(countNamed: () => number = () => 0) {
    this.countNamed = countNamed;
  }

  /** Lists that the node's rules name, whether anything stands in them or not. */
  get named(): number {
    if (this.known < 0) this.known = this.countNamed();
    return this.known;
  }

  /** The node has other rules now. */
  rulesChanged(): void {
    this.known = -1;
  }

  /** Number of addresses in a list. */
  size(list: number): number {
    const place = this.places.get(list);
    return place < 0 ? 0 : this.counts[place]!;
  }

  /** Addresses in all lists. */
  get count(): number {
    return this.made - this.free.length;
  }

  /**
   * `--rcheck --seconds --reap`: whether a source was set within some time.
   * @param list number of the list (`RuleStore.recentList`)
   * @param address the source
   * @param seconds how long ago at most
   * @param now the time
   */
  check(list: number, address: number, seconds: number, now: Nanoseconds): boolean {
    const entry = this.find(list, address | 0);
    if (entry < 0) return false;
    const since = Math.floor(now / JIFFY_NS) - seconds * JIFFIES_PER_SECOND;
    const fits = this.cells[entry * CELLS + STAMP]! >= since;
    const oldest = this.oldest[this.places.get(list)]!;
    if (this.cells[oldest * CELLS + STAMP]! < since) this.remove(oldest);
    return fits;
  }

  /** `--set`: notes a source. */
  set(list: number, address: number, now: Nanoseconds): void {
    let entry = this.find(list, address | 0);
    if (entry < 0) entry = this.enter(list, address | 0);
    else this.unlinkAge(entry);
    this.cells[entry * CELLS + STAMP] = Math.floor(now / JIFFY_NS);
    this.linkNewest(entry);
  }

  /** Forgets a list: the last rule that names it is gone. */
  drop(list: number): void {
    const place = this.places.get(list);
    if (place < 0) return;
    while (this.counts[place]! > 0) this.remove(this.oldest[place]!);
    this.places.delete(list);
    this.freePlaces.push(place);
  }

  /** Forgets a source in all lists. */
  forgetSource(address: number): void {
    for (let entry = this.firstOf(address); entry >= 0; entry = this.firstOf(address)) this.remove(entry);
  }

  /** First entry of a source, or -1. */
  firstOf(address: number): number {
    return this.sources.get(address);
  }

  /** The next entry of the same source, or -1. */
  nextOf(entry: number): number {
    return this.cells[entry * CELLS + NEXT_OF_SOURCE]!;
  }

  /** The list in which an entry stands. */
  listOf(entry: number): number {
    return this.cells[entry * CELLS + LIST]!;
  }

  private find(list: number, address: number): number {
    if (this.heads.length === 0) return -1;
    const { cells } = this;
    let entry = this.heads[bucketOf(list, address, this.heads.length)]!;
    while (entry >= 0 && (cells[entry * CELLS + LIST] !== list || cells[entry * CELLS + ADDRESS] !== address)) {
      entry = cells[entry * CELLS + NEXT_IN_BUCKET]!;
    }
    return entry;
  }

  /** Makes an entry that has no place by age yet. */
  private enter(list: number, address: number): number {
    const place = this.placeOf(list);
    if (this.counts[place]! >= LIST_ROOM) this.remove(this.oldest[place]!);
    if (this.free.length === 0 && this.made * CELLS === this.cells.length) this.grow();
    const entry = this.free.pop() ?? this.made++;
    const { cells } = this;
    const at = entry * CELLS;
    cells[at + LIST] = list;
    cells[at + ADDRESS] = address;
    const bucket = bucketOf(list, address, this.heads.length);
    cells[at + NEXT_IN_BUCKET] = this.heads[bucket]!;
    this.heads[bucket] = entry;
    const next = this.sources.get(address >>> 0);
    cells[at + PREVIOUS_OF_SOURCE] = -1;
    cells[at + NEXT_OF_SOURCE] = next;
    if (next >= 0) cells[next * CELLS + PREVIOUS_OF_SOURCE] = entry;
    this.sources.set(address >>> 0, entry);
    return entry;
  }

  private remove(entry: number): void {
    this.unlinkAge(entry);
    this.unlinkSource(entry);
    this.unlinkBucket(entry);
    this.free.push(entry);
  }

  /** Place of a list, made where it has none. */
  private placeOf(list: number): number {
    const known = this.places.get(list);
    if (known >= 0) return known;
    const place = this.freePlaces.pop() ?? this.counts.length;
    this.places.set(list, place);
    this.oldest[place] = -1;
    this.newest[place] = -1;
    this.counts[place] = 0;
    return place;
  }

  private linkNewest(entry: number): void {
    const { cells } = this;
    const place = this.places.get(cells[entry * CELLS + LIST]!);
    const newest = this.newest[place]!;
    cells[entry * CELLS + OLDER] = newest;
    cells[entry * CELLS + NEWER] = -1;
    if (newest >= 0) cells[newest * CELLS + NEWER] = entry;
    else this.oldest[place] = entry;
    this.newest[place] = entry;
    this.counts[place]!++;
  }

  private unlinkAge(entry: number): void {
    const { cells } = this;
    const place = this.places.get(cells[entry * CELLS + LIST]!);
    const older = cells[entry * CELLS + OLDER]!;
    const newer = cells[entry * CELLS + NEWER]!;
    if (older >= 0) cells[older * CELLS + NEWER] = newer;
    else this.oldest[place] = newer;
    if (newer >= 0) cells[newer * CELLS + OLDER] = older;
    else this.newest[place] = older;
    this.counts[place]!--;
  }

  private unlinkSource(entry: number): void {
    const { cells } = this;
    const previous = cells[entry * CELLS + PREVIOUS_OF_SOURCE]!;
    const next = cells[entry * CELLS + NEXT_OF_SOURCE]!;
    if (next >= 0) cells[next * CELLS + PREVIOUS_OF_SOURCE] = previous;
    if (previous >= 0) cells[previous * CELLS + NEXT_OF_SOURCE] = next;
    else if (next >= 0) this.sources.set(cells[entry * CELLS + ADDRESS]! >>> 0, next);
    else this.sources.delete(cells[entry * CELLS + ADDRESS]! >>> 0);
  }

  private unlinkBucket(entry: number): void {
    const { cells, heads } = this;
    const bucket = bucketOf(cells[entry * CELLS + LIST]!, cells[entry * CELLS + ADDRESS]!, heads.length);
    const following = cells[entry * CELLS + NEXT_IN_BUCKET]!;
    let at = heads[bucket]!;
    if (at === entry) {
      heads[bucket] = following;
      return;
    }
    while (cells[at * CELLS + NEXT_IN_BUCKET] !== entry) at = cells[at * CELLS + NEXT_IN_BUCKET]!;
    cells[at * CELLS + NEXT_IN_BUCKET] = following;
  }

  private grow(): void {
    const room = Math.max(16, this.made * 2);
    this.cells = grown(this.cells, room * CELLS);
    this.heads = new Int32Array(room).fill(-1);
    // Only called when no entry is free, so all of them stand in a list.
    for (let entry = 0; entry < this.made; entry++) {
      const at = entry * CELLS;
      const bucket = bucketOf(this.cells[at + LIST]!, this.cells[at + ADDRESS]!, room);
      this.cells[at + NEXT_IN_BUCKET] = this.heads[bucket]!;
      this.heads[bucket] = entry;
    }
  }
}

/** A bucket of a power-of-two number of them. */
function bucketOf(list: number, address: number, buckets: number): number {
  const mixed = Math.imul(address ^ Math.imul(list, 0x9e3779b1), 0xcc9e2d51);
  return (mixed ^ (mixed >>> 15)) & (buckets - 1);
}
