/**
 * IPv4 addresses as unsigned 32-bit numbers, and their text at the edges.
 *
 * Arithmetic on addresses is arithmetic on numbers; `>>> 0` keeps them unsigned.
 */
import ipaddr from 'ipaddr.js';

/** An IPv4 address, 0 to 2^32 - 1. */
export type Ipv4 = number;

/**
 * Reads a dotted-quad address. Octal and short forms, which the C library would take, are refused.
 * @param text such as `10.0.0.1`
 * @returns the address, or undefined when the text is none
 */
export function parseIpv4(text: string): Ipv4 | undefined {
  if (!ipaddr.IPv4.isValidFourPartDecimal(text)) return undefined;
  return ipaddr.IPv4.parse(text).octets.reduce((address, octet) => address * 256 + octet, 0);
}

/** Dotted-quad text of an address. */
export function formatIpv4(address: Ipv4): string {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}

/** Network mask of a prefix length from 0 to 32. */
export function ipv4Mask(bits: number): number {
  // A shift by 32 is a shift by 0 in JavaScript, so length 0 is a case of its own.
  return bits === 0 ? 0 : (0xffffffff << (32 - bits)) >>> 0;
}

/** Whether an address lies in a prefix. */
export function inIpv4Prefix(address: Ipv4, network: Ipv4, bits: number): boolean {
  return ((address ^ network) & ipv4Mask(bits)) === 0;
}
