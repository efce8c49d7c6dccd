/**
 * What a run says, in sentences made from its figures: only what the data has, never a fixed claim.
 *
 * Modes are compared where nothing else differs, at the largest size that has several; the reference is the mode with
 * the fewest rules, so that a sentence reads "so many times as many".
 */
import type { Statistic } from '../measure/index.js';
import type { CaseView } from './case-view.js';
import { thousands, numberText, timeText } from './number-text.js';
import { schedulerSentences } from './scheduler-sentences.js';
import { modesOf, placeText, rangeOf, settingsOf } from './setting.js';
import type { Side } from './setting.js';

/** A latency difference below this share is not called one. */
const NOTABLE = 0.1;

/** All sentences that the cases give rise to, most telling first. */
export function sentences(views: readonly CaseView[]): string[] {
  return [...modeSentences(views), ...schedulerSentences(views), ...lossSentences(views)];
}

function modeSentences(views: readonly CaseView[]): string[] {
  const settings = settingsOf(views).filter((group) => modesOf(group).length > 1);
  const largest = settings.at(-1);
  const [first] = largest ?? [];
  if (largest === undefined || first === undefined) return [];
  const [few, ...others] = sidesOf(largest);
  if (few === undefined) return [];
  return others.flatMap((many) => [
    ...versusSentences(many, few, `At ${placeText(first)}`),
    ...crossover(settings, many.mode, few.mode),
  ]);
}

function versusSentences(many: Side, few: Side, where: string): string[] {
  const slow = `in ${many.mode} mode`;
  const fast = `in ${few.mode} mode`;
  const compare = (metric: string, statistic: Statistic, say: (high: Term, low: Term) => string): string[] =>
    versus(many, few, [metric, statistic], say);
  return [
    ...compare('first_packet_rules', 'mean', (high, low) => {
      const ratio = times(high, low, 'many');
      return `${where} the first packet of a connection is compared with ${high.count} rules ${slow} and with ${low.count} ${fast}${ratio}.`;
    }),
    ...compare('first_packet_latency_ns', 'p50', (high, low) => {
      const ratio = times(high, low, 'long');
      return `${where} it takes a median of ${high.time} to reach its endpoint ${slow} and ${low.time} ${fast}${ratio}.`;
    }),
    ...compare('established_packet_rules', 'mean', (high, low) => {
      return `Later packets of a connection are compared with ${high.count} rules ${slow} and with ${low.count} ${fast}.`;
    }),
    ...compare('sync_duration_ns', 'max', (high, low) => {
      return `The longest sync of a node's rules took ${high.time} ${slow} and ${low.time} ${fast}.`;
    }),
    ...compare('change_live_ns', 'max', (high, low) => {
      return `A change was live on every node after ${high.time} at most ${slow} and ${low.time} ${fast}.`;
    }),
  ];
}

/** From which size on the median first packet of one mode is notably slower. */
function crossover(settings: readonly (readonly CaseView[])[], slow: string, fast: string): string[] {
  const sizes = growing(settings.filter((group) => modesOf(group).includes(slow) && modesOf(group).includes(fast)));
  if (sizes.length < 2) return [];
  const medians = (group: readonly CaseView[], mode: string): readonly [number, number] | undefined =>
    rangeOf(sideOf(group, mode), 'first_packet_latency_ns', 'p50');
  const notable = sizes.map((group) => {
    const [slowest, fastest] = [medians(group, slow), medians(group, fast)];
    return slowest !== undefined && fastest !== undefined && slowest[0] > fastest[1] * (1 + NOTABLE);
  });
  const from = notable.lastIndexOf(false) + 1;
  const start = sizes[from]?.[0];
  const share = `${NOTABLE * 100} %`;
  if (start === undefined) {
    return [`At no size is the median first packet more than ${share} slower in ${slow} mode than in ${fast} mode.`];
  }
  const since = from === 0 ? 'at every size' : `from ${placeText(start)} on`;
  return [`The median first packet is more than ${share} slower in ${slow} mode than in ${fast} mode ${since}.`];
}

/** The settings that differ from the largest one in the number of services only, or else in that of endpoints only. */
function growing(settings: readonly (readonly CaseView[])[]): (readonly CaseView[])[] {
  const [last] = settings.at(-1) ?? [];
  if (last === undefined) return [];
  const alike = settings.filter(
    ([first]) => first?.nodes === last.nodes && first.workload === last.workload && first.variant === last.variant,
  );
  const services = alike.filter(([first]) => first?.endpoints === last.endpoints);
  return services.length > 1 ? services : alike.filter(([first]) => first?.services === last.services);
}

function lossSentences(views: readonly CaseView[]): string[] {
  const total = (metric: string): number => views.reduce((sum, view) => sum + (view.mean(metric, 'total') ?? 0), 0);
  const scheduled = total('requests_scheduled');
  if (scheduled === 0) return [];
  const lost = [
    ['refused', total('requests_refused')] as const,
    ['timed out', total('requests_timed_out')] as const,
    ['reset', total('requests_reset')] as const,
  ].flatMap(([word, count]) => (count > 0 ? [`${numberText(count)} were ${word}`] : []));
  const dropped = total('packets_dropped');
  const packets = dropped === 0 ? 'no packet was dropped' : `${numberText(dropped)} packets were dropped`;
  const outcome = lost.length === 0 ? 'none failed' : lost.join(', ').replace('were timed out', 'timed out');
  return [`Of ${thousands(Math.round(scheduled))} requests (all cases, one seed) ${outcome}; ${packets}.`];
}

/** One side's figure over its schedulers: in words as a count, in words as a time, and as numbers. */
interface Term {
  readonly count: string;
  readonly time: string;
  readonly least: number;
  readonly most: number;
}

function versus(
  many: Side,
  few: Side,
  [metric, statistic]: readonly [string, Statistic],
  say: (high: Term, low: Term) => string,
): string[] {
  const [high, low] = [many, few].map((side) => term(rangeOf(side, metric, statistic)));
  if (high === undefined || low === undefined || (high.most === 0 && low.most === 0)) return [];
  return [say(high, low)];
}

function term(range: readonly [number, number] | undefined): Term | undefined {
  if (range === undefined) return undefined;
  const [least, most] = range;
  const words = (text: (value: number) => string): string =>
    text(least) === text(most) ? text(least) : `${text(least)} to ${text(most)}`;
  return { count: words(numberText), time: words(timeText), least, most };
}

function times(high: Term, low: Term, word: string): string {
  const ratio = high.least / low.most;
  return Number.isFinite(ratio) && ratio >= 1.5 ? `: ${numberText(ratio)} times as ${word}` : '';
}

/** The modes of a setting, the one with the fewest rules a first packet first. */
function sidesOf(group: readonly CaseView[]): Side[] {
  const rules = (side: Side): number => rangeOf(side, 'first_packet_rules', 'mean')?.[1] ?? Infinity;
  const sides = modesOf(group).map((mode) => ({ side: sideOf(group, mode), rules: rules(sideOf(group, mode)) }));
  return sides.sort((a, b) => (a.rules < b.rules ? -1 : a.rules > b.rules ? 1 : 0)).map(({ side }) => side);
}

function sideOf(group: readonly CaseView[], mode: string): Side {
  return { mode, cases: group.filter((view) => view.mode === mode) };
}
