/** What a run says about losses: where connection tracking tables were full, and what became of the requests. */
import { sameSetting } from './case-view.js';
import type { CaseView } from './case-view.js';
import type { FindingGroup } from './finding.js';
import {
  FAILURES,
  basisText,
  isFlattered,
  shareText,
  totalOf,
  unansweredOf,
  unansweredShare,
  wholeText,
} from './outcome.js';
import { placeAmong, settingsOf, shortPlace } from './setting.js';

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
  const turned = wholeText(totalOf(full, 'conntrack_drops'));
  return {
    weight: Infinity,
    sentences: [
      `A connection tracking table filled in ${count}: ${thrown} entries were thrown out early, ${turned} packets were turned away (${basisText(views)}).`,
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
  if (settings.length > MOST_NAMED) return `${settings.length} settings`;
  return settings
    .flatMap((group) => {
      const [first] = group;
      if (first === undefined) return [];
      const all = views.filter((view) => sameSetting(view, first));
      const who = all.length === group.length ? '' : ` in ${group.map((view) => view.modeName).join(', ')} mode`;
      return [`${placeAmong(first, views)}${who}`];
    })
    .join('; ');
}

/** What to bear in mind when reading latencies: they lack requests that were not answered. */
export function answeredNote(views: readonly CaseView[]): string[] {
  const [most, ...others] = views.filter(isFlattered).sort((a, b) => unansweredShare(b) - unansweredShare(a));
  if (most === undefined) return [];
  const cases = others.length === 0 ? '1 case' : `${others.length + 1} cases`;
  const upTo = others.length === 0 ? '' : 'up to ';
  const share = `${upTo}${shareText(unansweredShare(most))}, ${most.caseId}`;
  return [`Latencies are of answered requests only: in ${cases} more than 1 % were not answered (${share}).`];
}

/** What became of all requests and packets. */
export function lossFindings(views: readonly CaseView[]): FindingGroup {
  const scheduled = totalOf(views, 'requests_scheduled');
  if (scheduled === 0) return { sentences: [], weight: 1 };
  const lost = FAILURES.map(([word, metric]) => [word, totalOf(views, metric)] as const).flatMap(([word, count]) => {
    return count > 0 ? [`${wholeText(count)} ${word}`] : [];
  });
  const dropped = totalOf(views, 'packets_dropped');
  const packets = dropped === 0 ? 'no packet was dropped' : `${wholeText(dropped)} packets were dropped`;
  const outcome = lost.length === 0 ? 'all were answered' : lost.join(', ');
  const of = `Of ${wholeText(scheduled)} requests (${basisText(views)})`;
  return {
    // A latency is of little interest where requests stay without an answer.
    weight: views.some(isFlattered) ? Infinity : 1,
    sentences: [`${of} ${outcome}; ${packets}.`, ...worst(views)],
  };
}

/** The case that lost the largest share, where cases differ. */
function worst(views: readonly CaseView[]): string[] {
  const [most] = views.toSorted((a, b) => unansweredShare(b) - unansweredShare(a));
  if (most === undefined || unansweredOf([most]) === 0 || views.length === 1) return [];
  const place = shortPlace(most, views);
  const where = `${place === '' ? '' : `at ${place} `}in ${most.modeName} mode`;
  const count = `${wholeText(unansweredOf([most]))} of ${wholeText(totalOf([most], 'requests_scheduled'))}`;
  return [`The largest share without an answer, ${shareText(unansweredShare(most))} (${count}), is ${where}.`];
}
