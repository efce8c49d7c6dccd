/**
 * The gate: is the new run worse than the baseline? Three answers: passed, failed, not enough data.
 *
 * Exact metrics must be equal. Simulated ones are compared seed by seed: with five seeds or more by a bootstrap interval
 * of the change of the mean, with fewer only when all seeds agree (one seed is one, since both sides drew the same numbers).
 * A limit given for a metric holds whatever its kind. A metric without a better direction is not gated unless it has a limit.
 */
import { findMetric, pairedChange, relativeChange } from '../measure/index.js';
import type { Answer, Better, Finding, GateReport } from '../measure/index.js';
import type { MetricPair } from './compare.js';

/** From this many seeds on, the bootstrap interval decides. */
export const LEAST_SEEDS_FOR_INTERVAL = 5;

/** What counts as a regression. */
export interface GateOptions {
  /** Relative change for the worse that simulated metrics may show; 0.05 is 5 %. */
  readonly limit?: number | undefined;
  /** Limits by metric name in place of that one; for exact metrics in place of equality. */
  readonly limits?: Readonly<Record<string, number>> | undefined;
}

/** Limit of simulated metrics where none is given. */
export const DEFAULT_LIMIT = 0.05;

/** Judges every pair. */
export function gate(pairs: readonly MetricPair[], options: GateOptions = {}): GateReport {
  return gateReport(pairs.flatMap((pair) => judge(pair, options)));
}

/** Puts findings together: one failure fails, one lack of data (or nothing to judge) leaves the answer open. */
export function gateReport(findings: readonly Finding[]): GateReport {
  const has = (answer: Answer): boolean => findings.some((finding) => finding.answer === answer);
  if (has('failed')) return { answer: 'failed', findings };
  return { answer: findings.length === 0 || has('not-enough-data') ? 'not-enough-data' : 'passed', findings };
}

function judge(pair: MetricPair, options: GateOptions): Finding[] {
  const metric = findMetric(pair.metric);
  if (metric === undefined || metric.kind === 'host' || pair.statistic === 'count') return [];
  const ownLimit = options.limits?.[pair.metric];
  const exact = metric.kind === 'exact' && ownLimit === undefined;
  if (!exact && metric.better === 'none' && ownLimit === undefined) return [];
  const kept = keepMeasured(pair);
  if (kept.length === 0) return [];
  const common = {
    caseId: pair.caseId,
    metric: pair.metric,
    statistic: pair.statistic,
    baseline: mean(kept.map(([old]) => old)),
    candidate: mean(kept.map(([, now]) => now)),
    seeds: kept.length,
  };
  const lost = kept.some(([, now]) => now === null);
  const limit = ownLimit ?? options.limit ?? DEFAULT_LIMIT;
  const rule = exact ? ('exact' as const) : ('simulated' as const);
  const head = { ...common, rule, limit: exact ? '=' : `${Number((limit * 100).toPrecision(6))} %`, interval: null };
  if (lost) return [{ ...head, change: null, answer: 'failed', reason: 'no value in the new run' }];
  const full = kept.filter((values): values is [number, number] => values[0] !== null);
  if (full.length < kept.length) {
    return [{ ...head, change: null, answer: 'not-enough-data', reason: 'no value in the baseline' }];
  }
  if (exact) return [{ ...head, ...judgeExact(full) }];
  return [{ ...head, ...judgeSimulated(full, { limit, better: metric.better, pair }) }];
}

type Judgement = Pick<Finding, 'change' | 'answer' | 'reason'> & Partial<Pick<Finding, 'interval'>>;

function judgeExact(values: readonly (readonly [number, number])[]): Judgement {
  const change = changeOfMean(values);
  if (values.every(([old, now]) => old === now)) return { change, answer: 'passed', reason: 'unchanged' };
  return { change, answer: 'failed', reason: 'changed' };
}

function judgeSimulated(
  values: readonly (readonly [number, number])[],
  { limit, better, pair }: { readonly limit: number; readonly better: Better; readonly pair: MetricPair },
): Judgement {
  if (values.every(([old, now]) => old === now)) return { change: 0, answer: 'passed', reason: 'unchanged' };
  const change = changeOfMean(values);
  if (values.length < LEAST_SEEDS_FOR_INTERVAL) {
    const changes = values.map(([old, now]) => relativeChange(old, now));
    const range = towardsWorse([Math.min(...changes), Math.max(...changes)], better);
    return { change, ...agree(range, limit, values.length) };
  }
  const seed = `${pair.caseId}/${pair.metric}/${pair.statistic}`;
  const { low, high } = pairedChange(
    values.map(([old]) => old),
    values.map(([, now]) => now),
    { seed },
  );
  const worse = towardsWorse([low, high], better);
  const worseChange = better === 'higher' ? -change : better === 'none' ? Math.abs(change) : change;
  return { change, interval: [low, high], ...outside(worse, worseChange, limit, values.length) };
}

/** With few seeds: only what all of them say counts. */
function agree([least, most]: readonly [number, number], limit: number, seeds: number): Omit<Judgement, 'change'> {
  if (most <= limit) return { answer: 'passed', reason: most < 0 ? 'better' : 'within the limit' };
  if (least > limit)
    return { answer: 'failed', reason: seeds === 1 ? 'worse than the limit' : 'worse than the limit on every seed' };
  return { answer: 'not-enough-data', reason: `the ${seeds} seeds disagree; run ${LEAST_SEEDS_FOR_INTERVAL} or more` };
}

/** With an interval: beyond the limit and certainly worse fails, certainly within the limit passes. */
function outside(
  [low, high]: readonly [number, number],
  change: number,
  limit: number,
  seeds: number,
): Omit<Judgement, 'change'> {
  if (high <= limit) return { answer: 'passed', reason: high < 0 ? 'better' : 'within the limit' };
  if (change > limit && low > 0) return { answer: 'failed', reason: 'worse than the limit' };
  const half = (high - low) / 2;
  const ratio = half / (limit - change);
  const needed = Math.ceil(seeds * ratio * ratio);
  const advice = needed > seeds && needed <= 10_000 ? `about ${needed} seeds would tell` : 'more seeds would tell';
  return { answer: 'not-enough-data', reason: `unclear: ${advice}` };
}

/** A range of changes turned so that larger is worse; without a direction, the distance from no change. */
function towardsWorse([low, high]: readonly [number, number], better: Better): readonly [number, number] {
  if (better === 'lower') return [low, high];
  if (better === 'higher') return [-high, -low];
  const nearest = low <= 0 && high >= 0 ? 0 : Math.min(Math.abs(low), Math.abs(high));
  return [nearest, Math.max(Math.abs(low), Math.abs(high))];
}

/** The pairs in which at least one side has a value. */
function keepMeasured({ baseline, candidate }: MetricPair): (readonly [number | null, number | null])[] {
  return baseline
    .map((old, i) => [old, candidate[i] ?? null] as const)
    .filter(([old, now]) => old !== null || now !== null);
}

function changeOfMean(values: readonly (readonly [number, number])[]): number {
  const total = (side: 0 | 1): number => values.reduce((sum, pair) => sum + pair[side], 0);
  return relativeChange(total(0), total(1));
}

function mean(values: readonly (number | null)[]): number | null {
  const present = values.filter((value) => value !== null);
  return present.length === 0 ? null : present.reduce((sum, value) => sum + value, 0) / present.length;
}
