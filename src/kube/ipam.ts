/**
 * Cluster addresses, load-balancer addresses and node ports of Services (pkg/registry/core/service ipallocator and portallocator, about v1.31).
 *
 * A range has two bands: numbers that the user may prefer to choose himself stand in the lower one, and allocation takes the
 * upper one first, then the lower one. Kubernetes begins at a random place of the band; here it is the beginning, so
 * that the n-th Service of a cluster always has the same address. Cost: O(1) an allocation, amortised.
 */
import { addressBits, familyOf, type IpAddress } from '../net/index.js';
import { addressAt, bitsFor, formatCidr, lastOffset, offsetIn, rangeSize, wider, type Cidr } from './address-range.js';
import { ClusterError } from './cluster-error.js';

/** Numbers from a range, in two bands. */
export class BandAllocator {
  private readonly first: number;
  private readonly upper: number;
  private readonly last: number;
  private readonly used = new Set<number>();
  private cursor: number;

  /**
   * @param first lowest number that may be given out
   * @param upper where the upper band begins
   * @param last highest number that may be given out
   */
  constructor(first: number, upper: number, last: number) {
    this.first = first;
    this.upper = Math.max(first, upper);
    this.last = last;
    this.cursor = this.upper;
  }

  /** How many numbers there are in all. */
  get capacity(): number {
    return Math.max(0, this.last - this.first + 1);
  }

  /**
   * Takes a number that was chosen.
   * @returns false when it is taken already
   */
  take(number: number): boolean {
    if (this.used.has(number)) return false;
    this.used.add(number);
    return true;
  }

  /** Takes the next free number, the upper band first; undefined when the range is used up. */
  next(): number | undefined {
    // Every number once, and no more tries than there are numbers taken, plus one.
    const tries = Math.min(this.capacity, this.used.size + 1);
    for (let i = 0; i < tries; i++) {
      const number = this.cursor;
      this.cursor = number < this.last ? number + 1 : this.first;
      if (this.take(number)) return number;
    }
    return undefined;
  }
}

/** Addresses of one range. */
export class AddressAllocator {
  readonly range: Cidr;
  private readonly offsets: BandAllocator;
  private readonly outside = new Set<IpAddress>();

  /**
   * @param range where addresses come from; its first one, and an IPv4 range's last one, are never given out
   * @param lower size of the lower band
   */
  constructor(range: Cidr, lower: number) {
    this.range = range;
    this.offsets = new BandAllocator(1, lower, lastOffset(range));
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

/** Node ports: 30000 to 32767. */
export function nodePortAllocator(): BandAllocator {
  const first = 30000;
  const last = 32767;
  const lower = clamp(Math.floor((last - first + 1) / 32), 16, 128);
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
