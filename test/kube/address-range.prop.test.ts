/** Ranges as numbered places: what is at a number, and back, in both families. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addressAt,
  lastOffset,
  offsetIn,
  rangeSize,
  subnetAt,
  subnetCount,
  subnetNumber,
} from '../../src/kube/address-range.js';
import { formatIp, inPrefix, isIpv6, networkOf } from '../../src/net/index.js';
import { ip } from './objects.js';

const ranges = fc.oneof(
  fc.record({ text: fc.constantFrom('10.128.0.0', '192.0.2.64'), bits: fc.integer({ min: 26, max: 30 }) }),
  fc.record({ text: fc.constantFrom('fd00:1:2:3:4:5:6:0', '2001:db8::'), bits: fc.integer({ min: 8, max: 112 }) }),
);
const range = ranges.map(({ text, bits }) => ({ address: networkOf(ip(text), bits), bits }));

test('an address is where its number says', () => {
  fc.assert(
    fc.property(range, fc.nat(), (own, any) => {
      const offset = any % Math.min(rangeSize(own), 2 ** 32);
      const address = addressAt(own, offset);
      expect(inPrefix(address, own.address, own.bits)).toBe(true);
      expect(offsetIn(own, address)).toBe(offset);
    }),
  );
});

test('subnets follow one another, and an address knows its own', () => {
  fc.assert(
    fc.property(range, fc.integer({ min: 0, max: 40 }), fc.nat(), fc.nat(), (own, longer, any, host) => {
      const bits = Math.min(own.bits + longer, isIpv6(own.address) ? 126 : 31);
      const number = any % subnetCount(own, bits);
      const subnet = { address: subnetAt(own, bits, number), bits };
      expect(networkOf(subnet.address, bits)).toBe(subnet.address);
      const address = addressAt(subnet, host % rangeSize(subnet));
      expect(subnetNumber(own, bits, address)).toBe(number);
    }),
  );
});

describe('edges', () => {
  test.each([
    ['fd00:10:244::', 48, 64, 3, 'fd00:10:244:3::'],
    ['fd00:10:244::', 48, 64, 65_535, 'fd00:10:244:ffff::'],
    ['fd00::', 56, 72, 257, 'fd00:0:0:1:100::'],
    ['fd00::', 16, 36, 0xfffff, 'fd00:ffff:f000::'],
    ['10.244.0.0', 16, 24, 3, '10.244.3.0'],
  ])('subnet of %s/%i of length %i number %i', (text, bits, length, number, expected) => {
    expect(formatIp(subnetAt({ address: ip(text), bits }, length, number))).toBe(expected);
  });

  test('an IPv6 range has no broadcast address, and outside is outside', () => {
    expect(lastOffset({ address: ip('fd00::'), bits: 120 })).toBe(255);
    expect(lastOffset({ address: ip('10.0.0.0'), bits: 24 })).toBe(254);
    expect(offsetIn({ address: ip('fd00::'), bits: 64 }, ip('fd00::1:0:0'))).toBe(-1);
    expect(offsetIn({ address: ip('fd00::'), bits: 64 }, ip('10.0.0.1'))).toBe(-1);
    expect(subnetNumber({ address: ip('fd00::'), bits: 48 }, 64, ip('fd01::'))).toBe(-1);
    expect(subnetCount({ address: ip('fd00::'), bits: 64 }, 48)).toBe(0);
  });
});
