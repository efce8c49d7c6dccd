/**
 * ipsets: sets of addresses and ports that rules match on (`-m set --match-set`).
 *
 * Mirrors the types hash:ip, hash:ip,port, hash:ip,port,ip and bitmap:port of net/netfilter/ipset (Linux 6.x) for IPv4,
 * without timeouts, counters, comments and size limits. Entries stand in typed columns under open addressing (load at
 * most a half), so a lookup is O(1), reads one or two slots and allocates nothing.
 * A set may be shared by many nodes; a new version is a `copy`, changed and put in place as a whole.
 */
import { invariant } from '../sim/index.js';
import { Protocol } from '../net/index.js';

/** Types of sets. */
export type IpSetType = 'hash:ip' | 'hash:ip,port' | 'hash:ip,port,ip' | 'bitmap:port';

/** One entry; fields that the set's type does not have are 0. */
export interface IpSetEntry {
  readonly address: number;
  readonly protocol: number;
  readonly port: number;
  readonly second: number;
}

/** Marks a slot as used; the key's protocol and port stand below. */
const USED = 1 << 24;

/** One version of one set. */
export class IpSet {
  readonly name: string;
  readonly type: IpSetType;
  private count = 0;
  private address = new Int32Array(16);
  private key = new Int32Array(16);
  private second = new Int32Array(16);
  private readonly hasAddress: boolean;
  private readonly hasSecond: boolean;
  private readonly serviceMask: number;

  /**
   * @param name as in `--match-set`
   * @param type decides which parts of an entry count
   */
  constructor(name: string, type: IpSetType) {
    this.name = name;
    this.type = type;
    this.hasAddress = type !== 'bitmap:port';
    this.hasSecond = type === 'hash:ip,port,ip';
    // A bitmap of ports knows no protocol, a set of addresses neither protocol nor port.
    this.serviceMask = type === 'hash:ip' ? 0 : type === 'bitmap:port' ? 0xffff : 0xffffff;
  }

  /** Number of entries. */
  get size(): number {
    return this.count;
  }

  /**
   * Adds an entry.
   * @param second third dimension of hash:ip,port,ip
   * @returns false when it was there already
   */
  add(address: number, protocol: number, port: number, second = 0): boolean {
    if (this.count * 2 >= this.key.length) this.enlarge();
    const slot = this.find(address, (protocol << 16) | port, second);
    if (this.key[slot] !== 0) return false;
    this.place(slot, address, (protocol << 16) | port, second);
    this.count++;
    return true;
  }

  /**
   * Removes an entry.
   * @returns false when there was none
   */
  delete(address: number, protocol: number, port: number, second = 0): boolean {
    let hole = this.find(address, (protocol << 16) | port, second);
    if (this.key[hole] === 0) return false;
    this.count--;
    // Entries behind the hole move up, so that no lookup stops short of them.
    const mask = this.key.length - 1;
    for (let slot = (hole + 1) & mask; this.key[slot] !== 0; slot = (slot + 1) & mask) {
      const home = hash(this.address[slot]!, this.key[slot]! & ~USED, this.second[slot]!) & mask;
      if (((slot - home) & mask) < ((slot - hole) & mask)) continue;
      this.address[hole] = this.address[slot]!;
      this.key[hole] = this.key[slot]!;
      this.second[hole] = this.second[slot]!;
      hole = slot;
    }
    this.key[hole] = 0;
    return true;
  }

  /**
   * Whether the set holds what a packet shows.
   * @param service protocol << 16 | port
   */
  has(address: number, service: number, second: number): boolean {
    if (!this.hasAddress) {
      // The kernel's bitmap:port looks at TCP and UDP only (ip_set_get_ip_port).
      const protocol = service >>> 16;
      if (protocol !== Protocol.tcp && protocol !== Protocol.udp) return false;
    }
    return this.key[this.find(address, service, second)] !== 0;
  }

  /** A version of its own, to be changed. */
  copy(): IpSet {
    const set = new IpSet(this.name, this.type);
    set.count = this.count;
    set.address = this.address.slice();
    set.key = this.key.slice();
    set.second = this.second.slice();
    return set;
  }

  /** All entries, ordered by address, protocol, port and second address. */
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
      });
    }
    return found.sort(
      (a, b) => a.address - b.address || a.protocol - b.protocol || a.port - b.port || a.second - b.second,
    );
  }

  /** Slot of an entry, or the empty slot where it would go. */
  private find(address: number, service: number, second: number): number {
    const key = (service & this.serviceMask) | USED;
    const first = this.hasAddress ? address | 0 : 0;
    const last = this.hasSecond ? second | 0 : 0;
    const mask = this.key.length - 1;
    let slot = hash(first, key & ~USED, last) & mask;
    while (
      this.key[slot] !== 0 &&
      !(this.key[slot] === key && this.address[slot] === first && this.second[slot] === last)
    ) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private place(slot: number, address: number, service: number, second: number): void {
    this.key[slot] = (service & this.serviceMask) | USED;
    this.address[slot] = this.hasAddress ? address : 0;
    this.second[slot] = this.hasSecond ? second : 0;
  }

  private enlarge(): void {
    const { address, key, second } = this;
    const length = key.length * 2;
    this.address = new Int32Array(length);
    this.key = new Int32Array(length);
    this.second = new Int32Array(length);
    for (let slot = 0; slot < key.length; slot++) {
      if (key[slot] === 0) continue;
      const service = key[slot]! & ~USED;
      this.place(this.find(address[slot]!, service, second[slot]!), address[slot]!, service, second[slot]!);
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

function hash(address: number, service: number, second: number): number {
  let mixed = Math.imul(address ^ Math.imul(service, 0x9e3779b1) ^ Math.imul(second, 0x85ebca6b), 0xcc9e2d51);
  mixed ^= mixed >>> 15;
  mixed = Math.imul(mixed, 0x1b873593);
  return mixed ^ (mixed >>> 13);
}
