/**
 * A time in the modes of one setting: what it is in each, and how many times as long as in one of them. Means on which the seeds disagree are
 * not stated, and of two whose intervals meet none is called longer.
 */
import type { CaseView } from './case-view.js';
import type { Compared } from './crossover.js';
import { exceeds, isFirm, ranked } from './estimate.js';
import type { Estimate } from './estimate.js';
import { listText } from './wording.js';
import { numberText, timeText } from './number-text.js';
import { hasMany } from './outcome.js';
import { NOTABLE, modesOf, sideOf } from './setting.js';

/** A time by mode, in words, and the largest ratio among them. */
export interface TimesText {
  /** `105 us in iptables mode and 30.5 us in nftables mode`, the longest first; empty for none. */
  readonly list: string;
  /** `: in iptables mode 3.44 times as long as in nftables mode`; empty when none is notably longer. */
  readonly ratios: string;
  /** `; the seeds disagree about ipvs mode with dh`; empty when they do not. */
  readonly doubts: string;
  /** 1 or more. */
  readonly weight: number;
}

/** Times of one mode, least first. */
interface Timed {
  readonly mode: string;
  readonly times: readonly Estimate[];
}

/** The modes of a setting by their largest time, over their schedulers, the longest first; those on which the seeds disagree are left out. */
export function slowestFirst(setting: readonly CaseView[], figure: Compared): string[] {
  return timesOf(setting, figure).map(({ mode }) => mode);
}

/**
 * A time in the modes of a setting.
 * @param than the mode of which the others' times are multiples
 */
export function modeTimes(setting: readonly CaseView[], figure: Compared, than: string): TimesText {
  const timed = timesOf(setting, figure);
  const base = timed.find(({ mode }) => mode === than)?.times ?? [];
  const nearest = base.at(-1);
  const longer = timed.flatMap(({ mode, times }) => {
    const [near] = times;
    if (mode === than || near === undefined || nearest === undefined) return [];
    const ratio = near.mean / nearest.mean;
    const isLonger = exceeds(near, nearest) && ratio >= 1 + NOTABLE && Number.isFinite(ratio);
    return isLonger ? [{ who: nameOf(near, times), ratio }] : [];
  });
  const ratios = longer.map(({ who, ratio }, i) => {
    const against = i === 0 && nearest !== undefined ? ` ${figure.as} as in ${nameOf(nearest, base)}` : '';
    return `in ${who} ${numberText(ratio)} times${against}`;
  });
  const doubtful = doubtfulOf(setting, figure);
  return {
    list: listText(timed.map(({ mode, times }) => `${rangeText(times)} in ${mode} mode`)),
    ratios: ratios.length === 0 ? '' : `: ${listText(ratios)}`,
    doubts: doubtful.length === 0 ? '' : `; the seeds disagree about ${listText(doubtful)}`,
    weight: Math.max(1, ...longer.map(({ ratio }) => ratio)),
  };
}

/** The modes with a time that the seeds agree on, by the largest of it, longest first. */
function timesOf(setting: readonly CaseView[], { metric, statistic }: Compared): Timed[] {
  return modesOf(setting)
    .map((mode) => {
      const told = sideOf(setting, mode).cases.filter((view) => hasMany(view, metric));
      return { mode, times: ranked(told, metric, statistic).filter(isFirm) };
    })
    .filter(({ times }) => times.length > 0)
    .sort((a, b) => (b.times.at(-1)?.mean ?? 0) - (a.times.at(-1)?.mean ?? 0));
}

/** Who has a time that the seeds disagree about. */
export function doubtfulOf(setting: readonly CaseView[], { metric, statistic }: Compared): string[] {
  const told = setting.filter((view) => hasMany(view, metric));
  const found = told.flatMap((view) => ranked([view], metric, statistic)).filter((item) => !isFirm(item));
  return found.map(({ view: { mode, scheduler } }) => `${mode} mode${scheduler === '' ? '' : ` with ${scheduler}`}`);
}

/** The mode, with the scheduler where the schedulers' times are told apart. */
function nameOf({ view }: Estimate, among: readonly Estimate[]): string {
  return `${view.mode} mode${isRange(among) ? ` with ${view.scheduler}` : ''}`;
}

/** Least and largest time, with the schedulers they are of. */
function rangeText(times: readonly Estimate[]): string {
  const [least, most] = [times[0], times.at(-1)];
  if (least === undefined || most === undefined) return '-';
  if (!isRange(times)) return timeText(least.mean);
  const withNames = (end: Estimate): string => {
    const like = times.filter(({ mean }) => timeText(mean) === timeText(end.mean));
    return `${timeText(end.mean)} (${like.map(({ view }) => view.scheduler).join(', ')})`;
  };
  return `${withNames(least)} to ${withNames(most)}`;
}

function isRange(times: readonly Estimate[]): boolean {
  const [least, most] = [times[0], times.at(-1)];
  return least !== undefined && most !== undefined && timeText(least.mean) !== timeText(most.mean);
}
