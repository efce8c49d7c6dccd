/** What a run says about losses: where connection tracking tables were full, and what became of the requests. */
import { sameSetting } from './case-view.js';
import type { CaseView } from './case-view.js';
import type { FindingGroup } from './finding.js';
import {
  FAILURES,
  NOTEWORTHY,
  basisText,
  errorAnswersOf,
  errorShare,
  isFlattered,
  shareText,
  totalOf,
  unansweredOf,
  unansweredShare,
  wholeText,
} from './outcome.js';
import { placeAmong, settingsOf, shortPlace } from './setting.js';
import { agreeing, counted, inMode, listText, withNoun } from './wording.js';

/** Settings that are named one by one; more are counted. */
const MOST_NAMED = 8;

/** Where the tables were full, and what that cost; nothing when they had room. */
export function conntrackFindings(views: readonly CaseView[]): FindingGroup {
  const full = views.filter(
    (view) => totalOf([view], 'conntrack_early_drops') > 0 || totalOf([view], 'conntrack_drops') > 0,
  );
  const [first] = full;
  if (first === undefined) return { sentences: [], weight: 1 };
  const lossy = full.filter(isFlattered);
  const spared = full.filter((view) => !isFlattered(view));
  const count = `${full.length} of ${views.length} case${views.length === 1 ? '' : 's'}`;
  const thrown = wholeText(totalOf(full, 'conntrack_early_drops'));
  const entries = `${thrown} ${agreeing(thrown, 'entry was', 'entries were')} thrown out early`;
  const packets = `${packetsText(wholeText(totalOf(full, 'conntrack_drops')))} turned away`;
  return {
    weight: Infinity,
    sentences: [
      `A connection tracking table filled in ${count}: ${entries}, ${packets} (${basisText(views)}).`,
      ...(lossy.length === 0 ? [] : [`With a full table ${lostText(lossy)} at ${placesText(lossy, views)}.`]),
      ...(spared.length === 0
        ? []
        : [`Although the table filled, 99 % of the requests or more were answered at ${placesText(spared, views)}.`]),
    ],
  };
}

/** Shares that were not answered, least to most. */
function lostText(lossy: readonly CaseView[]): string {
  const shares = lossy.map(unansweredShare);
  const [least, most] = [Math.min(...shares), Math.max(...shares)].map(shareText);
  return `${least === most ? (most ?? '') : `${least ?? ''} to ${most ?? ''}`} of the requests were not answered`;
}

/** The settings of some cases, with the mode where not all modes of the setting are among them. */
function placesText(cases: readonly CaseView[], views: readonly CaseView[]): string {
  const settings = settingsOf(cases);
  if (settings.length > MOST_NAMED) return counted(settings.length, 'setting');
  return settings
    .flatMap((group) => {
      const [first] = group;
      if (first === undefined) return [];
      const all = views.filter((view) => sameSetting(view, first));
      const who = all.length === group.length ? '' : ` ${listText(group.map((view) => inMode(view, views)))}`;
      return [`${placeAmong(first, views)}${who}`];
    })
    .join('; ');
}

/** What became of all requests and packets. */
export function lossFindings(views: readonly CaseView[]): FindingGroup {
  const scheduled = totalOf(views, 'requests_scheduled');
  if (scheduled === 0) return { sentences: [], weight: 1 };
  const lost = FAILURES.map(([word, metric]) => [word, totalOf(views, metric)] as const).flatMap(([word, count]) => {
    const text = wholeText(count);
    return count > 0 ? [`${text} ${agreeing(text, word.replace(/^were /, 'was '), word)}`] : [];
  });
  const dropped = totalOf(views, 'packets_dropped');
  const packets = dropped === 0 ? 'no packet was dropped' : `${packetsText(wholeText(dropped))} dropped`;
  const outcome = outcomeText(views, scheduled, lost);
  const of = `Of ${withNoun(wholeText(scheduled), 'request')} (${basisText(views)})`;
  return {
    // A latency is of little interest where requests stay without an answer.
    weight: views.some((view) => isFlattered(view) || errorShare(view) > NOTEWORTHY) ? Infinity : 1,
    sentences: [`${of} ${outcome}; ${packets}.`, ...worst(views)],
  };
}

/** What became of the requests: errors that ingress proxies answer with are answers, but not of a server. */
function outcomeText(views: readonly CaseView[], scheduled: number, lost: readonly string[]): string {
  const errors = errorAnswersOf(views);
  if (errors.length === 0) return lost.length === 0 ? 'all were answered' : lost.join(', ');
  const count = errors.reduce((sum, item) => sum + item.count, 0);
  const codes = listText(
    errors.map((item) => (errors.length === 1 ? item.code : `${item.code}: ${wholeText(item.count)}`)),
  );
  const how = `with an error by an ingress proxy, not by a server (${codes})`;
  if (wholeText(count) === wholeText(scheduled)) return `all were answered ${how}`;
  const text = wholeText(count);
  const answered = `${text} ${agreeing(text, 'was', 'were')} answered ${how}`;
  return lost.length === 0 ? `all were answered, but ${answered}` : [...lost, answered].join(', ');
}

function packetsText(count: string): string {
  return `${count} ${agreeing(count, 'packet was', 'packets were')}`;
}

/** The case that lost the largest share, where cases differ. */
function worst(views: readonly CaseView[]): string[] {
  const [most] = views.toSorted((a, b) => unansweredShare(b) - unansweredShare(a));
  if (most === undefined || unansweredOf([most]) === 0 || views.length === 1) return [];
  const place = shortPlace(most, views);
  const where = `${place === '' ? '' : `at ${place} `}${inMode(most, views)}`;
  const count = `${wholeText(unansweredOf([most]))} of ${wholeText(totalOf([most], 'requests_scheduled'))}`;
  return [`The largest share without an answer, ${shareText(unansweredShare(most))} (${count}), is ${where}.`];
}
