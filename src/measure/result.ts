/**
 * What a run yields: the result of one case with one seed, and the row of a table that the harness makes of each value.
 *
 * Plain data in base units; a missing value is NaN in a result and null in a row.
 */
import type { HistogramData } from './histogram.js';
import type { Statistic, Unit } from './metric.js';

/** One figure of a metric. */
export interface MetricValue {
  readonly metric: string;
  readonly statistic: Statistic;
  /** In the metric's base unit; NaN when there is nothing to measure. */
  readonly value: number;
}

/** What one case gave with one seed. */
export interface CaseResult {
  readonly caseId: string;
  readonly seed: string;
  /** In the order of the metric list. */
  readonly values: readonly MetricValue[];
  /** Digest over all events of the run. */
  readonly digest: string;
  /** Histograms by metric name. */
  readonly histograms: Readonly<Record<string, HistogramData>>;
  /** Doubts about the figures, one sentence each, with a remedy. */
  readonly warnings: readonly string[];
}

/** What tells the cases of a run apart, in every table. */
export interface CaseLabels {
  readonly scenario: string;
  readonly caseId: string;
  readonly mode: string;
  /** Empty in modes without schedulers. */
  readonly scheduler: string;
  readonly nodes: number;
  readonly services: number;
  /** Endpoints of each Service; null when they differ from Service to Service. */
  readonly endpoints: number | null;
  readonly workload: string;
}

/** One value in long form: a line of the CSV. */
export interface Row extends CaseLabels {
  readonly runId: string;
  readonly seed: string;
  readonly metric: string;
  readonly unit: Unit;
  readonly statistic: Statistic;
  /** null when there is nothing to measure. */
  readonly value: number | null;
}

/** One value over all seeds of a case. */
export interface Aggregate extends CaseLabels {
  readonly runId: string;
  readonly metric: string;
  readonly unit: Unit;
  readonly statistic: Statistic;
  /** Seeds that gave a value. */
  readonly seeds: number;
  /** Mean over the seeds; null when none gave a value. */
  readonly mean: number | null;
  /** Half the width of the 95 % confidence interval of the mean; null below two seeds. */
  readonly halfWidth: number | null;
  readonly min: number | null;
  readonly max: number | null;
}
