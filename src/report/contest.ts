/** Contests: a figure of all cases of one setting, least first. */
import type { Statistic } from '../measure/index.js';
import type { CaseView } from './case-view.js';
import { ranked } from './estimate.js';
import type { Estimate } from './estimate.js';
import { settingsOf } from './setting.js';

/** A figure of the cases that differ in mode and scheduler only; two at least. */
export interface Contest {
  readonly all: readonly Estimate[];
  readonly least: Estimate;
  readonly most: Estimate;
}

/** The contests of all settings in which two cases have the figure. */
export function contestsOf(views: readonly CaseView[], metric: string, statistic: Statistic): Contest[] {
  return settingsOf(views).flatMap((setting): Contest[] => {
    const all = ranked(setting, metric, statistic);
    const [least, most] = [all[0], all.at(-1)];
    return least === undefined || most === undefined || all.length < 2 ? [] : [{ all, least, most }];
  });
}
