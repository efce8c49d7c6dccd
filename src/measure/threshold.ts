/**
 * Absolute limits in the grammar of k6, `<aggregate> <operator> <value>`: `p(99)<2ms`, `max<10ms`, `rate>=5k/s`, `value==0`.
 *
 * Aggregates are avg, min, med, max, p(N), count, rate, value, total and end; which of them a metric has, the metric list says.
 * Values carry a unit that fits the metric: durations for `ns`, `/s` for rates, `%` or a plain number for counts and ratios.
 */
import type { Statistic, Unit } from './metric.js';
import { findMetric, unitOf } from './registry.js';

/** A checked limit. */
export interface Threshold {
  readonly metric: string;
  readonly statistic: Statistic;
  readonly operator: '<' | '<=' | '>' | '>=' | '==' | '!=';
  /** In the metric's base unit. */
  readonly bound: number;
  /** As it was written. */
  readonly text: string;
}

const FORM = /^\s*([a-z]+|p\(\s*\d+(?:\.\d+)?\s*\))\s*(<=|>=|==|!=|<|>)\s*(\d+(?:\.\d+)?)\s*([a-zµ%/]*)\s*$/i;

const AGGREGATES: ReadonlyMap<string, Statistic> = new Map([
  ['avg', 'mean'],
  ['mean', 'mean'],
  ['med', 'p50'],
  ['min', 'min'],
  ['max', 'max'],
  ['count', 'count'],
  ['rate', 'value'],
  ['value', 'value'],
  ['total', 'total'],
  ['end', 'end'],
]);

/** Factors to the base unit by what stands behind the number, per unit of metric. */
const SCALES: Readonly<Record<Unit, ReadonlyMap<string, number>>> = {
  ns: new Map(Object.entries({ ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 60e9 })),
  '1': new Map(Object.entries({ '': 1, k: 1e3, M: 1e6, '%': 0.01 })),
  '1/s': new Map(Object.entries({ '': 1, k: 1e3, M: 1e6, '/s': 1, 'k/s': 1e3, 'M/s': 1e6 })),
  B: new Map(Object.entries({ '': 1, B: 1, kB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 })),
};

const EXAMPLES: Readonly<Record<Unit, string>> = {
  ns: '2ms',
  '1': '100, 5k or 95%',
  '1/s': '5k/s',
  B: '10GB',
};

/**
 * Reads one limit.
 * @param metric name of the metric it is for
 * @param text the expression
 * @returns the limit, or a sentence that says what is wrong with it
 */
export function parseThreshold(metric: string, text: string): Threshold | string {
  const known = findMetric(metric);
  if (known === undefined) return `no metric is called ${metric}`;
  const [, aggregate = '', operator = '', digits = '', suffix = ''] = FORM.exec(text) ?? [];
  if (aggregate === '') return `expected <aggregate> <operator> <value> such as p(99)<2ms, found ${text}`;
  const statistic = statisticNamed(aggregate);
  if (statistic === undefined)
    return `expected avg, min, med, max, p(N), count, rate, value, total or end, found ${aggregate}`;
  if (!known.statistics.includes(statistic)) {
    return `${metric} has no ${statistic}, only ${known.statistics.join(', ')}`;
  }
  const unit = unitOf(metric, statistic);
  const scale = Number(digits) === 0 && suffix === '' ? 1 : SCALES[unit].get(suffix);
  if (scale === undefined) return `expected a value such as ${EXAMPLES[unit]} for ${metric}, found ${digits}${suffix}`;
  // 95 x 0.01 is not 0.95.
  const bound = suffix === '%' ? Number(digits) / 100 : Number(digits) * scale;
  return { metric, statistic, operator: operator as Threshold['operator'], bound, text };
}

/** Whether a value keeps a limit. */
export function keepsThreshold(value: number, { operator, bound }: Threshold): boolean {
  switch (operator) {
    case '<':
      return value < bound;
    case '<=':
      return value <= bound;
    case '>':
      return value > bound;
    case '>=':
      return value >= bound;
    case '==':
      return value === bound;
    case '!=':
      return value !== bound;
  }
}

function statisticNamed(aggregate: string): Statistic | undefined {
  if (!aggregate.startsWith('p(')) return AGGREGATES.get(aggregate);
  const percent = Number(aggregate.slice(2, -1));
  if (percent === 0) return 'min';
  return percent === 100 ? 'max' : (`p${percent}` as Statistic);
}
