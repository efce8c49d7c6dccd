/**
 * From which sizes on a figure is notably larger in one mode than in another, and how much.
 *
 * Of a mode with several schedulers, the figure has to be larger with each of them, and larger than with each of the other mode's: ratios
 * are those of the nearest two.
 */
import type { Statistic } from '../measure/index.js';
import type { CaseView } from './case-view.js';
import { exceeds, isFirm, ranked } from './estimate.js';
import { listText } from './wording.js';
import { numberText } from './number-text.js';
import { NOTABLE, sideOf } from './setting.js';
import { NOWHERE, sizesText } from './size-text.js';
import type { Size } from './size-text.js';

/** A figure, and the words for comparing it. */
export interface Compared {
  readonly metric: string;
  readonly statistic: Statistic;
  /** Such as `mean first packet`. */
  readonly subject: string;
  /** Such as `slower`, and the same for multiples, such as `as long`. */
  readonly more: string;
  readonly as: string;
}

/** Whose figures are compared. */
export interface Opponents {
  /** Modes, in the order in which they are told of. */
  readonly modes: readonly string[];
  /** The mode that they are compared with. */
  readonly than: string;
}

/** Cases that differ in mode and scheduler only. */
type Setting = readonly CaseView[];

/** Two modes at all sizes: `schedulers` are those of `mode` that are looked at. */
interface Pair {
  readonly mode: string;
  readonly schedulers: readonly string[];
  readonly than: string;
}

/** Where a mode's figure is larger, in words. */
interface Clause {
  /** The mode, with a word on its schedulers where they are not all alike. */
  readonly who: string;
  /** `at every size, up to 3.14 times as long`. */
  readonly where: string;
  /** Whether there is such a place. */
  readonly isSomewhere: boolean;
}

const MORE = `more than ${NOTABLE * 100} %`;

/**
 * One sentence on where the figure is notably larger than in one of the modes.
 * @returns the sentence; empty when no mode was run at two sizes together with that one
 */
export function crossover(settings: readonly Setting[], figure: Compared, { modes, than }: Opponents): string {
  const clauses = modes.flatMap((mode) => clauseOf(settings, figure, mode, than));
  const claim = `The ${figure.subject} is ${MORE} ${figure.more}`;
  const [first] = clauses;
  if (first === undefined) return '';
  if (clauses.length === 1) return `${claim} in ${first.who} than in ${opponent(settings, than)} ${first.where}.`;
  const places = [...new Set(clauses.map(({ where }) => where))];
  const texts = places.map((place) => {
    const who = clauses.filter(({ where }) => where === place).map((clause) => clause.who);
    return `in ${listText(who)} ${place}`;
  });
  return `${claim} than in ${opponent(settings, than)}: ${texts.join('; ')}.`;
}

/** Sentences on where the figure is notably larger in that mode itself than in another one: where it is not the best choice. */
export function exceptions(settings: readonly Setting[], figure: Compared, { modes, than }: Opponents): string[] {
  return modes.flatMap((mode) => {
    const clauses = clauseOf(settings, figure, than, mode).filter(({ isSomewhere }) => isSomewhere);
    return clauses.map(({ who, where }) => {
      return `In ${who} the ${figure.subject} is ${MORE} ${figure.more} than in ${opponent(settings, mode)} ${where}.`;
    });
  });
}

function opponent(settings: readonly Setting[], mode: string): string {
  const several = settings.some((group) => sideOf(group, mode).cases.length > 1);
  return `${mode} mode${several ? ' with every scheduler' : ''}`;
}

/** The clause of a mode; none when it was not run at two sizes together with the other one. */
function clauseOf(settings: readonly Setting[], figure: Compared, mode: string, than: string): Clause[] {
  const schedulers = [...new Set(sideOf(settings.flat(), mode).cases.map((view) => view.scheduler))];
  const all = placesOf(settings, figure, { mode, schedulers, than });
  if (all.text === '') return [];
  const each = schedulers.map((scheduler) => placesOf(settings, figure, { mode, schedulers: [scheduler], than }));
  const isAlike = each.every(({ text }) => text === '' || text === all.text);
  const isSomewhere = each.some(({ ratios }) => ratios.length > 0);
  const some = schedulers.filter((_, i) => (each[i]?.ratios.length ?? 0) > 0);
  if (!isAlike && all.ratios.length === 0)
    return [{ who: `${mode} mode`, where: withSome(all.text, some), isSomewhere }];
  const most = Math.max(...all.ratios);
  const upTo = all.ratios.length > 1 ? 'up to ' : '';
  const ratio = Number.isFinite(most) ? `, ${upTo}${numberText(most)} times ${figure.as}` : '';
  return [{ who: `${mode} mode${isAlike ? '' : ' with every scheduler'}`, where: `${all.text}${ratio}`, isSomewhere }];
}

/** So many schedulers are named one by one. */
const MOST_NAMED = 3;

/** What holds where schedulers differ and no size is the same to all of them. */
function withSome(text: string, some: readonly string[]): string {
  if (text !== NOWHERE) return `${text} with every scheduler`;
  return some.length > 0 && some.length <= MOST_NAMED ? `with ${listText(some)} only` : 'with some schedulers only';
}

/** Where it is larger, by variant where they do not agree, and the ratios there; no text when no variant was run at two sizes. */
function placesOf(settings: readonly Setting[], figure: Compared, pair: Pair): { text: string; ratios: number[] } {
  const found = variantsOf(settings).flatMap((variant) => {
    const sizes = variant.flatMap((group) => sizeOf(group, figure, pair));
    const [first] = variant.flat();
    return sizes.length < 2 || first === undefined ? [] : [{ sizes, name: nameOf(first, settings.flat()) }];
  });
  const texts = [...new Set(found.map(({ sizes }) => sizesText(sizes)))];
  const named = texts.flatMap((text) => {
    const names = found.filter(({ sizes, name }) => sizesText(sizes) === text && name !== '').map(({ name }) => name);
    if (texts.length === 1 || names.length === 0) return [text];
    // Where the others are larger at no size, it is enough to say whom this is about.
    if (texts.includes(NOWHERE))
      return text === NOWHERE ? [] : [`${text} (${names.join('; ')}${texts.length === 2 ? ' only' : ''})`];
    return [`${text} (${names.join('; ')})`];
  });
  const larger = found.flatMap(({ sizes }) => sizes.filter((size) => size.isLarger === true));
  return { text: listText(named), ratios: larger.map(({ ratio }) => ratio) };
}

/** The comparison at one setting; none when either mode lacks the figure there. */
function sizeOf(group: Setting, { metric, statistic }: Compared, { mode, schedulers, than }: Pair): Size[] {
  const own = sideOf(group, mode).cases.filter((view) => schedulers.includes(view.scheduler));
  const high = ranked(own, metric, statistic);
  const low = ranked(sideOf(group, than).cases, metric, statistic);
  const [nearHigh, nearLow] = [high[0], low.at(-1)];
  if (nearHigh === undefined || nearLow === undefined) return [];
  const ratio = nearHigh.mean / nearLow.mean;
  const isCertainlyNot = high.some((a) => low.some((b) => a.mean + a.half < (b.mean - b.half) * (1 + NOTABLE)));
  const isClear = isCertainlyNot || [...high, ...low].every(isFirm);
  const isLarger = !isCertainlyNot && ratio > 1 + NOTABLE && exceeds(nearHigh, nearLow);
  return [{ view: nearHigh.view, isLarger: isClear ? isLarger : undefined, ratio }];
}

/** The settings in groups that differ in services and endpoints only. */
function variantsOf(settings: readonly Setting[]): Setting[][] {
  const groups = new Map<string, Setting[]>();
  for (const setting of settings) {
    const [first] = setting;
    if (first === undefined) continue;
    const key = JSON.stringify([first.nodes, first.workload, first.variant]);
    groups.set(key, [...(groups.get(key) ?? []), setting]);
  }
  return [...groups.values()];
}

/** What tells a case from those of other nodes, workloads and variants. */
function nameOf({ nodes, workload, variant }: CaseView, among: readonly CaseView[]): string {
  const differs = (of: (item: CaseView) => unknown): boolean => new Set(among.map(of)).size > 1;
  return [
    ...(differs((item) => item.nodes) ? [`${nodes} nodes`] : []),
    ...(differs((item) => item.workload) ? [`${workload} workload`] : []),
    ...(differs((item) => item.variant) ? [variant] : []),
  ].join(', ');
}
