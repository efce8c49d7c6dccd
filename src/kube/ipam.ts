/**
 * Cluster addresses, load-balancer addresses and node ports of Services (pkg/registry/core/service ipallocator and portallocator, about v1.31).
 *
 * A range has two bands: numbers that the user may prefer to choose himself stand in the lower one, and allocation takes the
 * upper one first, round and round, then the lower one. Kubernetes begins at a random place of the band each time; here it goes on behind the
 * last number, from the band's beginning, so that the n-th Service of a cluster always has the same address. Cost: O(1) an
 * allocation, amortised, as long as few numbers are given back.
 */
import { addressBits, familyOf, inPrefix, type IpAddress } from '../net/index.js';
import { addressAt, bitsFor, formatCidr, lastOffset, offsetIn, rangeSize, wider, type Cidr } from './address-range.js';
import { ClusterError } from './cluster-error.js';

/** Numbers from a range, in two bands. */
export class BandAllocator {
  private readonly used = new Set<number>();
  private readonly lower: Band;
  private readonly upper: Band;

  /**
   * @param first lowest number that may be given out
   * @param upper where the upper band begins
   * @param last highest number that may be given out
   */
  constructor(first: number, upper: number, last: number) {
    const border = Math.max(first, upper);
    this.lower = { first, last: border - 1, cursor: first, taken: 0 };
    this.upper = { first: border, last, cursor: border, taken: 0 };
  }

  /** How many numbers there are in all. */
  get capacity(): number {
    return Math.max(0, this.upper.last - this.lower.first + 1);
  }

  /** Whether a number lies in the range. */
  contains(number: number): boolean {
    return number >= this.lower.first && number <= this.upper.last;
  }

  /**
   * Takes a number that was chosen, in the range or not.
   * @returns false when it is taken already
   */
  take(number: number): boolean {
    if (this.used.has(number)) return false;
    this.used.add(number);
    if (this.contains(number)) this.bandOf(number).taken++;
    return true;
  }

  /** Gives a number back; one that is not taken stays so. */
  release(number: number): void {
    if (this.used.delete(number) && this.contains(number)) this.bandOf(number).taken--;
  }

  /** Takes the next free number, the upper band first; undefined when the range is used up. */
  next(): number | undefined {
    return this.nextIn(this.upper) ?? this.nextIn(this.lower);
  }

  private nextIn(band: Band): number | undefined {
    if (band.taken >= band.last - band.first + 1) return undefined;
    for (;;) {
      const number = band.cursor;
      band.cursor = number < band.last ? number + 1 : band.first;
      if (this.take(number)) return number;
    }
  }

  private bandOf(number: number): Band {
    return number < this.upper.first ? this.lower : this.upper;
  }
}

/** One band of numbers. */
interface Band {
  readonly first: number;
  readonly last: number;
  /** Where the search goes on. */
  cursor: number;
  taken: number;
}

/** Addresses of one range. */
export class AddressAllocator {
  readonly range: Cidr;
  private readonly offsets: BandAllocator;
  private readonly outside = new Set<IpAddress>();

  /**
   * @param range where addresses come from; its first one, and an IPv4 range's last one, are never given out
   * @param lower size of the lower band, which begins behind the range's first address
   */
  constructor(range: Cidr, lower: number) {
    this.range = range;
    this.offsets = new BandAllocator(1, 1 + lower, lastOffset(range));
  }

  /** Whether an address may be given out: not the first of the range, nor the last one of an IPv4 range. */
  contains(address: IpAddress): boolean {
    const offset = offsetIn(this.range, address);
    // Of large IPv6 ranges only the beginning has offsets.
    return offset < 0 ? inPrefix(address, this.range.address, this.range.bits) : this.offsets.contains(offset);
  }

  /**
   * Takes an address that was chosen, in the range or not.
   * @returns false when it is taken already
   */
  take(address: IpAddress): boolean {
    const offset = offsetIn(this.range, address);
    if (offset >= 0) return this.offsets.take(offset);
    if (this.outside.has(address)) return false;
    this.outside.add(address);
    return true;
  }

  /** Gives an address back; one that is not taken stays so. */
  release(address: IpAddress): void {
    const offset = offsetIn(this.range, address);
    if (offset >= 0) this.offsets.release(offset);
    else this.outside.delete(address);
  }

  /** Takes the next free address; undefined when the range is used up. */
  next(): IpAddress | undefined {
    const offset = this.offsets.next();
    return offset === undefined ? undefined : addressAt(this.range, offset);
  }
}

/** Cluster addresses of one service CIDR. */
export function clusterIpAllocator(cidr: Cidr): AddressAllocator {
  const size = rangeSize(cidr);
  return new AddressAllocator(cidr, size <= 16 ? 0 : clamp(Math.floor(size / 16), 16, 256));
}

/** Node ports, where nothing else is said. */
export const NODE_PORTS: NodePortRange = { first: 30000, last: 32767 };

/** A range of node ports, both ends included. */
export interface NodePortRange {
  readonly first: number;
  readonly last: number;
}

/** Node ports of a range. */
export function nodePortAllocator({ first, last }: NodePortRange = NODE_PORTS): BandAllocator {
  const size = last - first + 1;
  const lower = size <= 16 ? 0 : clamp(Math.floor(size / 32), 16, 128);
  return new BandAllocator(first, first + lower, last);
}

/**
 * Refuses a service CIDR in which the Services do not fit.
 * @param cidr the service CIDR
 * @param services Services that need an address from it
 * @throws ClusterError that says how many addresses there are and which prefix would do
 */
export function checkServiceCidr(cidr: Cidr, services: number): void {
  const has = Math.max(0, lastOffset(cidr));
  const needed = services + 1;
  if (needed <= has) return;
  const family = familyOf(cidr.address);
  const bits = addressBits(family) - bitsFor(needed + 2);
  throw new ClusterError(
    `service CIDR ${formatCidr(cidr)} has ${has} addresses, ${needed} are needed ` +
      `(${services} Services, and one kept for the Service kubernetes): ${wider(bits, family)}`,
  );
}

/**
 * Refuses more node ports than there are.
 * @param needed node ports of all Services
 * @throws ClusterError that says how many there are
 */
export function checkNodePorts(needed: number): void {
  const has = nodePortAllocator().capacity;
  if (needed <= has) return;
  throw new ClusterError(
    `node port range 30000-32767 has ${has} ports, ${needed} are needed: use at most ${has} NodePort Services, or type ClusterIP`,
  );
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
