/**
 * The conntrack table: entries of 64 bytes in one typed array, and one hash table in which each entry stands twice, once
 * by its original and once by its reply tuple.
 *
 * Slot 2e is the original tuple of entry e, slot 2e+1 its reply tuple; a slot is eight 32-bit cells, so that a lookup touches one cache line
 * of the entry. (A typed array for each field was tried: half as fast with 20,000 entries.) A tuple hashes to 32 bits; the kernel's bucket is that
 * hash scaled to its number of buckets (reciprocal_scale, net/netfilter/nf_conntrack_core.c). The buckets here are the
 * upper bits of the same hash and grow with the entries: a node that never saw a packet holds next to nothing, while
 * "the kernel's bucket" keeps its meaning for early drop. Cost: O(1) a lookup; no allocation but when it grows.
 */
import { grown } from '../../sim/index.js';
import { hashTuple, type IpAddress } from '../../net/index.js';

/** Cells of a slot. Addresses and hash are kept as signed numbers, ports as source << 16 | destination. */
const CELLS = 8;
const HASH = 0;
const NEXT = 1;
const SOURCE = 2;
const DESTINATION = 3;
const PORTS = 4;
const PROTOCOL = 5;
/** Only in the original slot: status bits of the entry, and the state of its protocol. */
const STATUS = 6;
const STATE = 7;
/** Only in the reply slot, as a double: when the entry's time is over. Index among the doubles of the same memory. */
const DEADLINE = (CELLS + 6) / 2;
/** Doubles of an entry. */
const DOUBLES = CELLS;

/** Entries and their tuples. */
export class TupleTable {
  /** Number of entries taken, confirmed or not. */
  count = 0;
  /** Entries ever made: all numbers of entries are below. */
  made = 0;

  private cells = new Int32Array(0);
  /** The same memory as doubles. */
  private doubles = new Float64Array(0);
  private heads = new Int32Array(2).fill(-1);
  private shift = 31;
  private free = new Int32Array(0);
  private freeCount = 0;

  /** Entries that there is room for. */
  get capacity(): number {
    return this.free.length;
  }

  /** Source address of a slot. */
  source(slot: number): IpAddress {
    return this.cells[slot * CELLS + SOURCE]! >>> 0;
  }

  /** Destination address of a slot. */
  destination(slot: number): IpAddress {
    return this.cells[slot * CELLS + DESTINATION]! >>> 0;
  }

  /** Source port of a slot. */
  sourcePort(slot: number): number {
    return this.cells[slot * CELLS + PORTS]! >>> 16;
  }

  /** Destination port of a slot. */
  destinationPort(slot: number): number {
    return this.cells[slot * CELLS + PORTS]! & 0xffff;
  }

  /** Protocol number of a slot. */
  protocol(slot: number): number {
    return this.cells[slot * CELLS + PROTOCOL]!;
  }

  /** Status bits of an entry. */
  status(entry: number): number {
    return this.cells[entry * 2 * CELLS + STATUS]!;
  }

  /** Adds status bits to an entry. */
  addStatus(entry: number, bits: number): void {
    this.cells[entry * 2 * CELLS + STATUS]! |= bits;
  }

  /** State of an entry's protocol. */
  state(entry: number): number {
    return this.cells[entry * 2 * CELLS + STATE]!;
  }

  /** Sets the state of an entry's protocol. */
  setState(entry: number, state: number): void {
    this.cells[entry * 2 * CELLS + STATE] = state;
  }

  /** When an entry's time is over, in nanoseconds. */
  deadline(entry: number): number {
    return this.doubles[entry * DOUBLES + DEADLINE]!;
  }

  /** Sets when an entry's time is over. */
  setDeadline(entry: number, deadlineNs: number): void {
    this.doubles[entry * DOUBLES + DEADLINE] = deadlineNs;
  }

  /** Writes the tuple of a slot that is not linked. */
  setTuple(
    slot: number,
    source: IpAddress,
    destination: IpAddress,
    sourcePort: number,
    destinationPort: number,
    protocol: number,
  ): void {
    const at = slot * CELLS;
    this.cells[at + SOURCE] = source;
    this.cells[at + DESTINATION] = destination;
    this.cells[at + PORTS] = (sourcePort << 16) | destinationPort;
    this.cells[at + PROTOCOL] = protocol;
  }

  /** Takes an entry without status; its tuples are for the caller to write. */
  take(): number {
    this.count++;
    if (this.freeCount === 0 && this.made === this.capacity) this.grow();
    const entry = this.freeCount > 0 ? this.free[--this.freeCount]! : this.made++;
    this.cells[entry * 2 * CELLS + STATUS] = 0;
    return entry;
  }

  /** Gives an entry back; both of its tuples must have been unlinked. */
  release(entry: number): void {
    this.count--;
    this.cells[entry * 2 * CELLS + STATUS] = 0;
    this.free[this.freeCount++] = entry;
  }

  /**
   * Finds the slot of a tuple.
   * @returns the slot, or -1
   */
  find(
    source: IpAddress,
    destination: IpAddress,
    sourcePort: number,
    destinationPort: number,
    protocol: number,
  ): number {
    const hash = hashTuple(source, destination, sourcePort, destinationPort, protocol) | 0;
    const ports = (sourcePort << 16) | destinationPort;
    const cells = this.cells;
    let slot = this.heads[hash >>> this.shift]!;
    while (slot >= 0) {
      const at = slot * CELLS;
      if (
        cells[at + HASH] === hash &&
        cells[at + PORTS] === ports &&
        cells[at + SOURCE] === (source | 0) &&
        cells[at + DESTINATION] === (destination | 0) &&
        cells[at + PROTOCOL] === protocol
      ) {
        return slot;
      }
      slot = cells[at + NEXT]!;
    }
    return -1;
  }

  /** Links a slot into the hash by its tuple. */
  link(slot: number): void {
    const at = slot * CELLS;
    const cells = this.cells;
    const hash = hashTuple(
      cells[at + SOURCE]!,
      cells[at + DESTINATION]!,
      cells[at + PORTS]! >>> 16,
      cells[at + PORTS]! & 0xffff,
      cells[at + PROTOCOL]!,
    );
    const bucket = hash >>> this.shift;
    cells[at + HASH] = hash;
    cells[at + NEXT] = this.heads[bucket]!;
    this.heads[bucket] = slot;
  }

  /** Takes a slot out of the hash. */
  unlink(slot: number): void {
    const cells = this.cells;
    const bucket = cells[slot * CELLS + HASH]! >>> this.shift;
    const following = cells[slot * CELLS + NEXT]!;
    let at = this.heads[bucket]!;
    if (at === slot) {
      this.heads[bucket] = following;
      return;
    }
    while (cells[at * CELLS + NEXT] !== slot) at = cells[at * CELLS + NEXT]!;
    cells[at * CELLS + NEXT] = following;
  }

  /**
   * The slots whose hash lies in a bucket of the kernel's table.
   * @param bucket number of the bucket
   * @param buckets the kernel's number of buckets
   * @param into filled from the start
   * @returns how many were found; at most `into.length`
   */
  slotsOfBucket(bucket: number, buckets: number, into: Int32Array): number {
    const from = Math.ceil((bucket * 2 ** 32) / buckets);
    const last = Math.ceil(((bucket + 1) * 2 ** 32) / buckets) - 1;
    let found = 0;
    for (let i = from >>> this.shift; i <= last >>> this.shift; i++) {
      for (let slot = this.heads[i]!; slot >= 0 && found < into.length; slot = this.cells[slot * CELLS + NEXT]!) {
        const hash = this.cells[slot * CELLS + HASH]! >>> 0;
        if (hash >= from && hash <= last) into[found++] = slot;
      }
    }
    return found;
  }

  private grow(): void {
    const entries = Math.max(16, this.capacity * 2);
    this.free = grown(this.free, entries);
    this.cells = grown(this.cells, entries * 2 * CELLS);
    this.doubles = new Float64Array(this.cells.buffer);
    this.rehash(entries * 2);
  }

  private rehash(buckets: number): void {
    const old = this.heads;
    this.heads = new Int32Array(buckets).fill(-1);
    this.shift = Math.clz32(buckets - 1);
    for (let i = 0; i < old.length; i++) {
      for (let slot = old[i]!; slot >= 0;) {
        const at = slot * CELLS;
        const following = this.cells[at + NEXT]!;
        const bucket = this.cells[at + HASH]! >>> this.shift;
        this.cells[at + NEXT] = this.heads[bucket]!;
        this.heads[bucket] = slot;
        slot = following;
      }
    }
  }
}
