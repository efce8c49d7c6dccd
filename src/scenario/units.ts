/**
 * Quantities as a user writes them, with units: durations, rates, bandwidths, sizes, fractions, addresses, networks.
 *
 * Every reader takes any value and gives the quantity in base units, or undefined when the value is not one. A bare 0
 * needs no unit; nothing else goes without one, so that nobody has to know ours.
 */
import { addressBits, familyOf, isIpv6, networkOf, parseIp, type IpFamily, type IpPrefix } from '../net/index.js';

const DURATIONS: ReadonlyMap<string, number> = new Map([
  ['ns', 1],
  ['us', 1e3],
  ['µs', 1e3],
  ['ms', 1e6],
  ['s', 1e9],
  ['m', 60e9],
  ['min', 60e9],
  ['h', 3600e9],
]);

const DECIMAL: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['k', 1e3],
  ['M', 1e6],
  ['G', 1e9],
]);

const BINARY: ReadonlyMap<string, number> = new Map([
  ['Ki', 1024],
  ['Mi', 1024 ** 2],
  ['Gi', 1024 ** 3],
]);

/** What a duration looks like, for messages. */
export const DURATION_FORM = 'a duration with a unit, such as 250ms, 10us or 2s';

/** What is expected of a duration in place of a value: beyond 2^53 ns (104 days) nanoseconds are no longer exact. */
export function durationForm(value: unknown): string {
  return (nanoseconds(value) ?? 0) > Number.MAX_SAFE_INTEGER
    ? 'a duration of at most 104 days (2501 h)'
    : DURATION_FORM;
}

/** Reads `250ms`, `10us`, `1.5s`, `2m`, `24h`. @returns whole nanoseconds */
export function readDuration(value: unknown): number | undefined {
  const ns = nanoseconds(value);
  return ns === undefined || !isNearlyWhole(ns) || ns > Number.MAX_SAFE_INTEGER ? undefined : Math.round(ns);
}

/** A duration as `readDuration` reads it, in the longest unit in which it is whole: `200ms`. */
export function durationWritten(ns: number): string {
  const [unit, length] = [...DURATIONS]
    .reverse()
    .find(([name, each]) => name !== 'min' && name !== 'µs' && ns % each === 0) ?? ['ns', 1];
  return ns === 0 ? '0s' : `${ns / length}${unit}`;
}

/** Reads `5k/s`, `200/s`, `1.5M/s`. @returns events a second */
export function readRate(value: unknown): number | undefined {
  return readScaled(value, /^(\d+(?:\.\d+)?)\s*([kMG]?)\/s$/, DECIMAL);
}

/** Reads `10Gbit/s`, `100Mbit/s`. @returns bits a second */
export function readBandwidth(value: unknown): number | undefined {
  return readScaled(value, /^(\d+(?:\.\d+)?)\s*([kMG]?)bit\/s$/, DECIMAL);
}

/** Reads `100B`, `1Ki`, `1.5kB`, and a bare number of bytes as Kubernetes does. @returns whole bytes */
export function readSize(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? value : undefined;
  const bytes = readScaled(value, /^(\d+(?:\.\d+)?)\s*(Ki|Mi|Gi|k|M|G|)B?$/, new Map([...DECIMAL, ...BINARY]));
  return bytes === undefined || !Number.isSafeInteger(bytes) ? undefined : bytes;
}

/** Reads `25%` or 0.25. @returns a fraction, 0 or more */
export function readFraction(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) && value >= 0 ? value : undefined;
  const percent = typeof value === 'string' ? /^(\d+(?:\.\d+)?)\s*%$/.exec(value) : null;
  return percent === null ? undefined : Number(percent[1]) / 100;
}

/** Reads `10.244.0.0/16` or `fd00:10:244::/48`; the address must be the network's first one. */
export function readCidr(value: unknown): IpPrefix | undefined {
  const parts = typeof value === 'string' ? value.split('/') : [];
  const address = parseIp(parts[0] ?? '');
  if (parts.length !== 2 || address === undefined) return undefined;
  const bits = readPrefixLength(`/${parts[1] ?? ''}`, familyOf(address));
  return bits !== undefined && networkOf(address, bits) === address ? { address, bits } : undefined;
}

/** Reads a network of one family. */
export function readCidrOf(family: IpFamily, value: unknown): IpPrefix | undefined {
  const cidr = readCidr(value);
  return cidr !== undefined && isIpv6(cidr.address) === (family === 6) ? cidr : undefined;
}

/** Reads a prefix length, `/24`. */
export function readPrefixLength(value: unknown, family: IpFamily = 4): number | undefined {
  const match = typeof value === 'string' ? /^\/(\d{1,3})$/.exec(value) : null;
  const bits = match === null ? -1 : Number(match[1]);
  return bits >= 0 && bits <= addressBits(family) ? bits : undefined;
}

/** Reads a range of ports, `32768-60999`. */
export function readPorts(value: unknown): { readonly first: number; readonly last: number } | undefined {
  const [, from, to] = (typeof value === 'string' ? /^(\d{1,5})-(\d{1,5})$/.exec(value) : null) ?? [];
  const first = Number(from ?? 0);
  const last = Number(to ?? 0);
  return first >= 1 && first <= last && last <= 65_535 ? { first, last } : undefined;
}

function nanoseconds(value: unknown): number | undefined {
  return readScaled(value, /^(\d+(?:\.\d+)?)\s*([a-zµ]+)$/, DURATIONS);
}

function readScaled(value: unknown, form: RegExp, scales: ReadonlyMap<string, number>): number | undefined {
  if (value === 0) return 0;
  const [, digits, unit = ''] = (typeof value === 'string' ? form.exec(value.trim()) : null) ?? [];
  const scale = scales.get(unit);
  return digits === undefined || scale === undefined ? undefined : Number(digits) * scale;
}

/** Whether decimal arithmetic missed a whole number by rounding only (0.1 us is 100.00000000000001 ns for some factors). */
function isNearlyWhole(x: number): boolean {
  return Math.abs(x - Math.round(x)) <= 1e-9 * Math.max(1, x);
}
