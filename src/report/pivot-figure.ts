/**
 * Figures of a pivot table, as they are asked for: `[heading=]metric[:statistic][/metric[:statistic]]`.
 *
 * `Jain=endpoint_load_jain`, `p99=request_latency_ns:p99`, `answered=requests_completed/requests_scheduled`. A metric with several
 * statistics, none of them named, stands for all of them.
 */
import { findMetric, METRICS, unitOf } from '../measure/index.js';
import type { Statistic } from '../measure/index.js';
import type { CaseView } from './case-view.js';

/** A name that stands for nothing, for whoever wants to suggest another. */
export interface UnknownName {
  readonly written: string;
  /** Names that there are. */
  readonly known: readonly string[];
}

/** A table that cannot be made as it was asked for; the message says why. */
export class PivotError extends Error {
  /** A name that stands for nothing, and those that do; undefined for other errors. */
  readonly unknown: UnknownName | undefined;

  /** @param message what is wrong, and what would be right */
  constructor(message: string, unknown?: UnknownName) {
    super(message);
    this.name = 'PivotError';
    this.unknown = unknown;
  }
}

/** One statistic of a metric. */
interface Quantity {
  readonly metric: string;
  readonly statistic: Statistic;
}

/** What a cell shows. */
export interface Figure {
  readonly heading: string;
  readonly of: Quantity;
  /** What it is divided by. */
  readonly per?: Quantity;
}

/**
 * Reads what is asked for.
 * @returns one figure, or one for each statistic of the metric
 * @throws PivotError when there is no such metric or statistic
 */
export function readFigures(text: string): Figure[] {
  const equals = text.indexOf('=');
  const heading = equals < 0 ? undefined : text.slice(0, equals).trim();
  const [dividend = '', divisor, ...others] = text
    .slice(equals + 1)
    .split('/')
    .map((part) => part.trim());
  if (others.length > 0 || heading === '')
    throw new PivotError(`${text}: expected [heading=]metric[:statistic][/metric[:statistic]]`);
  const quantities = quantitiesOf(dividend);
  if (divisor === undefined) {
    if (quantities.length > 1) return quantities.map((of) => ({ heading: headed(heading, of.statistic), of }));
    return quantities.map((of) => ({ heading: heading ?? dividend, of }));
  }
  return [
    {
      heading: heading ?? `${dividend}/${divisor}`,
      of: only(quantities, dividend),
      per: only(quantitiesOf(divisor), divisor),
    },
  ];
}

/** A figure of a case, a mean over its seeds in base units; undefined when the case does not have it. */
export function figureOf(view: CaseView, { of, per }: Figure): number | undefined {
  const value = view.mean(of.metric, of.statistic);
  if (value === undefined || per === undefined) return value;
  const divisor = view.mean(per.metric, per.statistic);
  return divisor === undefined || divisor === 0 ? undefined : value / divisor;
}

/** Whether a figure is a latency of answered requests, which flatters a case that leaves many without an answer. */
export function isLatency({ of }: Figure): boolean {
  return findMetric(of.metric)?.area === 'latency';
}

/** Unit of a figure: that of its metric, or `share` for what lies between 0 and 1 by its nature. */
export function figureUnit({ of, per }: Figure): 'ns' | '1' | '1/s' | 'B' | 'share' {
  if (of.metric.endsWith('_ratio')) return 'share';
  if (per === undefined) return unitOf(of.metric, of.statistic);
  return unitOf(of.metric, of.statistic) === unitOf(per.metric, per.statistic) ? 'share' : '1';
}

function quantitiesOf(text: string): Quantity[] {
  const [name = '', statistic, ...others] = text.split(':');
  const metric = findMetric(name);
  if (metric === undefined) {
    const near = METRICS.filter((known) => name.length > 2 && known.name.includes(name)).map((known) => known.name);
    const hint = near.length === 0 ? '`kpb get metrics` lists them' : `there is ${near.join(', ')}`;
    const known = near.length === 0 ? METRICS.map((each) => each.name) : [];
    throw new PivotError(`no metric is called ${JSON.stringify(name)}; ${hint}`, { written: name, known });
  }
  if (statistic === undefined) return metric.statistics.map((each) => ({ metric: name, statistic: each }));
  const found = metric.statistics.find((each) => each === statistic);
  if (found === undefined || others.length > 0) {
    throw new PivotError(
      `${name} has no statistic ${JSON.stringify(statistic)}; it has ${metric.statistics.join(', ')}`,
    );
  }
  return [{ metric: name, statistic: found }];
}

function only(quantities: readonly Quantity[], text: string): Quantity {
  const [first, second] = quantities;
  if (first !== undefined && second === undefined) return first;
  throw new PivotError(
    `${text} has several statistics; name one: ${quantities.map(({ statistic }) => `${text}:${statistic}`).join(', ')}`,
  );
}

function headed(heading: string | undefined, statistic: Statistic): string {
  return heading === undefined ? statistic : `${heading} ${statistic}`;
}
