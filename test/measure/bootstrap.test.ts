/** Paired bootstrap: what it says of clear cases, of zeros, and that a seed decides everything. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pairedChange, relativeChange } from '../../src/measure/index.js';

const seed = 'test';

describe('relative change', () => {
  test.each([
    [100, 105, 0.05],
    [100, 95, -0.05],
    [0, 0, 0],
    [0, 3, Infinity],
    [0, -3, -Infinity],
    [-10, -5, 0.5],
  ])('from %d to %d', (before, after, change) => {
    expect(relativeChange(before, after)).toBeCloseTo(change, 12);
  });
});

describe('paired change', () => {
  test('is sharp when every pair changes by the same share, however the pairs differ', () => {
    const { change, low, high } = pairedChange([10, 1000, 3], [11, 1100, 3.3], { seed });
    for (const figure of [change, low, high]) expect(figure).toBeCloseTo(0.1, 12);
  });

  test('reaches to both sides of zero when pairs disagree', () => {
    const { low, high } = pairedChange([10, 10, 10, 10, 10, 10], [11, 9, 11, 9, 11, 9], { seed });
    expect(low).toBeLessThan(0);
    expect(high).toBeGreaterThan(0);
  });

  test('holds the change between its ends, and is the same again for the same seed', () => {
    const values = fc.array(fc.tuple(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 0, max: 1000 })), {
      minLength: 2,
      maxLength: 12,
    });
    fc.assert(
      fc.property(values, (pairs) => {
        const base = pairs.map(([old]) => old);
        const candidate = pairs.map(([, now]) => now);
        const first = pairedChange(base, candidate, { seed, resamples: 500, confidence: 0.99 });
        expect(first.low).toBeLessThanOrEqual(first.high);
        const ratios = pairs.map(([old, now]) => relativeChange(old, now));
        expect(first.low).toBeGreaterThanOrEqual(Math.min(...ratios) - 1e-12);
        expect(first.high).toBeLessThanOrEqual(Math.max(...ratios) + 1e-12);
        expect(pairedChange(base, candidate, { seed, resamples: 500, confidence: 0.99 })).toEqual(first);
      }),
      { numRuns: 30 },
    );
  });
});
