/** Numbers and what they mean: histograms, samples, intervals, the list of metrics, results and rows. */
export { Histogram, type HistogramData } from './histogram.js';
export { SampleSummary, statisticOf, type Spread } from './summary.js';
export { jainIndex, maxOverMean } from './jain.js';
export { studentQuantile, meanInterval, type MeanInterval } from './interval.js';
export { pairedChange, relativeChange, type PairedChange } from './bootstrap.js';
export {
  ENDPOINT_PLACES,
  STATISTICS,
  type Better,
  type Metric,
  type MetricKind,
  type Statistic,
  type Unit,
} from './metric.js';
export { METRICS, DROP_CAUSES, type DropCause } from './metric-list.js';
export { findMetric, metricNamed, unitOf, compareMetrics } from './registry.js';
export { MetricValues } from './metric-values.js';
export type { Aggregate, CaseLabels, CaseResult, MetricValue, Row } from './result.js';
export type { Answer, Finding, GateReport } from './verdict.js';
export { parseThreshold, keepsThreshold, type Threshold } from './threshold.js';
