/**
 * Prefix lengths of both families as one small code, so that a rule's comparison need not ask for the family.
 *
 * 0 to 31: an IPv4 prefix; 32: one address of either family, which is equality of two numbers; 33 + b: an IPv6 prefix of
 * b bits, whose words must be compared.
 */
import { addressBits, familyOf, inPrefix, ipv4Mask, networkOf, type IpAddress } from '../../net/index.js';

/** Code of a single address of either family; larger codes are IPv6 prefixes. */
export const EXACT = 32;

/** What an IPv6 prefix's code is above its length. */
const IPV6_CODE = 33;

/** The code of a prefix. */
export function prefixCode(address: IpAddress, bits: number): number {
  const family = familyOf(address);
  if (bits === addressBits(family)) return EXACT;
  return family === 4 ? bits : IPV6_CODE + bits;
}

/** Length of the prefix with that code. */
export function prefixBits(address: IpAddress, code: number): number {
  if (code > EXACT) return code - IPV6_CODE;
  return code === EXACT ? addressBits(familyOf(address)) : code;
}

/** The number that stands in a rule's cell for a prefix: its first address, signed. */
export function prefixCell(address: IpAddress, bits: number): number {
  return networkOf(address, bits) | 0;
}

/** Netmasks by code. */
const MASKS: Int32Array = Int32Array.from({ length: EXACT + 1 }, (_, bits) => ipv4Mask(bits));

/**
 * Whether an address lies in a prefix.
 * @param address signed
 * @param cell the prefix's cell
 * @param code its code
 */
export function fitsPrefix(address: number, cell: number, code: number): boolean {
  return code <= EXACT
    ? ((address ^ cell) & MASKS[code]!) === 0
    : inPrefix(address >>> 0, cell >>> 0, code - IPV6_CODE);
}
