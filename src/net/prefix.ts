/**
 * Addresses and prefixes of either family, for the edges: reading, printing and testing membership.
 *
 * An address is a family and an unsigned integer (bigint, since IPv6 needs 128 bits). The datapath uses IPv4
 * numbers directly; what comes in from users and manifests goes through here.
 */
import ipaddr from 'ipaddr.js';
import { formatIpv4 } from './ipv4.js';

/** An address of either family. */
export interface Address {
  readonly family: 4 | 6;
  /** The address as an unsigned integer of 32 or 128 bits. */
  readonly value: bigint;
}

/** A prefix of either family; the bits behind the prefix are zero. */
export interface Prefix extends Address {
  /** Prefix length, 0 to 32 or 0 to 128. */
  readonly bits: number;
}

/**
 * Reads an IPv4 (four decimal parts) or IPv6 address.
 * @returns the address, or undefined when the text is none
 */
export function parseAddress(text: string): Address | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ofBytes(4, ipaddr.IPv4.parse(text).toByteArray());
  if (text.includes(':') && !text.includes('%') && ipaddr.IPv6.isValid(text)) {
    return ofBytes(6, ipaddr.IPv6.parse(text).toByteArray());
  }
  return undefined;
}

/**
 * Reads a prefix such as `10.244.0.0/16` or `fd00:10:244::/56`.
 * @returns the prefix, or undefined when the text is none or has bits set behind its length
 */
export function parsePrefix(text: string): Prefix | undefined {
  const match = /^(.+)\/(\d{1,3})$/.exec(text);
  const address = match ? parseAddress(match[1]!) : undefined;
  if (!match || !address) return undefined;
  const bits = Number(match[2]);
  if (bits > width(address) || networkOf(address, bits) !== address.value) return undefined;
  return { ...address, bits };
}

/** Text of an address: dotted quad, or the shortest form of RFC 5952. */
export function formatAddress(address: Address): string {
  if (address.family === 4) return formatIpv4(Number(address.value));
  const bytes = Array.from({ length: 16 }, (_, i) => Number((address.value >> BigInt(8 * (15 - i))) & 0xffn));
  return new ipaddr.IPv6(bytes).toRFC5952String();
}

/** Text of a prefix. */
export function formatPrefix(prefix: Prefix): string {
  return `${formatAddress(prefix)}/${prefix.bits}`;
}

/** Whether an address lies in a prefix of its own family. */
export function contains(prefix: Prefix, address: Address): boolean {
  return prefix.family === address.family && networkOf(address, prefix.bits) === prefix.value;
}

function width(address: Address): number {
  return address.family === 4 ? 32 : 128;
}

function networkOf(address: Address, bits: number): bigint {
  const behind = BigInt(width(address) - bits);
  return (address.value >> behind) << behind;
}

function ofBytes(family: 4 | 6, bytes: readonly number[]): Address {
  return { family, value: bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n) };
}
