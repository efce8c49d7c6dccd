/** Addresses and prefixes of either family, as users and manifests write them. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  contains,
  formatAddress,
  formatPrefix,
  parseAddress,
  parsePrefix,
  type Address,
  type Prefix,
} from '../../src/net/index.js';

const family = fc.constantFrom(4 as const, 6 as const);

/** Addresses with long runs of zeros as well, since the short form of IPv6 is about them. */
const anyAddress: fc.Arbitrary<Address> = family.chain((family) =>
  fc
    .array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff })), {
      minLength: family === 4 ? 2 : 8,
      maxLength: family === 4 ? 2 : 8,
    })
    .map((groups) => ({ family, value: groups.reduce((value, group) => (value << 16n) | BigInt(group), 0n) })),
);

const anyPrefix: fc.Arbitrary<Prefix> = anyAddress.chain((address) => {
  const width = address.family === 4 ? 32 : 128;
  return fc.integer({ min: 0, max: width }).map((bits) => {
    const behind = BigInt(width - bits);
    return { family: address.family, value: (address.value >> behind) << behind, bits };
  });
});

/** The value of a text that must be an address. */
function address(text: string): Address {
  const parsed = parseAddress(text);
  if (parsed === undefined) throw new Error(`${text} was refused`);
  return parsed;
}

/** The value of a text that must be a prefix. */
function prefix(text: string): Prefix {
  const parsed = parsePrefix(text);
  if (parsed === undefined) throw new Error(`${text} was refused`);
  return parsed;
}

describe('addresses', () => {
  test('survive being written and read', () => {
    fc.assert(
      fc.property(anyAddress, (a) => {
        expect(address(formatAddress(a))).toEqual(a);
      }),
    );
  });

  test.each([
    ['10.244.0.1', '10.244.0.1'],
    ['::', '::'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['FD00:10:244::A', 'fd00:10:244::a'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:0db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  ])('%s is written as %s', (text, canonical) => {
    expect(formatAddress(address(text))).toBe(canonical);
  });

  test.each([
    '',
    'pod',
    '10.0.0',
    '010.0.0.1',
    '10.0.0.1/24',
    'fe80::1%eth0',
    'fe80::1%',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    'g::1',
    '12345::',
    '[::1]',
    ' ::1',
    '::1 ',
  ])('%j is refused', (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });
});

describe('prefixes', () => {
  test('survive being written and read', () => {
    fc.assert(
      fc.property(anyPrefix, (p) => {
        expect(prefix(formatPrefix(p))).toEqual(p);
      }),
    );
  });

  test.each([
    '10.244.0.0',
    '10.244.0.0/',
    '/16',
    '10.244.0.0/33',
    '10.244.0.0/-1',
    '10.244.0.0/+8',
    '10.244.0.0/16 ',
    '10.244.0.0/1e1',
    '10.244.0.0/255.255.0.0',
    '10.244.0.0/16/16',
    '10.244/16',
    '10.244.0.1/16',
    '10.0.0.1/31',
    'fd00::/129',
    'fd00::1/64',
    'fe80::%eth0/64',
    '::1/0',
  ])('%j is refused', (text) => {
    expect(parsePrefix(text)).toBeUndefined();
  });

  test('of full length are single addresses, of length 0 everything of the family', () => {
    expect(contains(prefix('10.0.0.1/32'), address('10.0.0.1'))).toBe(true);
    expect(contains(prefix('10.0.0.1/32'), address('10.0.0.2'))).toBe(false);
    expect(contains(prefix('0.0.0.0/0'), address('203.0.113.9'))).toBe(true);
    expect(contains(prefix('::/0'), address('203.0.113.9'))).toBe(false);
    expect(contains(prefix('0.0.0.0/0'), address('::'))).toBe(false);
  });

  test('hold what agrees with them in the first bits', () => {
    const bitsOf = (a: Address): string => a.value.toString(2).padStart(a.family === 4 ? 32 : 128, '0');
    fc.assert(
      fc.property(anyPrefix, anyAddress, fc.boolean(), (p, other, inside) => {
        // Half of the time an address made from the prefix itself, or hits would be rare.
        const width = p.family === 4 ? 32 : 128;
        const behind = BigInt(width - p.bits);
        const near: Address = { family: p.family, value: p.value | (other.value & ((1n << behind) - 1n)) };
        const a = inside ? near : other;
        expect(contains(p, a)).toBe(a.family === p.family && bitsOf(a).slice(0, p.bits) === bitsOf(p).slice(0, p.bits));
      }),
    );
  });
});
