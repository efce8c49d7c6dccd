/** Columns of figures, by what kind of figure stands in them. */
import type { FigureColumn } from './case-table.js';

/** A count or a mean. */
export function number(
  group: string,
  heading: string,
  metric: string,
  statistic: FigureColumn['statistic'],
): FigureColumn {
  return { group, heading, metric, statistic, unit: 'number' };
}

/** A time; the columns of a group share its unit. */
export function time(
  group: string,
  heading: string,
  metric: string,
  statistic: FigureColumn['statistic'],
): FigureColumn {
  return { group, heading, metric, statistic, unit: 'time' };
}

/** Bytes, each with its unit: they differ too much for one. */
export function bytes(
  group: string,
  heading: string,
  metric: string,
  statistic: FigureColumn['statistic'],
): FigureColumn {
  return { group, heading, metric, statistic, unit: 'bytes' };
}

/** Which part of one total another one is, in percent. */
export function share(group: string, heading: string, metric: string, over: string): FigureColumn {
  return { group, heading, metric, statistic: 'total', over, unit: 'share' };
}
