/** Durations as Go writes them (time.ParseDuration): `30s`, `1h0m0s`, `1.5h`, `0`; never negative here. */

const UNITS: ReadonlyMap<string, number> = new Map([
  ['ns', 1],
  ['us', 1e3],
  ['µs', 1e3],
  ['μs', 1e3],
  ['ms', 1e6],
  ['s', 1e9],
  ['m', 60e9],
  ['h', 3600e9],
]);

const PART = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g;

/** Reads a duration. @returns whole nanoseconds; undefined for what is none, or beyond 104 days */
export function readGoDuration(value: unknown): number | undefined {
  if (typeof value !== 'string') return undefined;
  if (value === '0') return 0;
  const parts = [...value.matchAll(PART)];
  if (parts.length === 0 || parts.map(([text]) => text).join('') !== value) return undefined;
  const ns = parts.reduce((sum, [, number, unit = '']) => sum + Number(number) * (UNITS.get(unit) ?? 0), 0);
  return ns > Number.MAX_SAFE_INTEGER ? undefined : Math.round(ns);
}
