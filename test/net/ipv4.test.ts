/** IPv4 addresses: what is read, what is refused, masks and membership. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatIpv4, inIpv4Prefix, ipv4Mask, parseIpv4 } from '../../src/net/index.js';

const address = fc.integer({ min: 0, max: 2 ** 32 - 1 });

test.each([
  ['0.0.0.0', 0],
  ['10.0.0.1', 0x0a000001],
  ['127.255.0.9', 0x7fff0009],
  ['128.0.0.0', 0x80000000],
  ['255.255.255.255', 0xffffffff],
])('%s is %i, an unsigned number, and back', (text, number) => {
  expect(parseIpv4(text)).toBe(number);
  expect(formatIpv4(number)).toBe(text);
});

test('every address survives being written and read', () => {
  fc.assert(
    fc.property(address, (number) => {
      expect(parseIpv4(formatIpv4(number))).toBe(number);
    }),
  );
});

test.each([
  ['an octal part', '010.0.0.1'],
  ['another octal part', '10.0.0.01'],
  ['a hexadecimal part', '0x0a.0.0.1'],
  ['one number', '167772161'],
  ['two parts', '10.1'],
  ['three parts', '10.0.1'],
  ['five parts', '10.0.0.0.1'],
  ['a part too large', '10.0.0.256'],
  ['a negative part', '10.0.0.-1'],
  ['an empty part', '10..0.1'],
  ['a prefix length', '10.0.0.1/32'],
  ['a port', '10.0.0.1:80'],
  ['space around it', ' 10.0.0.1'],
  ['a line end', '10.0.0.1\n'],
  ['nothing', ''],
  ['an IPv6 address', '::1'],
  ['digits of another script', '١٠.0.0.1'],
])('%s is refused', (_, text) => {
  expect(parseIpv4(text)).toBeUndefined();
});

test('text that is read is exactly the text that would be written', () => {
  const part = fc.oneof(fc.integer({ min: 0, max: 300 }).map(String), fc.constantFrom('00', '01', '0x1', '', ' 1'));
  fc.assert(
    fc.property(fc.array(part, { minLength: 3, maxLength: 5 }), (parts) => {
      const text = parts.join('.');
      const number = parseIpv4(text);
      if (number !== undefined) expect(formatIpv4(number)).toBe(text);
    }),
  );
});

describe('masks', () => {
  test.each([
    [0, 0],
    [1, 0x80000000],
    [8, 0xff000000],
    [24, 0xffffff00],
    [31, 0xfffffffe],
    [32, 0xffffffff],
  ])('/%i', (bits, mask) => expect(ipv4Mask(bits)).toBe(mask));
});

test('an address lies in a prefix when its first bits are those of the network', () => {
  fc.assert(
    fc.property(address, address, fc.integer({ min: 0, max: 32 }), (a, network, bits) => {
      const first = (n: number): string => n.toString(2).padStart(32, '0').slice(0, bits);
      expect(inIpv4Prefix(a, network, bits)).toBe(first(a) === first(network));
    }),
  );
  expect(inIpv4Prefix(0xffffffff, 0, 0)).toBe(true);
});
