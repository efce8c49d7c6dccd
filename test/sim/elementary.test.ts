/** `ln`, `exp` and `power` against the engine's own functions, in units in the last place. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { exp, ln, power } from '../../src/sim/index.js';

/** Distance between two doubles of one sign, counted in doubles. */
function ulps(a: number, b: number): number {
  const bits = new BigInt64Array(new Float64Array([a, b]).buffer);
  const distance = bits[0]! - bits[1]!;
  return Number(distance < 0n ? -distance : distance);
}

/** Positive numbers spread evenly over their exponents. */
function spread(least: number, most: number) {
  const exponent = fc.integer({ min: Math.ceil(Math.log2(least)), max: Math.floor(Math.log2(most)) - 1 });
  const fraction = fc.double({ min: 1, max: 2, maxExcluded: true, noNaN: true });
  return fc.tuple(exponent, fraction).map(([e, f]) => f * 2 ** e);
}

describe('ln', () => {
  test('is within 2 units in the last place for every normal number, away from 1', () => {
    fc.assert(
      fc.property(spread(2 ** -1022, 2 ** 1023), (x) => {
        if (x > 0.5 && x < 2) return;
        expect(ulps(ln(x), Math.log(x))).toBeLessThanOrEqual(2);
      }),
      { numRuns: 20_000 },
    );
  });

  test('is within 2 units in the last place from a half to two', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.5, max: 2, noNaN: true }), (x) => {
        const expected = Math.log(x);
        if (expected === 0) expect(Math.abs(ln(x))).toBe(0);
        else expect(ulps(ln(x), expected)).toBeLessThanOrEqual(2);
      }),
      { numRuns: 20_000 },
    );
  });

  test('is within 2 units in the last place where exponential draws take it: 1 - u, u a multiple of 2^-32', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 32 - 1 }), (n) => {
        const x = 1 - n * 2 ** -32;
        expect(ulps(ln(x), Math.log(x))).toBeLessThanOrEqual(2);
      }),
      { numRuns: 20_000 },
    );
  });

  test('of 1 is 0', () => {
    expect(Math.abs(ln(1))).toBe(0);
  });

  test('never falls as its argument grows', () => {
    let last = -Infinity;
    for (let x = 0.25; x < 8; x += 2 ** -10) {
      expect(ln(x)).toBeGreaterThan(last);
      last = ln(x);
    }
  });
});

describe('exp', () => {
  test('is within 2 units in the last place from -700 to 700', () => {
    fc.assert(
      fc.property(fc.double({ min: -700, max: 700, noNaN: true }), (x) => {
        expect(ulps(exp(x), Math.exp(x))).toBeLessThanOrEqual(2);
      }),
      { numRuns: 20_000 },
    );
  });

  test('of 0 is 1, also of a very small number', () => {
    expect([exp(0), exp(1e-300), exp(-1e-300)]).toEqual([1, 1, 1]);
  });

  test('undoes ln', () => {
    fc.assert(
      fc.property(spread(2 ** -100, 2 ** 100), (x) => {
        expect(Math.abs(exp(ln(x)) / x - 1)).toBeLessThan(2e-14);
      }),
    );
  });
});

describe('power', () => {
  test('is within 1e-13 of the true value for ranks and exponents of a zipf distribution', () => {
    const rank = fc.integer({ min: 1, max: 1_000_000 });
    const exponent = fc.double({ min: -3, max: 3, noNaN: true });
    fc.assert(
      fc.property(rank, exponent, (x, y) => {
        expect(Math.abs(power(x, y) / Math.pow(x, y) - 1)).toBeLessThan(1e-13);
      }),
    );
  });
});

test('fixed values: the same bits on every machine and engine', () => {
  const bits = (x: number): string =>
    Buffer.from(new Float64Array([x]).buffer)
      .reverse()
      .toString('hex');
  expect([ln(2), ln(10), ln(2 ** -32), exp(1), exp(-1), power(3, 0.5)].map(bits)).toMatchInlineSnapshot(`
    [
      "3fe62e42fefa39ef",
      "40026bb1bbb55516",
      "c0362e42fefa39ef",
      "4005bf0a8b14576a",
      "3fd78b56362cef38",
      "3ffbb67ae8584cab",
    ]
  `);
});
