/** Entries of the list of metrics, written in short, and the metrics that they are. */
import type { Better, Metric, MetricKind, Statistic, Unit } from './metric.js';

/** One entry of an area. */
export type MetricEntry = readonly [
  name: string,
  unit: Unit,
  kind: MetricKind,
  better: Better,
  statistics: readonly Statistic[],
  doc: string,
];

/** The metrics of an area, in display order. */
export function area(name: string, entries: readonly MetricEntry[]): Metric[] {
  return entries.map(([metric, unit, kind, better, statistics, doc]) => {
    return { name: metric, unit, kind, better, area: name, doc, statistics };
  });
}
