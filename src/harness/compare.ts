/**
 * Puts two runs side by side: finds out whether they may be compared at all, and pairs their values seed by seed.
 *
 * Runs are comparable when their input is the same (equal hashes); only the program may differ. Different input is no
 * regression, so it gets an answer of its own.
 */
import { STATISTICS, compareMetrics, findMetric } from '../measure/index.js';
import type { Statistic } from '../measure/index.js';
import type { CaseFigures, RunFigures } from './figures.js';

/** One figure of one case on both sides, over the seeds that both have. */
export interface MetricPair {
  readonly caseId: string;
  readonly metric: string;
  readonly statistic: Statistic;
  /** One value per common seed, in one order on both sides. */
  readonly baseline: readonly (number | null)[];
  readonly candidate: readonly (number | null)[];
}

/** What can be compared, or why nothing can. */
export type Comparison =
  | {
      readonly comparable: true;
      readonly pairs: readonly MetricPair[];
      /** What was left out, one sentence each. */
      readonly notes: readonly string[];
    }
  | { readonly comparable: false; readonly problems: readonly string[] };

/** How strict the comparison is. */
export interface CompareOptions {
  /** Compare the cases that both sides have, and only note the others. */
  readonly lenient?: boolean;
}

/**
 * Pairs two runs.
 * @param baseline the old figures
 * @param candidate the new ones
 */
export function compareRuns(
  baseline: RunFigures,
  candidate: RunFigures,
  { lenient = false }: CompareOptions = {},
): Comparison {
  const theirs = new Map(candidate.cases.map((item) => [item.id, item]));
  const ours = new Set(baseline.cases.map((item) => item.id));
  const common = baseline.cases.filter((item) => theirs.has(item.id));
  const seeds = baseline.seeds.filter((seed) => candidate.seeds.includes(seed));
  const missing = [
    ...baseline.cases.filter((item) => !theirs.has(item.id)).map((item) => `case ${item.id} is not in the new run`),
    ...candidate.cases.filter((item) => !ours.has(item.id)).map((item) => `case ${item.id} is not in the baseline`),
  ];
  const problems = [
    ...(baseline.scenario === candidate.scenario ? [] : [otherScenario(baseline, candidate)]),
    ...(lenient ? [] : missing),
    ...common
      .filter((item) => theirs.get(item.id)?.hash !== item.hash)
      .map((item) => `case ${item.id} has another input`),
    ...(common.length === 0 ? ['the two have no case in common'] : []),
    ...(seeds.length === 0
      ? [`the two have no seed in common: ${baseline.seeds.join(', ')} and ${candidate.seeds.join(', ')}`]
      : []),
  ];
  if (problems.length === 0 && !lenient && baseline.scenarioHash !== candidate.scenarioHash) {
    problems.push('the cases stand in another order');
  }
  if (problems.length > 0) return { comparable: false, problems };
  const places = { baseline: placesOf(baseline, seeds), candidate: placesOf(candidate, seeds) };
  const pairs = common.flatMap((item) => pairCase(item, theirs.get(item.id) ?? item, places));
  return { comparable: true, pairs, notes: [...missing, ...seedNote(baseline, candidate, seeds)] };
}

interface Places {
  readonly baseline: readonly number[];
  readonly candidate: readonly number[];
}

/** Pairs what the baseline has; a metric that is new since then has nothing to be compared with. */
function pairCase(baseline: CaseFigures, candidate: CaseFigures, places: Places): MetricPair[] {
  const pairs = Object.entries(baseline.values).flatMap(([metric, statistics]) => {
    if (findMetric(metric) === undefined) return [];
    return STATISTICS.flatMap((statistic): MetricPair[] => {
      const old = statistics[statistic];
      if (old === undefined) return [];
      const now = candidate.values[metric]?.[statistic] ?? [];
      return [
        {
          caseId: baseline.id,
          metric,
          statistic,
          baseline: places.baseline.map((place) => old[place] ?? null),
          candidate: places.candidate.map((place) => now[place] ?? null),
        },
      ];
    });
  });
  return pairs.sort(compareMetrics);
}

function placesOf(run: RunFigures, seeds: readonly string[]): number[] {
  return seeds.map((seed) => run.seeds.indexOf(seed));
}

function seedNote(baseline: RunFigures, candidate: RunFigures, seeds: readonly string[]): string[] {
  if (seeds.length === baseline.seeds.length && seeds.length === candidate.seeds.length) return [];
  return [`compared over ${seeds.length} common seeds of ${baseline.seeds.length} and ${candidate.seeds.length}`];
}

function otherScenario(baseline: RunFigures, candidate: RunFigures): string {
  return `the baseline is of scenario ${baseline.scenario}, the new run of ${candidate.scenario}`;
}
