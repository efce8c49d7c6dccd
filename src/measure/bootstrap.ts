/**
 * Seeded bootstrap for paired samples: by how much did the mean change, and how sure is that.
 *
 * Both sides ran with the same seeds (common random numbers), so pairs are resampled, not sides: what chance gave to
 * both cancels out. Percentile interval of the ratio of the sums (B. Efron, R. Tibshirani, "An Introduction to the
 * Bootstrap", 1993, chapter 13). Below five pairs such an interval means little and the caller should not ask.
 */
import { RandomStream } from '../sim/index.js';

/** A relative change of a mean, with its interval. */
export interface PairedChange {
  /** (new - old) / old of the means; 0 when both are zero, infinite when only the old one is. */
  readonly change: number;
  readonly low: number;
  readonly high: number;
}

/** How the interval is made. */
export interface BootstrapOptions {
  /** Seed of the resampling. */
  readonly seed: string;
  readonly resamples?: number;
  readonly confidence?: number;
}

/**
 * The relative change of the mean from `base` to `candidate` with a bootstrap interval.
 * @param base old figures, one per seed
 * @param candidate new figures, of the same seeds in the same order
 */
export function pairedChange(
  base: readonly number[],
  candidate: readonly number[],
  { seed, resamples = 2000, confidence = 0.95 }: BootstrapOptions,
): PairedChange {
  const pairs = base.length;
  const stream = new RandomStream(seed, 'bootstrap');
  const changes = new Float64Array(resamples);
  for (let round = 0; round < resamples; round++) {
    let before = 0;
    let after = 0;
    for (let draw = 0; draw < pairs; draw++) {
      const pair = stream.below(pairs);
      before += base[pair]!;
      after += candidate[pair]!;
    }
    changes[round] = relativeChange(before, after);
  }
  changes.sort();
  const tail = Math.floor(((1 - confidence) / 2) * resamples);
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  return {
    change: relativeChange(sum(base), sum(candidate)),
    low: changes[tail] ?? NaN,
    high: changes[resamples - 1 - tail] ?? NaN,
  };
}

/** (after - before) / |before|; 0 when both are zero, infinite with the sign of the change when only `before` is. */
export function relativeChange(before: number, after: number): number {
  if (before === after) return 0;
  if (before === 0) return after > 0 ? Infinity : -Infinity;
  return (after - before) / Math.abs(before);
}
