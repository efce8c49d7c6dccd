/**
 * What a run says about what its matrix varies beside the mode: a figure by the values of an axis, within one mode, where they differ most. Values
 * on which the seeds disagree are left out.
 */
import { axesOf } from './axis.js';
import type { Axis, AxisLine } from './axis.js';
import { exceeds, isFirm, ranked } from './estimate.js';
import type { Estimate } from './estimate.js';
import type { CaseView } from './case-view.js';
import type { FindingGroup } from './finding.js';
import { NOTEWORTHY, unansweredEstimate } from './outcome.js';
import { bytesText, numberText, percentText, timeText } from './number-text.js';
import type { Statistic } from '../measure/index.js';
import { NOTABLE } from './setting.js';
import { inMode, listText } from './wording.js';

/** A figure that is compared along axes. */
interface AlongAxis {
  readonly of: (views: readonly CaseView[]) => readonly Estimate[];
  readonly subject: string;
  readonly as: string;
  readonly say: (value: number) => string;
}

const CPU = along('cpu_per_request_ns', 'mean', 'the CPU time of a request', 'as much', timeText);

/** Where hardly anything is lost, nothing is said of it. */
const LOSS: AlongAxis = {
  subject: 'the share of requests without an answer',
  as: 'as large',
  say: shareInPercent,
  of: (views) => {
    const known = views.flatMap((view) => unansweredEstimate(view) ?? []).sort((a, b) => a.mean - b.mean);
    return (known.at(-1)?.mean ?? 0) >= NOTEWORTHY ? known : [];
  },
};

/** What is compared in most runs. */
const FIGURES: readonly AlongAxis[] = [
  LOSS,
  along('request_latency_ns', 'mean', 'the mean request', 'as long', timeText),
  CPU,
];

/** What is compared instead in runs that measure something of their own, and so are about that: those that have the first figure of a list. */
const TOPICS: readonly (readonly AlongAxis[])[] = [
  [along('slice_watch_bytes', 'total', 'what EndpointSlices send to the nodes', 'as much', bytesText)],
  [
    along('queries_per_lookup', 'mean', 'the number of queries a lookup', 'as many', numberText),
    along('lookup_latency_ns', 'p99', 'the p99 of lookups', 'as long', timeText),
    CPU,
  ],
  [
    along('change_live_ns', 'p50', 'the median time until a change is live', 'as long', timeText),
    along(
      'sync_busy_ratio',
      'value',
      'the share of its time that a kube-proxy spends in syncs',
      'as large',
      shareInPercent,
    ),
    LOSS,
  ],
];

/** So many values are listed; of more the least and the largest are named. */
const MOST_LISTED = 8;

/** Sentences about axes; none for a run that varies the mode only. */
export function axisFindings(views: readonly CaseView[]): FindingGroup {
  const topic = TOPICS.find(([first]) => first !== undefined && first.of(views).length > 0);
  const found = axesOf(views).flatMap((axis) =>
    (topic ?? FIGURES).flatMap((figure) => sentenceOf(axis, figure, views)),
  );
  return {
    sentences: found.map(({ sentence }) => sentence),
    weight: topic !== undefined && found.length > 0 ? Infinity : Math.max(1, ...found.map(({ ratio }) => ratio)),
  };
}

/** The cases of one line that have the figure, least first. */
interface Ranked {
  readonly line: AxisLine;
  readonly all: readonly Estimate[];
  /** Those that the seeds disagree about, which are not among them. */
  readonly doubtful: readonly Estimate[];
  readonly ratio: number;
}

/** The line on which the values differ most, in words; nothing where they hardly do. */
function sentenceOf(axis: Axis, figure: AlongAxis, views: readonly CaseView[]): { sentence: string; ratio: number }[] {
  const known = axis.lines.map((line) => rankedOn(line, figure));
  const telling = known.filter(({ ratio, all }) => ratio > 1 + NOTABLE && isTelling(all));
  const [most] = telling.toSorted((a, b) => b.ratio - a.ratio);
  const [least, largest] = [most?.all[0], most?.all.at(-1)];
  if (most === undefined || least === undefined || largest === undefined) return [];
  const name = (item: Estimate): string => {
    const value = valueOf(most.line, item);
    return /^[\d.]+$/.test(value) ? `${axis.name}=${value}` : value;
  };
  const listed = most.all.length <= MOST_LISTED ? most.all : [least, largest];
  const texts = groups(listed, figure).map(({ text, items }) => `${text} with ${listText(items.map(name))}`);
  const where = [inMode(largest.view, views), most.line.place].filter((text) => text !== '').join(', ');
  const isKnown = Number.isFinite(most.ratio) && isFirm(least) && isFirm(largest);
  const others = isKnown ? known.flatMap((other) => againIn(other, most, views)) : [];
  const ratios = others.map((text, i) => (i === 0 ? text : text.replace(' times', '')));
  const also = ratios.length === 0 ? '' : ` (${ratios.join(', ')})`;
  const doubtful = most.doubtful.map(name);
  const doubts = doubtful.length === 0 ? '' : `; the seeds disagree about ${listText(doubtful)}`;
  const times = isKnown ? `: ${numberText(most.ratio)} times ${figure.as}` : '';
  const sentence = `By ${axis.name}, ${figure.subject} is ${listText(texts)}${times}, ${where}${also}${doubts}.`;
  return [{ sentence, ratio: most.ratio }];
}

function rankedOn(line: AxisLine, figure: AlongAxis): Ranked {
  const cases = line.points.map(({ view }) => view);
  const known = figure.of(cases);
  const largest = Math.max(...known.map(({ mean }) => mean));
  // What is uncertain by itself may be small beyond doubt beside the others.
  const isPlain = (item: Estimate): boolean => isFirm(item) || isFirm({ ...item, mean: largest });
  const all = known.filter(isPlain);
  const [least, most] = [all[0], all.at(-1)];
  const ratio = least === undefined || most === undefined || most.mean === 0 ? 1 : most.mean / least.mean;
  return { line, all, doubtful: known.filter((item) => !isPlain(item)), ratio };
}

function isTelling(all: readonly Estimate[]): boolean {
  const [least, most] = [all[0], all.at(-1)];
  return least !== undefined && most !== undefined && exceeds(most, least);
}

/** The ratio of the same two values in another mode, at the same place. */
function againIn({ line, all }: Ranked, most: Ranked, views: readonly CaseView[]): string[] {
  if (line === most.line || line.place !== most.line.place) return [];
  const end = (item: Estimate | undefined): Estimate | undefined =>
    all.find((other) => item !== undefined && valueOf(line, other) === valueOf(most.line, item));
  const [least, largest] = [end(most.all[0]), end(most.all.at(-1))];
  if (least === undefined || largest === undefined || least.mean === 0) return [];
  return [`${numberText(largest.mean / least.mean)} times ${inMode(largest.view, views)}`];
}

function valueOf({ points }: AxisLine, { view }: Estimate): string {
  return points.find((point) => point.view === view)?.value ?? '';
}

/** Neighbours that read alike together. */
function groups(all: readonly Estimate[], { say }: AlongAxis): { text: string; items: Estimate[] }[] {
  const found: { text: string; items: Estimate[] }[] = [];
  for (const item of all) {
    const text = say(item.mean);
    const last = found.at(-1);
    if (last?.text === text) last.items.push(item);
    else found.push({ text, items: [item] });
  }
  return found;
}

function along(
  metric: string,
  statistic: Statistic,
  subject: string,
  as: string,
  say: (value: number) => string,
): AlongAxis {
  return { of: (views) => ranked(views, metric, statistic), subject, as, say };
}

function shareInPercent(share: number): string {
  return `${percentText(share)} %`;
}
