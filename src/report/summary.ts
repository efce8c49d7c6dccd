/**
 * The summary at the end of a run, for a terminal of 120 columns: the question, what the figures say, one line a case, doubts, files.
 */
import { caseTable, commonLabels } from './case-table.js';
import { caseViews } from './case-view.js';
import type { CaseView } from './case-view.js';
import { CONTROL_PLANE, LOSSES, TRAFFIC, TRAFFIC_LEGEND } from './figure-columns.js';
import { gateTable } from './gate-table.js';
import { thousands, numberText } from './number-text.js';
import type { Report, ReportInput } from './report.js';
import { sentences } from './sentences.js';
import { PLAIN } from './text-style.js';
import type { TextStyle } from './text-style.js';
import { wrapped } from './wrap.js';

const WIDTH = 118;

/** The summary, as a report. */
export const summaryReport: Report = {
  name: 'summary',
  extension: 'txt',
  doc: 'What a person reads at the end of a run: tables, findings in sentences, files.',
  render: (input, style = PLAIN) => `${sections(input, style).join('\n\n')}\n`,
};

function sections(input: ReportInput, style: TextStyle): string[] {
  const views = caseViews(input.aggregates);
  const traffic = caseTable(views, TRAFFIC, { style, width: WIDTH });
  const losses = caseTable(views.filter(hasLosses), LOSSES, {
    style,
    mergeSchedulers: true,
    dropZero: true,
    among: views,
  });
  const control = caseTable(views, CONTROL_PLANE, { style, width: WIDTH, mergeSchedulers: true, dropZero: true });
  return [
    header(input, views, style),
    traffic === '' ? '' : `${style.bold('Traffic')}\n${traffic}\n${style.dim(wrapped(TRAFFIC_LEGEND, WIDTH))}`,
    titled('Rules and syncs', control, style),
    titled('Losses', losses, style),
    titled('Findings', bullets(sentences(views)), style),
    ...(input.gate === undefined ? [] : [gateTable(input.gate, { style }).trimEnd()]),
    titled('Warnings', bullets(input.warnings), style),
    files(input, style),
  ].filter((section) => section !== '');
}

function header(
  { scenario, question, seeds, complete }: ReportInput,
  views: readonly CaseView[],
  style: TextStyle,
): string {
  const size = `${views.length} case${views.length === 1 ? '' : 's'}, ${seeds.length} seed${seeds.length === 1 ? '' : 's'}`;
  const title = `${style.bold(scenario)}  ${style.dim([size, ...commonLabels(views)].join(', '))}`;
  const note = complete ? '' : `\n${style.doubtful('The run was broken off: these are partial results.')}`;
  return `${title}${question === '' ? '' : `\n${wrapped(question, WIDTH)}`}${note}\n${style.dim(precision(views, seeds))}`;
}

/** How sure the means of the traffic table are. */
function precision(views: readonly CaseView[], seeds: readonly string[]): string {
  const [only] = seeds;
  if (seeds.length === 1) return `Values are of seed ${only ?? ''}; times are simulated.`;
  const shares = views.flatMap((view) =>
    TRAFFIC.flatMap(({ metric, statistic }) => {
      const found = view.find(metric, statistic);
      return found === undefined || found.halfWidth === null || found.mean === 0 ? [] : [found.halfWidth / found.mean];
    }),
  );
  const widest = Math.max(0, ...shares) * 100;
  const first = `Values are means over ${thousands(seeds.length)} seeds; times are simulated.`;
  return `${first} Widest 95 % interval in the first table: \u00b1${numberText(widest)} %.`;
}

function hasLosses(view: CaseView): boolean {
  return LOSSES.some(({ metric, statistic }) => (view.mean(metric, statistic) ?? 0) > 0);
}

function titled(title: string, text: string, style: TextStyle): string {
  return text === '' ? '' : `${style.bold(title)}\n${text}`;
}

function bullets(items: readonly string[]): string {
  return items.map((item) => `- ${wrapped(item, WIDTH - 2).replaceAll('\n', '\n  ')}`).join('\n');
}

function files({ files: written }: ReportInput, style: TextStyle): string {
  if (written.length === 0) return '';
  const width = Math.max(...written.map(({ path }) => path.length));
  const lines = written.map(({ what, path }) => `  ${path.padEnd(width)}  ${style.dim(what)}`);
  return `${style.bold('Files')}\n${lines.join('\n')}`;
}
