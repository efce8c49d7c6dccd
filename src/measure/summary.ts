/**
 * Summaries of a sample: count, sum, mean, least, largest and quantiles of numbers kept in full.
 *
 * For samples that are small enough to keep (endpoints, nodes, syncs); latencies go through `histogram.ts`.
 */
import type { Statistic } from './metric.js';
import { nearestRank } from './quantile.js';

/** Shares behind the quantile statistics. */
export const QUANTILES: Readonly<Partial<Record<Statistic, number>>> = {
  p50: 0.5,
  p90: 0.9,
  p99: 0.99,
  'p99.9': 0.999,
};

/** A sample, sorted, with its moments. */
export class SampleSummary {
  readonly count: number;
  readonly sum: number;
  private readonly sorted: Float64Array;

  /** @param values the sample, in any order; copied */
  constructor(values: ArrayLike<number>) {
    this.sorted = Float64Array.from(values).sort();
    this.count = this.sorted.length;
    this.sum = this.sorted.reduce((sum, value) => sum + value, 0);
  }

  /** Least value; NaN when the sample is empty. */
  get min(): number {
    return this.sorted[0] ?? NaN;
  }

  /** Largest value; NaN when the sample is empty. */
  get max(): number {
    return this.sorted[this.count - 1] ?? NaN;
  }

  /** Mean; NaN when the sample is empty. */
  get mean(): number {
    return this.sum / this.count;
  }

  /**
   * Quantile of the sample, by nearest rank; NaN when the sample is empty.
   * @param q the share, 0 to 1
   */
  quantile(q: number): number {
    return this.count === 0 ? NaN : this.sorted[nearestRank(q, this.count) - 1]!;
  }
}

/** What has the figures of a spread: a sample kept in full, or a histogram. */
export interface Spread {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** Value below or at which the share `q`, 0 to 1, lies; NaN when the spread is empty. */
  quantile(q: number): number;
}

/**
 * One statistic of a spread.
 * @returns the figure; NaN when the spread is empty (count and total are 0 then)
 * @throws Error for `value` and `end`, which no spread has
 */
export function statisticOf(spread: Spread, statistic: Statistic): number {
  const q = QUANTILES[statistic];
  if (q !== undefined) return spread.quantile(q);
  if (statistic === 'total') return spread.sum;
  if (statistic === 'count' || statistic === 'min' || statistic === 'max' || statistic === 'mean')
    return spread[statistic];
  throw new Error(`a spread has no statistic ${statistic}`);
}
