/**
 * What a metric is. The list stands in `metric-list.ts`, looking one up in `registry.ts`.
 *
 * A metric's name ends in its unit where it has one (`_ns`, `_per_s`, `_ratio`); its values are always in that base
 * unit, and only reports scale them for display.
 */
/**
 * How a metric is compared.
 * exact: a count of work or things, equal or changed; simulated: depends on simulated time, compared seed by seed;
 * host: a figure of the machine that runs the simulator.
 */
export type MetricKind = 'exact' | 'simulated' | 'host';

/** Which direction is the better one. */
export type Better = 'lower' | 'higher' | 'none';

/** Base units: nanoseconds, counts and ratios, events a second, bytes. */
export type Unit = 'ns' | '1' | '1/s' | 'B';

/** Statistics of a metric that has a value for each endpoint of a Service: `e01` is the one that was made first. */
export const ENDPOINT_PLACES = [
  ...(['e01', 'e02', 'e03', 'e04', 'e05', 'e06', 'e07', 'e08'] as const),
  ...(['e09', 'e10', 'e11', 'e12', 'e13', 'e14', 'e15', 'e16'] as const),
] as const;

/** Every statistic that a metric may come with, in display order. */
export const STATISTICS = [
  'value',
  'total',
  'count',
  'min',
  'mean',
  'p50',
  'p90',
  'p99',
  'p99.9',
  'max',
  'end',
  ...ENDPOINT_PLACES,
] as const;

/**
 * One of the statistics. `value`: the metric is a single number; `total`: a sum over the run; `count`: how many samples
 * the others summarise; `end`: the state at the end of the run; `e01` and so on: of one endpoint.
 */
export type Statistic = (typeof STATISTICS)[number];

/** One metric. */
export interface Metric {
  readonly name: string;
  readonly unit: Unit;
  readonly kind: MetricKind;
  readonly better: Better;
  /** Heading under which it is listed. */
  readonly area: string;
  /** One sentence: what is measured, where, over what. */
  readonly doc: string;
  readonly statistics: readonly Statistic[];
}
