/**
 * What a run says about the modes, which are compared where nothing else differs: the sizes from which on each takes longer than the one in
 * which a first packet is quickest, and their figures at the setting in which a first packet meets most rules.
 *
 * Latencies are means: a median jumps where about half of the traffic stays on its node.
 */
import type { CaseView } from './case-view.js';
import { crossover, exceptions } from './crossover.js';
import type { Compared } from './crossover.js';
import type { FindingGroup } from './finding.js';
import { firstSyncSentences } from './first-sync-sentences.js';
import { byMode, listText } from './wording.js';
import { doubtfulOf, modeTimes, slowestFirst } from './mode-times.js';
import { thousands } from './number-text.js';
import { endsAtIngress, hasMany, isFlattered } from './outcome.js';
import { NOTABLE, modesOf, placeText, rangeOf, settingsOf, sideOf } from './setting.js';

/** Cases that differ in mode and scheduler only. */
type Setting = readonly CaseView[];

const FIRST_PACKET: Compared = {
  metric: 'first_packet_latency_ns',
  statistic: 'mean',
  subject: 'mean first packet',
  more: 'slower',
  as: 'as long',
};

const REQUEST: Compared = {
  metric: 'request_latency_ns',
  statistic: 'mean',
  subject: 'mean request',
  more: 'slower',
  as: 'as long',
};

const CPU: Compared = {
  metric: 'cpu_per_request_ns',
  statistic: 'mean',
  subject: 'CPU time of a request',
  more: 'higher',
  as: 'as much',
};

/** Sentences about modes; none when no setting has two. */
export function modeFindings(views: readonly CaseView[]): FindingGroup {
  const settings = settingsOf(views).filter((group) => modesOf(group).length > 1);
  const rules = settings.map(mostRules);
  const setting = settings[rules.lastIndexOf(Math.max(...rules))];
  const [first] = setting ?? [];
  if (setting === undefined || first === undefined) return { sentences: [], weight: 1 };
  const where = `At ${placeText(first)}`;
  const work = rulesFinding(setting, where);
  const sizes = sizesSentences(setting, settings);
  const times = timesFinding(setting, work.sentences.length === 0 ? where : 'There', sizes.length > 0);
  return {
    weight: times.weight >= 1 + NOTABLE ? Math.max(work.weight, times.weight) : 1,
    sentences: [
      ...sizes,
      ...work.sentences,
      ...times.sentences,
      ...laterSentence(settings),
      ...firstSyncSentences(settings),
    ],
  };
}

/** Rules on the whole way and, where the run tells them apart, on the client's node. */
function rulesFinding(setting: Setting, where: string): FindingGroup {
  const told = setting.filter((view) => hasMany(view, FIRST_PACKET.metric));
  const own = rulesOf(told, 'first_packet_rules');
  const path = rulesOf(told, 'first_packet_path_rules');
  const shown = path.length === 0 ? own : path;
  if (shown.length < 2) return { sentences: [], weight: 1 };
  const whole = setting.some(endsAtIngress) ? `on its whole way to ${endOf(setting)}` : 'on its whole way';
  const scope = path.length === 0 ? "on the client's node" : whole;
  const alone = path.length > 1 && own.length > 1 ? `; on the client's node alone with ${textOf(own)}` : '';
  const least = Math.min(...shown.map(({ range }) => range[1]));
  const ratio = Math.max(...shown.map(({ range }) => range[0])) / least;
  return {
    sentences: [`${where} a connection's first packet is compared ${scope} with ${textOf(shown)}${alone}.`],
    weight: Number.isFinite(ratio) ? Math.max(1, ratio) : 1,
  };
}

/** From which sizes on things take longer than in the mode in which a first packet is quickest at that setting. */
function sizesSentences(setting: Setting, settings: readonly Setting[]): string[] {
  const known = slowestFirst(setting, FIRST_PACKET);
  const than = known.at(-1);
  if (than === undefined) return [];
  const modes = [...new Set([...known, ...modesOf(settings.flat())])].filter((mode) => mode !== than);
  const sizes = [FIRST_PACKET, REQUEST, CPU].map((figure) => crossover(settings, figure, { modes, than }));
  return [...sizes.filter((text) => text !== ''), ...exceptions(settings, FIRST_PACKET, { modes, than })];
}

/** How long a first packet takes there; without sizes that said how much more others take, all figures. */
function timesFinding(setting: Setting, where: string, hasSizes: boolean): FindingGroup {
  const than = slowestFirst(setting, FIRST_PACKET).at(-1);
  if (than === undefined) return { sentences: doubts(setting, where), weight: 1 };
  const [packet, request, cpu] = [FIRST_PACKET, REQUEST, CPU].map((figure) => modeTimes(setting, figure, than));
  const reaching = ` to reach ${endOf(setting)}`;
  const one = setting.some(isFlattered) ? 'an answered request' : 'a request';
  const texts = [
    [packet, `${where} a first packet takes on average`, reaching],
    ...(hasSizes ? [] : [[request, `There ${one} takes on average`, ''] as const]),
    ...(hasSizes ? [] : [[cpu, `There ${one} costs CPU time of`, ''] as const]),
  ] as const;
  return {
    weight: Math.max(...[packet, request, cpu].map((times) => times?.weight ?? 1)),
    sentences: texts.flatMap(([times, start, end]) => {
      if (times === undefined || times.list === '') return [];
      return [`${start} ${times.list}${end}${hasSizes ? '' : times.ratios}${times.doubts}.`];
    }),
  };
}

/** What is said where the seeds agree on a first packet in no mode; nothing without first packets. */
function doubts(setting: Setting, where: string): string[] {
  const found = doubtfulOf(setting, FIRST_PACKET);
  if (found.length === 0) return [];
  return [
    `${where} the seeds disagree about how long a first packet takes to reach ${endOf(setting)} in ${listText(found)}.`,
  ];
}

/** Where a first packet arrives: behind an Ingress the endpoint gets another one. */
function endOf(setting: Setting): string {
  return setting.some(endsAtIngress) ? 'the ingress proxy (where the connection ends)' : 'its endpoint';
}

/** Rules of later packets, over all sizes. */
function laterSentence(settings: readonly Setting[]): string[] {
  const views = settings.flat();
  const rules = rulesOf(views, 'established_packet_rules');
  if (rules.length < 2) return [];
  const isFixed = rules.every(({ range: [least, most] }) => Math.round(least) === Math.round(most));
  const sizes = new Set(views.map(({ services, endpoints }) => `${services} ${endpoints ?? ''}`));
  const always = isFixed && sizes.size > 1 ? ', at every size' : '';
  return [`Later packets of a connection are compared on the client's node with ${textOf(rules)}${always}.`];
}

/** Rules that a packet meets in one mode: least and largest mean over cases. */
interface ModeRules {
  readonly mode: string;
  readonly range: readonly [number, number];
}

/** A number of rules by mode, the largest first; modes without it are left out. */
function rulesOf(views: readonly CaseView[], metric: string): ModeRules[] {
  return modesOf(views)
    .flatMap((mode) => {
      const range = rangeOf(sideOf(views, mode), metric, 'mean');
      return range === undefined ? [] : [{ mode, range }];
    })
    .sort((a, b) => b.range[1] - a.range[1]);
}

/** `5,025 rules in iptables mode and 18 to 20 in ipvs mode`. */
function textOf(rules: readonly ModeRules[]): string {
  const whole = rules.map(({ mode, range }) => {
    const [low, high] = range.map((value) => thousands(Math.round(value)));
    return { mode, text: low === high ? (low ?? '') : `${low ?? ''} to ${high ?? ''}` };
  });
  return byMode(whole, 'rule');
}

function mostRules(cases: readonly CaseView[]): number {
  const found = cases.map((view) => {
    return view.mean('first_packet_path_rules', 'mean') ?? view.mean('first_packet_rules', 'mean') ?? 0;
  });
  return Math.max(0, ...found);
}
