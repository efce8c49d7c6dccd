/** Addresses of either family as one number: text, words, prefixes, order, and that a handle's number never shows. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addressBits,
  adoptIpv6,
  compareIp,
  familyOf,
  formatIp,
  formatIpPort,
  formatIpPrefix,
  inPrefix,
  ipDigest,
  ipHash,
  ipPlus,
  ipv6Of,
  ipv6Word,
  isIpv6,
  knownIpv6,
  networkOf,
  parseIp,
  parseIpPrefix,
  type IpAddress,
} from '../../src/net/index.js';

/** The address of a text that must be one. */
function ip(text: string): IpAddress {
  const address = parseIp(text);
  if (address === undefined) throw new Error(`${text} was refused`);
  return address;
}

/** An address as its bits. */
function bitsOf(address: IpAddress): string {
  const words = isIpv6(address) ? [0, 1, 2, 3].map((word) => ipv6Word(address, word)) : [address];
  return words.map((word) => word.toString(2).padStart(32, '0')).join('');
}

const ipv4 = fc.oneof(fc.integer({ min: 0, max: 0xefffffff }), fc.constantFrom(0, 0x7f000001, 0xe0000000, 0xffffffff));
// Long runs of zeros and ones as well: the short form of the text and carries are about them.
const word = fc.oneof(fc.constantFrom(0, 1, 0xffff, 0x10000, 0xffffffff), fc.integer({ min: 0, max: 0xffffffff }));
const ipv6 = fc.tuple(word, word, word, word).map((words) => ipv6Of(...words));
const any = fc.oneof(ipv4, ipv6);

describe('text', () => {
  test('survives being read, and equal addresses are equal numbers', () => {
    fc.assert(
      fc.property(any, (address) => {
        expect(parseIp(formatIp(address))).toBe(address);
      }),
    );
  });

  test.each([
    ['10.244.0.1', '10.244.0.1'],
    ['255.255.255.255', '255.255.255.255'],
    ['::', '::'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['2001:DB8::0001', '2001:db8::1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1::', '2001:0:0:1::'],
  ])('%s is written %s', (text, short) => {
    expect(formatIp(ip(text))).toBe(short);
  });

  test.each([
    '',
    '10.0.0',
    '10.0.0.256',
    '010.0.0.1',
    '1.2.3.4.5',
    '240.0.0.1',
    'fe80::1%eth0',
    ':::',
    'fd00::1::2',
    'abc',
  ])('%j is no address', (text) => {
    expect(parseIp(text)).toBeUndefined();
  });

  test('a port goes behind an address as Go writes it', () => {
    expect([formatIpPort(ip('10.0.0.1'), 80), formatIpPort(ip('fd00::1'), 80)]).toEqual([
      '10.0.0.1:80',
      '[fd00::1]:80',
    ]);
  });
});

describe('numbers', () => {
  test('say their family and fit unsigned 32 bits', () => {
    fc.assert(
      fc.property(any, (address) => {
        expect([address >>> 0, bitsOf(address).length]).toEqual([address, addressBits(familyOf(address))]);
      }),
    );
    expect([familyOf(0xffffffff), familyOf(0), familyOf(ip('::'))]).toEqual([4, 4, 6]);
  });

  test('counting up is counting up, across the words', () => {
    const offset = fc.integer({ min: 0, max: 0xffffffff });
    fc.assert(
      fc.property(ipv6, offset, (address, more) => {
        const sum = (BigInt(`0b${bitsOf(address)}`) + BigInt(more)) & ((1n << 96n) - 1n);
        const low = BigInt(`0b${bitsOf(ipPlus(address, more)).slice(32)}`);
        expect(low).toBe(sum & ((1n << 96n) - 1n));
      }),
    );
    expect(formatIp(ipPlus(ip('10.0.255.255'), 1))).toBe('10.1.0.0');
  });

  test('are ordered as their bits are, IPv4 first', () => {
    const key = (address: IpAddress): string => `${familyOf(address)}${bitsOf(address)}`;
    fc.assert(
      fc.property(any, any, (a, b) => {
        const expected = key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0;
        expect(Math.sign(compareIp(a, b))).toBe(expected);
      }),
    );
  });

  test('hashes are the address of IPv4, and speak of the words of IPv6', () => {
    fc.assert(fc.property(ipv4, (address) => [ipHash(address), ipDigest(address)].every((n) => n === address)));
    const address = ip('fd00:1:2:3::4');
    expect(ipHash(address)).toBe((0xfd000001 ^ 0x00020003 ^ 4) >>> 0);
  });

  test('digests keep addresses apart that folding takes for one', () => {
    // Node n, pod p and node p, pod n.
    const [a, b] = [ip('fd00:244:0:1::2'), ip('fd00:244:0:2::1')];
    expect(ipHash(a)).toBe(ipHash(b));
    expect(ipDigest(a)).not.toBe(ipDigest(b));
    const digests = new Set<number>();
    for (let node = 0; node < 64; node++) {
      for (let pod = 2; pod < 66; pod++) digests.add(ipDigest(ipv6Of(0xfd000244, node, 0, pod)));
    }
    expect(digests.size).toBe(64 * 64);
  });
});

describe('prefixes', () => {
  // Networks of class E would be handles, and nobody has such addresses.
  const inUse = any.filter((address) => address !== 0xffffffff);
  const prefixed = inUse.chain((address) =>
    fc.tuple(fc.constant(address), fc.integer({ min: 0, max: addressBits(familyOf(address)) })),
  );

  test('hold the addresses that begin with their bits, and none of the other family', () => {
    fc.assert(
      fc.property(prefixed, any, ([address, bits], other) => {
        const network = networkOf(address, bits);
        const start = bitsOf(address).slice(0, bits);
        expect(bitsOf(network)).toBe(start.padEnd(bitsOf(address).length, '0'));
        expect(inPrefix(address, network, bits)).toBe(true);
        const isIn = familyOf(other) === familyOf(address) && bitsOf(other).startsWith(start);
        expect(inPrefix(other, network, bits)).toBe(isIn);
      }),
    );
  });

  test('survive being written and read; bits behind the length are cleared', () => {
    fc.assert(
      fc.property(prefixed, ([address, bits]) => {
        const network = { address: networkOf(address, bits), bits };
        expect(parseIpPrefix(`${formatIp(address)}/${bits}`)).toEqual(network);
        expect(parseIpPrefix(formatIpPrefix(network))).toEqual(network);
      }),
    );
  });

  test.each(['10.0.0.0', '10.0.0.0/33', '10.0.0.0/-1', 'fd00::/129', 'fd00::/', '/8', 'fd00::/4x'])(
    '%j is no prefix',
    (text) => {
      expect(parseIpPrefix(text)).toBeUndefined();
    },
  );
});

test('another thread that adopts the known addresses gives the same handles; one that has met others refuses', () => {
  const first = ip('fd00:aaaa::1');
  const known = [...knownIpv6()];
  adoptIpv6(known);
  expect(ip('fd00:aaaa::1')).toBe(first);
  expect(() => adoptIpv6([...known.slice(1), 'fd00:aaaa::2'])).toThrow('ipv6-handles');
});
