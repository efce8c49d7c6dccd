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

/** A relative change: `+12.3 %`, `-0.50 %`; `from 0` where no share can be given. */
export function changeText(change: number): string {
  if (change === 0) return '0 %';
  if (!Number.isFinite(change)) return 'from 0';
  return `${change > 0 ? '+' : ''}${numberText(change * 100)} %`;
}

/** A value of a metric in base units, scaled by its unit: `ns`, `1/s` and `B` get a unit, `1` stays bare. */
export function metricText(value: number, unit: string): string {
  if (unit === 'ns') return timeText(value);
  if (unit === 'B') return `${numberText(value)} B`;
  return unit === '1/s' ? `${numberText(value)}/s` : numberText(value);
}
