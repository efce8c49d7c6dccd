/** Histogram against a sorted list, against itself merged from parts, and against hdr-histogram-js. */
import fc from 'fast-check';
import { build } from 'hdr-histogram-js';
import { expect, test } from 'vitest';
import { Histogram } from '../../src/measure/index.js';

const QUANTILES = [0, 0.01, 0.25, 0.5, 0.9, 0.99, 0.999, 1];
const ERROR = 1 / 256;

/** Whole numbers of every magnitude up to a power of two, so that all powers are met. */
function samples(powers: number): fc.Arbitrary<number[]> {
  const magnitude = fc
    .tuple(fc.integer({ min: 0, max: powers }), fc.double({ min: 1, max: 2, maxExcluded: true, noNaN: true }))
    .map(([exponent, fraction]) => Math.floor(2 ** exponent * fraction) - 1);
  return fc.array(magnitude, { minLength: 1, maxLength: 300 });
}

// Sums are exact below 2^53: 1,500 values below 2^41.
const sample = samples(40);

function histogramOf(values: readonly number[]): Histogram {
  const histogram = new Histogram();
  for (const value of values) histogram.record(value);
  return histogram;
}

test('quantiles are within 0.4 % of the nearest rank of the sorted values', () => {
  fc.assert(
    fc.property(samples(52), (values) => {
      const sorted = [...values].sort((a, b) => a - b);
      const histogram = histogramOf(values);
      for (const q of QUANTILES) {
        const exact = sorted[Math.max(1, Math.ceil(q * sorted.length - 1e-9)) - 1] ?? NaN;
        expect(Math.abs(histogram.quantile(q) - exact)).toBeLessThanOrEqual(exact * ERROR);
      }
    }),
  );
});

test('quantiles agree with hdr-histogram-js within both errors', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 10_000_000_000 }), { minLength: 1, maxLength: 300 }), (values) => {
      const reference = build({
        numberOfSignificantValueDigits: 3,
        highestTrackableValue: 2e10,
        useWebAssembly: false,
      });
      const histogram = histogramOf(values);
      for (const value of values) reference.recordValue(value);
      // The reference rounds the rank, ours is the nearest rank: asked halfway between ranks both take the same one.
      for (const rank of [1, Math.ceil(values.length / 2), values.length]) {
        const theirs = reference.getValueAtPercentile((rank / values.length) * 100);
        const ours = histogram.quantile(rank / values.length);
        expect(Math.abs(ours - theirs)).toBeLessThanOrEqual(theirs * (ERROR + 0.001));
      }
    }),
    { numRuns: 30 },
  );
});

test('merging parts gives the histogram of the whole', () => {
  fc.assert(
    fc.property(fc.array(sample, { minLength: 1, maxLength: 5 }), (parts) => {
      const merged = new Histogram();
      for (const part of parts) merged.merge(histogramOf(part));
      expect(merged.toJSON()).toEqual(histogramOf(parts.flat()).toJSON());
    }),
  );
});

test('plain data gives the same histogram back, through JSON too', () => {
  fc.assert(
    fc.property(sample, sample, (values, more) => {
      const back = Histogram.fromJSON(JSON.parse(JSON.stringify(histogramOf(values))));
      for (const value of more) back.record(value);
      expect(back.toJSON()).toEqual(histogramOf([...values, ...more]).toJSON());
    }),
  );
});

test('entries hold every value once, in order, with the ends exact and the rest within 0.4 %', () => {
  fc.assert(
    fc.property(samples(52), (values) => {
      const sorted = [...values].sort((a, b) => a - b);
      const entries = histogramOf(values).entries();
      const spread = entries.flatMap(([value, count]) => Array.from({ length: count }, () => value));
      expect(spread).toHaveLength(sorted.length);
      expect([spread[0], spread.at(-1)]).toEqual([sorted[0], sorted.at(-1)]);
      spread.forEach((value, i) => {
        expect(value).toBeGreaterThanOrEqual(spread[i - 1] ?? 0);
        expect(Math.abs(value - sorted[i]!)).toBeLessThanOrEqual(sorted[i]! * ERROR);
      });
    }),
  );
});
