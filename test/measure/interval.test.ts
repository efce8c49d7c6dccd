/** Student's t against printed tables, intervals of means, and their coverage. */
import { describe, expect, test } from 'vitest';
import { meanInterval, studentQuantile } from '../../src/measure/index.js';
import { RandomStream } from '../../src/sim/index.js';

describe('quantiles of t', () => {
  // As printed in statistical tables (upper critical values); the one for 0.999 and 1 is tan(0.499 pi).
  test.each([
    [0.975, 1, 12.706],
    [0.975, 2, 4.303],
    [0.975, 3, 3.182],
    [0.975, 4, 2.776],
    [0.975, 9, 2.262],
    [0.975, 10, 2.228],
    [0.975, 29, 2.045],
    [0.975, 100, 1.984],
    [0.95, 1, 6.314],
    [0.95, 7, 1.895],
    [0.95, 30, 1.697],
    [0.999, 1, 318.309],
    [0.999, 5, 5.893],
    [0.999, 100, 3.174],
  ])('%d with %d degrees of freedom', (q, degrees, printed) => {
    expect(Math.abs(studentQuantile(q, degrees) - printed)).toBeLessThanOrEqual(0.00051);
  });

  test('approach the normal distribution', () => {
    expect(studentQuantile(0.975, 100_001)).toBeCloseTo(1.959964, 4);
  });
});

describe('the interval of a mean', () => {
  test('of nothing and of one value', () => {
    expect(meanInterval([])).toEqual({ count: 0, mean: NaN, halfWidth: NaN });
    expect(meanInterval([7])).toEqual({ count: 1, mean: 7, halfWidth: NaN });
  });

  test('is none wide when all values agree', () => {
    expect(meanInterval([5, 5, 5])).toEqual({ count: 3, mean: 5, halfWidth: 0 });
  });

  test('is t x s / sqrt n', () => {
    const { mean, halfWidth } = meanInterval([1, 2, 3, 4, 5]);
    expect(mean).toBe(3);
    // s = sqrt 2.5, t(0.975, 4) = 2.776445
    expect(halfWidth).toBeCloseTo((2.776445 * Math.sqrt(2.5)) / Math.sqrt(5), 5);
  });

  test('holds the true mean in 95 of 100 cases', () => {
    const stream = new RandomStream('coverage', 'normal-ish');
    let held = 0;
    for (let round = 0; round < 2000; round++) {
      // Sum of 12 uniforms: close to normal, mean 6.
      const samples = Array.from({ length: 5 }, () => {
        let sum = 0;
        for (let i = 0; i < 12; i++) sum += stream.uniform();
        return sum;
      });
      const { mean, halfWidth } = meanInterval(samples);
      if (Math.abs(mean - 6) <= halfWidth) held++;
    }
    expect(held / 2000).toBeGreaterThan(0.935);
    expect(held / 2000).toBeLessThan(0.965);
  });
});
