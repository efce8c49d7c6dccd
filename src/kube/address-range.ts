/**
 * Ranges of addresses of either family as numbered places: the n-th address, the n-th subnet, and back.
 *
 * Numbers are offsets from the range's first address. IPv6 ranges are larger than any number here: of them the first 2^32 addresses
 * and 2^20 subnets count. Cost: O(1); for IPv6, a new address costs its text.
 */
import {
  addressBits,
  familyOf,
  formatIpPrefix,
  inPrefix,
  ipPlus,
  ipv6Of,
  ipv6Word,
  isIpv6,
  networkOf,
  type IpAddress,
  type IpFamily,
  type IpPrefix,
} from '../net/index.js';

/** A range of addresses of either family. */
export type Cidr = IpPrefix;

/** Most subnets of one range: more nodes than a cluster has, and few enough for exact arithmetic. */
const MOST_SUBNETS = 2 ** 20;

/** A range as text. */
export const formatCidr = formatIpPrefix;

/** The same range with the host bits of its address cleared. */
export function network({ address, bits }: Cidr): Cidr {
  return { address: networkOf(address, bits), bits };
}

/** How many addresses a range has, at most 2^32. */
export function rangeSize({ address, bits }: Cidr): number {
  return 2 ** Math.min(32, addressBits(familyOf(address)) - bits);
}

/** Last offset that may be an object's address: IPv4 ranges keep their last address for broadcast. */
export function lastOffset(range: Cidr): number {
  return rangeSize(range) - (isIpv6(range.address) ? 1 : 2);
}

/** The address at an offset. */
export function addressAt(range: Cidr, offset: number): IpAddress {
  return ipPlus(range.address, offset);
}

/** The offset of an address; -1 when it lies outside, or farther than 2^32 from the beginning. */
export function offsetIn({ address: first, bits }: Cidr, address: IpAddress): number {
  if (!inPrefix(address, first, bits)) return -1;
  if (!isIpv6(first)) return address - first;
  return inPrefix(address, first, Math.max(96, bits)) ? ipv6Word(address, 3) - ipv6Word(first, 3) : -1;
}

/** How many subnets of a length a range has, at most 2^20; 0 when they are larger than the range. */
export function subnetCount(range: Cidr, bits: number): number {
  return bits < range.bits ? 0 : Math.min(MOST_SUBNETS, 2 ** (bits - range.bits));
}

/** The first address of the `number`-th subnet of a length. */
export function subnetAt(range: Cidr, bits: number, number: number): IpAddress {
  if (!isIpv6(range.address)) return range.address + number * 2 ** (32 - bits);
  const words = [0, 1, 2, 3].map((word) => ipv6Word(range.address, word));
  // The number's lowest bit stands `shift` bits above the end of the word that holds bit `bits - 1`; what is too large goes into the word before.
  const last = Math.floor((bits - 1) / 32);
  const shifted = number * 2 ** (31 - ((bits - 1) % 32));
  words[last] = (words[last]! | (shifted % 2 ** 32)) >>> 0;
  if (last > 0) words[last - 1] = (words[last - 1]! | Math.floor(shifted / 2 ** 32)) >>> 0;
  return ipv6Of(words[0]!, words[1]!, words[2]!, words[3]!);
}

/** The number of the subnet of a length that an address lies in; -1 when it lies outside of the range. */
export function subnetNumber(range: Cidr, bits: number, address: IpAddress): number {
  if (!inPrefix(address, range.address, range.bits)) return -1;
  if (!isIpv6(address)) return Math.floor((address - range.address) / 2 ** (32 - bits));
  const last = Math.floor((bits - 1) / 32);
  const low = Math.floor(ipv6Word(address, last) / 2 ** (31 - ((bits - 1) % 32)));
  const width = ((bits - 1) % 32) + 1;
  const high = last > 0 ? ipv6Word(address, last - 1) % 2 ** (32 - width + 20) : 0;
  const number = (high * 2 ** width + low) % 2 ** Math.min(bits - range.bits, 52);
  return number < MOST_SUBNETS ? number : -1;
}

/** Advice to use a prefix of some length, or a shorter one. */
export function wider(bits: number, family: IpFamily = 4): string {
  return bits < 0 ? `no IPv${family} range would do` : `use a /${bits} or larger`;
}

/** Number of bits that count up to `values` different values. */
export function bitsFor(values: number): number {
  let bits = 0;
  while (2 ** bits < values) bits++;
  return bits;
}
