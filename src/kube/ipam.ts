/**
 * Cluster addresses and node ports of Services (pkg/registry/core/service ipallocator and portallocator, about v1.31).
 *
 * A range has two bands: numbers that the user may prefer to choose himself stand in the lower one, and allocation takes the
 * upper one first, then the lower one. Kubernetes begins at a random place of the band; here it is the beginning, so
 * that the n-th Service of a cluster always has the same address. Cost: O(1) an allocation, amortised.
 */
import { formatIpv4 } from '../net/index.js';
import { ClusterError } from './cluster-error.js';

/** An IPv4 prefix. */
export interface Cidr {
  readonly address: number;
  /** Prefix length, 0 to 32. */
  readonly bits: number;
}

/** A prefix as text. */
export function formatCidr(cidr: Cidr): string {
  return `${formatIpv4(cidr.address)}/${cidr.bits}`;
}

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
    const tries = this.capacity;
    for (let i = 0; i < tries; i++) {
      const number = this.cursor;
      this.cursor = number < this.last ? number + 1 : this.first;
      if (this.take(number)) return number;
    }
    return undefined;
  }
}

/** Cluster addresses of one service CIDR: never its first and last address, and the first usable one is kept for `kubernetes`. */
export function clusterIpAllocator(cidr: Cidr): BandAllocator {
  const size = 2 ** (32 - cidr.bits);
  const lower = size <= 16 ? 0 : clamp(Math.floor(size / 16), 16, 256);
  return new BandAllocator(cidr.address + 1, cidr.address + lower, cidr.address + size - 2);
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
  const has = Math.max(0, 2 ** (32 - cidr.bits) - 2);
  const needed = services + 1;
  if (needed <= has) return;
  const bits = 32 - bitsFor(needed + 2);
  throw new ClusterError(
    `service CIDR ${formatCidr(cidr)} has ${has} addresses, ${needed} are needed ` +
      `(${services} Services, and one kept for the Service kubernetes): ${wider(bits)}`,
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

/** Number of bits that count up to `values` different values. */
export function bitsFor(values: number): number {
  let bits = 0;
  while (2 ** bits < values) bits++;
  return bits;
}

/** Advice to use a prefix of some length, or a shorter one. */
export function wider(bits: number): string {
  return bits < 0 ? 'no IPv4 range would do' : `use a /${bits} or larger`;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
