/** What became of a case's requests: who was not answered, and for what reason. Numbers are means over the seeds. */
import type { CaseView } from './case-view.js';
import type { Estimate } from './estimate.js';
import { thousands } from './number-text.js';

/** More of a case's requests than this share without an answer are worth a note at its latencies. */
export const NOTEWORTHY = 0.01;

/** What is said of requests that were not answered, and the metric that counts them. */
export const FAILURES = [
  ['were refused', 'requests_refused'],
  ['timed out', 'requests_timed_out'],
  ['were reset', 'requests_reset'],
  ['found no source port', 'requests_without_port'],
  ['were unfinished when the run ended', 'requests_unfinished'],
] as const;

/** What ingress proxies answered themselves, by status code, and the metric that counts it. */
export const PROXY_ERRORS = [
  ['404', 'ingress_answers_404'],
  ['502', 'ingress_answers_502'],
  ['503', 'ingress_answers_503'],
  ['504', 'ingress_answers_504'],
] as const;

/** Answers of ingress proxies with an error, of one status code. */
export interface ErrorAnswers {
  readonly code: string;
  readonly count: number;
}

/** Sum of a total over some cases, of the means over their seeds. */
export function totalOf(views: readonly CaseView[], metric: string): number {
  return views.reduce((sum, view) => sum + (view.mean(metric, 'total') ?? 0), 0);
}

/** Requests of some cases that were not answered. */
export function unansweredOf(views: readonly CaseView[]): number {
  return FAILURES.reduce((sum, [, metric]) => sum + totalOf(views, metric), 0);
}

/**
 * Requests of some cases that an ingress proxy answered with an error, by status code; none of a code that nobody got. Proxies count by the
 * time of their answer, clients by the time at which a request was due: answers to the last requests of the warm-up are not
 * among the answered ones, so what goes beyond these is taken off the most frequent code.
 */
export function errorAnswersOf(views: readonly CaseView[]): ErrorAnswers[] {
  const counts = new Map<string, number>();
  for (const view of views) {
    const own = PROXY_ERRORS.map(([code, metric]) => ({ code, count: totalOf([view], metric) }));
    const beyond = own.reduce((sum, { count }) => sum + count, 0) - totalOf([view], 'requests_completed');
    const [most] = own.toSorted((a, b) => b.count - a.count);
    for (const { code, count } of own) {
      const fitting = code === most?.code && beyond > 0 ? Math.max(0, count - beyond) : count;
      counts.set(code, (counts.get(code) ?? 0) + fitting);
    }
  }
  return [...counts].map(([code, count]) => ({ code, count })).filter(({ count }) => count > 0);
}

/** Share of a case's answered requests that an ingress proxy answered with an error; 0 without answered ones. */
export function errorShare(view: CaseView): number {
  const answered = totalOf([view], 'requests_completed');
  const errors = errorAnswersOf([view]).reduce((sum, { count }) => sum + count, 0);
  return answered === 0 ? 0 : errors / answered;
}

/** Whether a case's requests go through an Ingress: then a connection's first packet goes no farther than to its proxy. */
export function endsAtIngress(view: CaseView): boolean {
  const answers = PROXY_ERRORS.reduce((sum, [, metric]) => sum + totalOf([view], metric), 0);
  return totalOf([view], 'ingress_requests_sent') + answers > 0;
}

/** Whether a load balancer ends a case's connections; a first packet goes on by a connection of its own, as with relays. */
export function passesBalancer(view: CaseView): boolean {
  return totalOf([view], 'balancer_connections_opened') > 0;
}

/** The share of a case's requests that were not answered, with the doubt of all kinds of failure added up; undefined without requests. */
export function unansweredEstimate(view: CaseView): Estimate | undefined {
  const scheduled = totalOf([view], 'requests_scheduled');
  if (scheduled === 0) return undefined;
  const found = FAILURES.flatMap(([, metric]) => view.find(metric, 'total') ?? []);
  const half = found.reduce((sum, { halfWidth }) => sum + (halfWidth ?? 0), 0) / scheduled;
  const mean = unansweredShare(view);
  return { view, mean, half, min: Math.max(0, mean - half), max: mean + half };
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

/** Fewer values than these in a run say nothing about a mode. */
const FEW = 20;

/** Whether a case has enough values of a metric to speak of their mean; so has one that does not say how many there are. */
export function hasMany(view: CaseView, metric: string): boolean {
  return (view.mean(metric, 'count') ?? Infinity) >= FEW;
}

/** A share for a sentence: `12 %`, below ten of them `1.3 %`; never rounded to nothing or to everything. */
export function shareText(share: number): string {
  const percent = share < 0.1 ? Math.round(share * 1000) / 10 : Math.round(share * 100);
  if (percent < 0.5) return 'less than 1 %';
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
