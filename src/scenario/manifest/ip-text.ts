/**
 * Addresses and prefixes as objects hold them, read as kube-proxy reads them (k8s.io/utils/net ParseIPSloppy, ParseCIDRSloppy): leading
 * zeros count for nothing (`172.30.0.041` is 172.30.0.41), blanks around are cut off, host bits of a prefix are cleared, and an
 * IPv4-mapped IPv6 address is the IPv4 address.
 */
import { addressBits, familyOf, networkOf, parseIp, type IpAddress, type IpPrefix } from '../../net/index.js';
import * as q from '../quantity.js';

const MAPPED = /^::ffff:(?=\d+\.)/i;

/** Reads an address. @returns the address; undefined for what is none */
export function readAddress(value: unknown): IpAddress | undefined {
  if (typeof value !== 'string') return undefined;
  const text = value.trim().replace(MAPPED, '');
  return parseIp(/^[\d.]+$/.test(text) ? text.replace(/(^|\.)0+(?=\d)/g, '$1') : text);
}

/** Reads a prefix. @returns the prefix with its host bits cleared; undefined for what is none */
export function readPrefix(value: unknown): IpPrefix | undefined {
  const [, text, digits] = (typeof value === 'string' ? /^(.+)\/(\d{1,3})$/.exec(value.trim()) : null) ?? [];
  const address = readAddress(text);
  const bits = Number(digits);
  if (address === undefined || bits > addressBits(familyOf(address))) return undefined;
  return { address: networkOf(address, bits), bits };
}

/** An address. */
export const address = q.quantity('an IP address', readAddress);

/** A prefix. */
export const prefix = q.quantity('a network such as 203.0.113.0/24 or 2001:db8::/32', readPrefix);

/** The first address of a list, and the first one of the other family; 0 for none. */
export function byFamily(addresses: readonly IpAddress[]): [first: IpAddress, second: IpAddress] {
  const present = addresses.filter((own) => own !== 0);
  const first = present[0] ?? 0;
  return [first, present.find((own) => familyOf(own) !== familyOf(first)) ?? 0];
}
