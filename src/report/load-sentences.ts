/** What a run says about how evenly the endpoints are loaded: by which modes and schedulers most and least, where they differ most. */
import type { CaseView } from './case-view.js';
import { contestsOf } from './contest.js';
import type { Contest } from './contest.js';
import { exceeds } from './estimate.js';
import type { Estimate } from './estimate.js';
import type { FindingGroup } from './finding.js';
import { listText } from './wording.js';
import { numberText } from './number-text.js';
import { placeAmong } from './setting.js';

/** Jain indices closer than this are called alike. */
const ALIKE = 0.005;

/** Requests an endpoint from which on chance alone moves the index by less than that: about one over this number. */
const ENOUGH = 1 / ALIKE;

/** The most and the least even; "alike" only where enough requests could tell. */
export function loadFindings(views: readonly CaseView[]): FindingGroup {
  const contests = contestsOf(views, 'endpoint_load_jain', 'value');
  const enough = contests.filter((contest) => contest.all.every(({ view }) => requestsEach(view) >= ENOUGH));
  const telling = enough.some((contest) => apart(contest) >= ALIKE) ? enough : contests;
  const [widest] = telling.toSorted((a, b) => apart(b) - apart(a));
  if (widest === undefined) return { sentences: [], weight: 1 };
  if (apart(widest) >= ALIKE) return { sentences: [differenceText(widest, views)], weight: 1 };
  const together = contests.every(({ least, most }) => most.mean - least.mean < ALIKE);
  if (!together || enough.length < contests.length) return { sentences: [], weight: 1 };
  const lowest = Math.min(...contests.map(({ least }) => least.mean));
  const who = contests.every(isOfOneMode) ? 'The schedulers' : 'The modes';
  return {
    sentences: [
      `${who} spread the load alike (Jain index ${indexText(lowest)}${indexText(lowest) === indexText(1) ? '' : ' or more'}).`,
    ],
    weight: 1,
  };
}

/** How far the seeds hold most and least apart. */
function apart({ least, most }: Contest): number {
  return exceeds(most, least) ? most.mean - least.mean : 0;
}

function differenceText(contest: Contest, views: readonly CaseView[]): string {
  const like = (item: Estimate): Estimate[] =>
    contest.all.filter(({ mean }) => indexText(mean) === indexText(item.mean));
  const name = (view: CaseView): string => (isOfOneMode(contest) ? view.scheduler : view.modeName);
  const say = (items: readonly Estimate[]): string => {
    const [first, second] = items;
    const ratio = second === undefined ? first?.view.mean('endpoint_load_max_over_mean', 'value') : undefined;
    const busiest = ratio === undefined ? '' : `, busiest endpoint ${numberText(ratio)} times the mean`;
    const names = listText(items.map(({ view }) => name(view)));
    return `${names}${second === undefined ? '' : ' alike'} (Jain index ${indexText(first?.mean ?? 0)}${busiest})`;
  };
  const place = placeAmong(contest.most.view, views);
  const [most, least] = [contest.most, contest.least].map((item) => say(like(item)));
  return `At ${place} the load is spread most evenly by ${most ?? ''} and least evenly by ${least ?? ''}.`;
}

function isOfOneMode({ all }: Contest): boolean {
  return new Set(all.map(({ view }) => view.mode)).size === 1;
}

function indexText(index: number): string {
  return index.toFixed(3);
}

/** Mean requests of an endpoint; 0 when the run does not say. */
function requestsEach(view: CaseView): number {
  return view.mean('endpoint_requests', 'mean') ?? 0;
}
