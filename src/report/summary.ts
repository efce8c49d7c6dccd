/**
 * The summary at the end of a run: the question, what the figures say, one line a case, doubts, files. Laid out for 120
 * columns; on a narrower terminal prose is broken earlier, and tables leave out columns that they can do without.
 */
import { AREA_TABLES } from './area-columns.js';
import type { AreaTable } from './area-columns.js';
import { caseTable, captionsOf, commonLabels } from './case-table.js';
import type { CaseTable, FigureColumn } from './case-table.js';
import { caseViews } from './case-view.js';
import type { CaseView } from './case-view.js';
import { CONTROL_PLANE, LOSSES, TRAFFIC } from './figure-columns.js';
import { gateTable } from './gate-table.js';
import { thousands, numberText } from './number-text.js';
import { PARTIAL } from './report.js';
import type { Report, ReportInput } from './report.js';
import { sentences } from './sentences.js';
import { PLAIN } from './text-style.js';
import type { TextStyle } from './text-style.js';
import { trafficNotes } from './traffic-notes.js';
import { wrapped } from './wrap.js';

const WIDTH = 118;
/** Narrower terminals break lines themselves. */
const LEAST_WIDTH = 40;

/** The summary, as a report. */
export const summaryReport: Report = {
  name: 'summary',
  extension: 'txt',
  doc: 'What a person reads at the end of a run: tables, findings in sentences, files.',
  render: (input, style = PLAIN, columns = WIDTH) => {
    const width = Math.max(LEAST_WIDTH, Math.min(WIDTH, columns));
    return `${sections(input, style, width).join('\n\n')}\n`;
  },
};

function sections(input: ReportInput, style: TextStyle, width: number): string[] {
  const views = caseViews(input.aggregates);
  const traffic = caseTable(views, TRAFFIC, { style, width });
  const losses = caseTable(views.filter(hasLosses), LOSSES, {
    style,
    width,
    mergeSchedulers: true,
    dropZero: true,
    among: views,
  });
  const control = caseTable(views, CONTROL_PLANE, { style, width, mergeSchedulers: true, dropZero: true });
  return [
    header(input, { views, columns: traffic.columns }, style, width),
    titled(
      'Traffic',
      withNotes(traffic, [captionsOf(traffic.columns, views), ...trafficNotes(views)], style, width),
      style,
    ),
    titled('Rules and syncs', withNotes(control, [captionsOf(control.columns, views)], style, width), style),
    ...AREA_TABLES.map((area) => areaText(area, views, style, width)),
    titled('Losses', losses.text, style),
    titled('Findings', bullets(sentences(views), width), style),
    ...(input.gate === undefined ? [] : [gateTable(input.gate, { style }).trimEnd()]),
    titled('Warnings', bullets(input.warnings, width), style),
    files(input, style),
  ].filter((section) => section !== '');
}

function header(
  { scenario, question, seeds, complete, notes = [] }: ReportInput,
  { views, columns }: Shown,
  style: TextStyle,
  width: number,
): string {
  const size = `${views.length} case${views.length === 1 ? '' : 's'}, ${seeds.length} seed${seeds.length === 1 ? '' : 's'}`;
  const labels = wrapped([size, ...commonLabels(views)].join(', '), Math.max(30, width - scenario.length - 2));
  const title = `${style.bold(scenario)}  ${style.dim(labels.replaceAll('\n', `\n${' '.repeat(scenario.length + 2)}`))}`;
  const note = complete ? '' : `\n${style.doubtful(PARTIAL)}`;
  const told = notes.map((item) => `\n${style.dim(wrapped(item, width))}`).join('');
  return `${title}${question === '' ? '' : `\n${wrapped(question, width)}`}${note}\n${style.dim(wrapped(precision({ views, columns }, seeds), width))}${told}`;
}

/** What the traffic table shows. */
interface Shown {
  readonly views: readonly CaseView[];
  readonly columns: readonly FigureColumn[];
}

/** How sure the means of the traffic table are, and where they are least. */
function precision({ views, columns }: Shown, seeds: readonly string[]): string {
  const [only] = seeds;
  if (seeds.length === 1)
    return `Values are of seed ${only ?? ''}, what chance does to them is open; times are simulated.`;
  const intervals = views.flatMap((view) =>
    columns.flatMap(({ group, heading, metric, statistic }) => {
      const found = view.find(metric, statistic);
      if (found === undefined || found.halfWidth === null || found.mean === 0) return [];
      return [{ share: found.halfWidth / found.mean, of: `${group} ${heading} at ${view.caseId}` }];
    }),
  );
  const first = `Values are means over ${thousands(seeds.length)} seeds, percentiles too; times are simulated.`;
  const [widest] = intervals.sort((a, b) => b.share - a.share);
  if (widest === undefined) return first;
  return `${first} Widest 95 % interval in the first table: \u00b1${numberText(widest.share * 100)} %, of ${widest.of}.`;
}

/** A table of what only some runs are about. */
function areaText(
  { title, columns, of }: AreaTable,
  views: readonly CaseView[],
  style: TextStyle,
  width: number,
): string {
  const shown = of(views);
  const table = caseTable(shown, columns, { style, width, mergeSchedulers: true, dropZero: true, among: views });
  return titled(title, withNotes(table, [captionsOf(table.columns, shown)], style, width), style);
}

/** A table with what there is to say below it. */
function withNotes({ text }: CaseTable, notes: readonly string[], style: TextStyle, width: number): string {
  if (text === '') return '';
  return [text, ...notes.filter((note) => note !== '').map((note) => style.dim(wrapped(note, width)))].join('\n');
}

function hasLosses(view: CaseView): boolean {
  return LOSSES.some(({ metric, statistic }) => (view.mean(metric, statistic) ?? 0) > 0);
}

function titled(title: string, text: string, style: TextStyle): string {
  return text === '' ? '' : `${style.bold(title)}\n${text}`;
}

function bullets(items: readonly string[], width: number): string {
  return items.map((item) => `- ${wrapped(item, width - 2).replaceAll('\n', '\n  ')}`).join('\n');
}

/** The folder of all files once, and their paths below it: whole paths are too long for most terminals. */
function files({ files: written }: ReportInput, style: TextStyle): string {
  if (written.length === 0) return '';
  const folder = commonFolder(written.map(({ path }) => path));
  const below = written.map(({ what, path }) => ({ what, path: path.slice(folder.length) }));
  const width = Math.max(...below.map(({ path }) => path.length));
  const lines = below.map(({ what, path }) => `  ${path.padEnd(width)}  ${style.dim(what)}`);
  return `${style.bold('Files')}${folder === '' ? '' : ` in ${folder}`}\n${lines.join('\n')}`;
}

/** The folders that all paths begin with, as text that ends in a slash; empty for none. */
function commonFolder(paths: readonly string[]): string {
  const [first = [], ...others] = paths.map((path) => path.split('/').slice(0, -1));
  let length = 0;
  while (length < first.length && others.every((other) => other[length] === first[length])) length++;
  return first
    .slice(0, length)
    .map((name) => `${name}/`)
    .join('');
}
