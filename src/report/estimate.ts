/**
 * Figures with the doubt that the seeds leave: what may be said about one, and whether two of them differ.
 *
 * An interval is the mean's 95 % interval over the seeds. One seed gives none; figures are then taken as they are, and
 * the summary says that they are of one seed.
 */
import type { Statistic } from '../measure/index.js';
import type { CaseView } from './case-view.js';

/** Half an interval above this share of the mean is too wide for a sentence about the mean. */
const FIRM = 0.1;

/** Half an interval above this share of the mean is marked in tables. */
const WILD = 0.5;

/** A case's figure and half the width of its interval; 0 with one seed. */
export interface Estimate {
  readonly view: CaseView;
  readonly mean: number;
  readonly half: number;
  /** Least and largest of the seeds. */
  readonly min: number;
  readonly max: number;
}

/** A figure of some cases, least first; cases without it are left out. */
export function ranked(views: readonly CaseView[], metric: string, statistic: Statistic): Estimate[] {
  return views
    .flatMap((view): Estimate[] => {
      const found = view.find(metric, statistic);
      if (found === undefined) return [];
      const { mean, halfWidth, min, max } = found;
      return [{ view, mean, half: halfWidth ?? 0, min: min ?? mean, max: max ?? mean }];
    })
    .sort((a, b) => a.mean - b.mean);
}

/** Whether the seeds agree well enough to state the mean. */
export function isFirm({ mean, half }: Estimate): boolean {
  return half <= FIRM * mean;
}

/** Whether the seeds disagree so much that the mean says little. */
export function isWild({ mean, half }: Estimate): boolean {
  return half > WILD * mean;
}

/** Whether the first is above the second, their intervals apart. */
export function exceeds(high: Estimate, low: Estimate): boolean {
  return high.mean - high.half > low.mean + low.half;
}
