/**
 * Gathers the figures of one run: give it a histogram, a sample or a number per metric, and it takes exactly the
 * statistics that the metric list promises.
 */
import type { Histogram, HistogramData } from './histogram.js';
import type { Statistic } from './metric.js';
import { compareMetrics, metricNamed } from './registry.js';
import type { MetricValue } from './result.js';
import { SampleSummary, statisticOf } from './summary.js';
import type { Spread } from './summary.js';

/** The figures of one run, as they come in. */
export class MetricValues {
  /** Histograms given to `histogram`, as data, by metric name. */
  readonly histograms: Record<string, HistogramData> = {};
  private readonly values: MetricValue[] = [];

  /**
   * Takes one figure.
   * @throws Error when the metric is not in the list or does not come with that statistic
   */
  set(metric: string, statistic: Statistic, value: number): void {
    if (!metricNamed(metric).statistics.includes(statistic)) throw new Error(`${metric} has no statistic ${statistic}`);
    this.values.push({ metric, statistic, value });
  }

  /**
   * Takes the figure of a metric that comes with one statistic only.
   * @throws Error when the metric is not in the list or comes with several
   */
  single(metric: string, value: number): void {
    const [statistic, second] = metricNamed(metric).statistics;
    if (statistic === undefined || second !== undefined) throw new Error(`${metric} comes with several statistics`);
    this.values.push({ metric, statistic, value });
  }

  /** Takes all statistics of a metric from a histogram, and keeps the histogram. */
  histogram(metric: string, histogram: Histogram): void {
    this.spread(metric, histogram);
    this.histograms[metric] = histogram.toJSON();
  }

  /** Takes all statistics of a metric from a sample kept in full. */
  sample(metric: string, values: ArrayLike<number>): void {
    this.spread(metric, new SampleSummary(values));
  }

  /** All figures, in the order of the metric list. */
  list(): MetricValue[] {
    return this.values.sort(compareMetrics);
  }

  private spread(metric: string, spread: Spread): void {
    for (const statistic of metricNamed(metric).statistics) {
      this.values.push({ metric, statistic, value: statisticOf(spread, statistic) });
    }
  }
}
