/** What became of a case's requests: who was not answered, and for what reason. Numbers are means over the seeds. */
import type { CaseView } from './case-view.js';
import { thousands } from './number-text.js';

/** More of a case's requests than this share without an answer are worth a note at its latencies. */
const NOTEWORTHY = 0.01;

/** What is said of requests that were not answered, and the metric that counts them. */
export const FAILURES = [
  ['were refused', 'requests_refused'],
  ['timed out', 'requests_timed_out'],
  ['were reset', 'requests_reset'],
  ['found no source port', 'requests_without_port'],
  ['were unfinished when the run ended', 'requests_unfinished'],
] as const;

/** Sum of a total over some cases, of the means over their seeds. */
export function totalOf(views: readonly CaseView[], metric: string): number {
  return views.reduce((sum, view) => sum + (view.mean(metric, 'total') ?? 0), 0);
}

/** Requests of some cases that were not answered. */
export function unansweredOf(views: readonly CaseView[]): number {
  return FAILURES.reduce((sum, [, metric]) => sum + totalOf(views, metric), 0);
}

/** Share of a case's requests that were not answered; 0 without requests. */
export function unansweredShare(view: CaseView): number {
  const scheduled = totalOf([view], 'requests_scheduled');
  return scheduled === 0 ? 0 : unansweredOf([view]) / scheduled;
}

/** Whether so many requests were not answered that the latencies of the others flatter the case. */
export function isFlattered(view: CaseView): boolean {
  return unansweredShare(view) > NOTEWORTHY;
}

/** A share for a sentence: `12 %`, never rounded to nothing or to everything. */
export function shareText(share: number): string {
  const percent = Math.round(share * 100);
  if (percent < 1) return 'less than 1 %';
  return percent > 99 && share < 1 ? 'more than 99 %' : `${percent} %`;
}

/** A count that is a mean over seeds, in whole numbers: `1,234`; `less than 1` for what rounds to nothing. */
export function wholeText(count: number): string {
  return count > 0 && count < 0.5 ? 'less than 1' : thousands(Math.round(count));
}

/** What counts over some cases are: sums of means over the seeds. */
export function basisText(views: readonly CaseView[]): string {
  const seeds = Math.max(1, ...views.map((view) => view.find('requests_scheduled', 'total')?.seeds ?? 1));
  return seeds === 1 ? 'all cases' : 'all cases, mean over seeds';
}
