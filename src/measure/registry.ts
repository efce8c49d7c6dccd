/**
 * Looking up metrics by name, and the order in which metrics are listed, written and shown.
 */
import { METRICS } from './metric-list.js';
import { STATISTICS } from './metric.js';
import type { Metric, Statistic, Unit } from './metric.js';

const places = new Map(METRICS.map((metric, place) => [metric.name, place]));

/** The metric of that name, or undefined. */
export function findMetric(name: string): Metric | undefined {
  const place = places.get(name);
  return place === undefined ? undefined : METRICS[place];
}

/**
 * The metric of that name.
 * @throws Error when there is none
 */
export function metricNamed(name: string): Metric {
  const metric = findMetric(name);
  if (metric === undefined) throw new Error(`no metric is called ${name}`);
  return metric;
}

/**
 * Base unit of one figure: the metric's, but a count of samples has none.
 * @throws Error when the metric is not in the list
 */
export function unitOf(metric: string, statistic: Statistic): Unit {
  return statistic === 'count' ? '1' : metricNamed(metric).unit;
}

/**
 * Order of two (metric, statistic) pairs: metrics as they stand in the list, unknown ones behind by name, then
 * statistics as in `STATISTICS`.
 */
export function compareMetrics(
  a: { readonly metric: string; readonly statistic: Statistic },
  b: { readonly metric: string; readonly statistic: Statistic },
): number {
  const last = METRICS.length;
  const byPlace = (places.get(a.metric) ?? last) - (places.get(b.metric) ?? last);
  if (byPlace !== 0) return byPlace;
  if (a.metric !== b.metric) return a.metric < b.metric ? -1 : 1;
  return STATISTICS.indexOf(a.statistic) - STATISTICS.indexOf(b.statistic);
}
