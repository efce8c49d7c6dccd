/**
 * What a run with changes says about kube-proxy: how long it takes at most until a change is live, over all cases and seeds of each mode, the
 * percentile of its own measure that a cluster's dashboard shows, and what a sync and a change cost where syncs take longest.
 */
import type { CaseView } from './case-view.js';
import type { FindingGroup } from './finding.js';
import { thousands, timeText } from './number-text.js';
import { basisText } from './outcome.js';
import { modesOf, placeAmong, settingsOf, shortPlace, sideOf } from './setting.js';
import { byMode, counted, listText, withNoun } from './wording.js';

/** Sentences about changes and syncs; none for a run without changes, in which syncs happen by chance. */
export function controlFindings(views: readonly CaseView[]): FindingGroup {
  const live = longestOf(views, 'change_live_ns', 'max');
  if (live.length === 0) return { sentences: [], weight: 1 };
  return {
    // A run that changes something is about that.
    weight: Infinity,
    sentences: [
      `A change was live on every node after ${listed(live, views)} at most, over all cases and seeds.`,
      ...pending(views),
      ...programming(views),
      ...syncSentences(views),
    ],
  };
}

interface Longest {
  readonly mode: string;
  readonly view: CaseView;
  readonly ns: number;
}

/** The longest time of each mode, over its cases and their seeds; modes without one are left out. */
function longestOf(views: readonly CaseView[], metric: string, statistic: 'max' | 'p99'): Longest[] {
  return modesOf(views).flatMap((mode) => {
    let longest: Longest | undefined;
    for (const view of views.filter((item) => item.mode === mode)) {
      const ns = view.find(metric, statistic)?.max ?? 0;
      if (ns > (longest?.ns ?? 0)) longest = { mode, view, ns };
    }
    return longest === undefined ? [] : [longest];
  });
}

function listed(longest: readonly Longest[], views: readonly CaseView[]): string {
  const texts = longest.map(({ mode, view, ns }) => {
    const isPart = pendingIn(views, mode) > 0;
    const notes = [shortPlace(view, views), isPart ? 'of those that came live' : ''].filter((note) => note !== '');
    return `${timeText(ns)} in ${mode} mode${notes.length === 0 ? '' : ` (${notes.join('; ')})`}`;
  });
  return listText(texts);
}

/** Network programming latency as clusters watch it; nothing where no change had a trigger. */
function programming(views: readonly CaseView[]): string[] {
  const longest = longestOf(views, 'network_programming_latency_ns', 'p99');
  if (longest.length === 0) return [];
  const texts = listText(
    longest.map(({ mode, view, ns }) => `${timeText(ns)} in ${mode} mode${placeNote(view, views)}`),
  );
  return [
    `In kube-proxy's own measure, network_programming_latency_ns, from a pod turning ready or not ready on, the 99th percentile is ${texts} at most.`,
  ];
}

function placeNote(view: CaseView, views: readonly CaseView[]): string {
  const place = shortPlace(view, views);
  return place === '' ? '' : ` (${place})`;
}

/** What was not live at the end, by mode. */
function pending(views: readonly CaseView[]): string[] {
  const counts = modesOf(views).flatMap((mode) => {
    const count = pendingIn(views, mode);
    return count === 0 ? [] : [{ mode, count: Math.max(1, Math.round(count)) }];
  });
  if (counts.length === 0) return [];
  const texts = counts.map(({ mode, count }) => `${counted(count, 'change')} in ${mode} mode`);
  const were = counts.length === 1 && counts[0]?.count === 1 ? 'was' : 'were';
  return [`When the runs ended, ${listText(texts)} ${were} not yet live on a node (${basisText(views)}).`];
}

function pendingIn(views: readonly CaseView[], mode: string): number {
  return sideOf(views, mode).cases.reduce((sum, view) => sum + (view.mean('changes_pending', 'total') ?? 0), 0);
}

/** What a sync takes and writes on average, and what that makes for each change, at the setting with the longest mean sync. */
function syncSentences(views: readonly CaseView[]): string[] {
  const changed = views.filter((view) => (view.mean('change_live_ns', 'count') ?? 0) > 0);
  const longest = (setting: readonly CaseView[]): number => Math.max(0, ...setting.map((view) => meanSync(view) ?? 0));
  const [setting] = settingsOf(changed).sort((a, b) => longest(b) - longest(a));
  const [first] = setting ?? [];
  if (setting === undefined || first === undefined || longest(setting) === 0) return [];
  const modes = modesOf(setting).map((mode) => ({ mode, cases: sideOf(setting, mode).cases }));
  const syncs = modes.flatMap(({ mode, cases }) => {
    const time = rangeText(cases, meanSync, timeText);
    return time === '' ? [] : [`${time} in ${mode} mode${writtenText(cases)}`];
  });
  const changes = modes.flatMap(({ mode, cases }) => {
    const text = rangeText(cases, costOfChange, timeText);
    return text === '' ? [] : [{ mode, text }];
  });
  const shared = changes.length === 0 ? '' : `; together they come to ${byMode(changes)} for each change and node`;
  return [`At ${placeAmong(first, views)} a sync of a node takes on average ${listText(syncs)}${shared}.`];
}

function meanSync(view: CaseView): number | undefined {
  return view.mean('sync_duration_ns', 'mean');
}

/** Time of all syncs over the changes that they have brought to nodes; syncs that bring none, such as forced ones, included. */
function costOfChange(view: CaseView): number | undefined {
  const changes = view.mean('change_live_ns', 'count');
  const syncs = view.mean('syncs', 'total');
  const mean = meanSync(view);
  return !changes || syncs === undefined || mean === undefined ? undefined : (syncs * mean) / changes;
}

/** What a sync writes, as far as the mode has such things. */
function writtenText(cases: readonly CaseView[]): string {
  const texts = [
    ['rules_written', 'rule'],
    ['nft_operations', 'operation'],
  ].flatMap(([metric = '', noun = '']) => {
    const text = rangeText(cases, (view) => view.mean(metric, 'mean'), wholeText);
    return text === '' || text === '0' ? [] : [withNoun(text, noun)];
  });
  return texts.length === 0 ? '' : ` (writing ${listText(texts)})`;
}

function wholeText(count: number): string {
  return thousands(Math.round(count));
}

/** Least and largest over some cases, once where they look alike; empty when none has the figure. */
function rangeText(
  cases: readonly CaseView[],
  figure: (view: CaseView) => number | undefined,
  say: (value: number) => string,
): string {
  const values = cases.map(figure).filter((value) => value !== undefined);
  if (values.length === 0) return '';
  return [...new Set([Math.min(...values), Math.max(...values)].map(say))].join(' to ');
}
