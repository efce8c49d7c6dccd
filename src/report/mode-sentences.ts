/**
 * What a run says about the modes. They are compared where nothing else differs, at the setting in which a first packet
 * meets most rules; the reference is the mode with the fewest, so that a sentence reads "so many times as many".
 *
 * Latencies are means: a median jumps where about half of the traffic stays on its node.
 */
import type { CaseView } from './case-view.js';
import { crossover } from './crossover.js';
import { exceeds, isFirm, ranked } from './estimate.js';
import type { Estimate } from './estimate.js';
import type { FindingGroup } from './finding.js';
import { numberText, thousands, timeText } from './number-text.js';
import { NOTABLE, modesOf, placeText, rangeOf, settingsOf, sideOf } from './setting.js';
import type { Side } from './setting.js';

/** Sentences about modes; none when no setting has two. */
export function modeFindings(views: readonly CaseView[]): FindingGroup {
  const settings = settingsOf(views).filter((group) => modesOf(group).length > 1);
  const rules = settings.map((group) => Math.max(...sidesOf(group).map(({ cases }) => mostRules(cases))));
  const setting = settings[rules.lastIndexOf(Math.max(...rules))];
  const [first] = setting ?? [];
  if (setting === undefined || first === undefined) return { sentences: [], weight: 1 };
  const [few, ...others] = sidesOf(setting);
  if (few === undefined) return { sentences: [], weight: 1 };
  const where = `At ${placeText(first)}`;
  const groups = others.map((many): FindingGroup => {
    const work = rulesSentence(many, few, where);
    const latency = latencySentence(many, few, where);
    return {
      weight: latency.weight >= 1 + NOTABLE ? Math.max(work.weight, latency.weight) : 1,
      sentences: [
        ...work.sentences,
        ...latency.sentences,
        ...laterSentence(many, few),
        ...crossover(settings, many.mode, few.mode),
      ],
    };
  });
  return {
    weight: Math.max(...groups.map(({ weight }) => weight)),
    sentences: groups.flatMap((group) => group.sentences),
  };
}

/** Rules on the client's node and, where the run has it, on the whole way. */
function rulesSentence(many: Side, few: Side, where: string): FindingGroup {
  const [high, low] = [many, few].map((side) => rangeOf(side, 'first_packet_rules', 'mean'));
  if (high === undefined || low === undefined) return { sentences: [], weight: 1 };
  const [highPath, lowPath] = [many, few].map((side) => rangeOf(side, 'first_packet_path_rules', 'mean'));
  const both = highPath !== undefined && lowPath !== undefined;
  const ratios = [high[0] / low[1], ...(both ? [highPath[0] / lowPath[1]] : [])];
  const telling = ratios.every((ratio) => Number.isFinite(ratio) && ratio >= 1.5);
  const so = telling ? `: ${[...new Set(ratios.map(numberText))].join(' and ')} times as many` : '';
  const highText = both
    ? `${whole(high)} rules on the client's node and ${whole(highPath)} on its whole way`
    : whole(high);
  const lowText = both ? `${whole(low)} and ${whole(lowPath)}` : whole(low);
  const rest = `in ${many.mode} mode, and with ${lowText} in ${few.mode} mode${so}.`;
  const text = `${where} the first packet of a connection is compared with ${highText} ${rest}`;
  return { sentences: [text], weight: telling ? Math.max(...ratios) : 1 };
}

/** Mean time of a first packet on its way, if the seeds agree on it; the ratio is against the nearest scheduler. */
function latencySentence(many: Side, few: Side, where: string): FindingGroup {
  const [high, low] = [many, few].map((side) => ranked(side.cases, 'first_packet_latency_ns', 'mean'));
  const [nearHigh, nearLow] = [high?.[0], low?.at(-1)];
  if (high === undefined || low === undefined || nearHigh === undefined || nearLow === undefined) {
    return { sentences: [], weight: 1 };
  }
  const between = `between ${many.mode} and ${few.mode} mode in the mean time that it takes to reach its endpoint`;
  if (![...high, ...low].every(isFirm) || !exceeds(nearHigh, nearLow)) {
    const [farHigh, farLow] = [high.at(-1), low[0]];
    const reversed =
      [...high, ...low].every(isFirm) && farHigh !== undefined && farLow !== undefined && exceeds(farLow, farHigh);
    if (!reversed)
      return { sentences: [`${where} there is no difference that the seeds can tell ${between}.`], weight: 1 };
  }
  const ratio = nearHigh.mean / nearLow.mean;
  const against = isRange(low) ? ` as with ${nearLow.view.scheduler}` : '';
  const so = ratio >= 1 + NOTABLE ? `: ${numberText(ratio)} times as long${against}` : '';
  const text = `${where} it takes ${timesText(high)} on average to reach its endpoint in ${many.mode} mode and ${timesText(low)} in ${few.mode} mode${so}.`;
  return { sentences: [text], weight: Math.max(1, ratio) };
}

function laterSentence(many: Side, few: Side): string[] {
  const [high, low] = [many, few].map((side) => rangeOf(side, 'established_packet_rules', 'mean'));
  if (high === undefined || low === undefined) return [];
  return [
    `Later packets of a connection are compared on the client's node with ${whole(high)} rules in ${many.mode} mode ` +
      `and with ${whole(low)} in ${few.mode} mode.`,
  ];
}

/** Least and largest time, with the schedulers they are of. */
function timesText(sorted: readonly Estimate[]): string {
  const [least, most] = [sorted[0], sorted.at(-1)];
  if (least === undefined || most === undefined) return '-';
  if (!isRange(sorted)) return timeText(least.mean);
  return `${timeText(least.mean)} (${least.view.scheduler}) to ${timeText(most.mean)} (${most.view.scheduler})`;
}

/** Whether the schedulers' times are told apart in the text. */
function isRange(sorted: readonly Estimate[]): boolean {
  const [least, most] = [sorted[0], sorted.at(-1)];
  return least !== undefined && most !== undefined && timeText(least.mean) !== timeText(most.mean);
}

/** Rounded to whole rules. */
function whole([least, most]: readonly [number, number]): string {
  const [low, high] = [least, most].map((value) => thousands(Math.round(value)));
  return low === high ? (low ?? '') : `${low ?? ''} to ${high ?? ''}`;
}

/** The modes of a setting, the one with the fewest rules a first packet first. */
function sidesOf(group: readonly CaseView[]): Side[] {
  const sides = modesOf(group).map((mode) => ({
    side: sideOf(group, mode),
    rules: mostRules(sideOf(group, mode).cases),
  }));
  return sides.sort((a, b) => a.rules - b.rules).map(({ side }) => side);
}

function mostRules(cases: readonly CaseView[]): number {
  return Math.max(
    0,
    ...cases.map(
      (view) => view.mean('first_packet_path_rules', 'mean') ?? view.mean('first_packet_rules', 'mean') ?? 0,
    ),
  );
}
