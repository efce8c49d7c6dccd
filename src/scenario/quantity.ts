/**
 * Schema building blocks for single values. Each says in words what it expects; a value that is not that gives an issue
 * with those words as its message, and `explain.ts` adds what was found.
 */
import { z } from 'zod';
import type { IpFamily } from '../net/index.js';
import * as units from './units.js';

/**
 * A value that a reader understands.
 * @param expected what it must be, in words that follow "expected"; may depend on the value that is not that
 * @param read gives the value in base units, or undefined
 */
export function quantity<T>(expected: string | ((value: unknown) => string), read: (value: unknown) => T | undefined) {
  return z.unknown().transform((value, context): T => {
    const result = read(value);
    if (result !== undefined) return result;
    const words = typeof expected === 'string' ? expected : expected(value);
    context.issues.push({ code: 'custom', message: `expected ${words}`, input: value });
    return z.NEVER;
  });
}

/** A whole number within bounds. */
export function whole(least: number, most: number = Number.MAX_SAFE_INTEGER) {
  const bounds = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
  return quantity(`a whole number ${bounds}`, (value) =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most ? value : undefined,
  );
}

/** One of two numbers. */
export function oneNumber<const N extends number>(one: N, other: N) {
  return quantity(`${one} or ${other}`, (value): N | undefined => [one, other].find((number) => number === value));
}

/** A whole number, or one word. */
export function wholeOr<const W extends string>(least: number, other: W) {
  return quantity(`a whole number of at least ${least}, or ${other}`, (value): number | W | undefined => {
    if (value === other) return other;
    return typeof value === 'number' && Number.isSafeInteger(value) && value >= least ? value : undefined;
  });
}

/** A number within bounds. */
export function between(least: number, most: number) {
  return quantity(`a number from ${least} to ${most}`, (value) =>
    typeof value === 'number' && value >= least && value <= most ? value : undefined,
  );
}

/** A number that is not below a bound. */
export function atLeast(least: number) {
  return quantity(`a number of at least ${least}`, (value) =>
    typeof value === 'number' && Number.isFinite(value) && value >= least ? value : undefined,
  );
}

/** true or false. */
export const flag = quantity('true or false', (value) => (typeof value === 'boolean' ? value : undefined));

/** Any text that is not empty. */
export const text = quantity('a text', (value) => (typeof value === 'string' && value !== '' ? value : undefined));

/** One word out of a fixed few. */
export function word<const W extends string>(...words: readonly W[]) {
  return oneOf(words.length === 1 ? `expected ${words[0] ?? ''}` : `expected one of ${words.join(', ')}`, words);
}

/**
 * A name out of a list.
 * @param kind what the list holds, in the singular
 * @param list what there is
 * @param notYet what there is elsewhere and not here, so that no other name is suggested in its place
 */
export function named(kind: string, list: readonly { readonly name: string }[], notYet: readonly string[] = []) {
  const names = list.map((entry) => entry.name);
  return oneOf(`expected a ${kind} (${names.join(', ')})`, names, notYet);
}

function oneOf<const W extends string>(expected: string, words: readonly W[], notYet: readonly string[] = []) {
  return z.unknown().transform((value, context): W => {
    const found = words.find((known) => known === value);
    if (found !== undefined) return found;
    const isNotYet = notYet.some((word) => word === value);
    const message = isNotYet ? `${expected}; ${String(value)} is not simulated yet` : expected;
    context.issues.push({ code: 'custom', message, input: value, params: { words: isNotYet ? [] : words } });
    return z.NEVER;
  });
}

/** A duration in nanoseconds. */
export const duration = quantity(units.durationForm, units.readDuration);

/** A duration above zero, in nanoseconds. */
export const someDuration = quantity(
  (value) => `${units.durationForm(value)}, above zero`,
  (value) => positive(units.readDuration(value)),
);

/** A duration in whole seconds, in nanoseconds. */
export const wholeSeconds = quantity('a duration in whole seconds such as 900s, or 0s', (value) => {
  const ns = units.readDuration(value);
  return ns !== undefined && ns % 1e9 === 0 ? ns : undefined;
});

/** Events a second. */
export const rate = quantity('a rate such as 200/s or 5k/s, above zero', (value) => positive(units.readRate(value)));

/** Bits a second. */
export const bandwidth = quantity('a bandwidth such as 10Gbit/s, above zero', (value) =>
  positive(units.readBandwidth(value)),
);

/** Whole bytes. */
export const size = quantity('a size such as 100B or 1Ki', units.readSize);

/** A fraction, 0 or more. */
export const fraction = quantity('a fraction such as 25% or 0.25', units.readFraction);

/** A fraction of at most 1. */
export const share = quantity('a fraction from 0 to 1 such as 50% or 0.5', (value) => {
  const fraction = units.readFraction(value);
  return fraction === undefined || fraction > 1 ? undefined : fraction;
});

/** First and last port of a range. */
export const ports = quantity('a range of ports such as 32768-60999, from 1 to 65535', units.readPorts);

/** An IPv4 network. */
export const cidr = quantity('an IPv4 network such as 10.244.0.0/16, written with its first address', (value) =>
  units.readCidrOf(4, value),
);

/** An IPv6 network. */
export const cidr6 = quantity('an IPv6 network such as fd00:10:244::/48, written with its first address', (value) =>
  units.readCidrOf(6, value),
);

/** A network of either family. */
export const anyCidr = quantity(
  'a network such as 10.0.0.0/8 or fd00::/8, written with its first address',
  units.readCidr,
);

/** A prefix length of IPv4. */
export const prefixLength = quantity('a prefix length such as /24', (value) => units.readPrefixLength(value));

/** A prefix length of IPv6. */
export const prefixLength6 = quantity('a prefix length such as /64', (value) => units.readPrefixLength(value, 6));

/** An address family, as the API calls it. */
export const family = word('IPv4', 'IPv6').transform((name): IpFamily => (name === 'IPv4' ? 4 : 6));

function positive(value: number | undefined): number | undefined {
  return value === 0 ? undefined : value;
}
