/** Settings: groups of cases that differ in mode and scheduler only, which is what sentences compare. */
import type { Statistic } from '../measure/index.js';
import { sameSetting } from './case-view.js';
import type { CaseView } from './case-view.js';
import { counted } from './wording.js';

/** A latency difference below this share is not called one. */
export const NOTABLE = 0.1;

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

/** One mode of a setting. */
export function sideOf(group: readonly CaseView[], mode: string): Side {
  return { mode, cases: group.filter((view) => view.mode === mode) };
}

/** Least and largest of a figure over the schedulers of a mode; undefined when no case has it. */
export function rangeOf(side: Side, metric: string, statistic: Statistic): readonly [number, number] | undefined {
  const values = side.cases.map((view) => view.mean(metric, statistic)).filter((value) => value !== undefined);
  return values.length === 0 ? undefined : [Math.min(...values), Math.max(...values)];
}

/** A setting in words: `1,000 services with 3 endpoints each (target=zipf)`. */
export function placeText({
  services,
  endpoints,
  variant,
}: Pick<CaseView, 'services' | 'endpoints' | 'variant'>): string {
  const each = services === 1 ? '' : ' each';
  const size = endpoints === null ? '' : ` with ${counted(endpoints, 'endpoint')}${each}`;
  return `${counted(services, 'service')}${size}${variant === '' ? '' : ` (${variant})`}`;
}

/** What tells a case's setting from those of the other cases, in words; empty when all have one setting. */
export function shortPlace(view: CaseView, among: readonly CaseView[]): string {
  const differs = (of: (item: CaseView) => unknown): boolean => new Set(among.map(of)).size > 1;
  const { services, endpoints, variant } = view;
  const size = differs((item) => item.endpoints)
    ? [placeText({ services, endpoints, variant: '' })]
    : differs((item) => item.services)
      ? [counted(services, 'service')]
      : [];
  return [...size, ...(differs((item) => item.variant) && variant !== '' ? [variant] : [])].join(', ');
}

/** The same, or the setting itself when all have one. */
export function placeAmong(view: CaseView, among: readonly CaseView[]): string {
  const short = shortPlace(view, among);
  return short === '' ? placeText(view) : short;
}
