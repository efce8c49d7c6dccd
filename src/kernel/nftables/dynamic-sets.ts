/**
 * What the dynamic sets of one node hold: source addresses, each with the time at which it is forgotten.
 *
 * Mirrors nft_dynset.c and nft_set_hash.c (Linux 6.18): `update` adds an element or renews its timeout; an element is gone from the
 * moment of its timeout on; a set holds 65,535 elements (what nft 1.0 declares) and takes no further one. Left out: the kernel
 * frees the room of elements that have timed out only now and then, and counts time in jiffies.
 * Sets belong to groups (those of one service); sources are found by set and by group. Cost: O(1) a question, 32 bytes an element.
 */
import { grown, type Nanoseconds } from '../../sim/index.js';
import { ipHash } from '../../net/index.js';

/** Elements that a set holds. */
export const DYNAMIC_SET_ROOM = 65535;

/** Cells of an element: its set, its group, its address, the next one in its bucket. */
const CELLS = 4;
const SET = 0;
const GROUP = 1;
const ADDRESS = 2;
const NEXT = 3;
/** Stands for no set: handles of dynamic sets are below 0. */
const FREED = 0;

/** The dynamic sets of one node. */
export class DynamicSets {
  private cells = new Int32Array(0);
  private expiry = new Float64Array(0);
  /** Buckets by group and address: the elements of one source in the sets of one group stand in one bucket. */
  private heads = new Int32Array(0);
  private readonly free: number[] = [];
  private made = 0;
  private readonly sizes = new Map<number, number>();

  /** Elements kept, timed out ones included. */
  get count(): number {
    return this.made - this.free.length;
  }

  /** Whether a set holds an address. */
  has(set: number, group: number, address: number, now: Nanoseconds): boolean {
    const element = this.find(set, group, address);
    return element >= 0 && this.expiry[element]! > now;
  }

  /** The same by looking at one element after the other, as the reference does. */
  scan(set: number, address: number, now: Nanoseconds): boolean {
    const { cells } = this;
    for (let element = 0; element < this.made; element++) {
      const at = element * CELLS;
      if (cells[at + SET] === set && cells[at + ADDRESS] === (address | 0)) return this.expiry[element]! > now;
    }
    return false;
  }

  /** `update @set { address }`: an element of that set is there from now on, unless the set is full. */
  update(set: number, group: number, address: number, now: Nanoseconds, timeoutNs: Nanoseconds): void {
    let element = this.find(set, group, address);
    if (element < 0) element = this.enter(set, group, address, now);
    if (element >= 0) this.expiry[element] = now + timeoutNs;
  }

  /** First element of a source in a bucket of a group, or -1; it may belong to another source or group. */
  first(group: number, address: number): number {
    return this.heads.length === 0 ? -1 : this.heads[this.bucket(group, address)]!;
  }

  /** The next element of the bucket, or -1. */
  next(element: number): number {
    return this.cells[element * CELLS + NEXT]!;
  }

  /** The set of an element, if it is one of that source and has not timed out; else 0. */
  setOf(element: number, group: number, address: number, now: Nanoseconds): number {
    const at = element * CELLS;
    const fits = this.cells[at + GROUP] === group && this.cells[at + ADDRESS] === (address | 0);
    return fits && this.expiry[element]! > now ? this.cells[at + SET]! : 0;
  }

  /** Forgets a set: it has been deleted. */
  drop(set: number): void {
    if (!this.sizes.has(set)) return;
    for (let element = 0; element < this.made; element++) {
      if (this.cells[element * CELLS + SET] === set) this.remove(element);
    }
    this.sizes.delete(set);
  }

  /** Forgets an address in all sets. */
  forgetSource(address: number): void {
    for (let element = 0; element < this.made; element++) {
      const at = element * CELLS;
      if (this.cells[at + SET] !== FREED && this.cells[at + ADDRESS] === (address | 0)) this.remove(element);
    }
  }

  private find(set: number, group: number, address: number): number {
    const { cells } = this;
    let element = this.first(group, address);
    while (element >= 0) {
      const at = element * CELLS;
      if (cells[at + SET] === set && cells[at + ADDRESS] === (address | 0)) return element;
      element = cells[at + NEXT]!;
    }
    return -1;
  }

  private enter(set: number, group: number, address: number, now: Nanoseconds): number {
    const size = this.sizes.get(set) ?? 0;
    if (size >= DYNAMIC_SET_ROOM && !this.removeExpired(set, now)) return -1;
    if (this.free.length === 0 && this.made * CELLS === this.cells.length) this.grow();
    const element = this.free.pop() ?? this.made++;
    const at = element * CELLS;
    this.cells[at + SET] = set;
    this.cells[at + GROUP] = group;
    this.cells[at + ADDRESS] = address;
    this.link(element);
    this.sizes.set(set, (this.sizes.get(set) ?? 0) + 1);
    return element;
  }

  /** Makes room in a full set. @returns whether there is some now */
  private removeExpired(set: number, now: Nanoseconds): boolean {
    for (let element = 0; element < this.made; element++) {
      if (this.cells[element * CELLS + SET] === set && this.expiry[element]! <= now) this.remove(element);
    }
    return (this.sizes.get(set) ?? 0) < DYNAMIC_SET_ROOM;
  }

  private remove(element: number): void {
    const { cells, heads } = this;
    const at = element * CELLS;
    const bucket = this.bucket(cells[at + GROUP]!, cells[at + ADDRESS]! >>> 0);
    let before = heads[bucket]!;
    if (before === element) heads[bucket] = cells[at + NEXT]!;
    else {
      while (cells[before * CELLS + NEXT] !== element) before = cells[before * CELLS + NEXT]!;
      cells[before * CELLS + NEXT] = cells[at + NEXT]!;
    }
    const set = cells[at + SET]!;
    this.sizes.set(set, (this.sizes.get(set) ?? 1) - 1);
    cells[at + SET] = FREED;
    this.free.push(element);
  }

  private link(element: number): void {
    const at = element * CELLS;
    const bucket = this.bucket(this.cells[at + GROUP]!, this.cells[at + ADDRESS]! >>> 0);
    this.cells[at + NEXT] = this.heads[bucket]!;
    this.heads[bucket] = element;
  }

  private grow(): void {
    const room = Math.max(16, this.made * 2);
    this.cells = grown(this.cells, room * CELLS);
    this.expiry = grown(this.expiry, room);
    this.heads = new Int32Array(room).fill(-1);
    // Only called when no element is free, so all of them stand in a bucket.
    for (let element = 0; element < this.made; element++) this.link(element);
  }

  private bucket(group: number, address: number): number {
    const mixed = Math.imul(ipHash(address) ^ Math.imul(group, 0x9e3779b1), 0xcc9e2d51);
    return (mixed ^ (mixed >>> 15)) & (this.heads.length - 1);
  }
}
