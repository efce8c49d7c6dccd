/** Addresses, ports and masks as connection scripts write them. */
import { formatIpPort, isIpv6, parseIp, parseIpv4 } from '../../net/index.js';
import type { SocketPlace } from './script.js';

/** All 32 bits of a mask, as text. */
export const EVERY_BIT_TEXT = '255.255.255.255';

/** Reads an IPv4 address. */
export function readIpv4(value: unknown): number | undefined {
  const address = typeof value === 'string' ? parseIp(value) : undefined;
  return address === undefined || isIpv6(address) ? undefined : address;
}

/** Reads `address:port`; port 0 is one. */
export function readSocket(value: unknown): SocketPlace | undefined {
  const [, text, digits] = (typeof value === 'string' ? /^(.*):(\d{1,5})$/.exec(value) : null) ?? [];
  const address = readIpv4(text);
  const port = Number(digits);
  return address === undefined || port > 65_535 ? undefined : { address, port };
}

/** Reads a network mask: ones, then zeros. */
export function readMask(value: unknown): number | undefined {
  // Masks are no addresses: those of class E are taken for IPv6 elsewhere.
  const mask = typeof value === 'string' ? parseIpv4(value) : undefined;
  if (mask === undefined || mask === 0) return undefined;
  const zeros = ~mask >>> 0;
  return (zeros & (zeros + 1)) === 0 ? mask : undefined;
}

/** Text of an address and a port. */
export function placeText({ address, port }: SocketPlace): string {
  return formatIpPort(address, port);
}

/** Whether two places are the same. */
export function samePlace(a: SocketPlace, b: SocketPlace): boolean {
  return a.address === b.address && a.port === b.port;
}
