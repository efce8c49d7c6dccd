/** Settings: groups of cases that differ in mode and scheduler only, which is what sentences compare. */
import type { Statistic } from '../measure/index.js';
import { sameSetting } from './case-view.js';
import type { CaseView } from './case-view.js';
import { thousands } from './number-text.js';

/** A mode at one setting: the cases of its schedulers. */
export interface Side {
  readonly mode: string;
  readonly cases: readonly CaseView[];
}

/** The settings of some cases, in the order of the cases. */
export function settingsOf(views: readonly CaseView[]): (readonly CaseView[])[] {
  const settings: CaseView[][] = [];
  for (const view of views) {
    const setting = settings.find(([first]) => first !== undefined && sameSetting(first, view));
    if (setting === undefined) settings.push([view]);
    else setting.push(view);
  }
  return settings;
}

/** The modes in some cases, in the order of the cases. */
export function modesOf(group: readonly CaseView[]): string[] {
  return [...new Set(group.map((view) => view.mode))];
}

/** Least and largest of a figure over the schedulers of a mode; undefined when no case has it. */
export function rangeOf(side: Side, metric: string, statistic: Statistic): readonly [number, number] | undefined {
  const values = side.cases.map((view) => view.mean(metric, statistic)).filter((value) => value !== undefined);
  return values.length === 0 ? undefined : [Math.min(...values), Math.max(...values)];
}

/** A setting in words: `1,000 services with 3 endpoints each (target=zipf)`. */
export function placeText({ services, endpoints, variant }: CaseView): string {
  const each = services === 1 ? '' : ' each';
  const size = endpoints === null ? '' : ` with ${counted(endpoints, 'endpoint')}${each}`;
  return `${counted(services, 'service')}${size}${variant === '' ? '' : ` (${variant})`}`;
}

function counted(count: number, word: string): string {
  return `${thousands(count)} ${word}${count === 1 ? '' : 's'}`;
}
