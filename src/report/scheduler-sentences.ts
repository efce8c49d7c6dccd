/**
 * What a run says about the schedulers of a mode: how long requests take with each, and what its decision costs. Best and worst are named
 * where the seeds can tell them apart.
 */
import type { CaseView } from './case-view.js';
import { contestsOf } from './contest.js';
import type { Contest } from './contest.js';
import { exceeds, isFirm } from './estimate.js';
import type { Estimate } from './estimate.js';
import type { FindingGroup } from './finding.js';
import { numberText, timeText } from './number-text.js';
import { isFlattered } from './outcome.js';
import { placeAmong } from './setting.js';
import { listText, withNoun } from './wording.js';

/** Latencies within this ratio, whose intervals meet, are named together; from it on a ratio is given. */
const CLOSE = 1.5;

/** With so many variants at most, each gets its own sentence. */
const MOST_VARIANTS = 8;

/** Sentences about schedulers; none when no setting has two. */
export function schedulerFindings(views: readonly CaseView[]): FindingGroup {
  const contests = contestsOf(views.filter(hasScheduler), 'request_latency_ns', 'p99').filter(({ least, most }) =>
    exceeds(most, least),
  );
  const shown = mostTelling(contests);
  return {
    weight: Math.max(1, ...shown.map(certainRatio)),
    sentences: [...shown.map((contest) => latencySentence(contest, views)), ...effort(views)],
  };
}

function hasScheduler(view: CaseView): boolean {
  return view.scheduler !== '';
}

/** So many times as much at least, with what the seeds leave open. */
function certainRatio({ least, most }: Contest): number {
  const ratio = (most.mean - most.half) / (least.mean + least.half);
  return Number.isFinite(ratio) ? ratio : 1;
}

/** The contest of each variant in which the schedulers differ most, or of all variants where there are many. */
function mostTelling(contests: readonly Contest[]): Contest[] {
  const best = new Map<string, Contest>();
  const variants = new Set(contests.map(({ least }) => least.view.variant));
  for (const contest of contests) {
    const variant = variants.size <= MOST_VARIANTS ? contest.least.view.variant : '';
    const known = best.get(variant);
    if (known === undefined || certainRatio(contest) > certainRatio(known)) best.set(variant, contest);
  }
  return [...best.values()];
}

function latencySentence({ all, least, most }: Contest, views: readonly CaseView[]): string {
  const best = all.filter((item) => item === least || (!exceeds(item, least) && item.mean < least.mean * CLOSE));
  const worst = all.filter((item) => !exceeds(most, item) && item.mean * CLOSE > most.mean && !best.includes(item));
  const answered = [...best, ...worst].some(({ view }) => isFlattered(view)) ? 'answered requests' : 'requests';
  const ratio = most.mean / least.mean;
  const isTelling = isFirm(least) && isFirm(most) && ratio >= CLOSE && Number.isFinite(ratio);
  const so = isTelling ? `: ${numberText(ratio)} times as long` : '';
  const ends = `shortest with ${partText(best)} and longest with ${partText(worst.reverse())}`;
  return `At ${placeAmong(most.view, views)} the p99 of ${answered} is ${ends}${so}.`;
}

/** Schedulers that the seeds cannot tell apart, with their means; what wobbles, with the least and largest of the seeds. */
function partText(items: readonly Estimate[]): string {
  const firm = items.every(isFirm);
  const least = Math.min(...items.map((item) => (firm ? item.mean : item.min)));
  const most = Math.max(...items.map((item) => (firm ? item.mean : item.max)));
  const range = [...new Set([least, most].map(timeText))].join(' to ');
  const wobble = firm ? '' : ' over the seeds';
  return `${namesText(items)} (${range}${wobble})`;
}

/** Names of schedulers; several do alike. */
function namesText(items: readonly Estimate[]): string {
  return `${listText(items.map(({ view }) => view.scheduler))}${items.length > 1 ? ' alike' : ''}`;
}

/** Who walks how many servers to pick one, where that differs most. */
function effort(views: readonly CaseView[]): string[] {
  const contests = contestsOf(views.filter(hasScheduler), 'first_packet_servers_walked', 'mean');
  const [widest] = contests.sort((a, b) => b.most.mean - b.least.mean - (a.most.mean - a.least.mean));
  if (widest === undefined || widest.most.mean < widest.least.mean + 1) return [];
  const { least, most } = widest;
  const cost = `${most.view.scheduler} looks at ${withNoun(numberText(most.mean), 'server')} on average`;
  const other = `${least.view.scheduler} at ${least.mean === 0 ? 'none' : numberText(least.mean)}`;
  return [`At ${placeAmong(most.view, views)} ${cost} to pick one for a new connection, ${other}.`];
}
