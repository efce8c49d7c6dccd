/** Addresses and prefixes as the API server reads them, with and without the strict gate. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DEFAULT_GATES, type FeatureGates } from '../../../src/kube/validation/feature-gates.js';
import {
  cidrErrors,
  endpointIpErrors,
  familyIpErrors,
  ipErrors,
  readIp,
} from '../../../src/kube/validation/ip-values.js';
import { formatIp, ipv6Of, parseIp } from '../../../src/net/index.js';

const STRICT: FeatureGates = new Set([...DEFAULT_GATES, 'StrictIPCIDRValidation']);
const details = (errors: readonly { readonly detail: string }[]) => errors.map(({ detail }) => detail);

describe('an address', () => {
  test.each([
    ['1.2.3.4', 4, '1.2.3.4'],
    ['001.02.3.4', 4, '1.2.3.4'],
    ['255.255.255.255', 4, '255.255.255.255'],
    ['240.0.0.1', 4, '240.0.0.1'],
    ['::ffff:1.2.3.4', 4, '1.2.3.4'],
    ['::FFFF:0102:0304', 4, '1.2.3.4'],
    ['::', 6, '0'.repeat(32)],
    ['fd00::1', 6, `fd${'0'.repeat(29)}1`],
    ['1:2:3:4:5:6:7:8', 6, '00010002000300040005000600070008'],
    ['64:ff9b::10.0.0.1', 6, '0064ff9b00000000000000000a000001'],
    ['00001::', 6, `0001${'0'.repeat(28)}`],
  ])('%s is read', (text, family, bytes) => {
    const ip = readIp(text);
    const hex = (byte: number): string => byte.toString(16).padStart(2, '0');
    expect(ip?.family).toBe(family);
    expect(family === 4 ? ip?.bytes.join('.') : ip?.bytes.map(hex).join('')).toBe(bytes);
  });

  test.each([
    ...['', '1.2.3', '1.2.3.4.5', '256.1.1.1', '1.2.3.-4', 'a.b.c.d', '1..2.3', ' 1.2.3.4', '1.2.3.4/8'],
    ...[
      ':',
      ':::',
      '1::2::3',
      '1:2:3:4:5:6:7',
      '1:2:3:4:5:6:7:8:9',
      '1:2:3:4:5:6:7::8',
      'fffff::',
      'g::',
      'fe80::1%eth0',
    ],
    ...['::1.2.3', '1.2.3.4::', '::1.2.3.4:5', '1:2:3:4:5:6:7:1.2.3.4'],
  ])('%j is none', (text) => expect(readIp(text)).toBeUndefined());

  test('of IPv6 is read as the rest of the house reads it', () => {
    const word = fc.integer({ min: 0, max: 0xffffffff });
    fc.assert(
      fc.property(word, word, word, word, (a, b, c, d) => {
        fc.pre(!(a === 0 && b === 0 && c === 0xffff));
        const text = formatIp(ipv6Of(a, b, c, d));
        const bytes = readIp(text)?.bytes ?? [];
        const words = [0, 4, 8, 12].map((i) => bytes.slice(i, i + 4).reduce((sum, byte) => sum * 256 + byte, 0));
        expect(words).toEqual([a, b, c, d]);
        expect(parseIp(text)).toBe(ipv6Of(a, b, c, d));
      }),
    );
  });

  test('strictly has no leading zeros and is not mapped, unless it was there before', () => {
    const check = (text: string, before: readonly string[] = []) =>
      details(ipErrors([], text, { gates: STRICT, before }));
    expect(check('10.01.2.3')).toEqual(['must not have leading 0s']);
    expect(check('00001::')).toEqual(['must not have leading 0s']);
    expect(check('::ffff:1.2.3.4')).toEqual(['must not be an IPv4-mapped IPv6 address']);
    expect(check('10.01.2.3', ['10.01.2.3'])).toEqual([]);
    expect(check('10.0.2.3')).toEqual([]);
    expect(details(ipErrors([], '10.01.2.3', { gates: DEFAULT_GATES }))).toEqual([]);
  });

  test('of one family is not of the other', () => {
    const families = (text: string) =>
      [4, 6].filter((family) => familyIpErrors([], text, family as 4 | 6, { gates: DEFAULT_GATES }).length === 0);
    expect(['10.0.0.1', 'fd00::1', '::ffff:10.0.0.1', 'x'].map(families)).toEqual([[4], [6], [4], []]);
  });
});

describe('addresses that endpoints must not have', () => {
  test.each([
    ['0.0.0.0', 'unspecified'],
    ['::', 'unspecified'],
    ['127.1.2.3', 'loopback'],
    ['::1', 'loopback'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['169.254.0.1', 'link-local range'],
    ['febf::1', 'link-local range'],
    ['224.0.0.255', 'link-local multicast'],
    ['ff12::1', 'link-local multicast'],
  ])('%s', (text, word) => expect(details(endpointIpErrors([], text))).toEqual([expect.stringContaining(word)]));

  test.each([
    '126.255.255.255',
    '128.0.0.1',
    '169.253.1.1',
    'fec0::1',
    '224.0.1.0',
    'ff05::1',
    '255.255.255.255',
    '::2',
  ])('%s is none of them', (text) => expect(endpointIpErrors([], text)).toEqual([]));
});

describe('a prefix', () => {
  const check = (text: string, gates: FeatureGates, before: readonly string[] = []) =>
    details(cidrErrors([], text, { gates, before }));

  test.each(['10.0.0.0/8', '10.0.0.1/8', '0.0.0.0/0', '10.0.0.0/032', 'fd00::/128', '::ffff:10.0.0.0/104'])(
    '%s is one',
    (text) => expect(check(text, DEFAULT_GATES)).toEqual([]),
  );

  test.each(['10.0.0.0', '10.0.0.0/', '10.0.0.0/33', 'fd00::/129', '/8', '10.0.0.0/-1', '10.0.0.0/8/8', 'x/8'])(
    '%j is none',
    (text) => expect(check(text, DEFAULT_GATES)).toHaveLength(1),
  );

  test('strictly has no host bits', () => {
    expect(check('10.0.0.1/8', STRICT)).toEqual(['must not have bits set beyond the prefix length']);
    expect(check('10.128.0.0/9', STRICT)).toEqual([]);
    expect(check('10.0.0.0/08', STRICT)).toEqual(['must not have leading 0s in IP or prefix length']);
    expect(check('::ffff:10.0.0.0/104', STRICT)).toEqual(['must not have an IPv4-mapped IPv6 address']);
    expect(check('10.0.0.1/8', STRICT, ['10.0.0.1/8'])).toEqual([]);
  });
});
