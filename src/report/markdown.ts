/** The summary as Markdown, for a pull request or the summary page of a CI job. */
import { unitOf } from '../measure/index.js';
import { AREA_TABLES } from './area-columns.js';
import { DOUBT, captionsOf, isDoubtful, valueOf } from './case-table.js';
import type { FigureColumn } from './case-table.js';
import { caseViews } from './case-view.js';
import type { CaseView } from './case-view.js';
import { TRAFFIC } from './figure-columns.js';
import { escaped, markdownTable } from './markdown-table.js';
import { metricText, percentText, thousands } from './number-text.js';
import { PARTIAL } from './report.js';
import type { Report, ReportInput } from './report.js';
import { sentences } from './sentences.js';
import { trafficNotes } from './traffic-notes.js';

/** The summary in Markdown, as a report. */
export const markdownReport: Report = {
  name: 'markdown',
  extension: 'md',
  doc: 'The summary as Markdown, for pull requests and CI pages.',
  render: (input) => `${sections(input).join('\n\n')}\n`,
};

function sections({
  scenario,
  question,
  seeds,
  aggregates,
  warnings,
  gate,
  complete,
  notes = [],
}: ReportInput): string[] {
  const views = caseViews(aggregates);
  const failed = gate?.findings.filter((finding) => finding.answer !== 'passed') ?? [];
  return [
    `## ${escaped(scenario)}`,
    ...(question === '' ? [] : [escaped(question)]),
    `Means over ${thousands(seeds.length)} seed${seeds.length === 1 ? '' : 's'}; times are simulated.`,
    ...(complete ? [] : [`**${PARTIAL}**`]),
    ...notes.map(escaped),
    ...figureTable(views, TRAFFIC, trafficNotes(views)),
    ...AREA_TABLES.flatMap(({ title, columns, of }) => {
      const [table, ...notes] = figureTable(of(views), columns, []);
      return table === undefined ? [] : [`### ${title}`, table, ...notes];
    }),
    list(sentences(views)),
    ...(gate === undefined ? [] : [`Gate: **${gate.answer.replaceAll('-', ' ')}**`]),
    list(failed.map(({ caseId, metric, statistic, reason }) => `${caseId}: ${metric} ${statistic}: ${reason}`)),
    list(warnings.map((warning) => `Warning: ${warning}`)),
  ].filter((section) => section !== '');
}

/** A table of cases and the notes below it; nothing of both when no column has a value. */
function figureTable(
  views: readonly CaseView[],
  figures: readonly FigureColumn[],
  notes: readonly string[],
): readonly string[] {
  const columns = figures.filter((column) => views.some((view) => valueOf(view, column) !== undefined));
  if (columns.length === 0) return [];
  const headings = ['case', ...columns.map(({ group, heading }) => `${group} ${heading}`)];
  const lines = views.map((view) => [view.caseId, ...columns.map((column) => cellText(view, column))]);
  const text = [captionsOf(columns, views), ...notes].filter((note) => note !== '').join(' ');
  return [markdownTable(headings, lines, 1), escaped(text)].filter((part) => part !== '');
}

function cellText(view: CaseView, column: FigureColumn): string {
  const { metric, statistic, unit } = column;
  const value = valueOf(view, column);
  if (value === undefined) return '-';
  const text = unit === 'share' ? percentText(value) : metricText(value, unitOf(metric, statistic));
  return `${isDoubtful(view, column) ? DOUBT : ''}${text}`;
}

function list(items: readonly string[]): string {
  return items.map((item) => `- ${escaped(item)}`).join('\n');
}
