/**
 * What a run says about the schedulers of a mode: how long requests take with each, how evenly each spreads the load, and
 * what its decision costs. Best and worst are named where the seeds can tell them apart.
 */
import type { Statistic } from '../measure/index.js';
import type { CaseView } from './case-view.js';
import { exceeds, isFirm, ranked } from './estimate.js';
import type { Estimate } from './estimate.js';
import type { FindingGroup } from './finding.js';
import { numberText, timeText } from './number-text.js';
import { isFlattered } from './outcome.js';
import { placeAmong, settingsOf } from './setting.js';

/** Jain indices closer than this are called alike. */
const ALIKE = 0.005;

/** Requests an endpoint from which on chance alone moves the index by less than that: about one over this number. */
const ENOUGH = 1 / ALIKE;

/** Latencies within this ratio, whose intervals meet, are named together; from it on a ratio is given. */
const CLOSE = 1.5;

/** With so many variants at most, each gets its own sentence. */
const MOST_VARIANTS = 8;

/** Sentences about schedulers; none when no setting has two. */
export function schedulerFindings(views: readonly CaseView[]): FindingGroup {
  const contests = contestsOf(views, 'request_latency_ns', 'p99').filter(({ least, most }) => exceeds(most, least));
  const shown = mostTelling(contests);
  return {
    weight: Math.max(1, ...shown.map(certainRatio)),
    sentences: [...shown.map((contest) => latencySentence(contest, views)), ...evenness(views), ...effort(views)],
  };
}

/** The figures of the schedulers at one setting. */
interface Contest {
  readonly all: readonly Estimate[];
  readonly least: Estimate;
  readonly most: Estimate;
}

function contestsOf(views: readonly CaseView[], metric: string, statistic: Statistic): Contest[] {
  return settingsOf(views.filter((view) => view.scheduler !== '')).flatMap((setting): Contest[] => {
    const all = ranked(setting, metric, statistic);
    const [least, most] = [all[0], all.at(-1)];
    return least === undefined || most === undefined || all.length < 2 ? [] : [{ all, least, most }];
  });
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
  const best = all.filter((item) => !exceeds(item, least) && item.mean < least.mean * CLOSE);
  const worst = all.filter((item) => !exceeds(most, item) && item.mean * CLOSE > most.mean && !best.includes(item));
  const answered = [...best, ...worst].some(({ view }) => isFlattered(view)) ? 'answered requests' : 'requests';
  const ratio = most.mean / least.mean;
  const so = isFirm(least) && isFirm(most) && ratio >= CLOSE ? `: ${numberText(ratio)} times as long` : '';
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
  const names = items.map(({ view }) => view.scheduler);
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''} alike`;
}

/** The most and the least even scheduler, where they differ most; "alike" only where enough requests could tell. */
function evenness(views: readonly CaseView[]): string[] {
  const contests = contestsOf(views, 'endpoint_load_jain', 'value');
  const enough = contests.filter((contest) => contest.all.every(({ view }) => requestsEach(view) >= ENOUGH));
  const apart = (contest: Contest): number =>
    exceeds(contest.most, contest.least) ? contest.most.mean - contest.least.mean : 0;
  const [widest] = [...(enough.some((item) => apart(item) >= ALIKE) ? enough : contests)].sort(
    (a, b) => apart(b) - apart(a),
  );
  if (widest === undefined) return [];
  const place = placeAmong(widest.most.view, views);
  if (apart(widest) < ALIKE) {
    const together = contests.every(({ least, most }) => most.mean - least.mean < ALIKE);
    if (!together || enough.length < contests.length) return [];
    const lowest = Math.min(...contests.map(({ least }) => least.mean));
    return [`The schedulers spread the load alike at every size (Jain index ${lowest.toFixed(3)} or more).`];
  }
  const say = (items: readonly Estimate[]): string => {
    const [first] = items;
    const ratio = first?.view.mean('endpoint_load_max_over_mean', 'value');
    const busiest =
      ratio === undefined || items.length > 1 ? '' : `, busiest endpoint ${numberText(ratio)} times the mean`;
    return `${namesText(items)} (Jain index ${(first?.mean ?? 0).toFixed(3)}${busiest})`;
  };
  const like = (item: Estimate): Estimate[] =>
    widest.all.filter(({ mean }) => mean.toFixed(3) === item.mean.toFixed(3));
  return [
    `At ${place} the load is spread most evenly by ${say(like(widest.most))} and least evenly by ${say(like(widest.least))}.`,
  ];
}

/** Mean requests of an endpoint; 0 when the run does not say. */
function requestsEach(view: CaseView): number {
  return view.mean('endpoint_requests', 'mean') ?? 0;
}

/** Who walks how many servers to pick one, where that differs most. */
function effort(views: readonly CaseView[]): string[] {
  const contests = contestsOf(views, 'first_packet_servers_walked', 'mean');
  const [widest] = contests.sort((a, b) => b.most.mean - b.least.mean - (a.most.mean - a.least.mean));
  if (widest === undefined || widest.most.mean < widest.least.mean + 1) return [];
  const { least, most } = widest;
  const cost = `${most.view.scheduler} looks at ${numberText(most.mean)} servers on average`;
  const other = `${least.view.scheduler} at ${least.mean === 0 ? 'none' : numberText(least.mean)}`;
  return [`At ${placeAmong(most.view, views)} ${cost} to pick one for a new connection, ${other}.`];
}
