/** Histogram: exact where it promises so, empty state, plain data, refusals. */
import { describe, expect, test } from 'vitest';
import { Histogram } from '../../src/measure/index.js';

function histogramOf(...values: number[]): Histogram {
  const histogram = new Histogram();
  for (const value of values) histogram.record(value);
  return histogram;
}

describe('a histogram', () => {
  test('without values has no figures', () => {
    const empty = new Histogram();
    expect([empty.count, empty.sum]).toEqual([0, 0]);
    expect([empty.min, empty.max, empty.mean, empty.quantile(0.5)]).toEqual([NaN, NaN, NaN, NaN]);
    expect(empty.entries()).toEqual([]);
    expect(empty.toJSON()).toEqual({ count: 0, sum: 0, min: 0, max: 0, buckets: [], counts: [] });
    expect(Histogram.fromJSON(empty.toJSON()).min).toBeNaN();
  });

  test('keeps values below 256 exactly', () => {
    const histogram = new Histogram();
    for (let value = 0; value < 256; value++) histogram.record(value);
    for (let rank = 1; rank <= 256; rank++) expect(histogram.quantile(rank / 256)).toBe(rank - 1);
  });

  test('takes the nearest rank and is not misled by rounding', () => {
    const histogram = new Histogram();
    for (let value = 1; value <= 100; value++) histogram.record(value);
    // 0.07 x 100 is 7.000000000000001 in binary.
    expect([0, 0.001, 0.07, 0.5, 0.99, 0.999, 1].map((q) => histogram.quantile(q))).toEqual([
      1, 1, 7, 50, 99, 100, 100,
    ]);
  });

  test('gives sum, least and largest value exactly', () => {
    const histogram = histogramOf(1_000_000_007, 3, 2 ** 40 + 1);
    expect(histogram.sum).toBe(1_000_000_007 + 3 + 2 ** 40 + 1);
    expect([histogram.min, histogram.max, histogram.quantile(0), histogram.quantile(1)]).toEqual([
      3,
      2 ** 40 + 1,
      3,
      2 ** 40 + 1,
    ]);
  });

  test('goes on at 2^31 where it stopped below: buckets keep their order', () => {
    const values = [2 ** 31 - 2 ** 24, 2 ** 31 - 1, 2 ** 31, 2 ** 31 + 2 ** 24, 2 ** 52, Number.MAX_SAFE_INTEGER];
    const { buckets } = histogramOf(...values).toJSON();
    expect(buckets).toEqual([...new Set(buckets)].sort((a, b) => a - b));
    expect(buckets).toEqual([3198, 3199, 3200, 3201, 5888, 6015]);
  });

  test.each([-1, NaN, Infinity, 2 ** 53])('refuses %d', (value) => {
    expect(() => histogramOf(value)).toThrow(/cannot record/);
  });

  test('refuses data with buckets that do not exist', () => {
    expect(() => Histogram.fromJSON({ count: 1, sum: 1, min: 1, max: 1, buckets: [6016], counts: [1] })).toThrow(
      /6016/,
    );
  });
});
