/**
 * What a run says about the first sync of a node, which writes everything: how long it takes in each mode where that is longest, and in which
 * modes it grows faster than what it writes.
 */
import type { CaseView } from './case-view.js';
import { byMode } from './wording.js';
import { numberText, timeText } from './number-text.js';
import { modesOf, placeText, rangeOf, sideOf } from './setting.js';

/** Cases that differ in mode and scheduler only. */
type Setting = readonly CaseView[];

const METRIC = 'full_sync_duration_ns';

/** So many times as long for each time as many Services is out of proportion. */
const OUT_OF_PROPORTION = 2;

/** Sentences about first syncs; none when no setting has them in two modes. */
export function firstSyncSentences(settings: readonly Setting[]): string[] {
  const known = settings.filter((setting) => timesOf(setting).length > 1);
  const longest = known.map((setting) => Math.max(...timesOf(setting).map(({ ns }) => ns)));
  const setting = known[longest.indexOf(Math.max(...longest))];
  const [first] = setting ?? [];
  if (setting === undefined || first === undefined) return [];
  const times = timesOf(setting).map(({ mode, ns }) => ({ mode, text: timeText(ns) }));
  const text = `To write everything for the first time takes a node ${byMode(times)}, at ${placeText(first)}`;
  const growth = timesOf(setting).flatMap(({ mode }) => growthOf(settings, mode));
  return [`${text}${growth.length === 0 ? '' : `; ${growth.join(', ')}`}.`];
}

/** The time in each mode, over its schedulers, the longest first. */
function timesOf(setting: Setting): { readonly mode: string; readonly ns: number }[] {
  return modesOf(setting)
    .flatMap((mode) => {
      const [, ns] = rangeOf(sideOf(setting, mode), METRIC, 'value') ?? [];
      return ns === undefined ? [] : [{ mode, ns }];
    })
    .sort((a, b) => b.ns - a.ns);
}

/** How a mode's time grows up to the most Services, from the size before, if that is out of proportion. */
function growthOf(settings: readonly Setting[], mode: string): string[] {
  const cases = settings.flatMap((setting) => sideOf(setting, mode).cases).filter((view) => view.mean(METRIC, 'value'));
  const most = cases.toSorted((a, b) => b.services - a.services)[0];
  if (most === undefined) return [];
  const { endpoints, nodes, workload, variant, scheduler, services } = most;
  const [before] = cases
    .filter((view) => view.endpoints === endpoints && view.nodes === nodes && view.workload === workload)
    .filter((view) => view.variant === variant && view.scheduler === scheduler && view.services < services)
    .sort((a, b) => b.services - a.services);
  if (before === undefined) return [];
  const more = services / before.services;
  const longer = (most.mean(METRIC, 'value') ?? 0) / (before.mean(METRIC, 'value') ?? Infinity);
  if (longer < OUT_OF_PROPORTION * more) return [];
  return [`in ${mode} mode ${numberText(longer)} times as long as at ${placeText({ ...before, variant: '' })}`];
}
