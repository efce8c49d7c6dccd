/**
 * Numbers for people: three significant digits, thousands separated by commas, times in a unit that fits.
 *
 * For display only; files hold base units and shortest round-trip numbers. Free of locales: the same text everywhere.
 */

/** Units of time with their length in nanoseconds, longest first. */
const TIME_UNITS = [
  ['s', 1e9],
  ['ms', 1e6],
  ['us', 1e3],
  ['ns', 1],
] as const;

/** Units of bytes with their length, longest first; decimal, as scenarios write sizes. */
const BYTE_UNITS = [
  ['PB', 1e15],
  ['TB', 1e12],
  ['GB', 1e9],
  ['MB', 1e6],
  ['kB', 1e3],
  ['B', 1],
] as const;

/** A unit of bytes for display. */
export interface ByteUnit {
  readonly name: string;
  readonly bytes: number;
}

/** A unit of time for display. */
export interface TimeUnit {
  readonly name: string;
  readonly ns: number;
}

/** The largest unit in which a time is at least one. */
export function timeUnitFor(ns: number): TimeUnit {
  const [name, length] = TIME_UNITS.find(([, candidate]) => Math.abs(ns) >= candidate) ?? ['ns', 1];
  return { name, ns: length };
}

/** The largest unit in which a number of bytes is at least one. */
export function byteUnitFor(bytes: number): ByteUnit {
  const [name, length] = BYTE_UNITS.find(([, candidate]) => Math.abs(bytes) >= candidate) ?? ['B', 1];
  return { name, bytes: length };
}

/** Bytes with their unit: `146 B`, `22.5 TB`. */
export function bytesText(bytes: number): string {
  const unit = byteUnitFor(bytes);
  return `${unit.bytes === 1 ? numberText(bytes) : measureText(bytes / unit.bytes)} ${unit.name}`;
}

/** A time with its unit: `812 us`, `1.20 ms`. */
export function timeText(ns: number): string {
  const unit = timeUnitFor(ns);
  return `${measureText(ns / unit.ns)} ${unit.name}`;
}

/** A measured quantity with three significant digits at least: `0.0142`, `1.20`, `41.0`, `5,012`. */
export function measureText(x: number): string {
  const size = Math.abs(x);
  if (!Number.isFinite(x) || size >= 99.95 || x === 0) return numberText(x);
  if (size >= 1) return x.toFixed(size < 9.995 ? 2 : 1);
  return size < 1e-4 ? x.toExponential(1) : x.toPrecision(3);
}

/** A number: whole ones in full (`17`, `5,012`), others as `measureText`. */
export function numberText(x: number): string {
  if (!Number.isFinite(x)) return x > 0 ? 'infinite' : x < 0 ? '-infinite' : '-';
  return Number.isInteger(x) || Math.abs(x) >= 99.95 ? thousands(Math.round(x)) : measureText(x);
}

/** A whole number with commas between thousands. */
export function thousands(whole: number): string {
  return String(whole).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** A share in percent, without the sign, with one decimal, never rounded to nothing or to everything. */
export function percentText(share: number): string {
  if (share === 0 || share === 1) return String(share * 100);
  if (share < 0.0005) return measureText(share * 100);
  if (share < 0.9994) return (share * 100).toFixed(1);
  return share < 0.99994 ? (share * 100).toFixed(2) : share < 1 ? 'over 99.99' : (share * 100).toFixed(1);
}

/** A relative change: `+12.3 %`, `-0.50 %`; `from 0` where no share can be given. */
export function changeText(change: number): string {
  if (change === 0) return '0 %';
  if (!Number.isFinite(change)) return 'from 0';
  return `${change > 0 ? '+' : ''}${numberText(change * 100)} %`;
}

/** A value of a metric in base units, scaled by its unit: `ns`, `1/s` and `B` get a unit, `1` stays bare. */
export function metricText(value: number, unit: string): string {
  if (unit === 'ns') return timeText(value);
  if (unit === 'B') return bytesText(value);
  return unit === '1/s' ? `${numberText(value)}/s` : numberText(value);
}
