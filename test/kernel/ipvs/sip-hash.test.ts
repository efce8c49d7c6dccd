/** SipHash-1-3 against the kernel's own test vector and against the algorithm written down in 64-bit integers. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sipHash13, type SipKey } from '../../../src/kernel/ipvs/schedulers/sip-hash.js';

const MASK = (1n << 64n) - 1n;
const rotated = (word: bigint, by: bigint): bigint => ((word << by) | (word >> (64n - by))) & MASK;

/** SipHash-c-d of a message shorter than eight bytes, as its authors describe it. */
function sipHash(message: bigint, length: bigint, k0: bigint, k1: bigint, rounds: readonly [number, number]): bigint {
  const v: [bigint, bigint, bigint, bigint] = [
    k0 ^ 0x736f6d6570736575n,
    k1 ^ 0x646f72616e646f6dn,
    k0 ^ 0x6c7967656e657261n,
    k1 ^ 0x7465646279746573n,
  ];
  const mix = (count: number): void => {
    for (let i = 0; i < count; i++) {
      v[0] = (v[0] + v[1]) & MASK;
      v[1] = rotated(v[1], 13n) ^ v[0];
      v[0] = rotated(v[0], 32n);
      v[2] = (v[2] + v[3]) & MASK;
      v[3] = rotated(v[3], 16n) ^ v[2];
      v[0] = (v[0] + v[3]) & MASK;
      v[3] = rotated(v[3], 21n) ^ v[0];
      v[2] = (v[2] + v[1]) & MASK;
      v[1] = rotated(v[1], 17n) ^ v[2];
      v[2] = rotated(v[2], 32n);
    }
  };
  const word = (length << 56n) | message;
  v[3] ^= word;
  mix(rounds[0]);
  v[0] ^= word;
  v[2] ^= 0xffn;
  mix(rounds[1]);
  return v[0] ^ v[1] ^ v[2] ^ v[3];
}

function keyOf(k0: bigint, k1: bigint): SipKey {
  const high = (word: bigint): number => Number(word >> 32n) | 0;
  const low = (word: bigint): number => Number(word & 0xffffffffn) | 0;
  return { k0High: high(k0), k0Low: low(k0), k1High: high(k1), k1Low: low(k1) };
}

const K0 = 0x0706050403020100n;
const K1 = 0x0f0e0d0c0b0a0908n;

test('gives what the kernel expects of hsiphash_1u32 (lib/siphash_kunit.c, 64-bit)', () => {
  expect(sipHash13(0x03020100, keyOf(K0, K1))).toBe(0x88d38328);
});

test('the algorithm that it is held against gives what its authors expect of SipHash-2-4', () => {
  expect(sipHash(0n, 0n, K0, K1, [2, 4])).toBe(0x726fdb47dd0e0e31n);
  expect(sipHash(0x03020100n, 4n, K0, K1, [2, 4])).toBe(0xcf2794e0277187b7n);
});

test('is SipHash-1-3 of four bytes under any key, cut off at 32 bits', () => {
  const word = fc.bigInt(0n, MASK);
  fc.assert(
    fc.property(fc.nat(0xffffffff), word, word, (value, k0, k1) => {
      const expected = Number(sipHash(BigInt(value), 4n, k0, k1, [1, 3]) & 0xffffffffn);
      expect(sipHash13(value, keyOf(k0, k1))).toBe(expected);
    }),
    { numRuns: 500 },
  );
});

test('takes a sum beyond 32 bits modulo 2^32', () => {
  expect(sipHash13(2 ** 32 + 7, keyOf(K0, K1))).toBe(sipHash13(7, keyOf(K0, K1)));
});
