/**
 * Addresses and prefixes as the API server checks them (apimachinery util/validation ip.go, core/validation ValidateEndpointIP, about v1.34).
 *
 * Parsing is Go's old, sloppy one: leading zeros count for nothing, and an IPv4-mapped IPv6 address is the IPv4 address. The gate
 * StrictIPCIDRValidation refuses both, and host bits in prefixes, in values that the object did not have before.
 * Addresses stay bytes here: nothing is added to the table of IPv6 addresses.
 */
import { invalid, type FieldError, type FieldPath } from './field-error.js';
import type { FeatureGates } from './feature-gates.js';

/** An address that was read. */
export interface WrittenIp {
  /** 4 for an IPv4-mapped IPv6 address too. */
  readonly family: 4 | 6;
  /** Four or sixteen numbers. */
  readonly bytes: readonly number[];
  readonly mapped: boolean;
  readonly leadingZeros: boolean;
}

/** Which values are new, and which gates are on. */
export interface IpRules {
  readonly gates: FeatureGates;
  /** Values of the field before the update: those are taken as they are. */
  readonly before?: readonly string[];
}

/** Reads an address as Go's ParseIPSloppy. @returns undefined for what is none */
export function readIp(text: string): WrittenIp | undefined {
  return text.includes(':') ? readIpv6(text) : readIpv4(text);
}

/** The family of an address; undefined for what is none. */
export function ipFamilyOf(text: string): 4 | 6 | undefined {
  return readIp(text)?.family;
}

/** An address of either family. */
export function ipErrors(path: FieldPath, value: string, rules: IpRules): FieldError[] {
  if (rules.before?.includes(value) === true) return [];
  const ip = readIp(value);
  if (ip === undefined) return [invalid(path, value, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')];
  if (!rules.gates.has('StrictIPCIDRValidation')) return [];
  const errors = ip.leadingZeros ? [invalid(path, value, 'must not have leading 0s')] : [];
  if (ip.mapped) errors.push(invalid(path, value, 'must not be an IPv4-mapped IPv6 address'));
  return errors;
}

/** An address of one family. */
export function familyIpErrors(path: FieldPath, value: string, family: 4 | 6, rules: IpRules): FieldError[] {
  const ip = readIp(value);
  if (ip?.family !== family) return [invalid(path, value, `must be a valid IPv${family} address`)];
  return ipErrors(path, value, rules);
}

/** A prefix of either family. */
export function cidrErrors(path: FieldPath, value: string, { gates, before }: IpRules): FieldError[] {
  if (before?.includes(value) === true) return [];
  const slash = value.indexOf('/');
  const digits = value.slice(slash + 1);
  const ip = slash < 0 ? undefined : readIp(value.slice(0, slash));
  const bits = /^\d+$/.test(digits) ? Number(digits) : Infinity;
  // The prefix length of a mapped address counts all bits of the IPv6 address.
  const most = ip === undefined ? -1 : ip.family === 4 && !ip.mapped ? 32 : 128;
  if (ip === undefined || bits > most) {
    return [invalid(path, value, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)')];
  }
  if (!gates.has('StrictIPCIDRValidation')) return [];
  if (ip.leadingZeros || (digits.length > 1 && digits.startsWith('0'))) {
    return [invalid(path, value, 'must not have leading 0s in IP or prefix length')];
  }
  if (ip.mapped) return [invalid(path, value, 'must not have an IPv4-mapped IPv6 address')];
  return hasHostBits(ip.bytes, bits) ? [invalid(path, value, 'must not have bits set beyond the prefix length')] : [];
}

/** Addresses that no endpoint and no external address may have. */
export function endpointIpErrors(path: FieldPath, value: string): FieldError[] {
  const ip = readIp(value);
  if (ip === undefined) return [invalid(path, value, 'must be a valid IP address')];
  const [a = 0, b = 0, c = 0] = ip.bytes;
  const isV4 = ip.family === 4;
  const errors: FieldError[] = [];
  const refuse = (detail: string): void => void errors.push(invalid(path, value, detail));
  const front = ip.bytes.slice(0, -1);
  if (ip.bytes.every((byte) => byte === 0)) refuse(`may not be unspecified (${value})`);
  if (isV4 ? a === 127 : ip.bytes.at(-1) === 1 && front.every((byte) => byte === 0)) {
    refuse('may not be in the loopback range (127.0.0.0/8, ::1/128)');
  }
  if (isV4 ? a === 169 && b === 254 : a === 0xfe && (b & 0xc0) === 0x80) {
    refuse('may not be in the link-local range (169.254.0.0/16, fe80::/10)');
  }
  if (isV4 ? a === 224 && b === 0 && c === 0 : a === 0xff && (b & 0x0f) === 2) {
    refuse('may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)');
  }
  return errors;
}

function readIpv4(text: string): WrittenIp | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^\d+$/.test(part) && Number(part) <= 255)) return undefined;
  const leadingZeros = parts.some((part) => part.length > 1 && part.startsWith('0'));
  return { family: 4, bytes: parts.map(Number), mapped: false, leadingZeros };
}

function readIpv6(text: string): WrittenIp | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const tail = /(?:^|:)([\d.]*\.[\d.]*)$/.exec(text)?.[1];
  const dotted = tail === undefined ? undefined : readIpv4(tail);
  if (tail !== undefined && dotted === undefined) return undefined;
  const groups = halves.map((half) => (half === '' ? [] : half.split(':')));
  const pairs = groups.map((half) =>
    half.map((group, i, all) => {
      if (group === tail && i === all.length - 1) return dotted?.bytes ?? [];
      const value = /^[0-9a-f]+$/i.test(group) ? parseInt(group, 16) : Infinity;
      return value > 0xffff ? undefined : [value >> 8, value & 255];
    }),
  );
  if (pairs.flat().some((pair) => pair === undefined)) return undefined;
  const [head = [], end = []] = pairs.map((half) => half.flatMap((pair) => pair ?? []));
  const missing = 16 - head.length - end.length;
  if (halves.length === 1 ? missing !== 0 : missing < 2) return undefined;
  const bytes = [...head, ...new Array<number>(missing).fill(0), ...end];
  const mapped = bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255;
  const leadingZeros =
    dotted?.leadingZeros === true || groups.flat().some((group) => group !== tail && group.length > 4);
  return { family: mapped ? 4 : 6, bytes: mapped ? bytes.slice(12) : bytes, mapped, leadingZeros };
}

function hasHostBits(bytes: readonly number[], bits: number): boolean {
  return bytes.some((byte, i) => {
    const kept = Math.min(8, Math.max(0, bits - 8 * i));
    return (byte & (0xff >> kept)) !== 0;
  });
}
