/**
 * ipsets: sets of addresses and ports that rules match on (`-m set --match-set`).
 *
 * Mirrors the types hash:ip, hash:ip,port, hash:ip,port,ip, hash:ip,port,net and bitmap:port of net/netfilter/ipset (Linux 6.x) in
 * either family, without timeouts, counters, comments and size limits. Entries stand in typed columns under open addressing (load
 * at most a half), so a lookup is O(1) (with prefixes: one for each length in the set), reads one or two slots and allocates nothing.
 * A set may be shared by many nodes; a new version is a `copy`, changed and put in place as a whole.
 */
import { invariant } from '../sim/index.js';
import { Protocol, compareIp, networkOf, type IpAddress, type IpFamily } from '../net/index.js';

/** Types of sets. */
export type IpSetType = 'hash:ip' | 'hash:ip,port' | 'hash:ip,port,ip' | 'hash:ip,port,net' | 'bitmap:port';

/** One entry; fields that the set's type does not have are 0. */
export interface IpSetEntry {
  readonly address: IpAddress;
  readonly protocol: number;
  readonly port: number;
  readonly second: IpAddress;
  /** Prefix length of `second` in hash:ip,port,net. */
  readonly bits: number;
}

/** A key holds 1 + the prefix length above, so that it is never 0, and protocol and port below. */
const BITS_SHIFT = 24;
const SERVICE = (1 << BITS_SHIFT) - 1;

/** One version of one set. */
export class IpSet {
  readonly name: string;
  readonly type: IpSetType;
  readonly family: IpFamily;
  private count = 0;
  private address = new Int32Array(16);
  private key = new Int32Array(16);
  private second = new Int32Array(16);
  private readonly hasAddress: boolean;
  private readonly hasSecond: boolean;
  private readonly hasNet: boolean;
  /** Prefix lengths that entries have or had, longest first. */
  private lengths: number[] = [];
  private readonly serviceMask: number;

  /**
   * @param name as in `--match-set`
   * @param type decides which parts of an entry count
   * @param family of its addresses
   */
  constructor(name: string, type: IpSetType, family: IpFamily = 4) {
    this.name = name;
    this.type = type;
    this.family = family;
    this.hasAddress = type !== 'bitmap:port';
    this.hasNet = type === 'hash:ip,port,net';
    this.hasSecond = type === 'hash:ip,port,ip' || this.hasNet;
    // A bitmap of ports knows no protocol, a set of addresses neither protocol nor port.
    this.serviceMask = type === 'hash:ip' ? 0 : type === 'bitmap:port' ? 0xffff : SERVICE;
  }

  /** Number of entries. */
  get size(): number {
    return this.count;
  }

  /**
   * Adds an entry.
   * @param second third dimension of hash:ip,port,ip, or an address of the prefix in hash:ip,port,net
   * @param bits length of that prefix
   * @returns false when it was there already
   */
  add(address: IpAddress, protocol: number, port: number, second: IpAddress = 0, bits = 0): boolean {
    if (this.count * 2 >= this.key.length) this.enlarge();
    const key = this.keyOf((protocol << 16) | port, bits);
    const last = this.lastOf(second, bits);
    const slot = this.find(address | 0, key, last);
    if (this.key[slot] !== 0) return false;
    this.place(slot, this.hasAddress ? address : 0, key, last);
    this.count++;
    if (this.hasNet && !this.lengths.includes(bits)) this.lengths = [...this.lengths, bits].sort((a, b) => b - a);
    return true;
  }

  /**
   * Removes an entry.
   * @returns false when there was none
   */
  delete(address: IpAddress, protocol: number, port: number, second: IpAddress = 0, bits = 0): boolean {
    let hole = this.find(address | 0, this.keyOf((protocol << 16) | port, bits), this.lastOf(second, bits));
    if (this.key[hole] === 0) return false;
    this.count--;
    // Entries behind the hole move up, so that no lookup stops short of them.
    const mask = this.key.length - 1;
    for (let slot = (hole + 1) & mask; this.key[slot] !== 0; slot = (slot + 1) & mask) {
      const home = hash(this.address[slot]!, this.key[slot]!, this.second[slot]!) & mask;
      if (((slot - home) & mask) < ((slot - hole) & mask)) continue;
      this.place(hole, this.address[slot]!, this.key[slot]!, this.second[slot]!);
      hole = slot;
    }
    this.key[hole] = 0;
    return true;
  }

  /**
   * Whether the set holds what a packet shows.
   * @param service protocol << 16 | port
   */
  has(address: IpAddress, service: number, second: IpAddress): boolean {
    if (!this.hasAddress) {
      // The kernel's bitmap:port looks at TCP and UDP only (ip_set_get_ip_port).
      const protocol = service >>> 16;
      if (protocol !== Protocol.tcp && protocol !== Protocol.udp) return false;
    }
    if (!this.hasNet) return this.key[this.find(address | 0, this.keyOf(service, 0), this.lastOf(second, 0))] !== 0;
    for (let i = 0; i < this.lengths.length; i++) {
      const bits = this.lengths[i]!;
      if (this.key[this.find(address | 0, this.keyOf(service, bits), this.lastOf(second, bits))] !== 0) return true;
    }
    return false;
  }

  /** A version of its own, to be changed. */
  copy(): IpSet {
    const set = new IpSet(this.name, this.type, this.family);
    set.count = this.count;
    set.address = this.address.slice();
    set.key = this.key.slice();
    set.second = this.second.slice();
    set.lengths = this.lengths;
    return set;
  }

  /** All entries, ordered by address, protocol, port, second address and prefix length. */
  entries(): IpSetEntry[] {
    const found: IpSetEntry[] = [];
    for (let slot = 0; slot < this.key.length; slot++) {
      const key = this.key[slot]!;
      if (key === 0) continue;
      found.push({
        address: this.address[slot]! >>> 0,
        protocol: (key >>> 16) & 0xff,
        port: key & 0xffff,
        second: this.second[slot]! >>> 0,
        bits: (key >>> BITS_SHIFT) - 1,
      });
    }
    return found.sort(
      (a, b) =>
        compareIp(a.address, b.address) ||
        a.protocol - b.protocol ||
        a.port - b.port ||
        compareIp(a.second, b.second) ||
        a.bits - b.bits,
    );
  }

  private keyOf(service: number, bits: number): number {
    return (service & this.serviceMask) | ((this.hasNet ? bits + 1 : 1) << BITS_SHIFT);
  }

  /** What stands for the third dimension. */
  private lastOf(second: IpAddress, bits: number): number {
    if (!this.hasSecond) return 0;
    return this.hasNet ? networkOf(second >>> 0, bits) | 0 : second | 0;
  }

  /** Slot of an entry, or the empty slot where it would go. */
  private find(address: number, key: number, last: number): number {
    const first = this.hasAddress ? address : 0;
    const mask = this.key.length - 1;
    let slot = hash(first, key, last) & mask;
    while (
      this.key[slot] !== 0 &&
      !(this.key[slot] === key && this.address[slot] === first && this.second[slot] === last)
    ) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private place(slot: number, address: number, key: number, last: number): void {
    this.key[slot] = key;
    this.address[slot] = address;
    this.second[slot] = last;
  }

  private enlarge(): void {
    const { address, key, second } = this;
    const length = key.length * 2;
    this.address = new Int32Array(length);
    this.key = new Int32Array(length);
    this.second = new Int32Array(length);
    for (let slot = 0; slot < key.length; slot++) {
      if (key[slot] === 0) continue;
      this.place(this.find(address[slot]!, key[slot]!, second[slot]!), address[slot]!, key[slot]!, second[slot]!);
    }
  }
}

/** One node's sets: which version stands behind each handle. */
export class SetTable {
  private readonly sets: (IpSet | undefined)[] = [];

  /** Puts a version in place, or the first one. Handles are small integers that the owner of the rules chose. */
  put(handle: number, set: IpSet): void {
    this.sets[handle] = set;
  }

  /** The version in place; undefined when there is none. */
  find(handle: number): IpSet | undefined {
    return this.sets[handle];
  }

  /** The versions in place, by handle. */
  all(): readonly IpSet[] {
    return this.sets.filter((set) => set !== undefined);
  }

  /** Removes a set; rules must not name it any more. */
  remove(handle: number): void {
    this.sets[handle] = undefined;
  }

  /**
   * The version in place.
   * @throws InvariantError when there is none: the kernel takes no rule whose set does not exist
   */
  at(handle: number): IpSet {
    const set = this.sets[handle];
    invariant(set !== undefined, 'set-exists', 'a rule names a set that does not exist');
    return set;
  }
}

function hash(address: number, key: number, second: number): number {
  let mixed = Math.imul(address ^ Math.imul(key, 0x9e3779b1) ^ Math.imul(second, 0x85ebca6b), 0xcc9e2d51);
  mixed ^= mixed >>> 15;
  mixed = Math.imul(mixed, 0x1b873593);
  return mixed ^ (mixed >>> 13);
}
