/** What a run says about a kube-proxy that starts, on a new node or again: how long it takes until its rules are in place, by variant and mode. */
import type { CaseView } from './case-view.js';
import { isFirm, ranked } from './estimate.js';
import type { FindingGroup } from './finding.js';
import { timeText } from './number-text.js';
import { modesOf, placeAmong, settingsOf, sideOf } from './setting.js';
import { byMode } from './wording.js';

const METRIC = 'proxy_start_live_ns';

/** So many variants have a sentence each; of more, that with the longest time. */
const MOST_VARIANTS = 4;

/** One sentence a variant, at the size at which it takes longest; none for a run in which no kube-proxy starts. */
export function startFindings(views: readonly CaseView[]): FindingGroup {
  const started = settingsOf(views.filter((view) => (view.mean(METRIC, 'mean') ?? 0) > 0));
  const slowestFirst = started.toSorted((a, b) => longestOf(b) - longestOf(a));
  const variants = new Set(slowestFirst.flatMap(([first]) => first?.variant ?? []));
  const shown = [...variants].slice(0, variants.size > MOST_VARIANTS ? 1 : MOST_VARIANTS);
  const settings = shown.flatMap((variant) => [slowestFirst.find(([first]) => first?.variant === variant) ?? []]);
  // A run in which a kube-proxy starts is about that.
  return { weight: Infinity, sentences: settings.flatMap((setting) => sentenceOf(setting, views)) };
}

function sentenceOf(setting: readonly CaseView[], views: readonly CaseView[]): string[] {
  const times = modesOf(setting)
    .flatMap((mode) => {
      const [longest] = ranked(sideOf(setting, mode).cases, METRIC, 'mean').filter(isFirm).reverse();
      return longest === undefined ? [] : [{ mode, ns: longest.mean }];
    })
    .sort((a, b) => b.ns - a.ns);
  const [first] = setting;
  if (first === undefined || times.length === 0) return [];
  const texts = byMode(times.map(({ mode, ns }) => ({ mode, text: timeText(ns) })));
  return [`A kube-proxy that starts has its rules in place after ${texts} on average, at ${placeAmong(first, views)}.`];
}

function longestOf(setting: readonly CaseView[]): number {
  return Math.max(0, ...setting.map((view) => view.mean(METRIC, 'mean') ?? 0));
}
