/** The summary as Markdown, for a pull request or the summary page of a CI job. */
import { unitOf } from '../measure/index.js';
import { DOUBT, captionsOf, isDoubtful, valueOf } from './case-table.js';
import { caseViews } from './case-view.js';
import { TRAFFIC } from './figure-columns.js';
import { escaped, markdownTable } from './markdown-table.js';
import { thousands, metricText } from './number-text.js';
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

function sections({ scenario, question, seeds, aggregates, warnings, gate }: ReportInput): string[] {
  const views = caseViews(aggregates);
  const columns = TRAFFIC.filter((column) => views.some((view) => valueOf(view, column) !== undefined));
  const headings = ['case', ...columns.map(({ group, heading }) => `${group} ${heading}`)];
  const lines = views.map((view) => [
    view.caseId,
    ...columns.map((column) => {
      const { metric, statistic } = column;
      const value = valueOf(view, column);
      if (value === undefined) return '-';
      return `${isDoubtful(view, column) ? DOUBT : ''}${metricText(value, unitOf(metric, statistic))}`;
    }),
  ]);
  const failed = gate?.findings.filter((finding) => finding.answer !== 'passed') ?? [];
  return [
    `## ${escaped(scenario)}`,
    ...(question === '' ? [] : [escaped(question)]),
    `Means over ${thousands(seeds.length)} seed${seeds.length === 1 ? '' : 's'}; times are simulated.`,
    ...(columns.length === 0
      ? []
      : [markdownTable(headings, lines, 1), escaped([captionsOf(columns, views), ...trafficNotes(views)].join(' '))]),
    list(sentences(views)),
    ...(gate === undefined ? [] : [`Gate: **${gate.answer.replaceAll('-', ' ')}**`]),
    list(failed.map(({ caseId, metric, statistic, reason }) => `${caseId}: ${metric} ${statistic}: ${reason}`)),
    list(warnings.map((warning) => `Warning: ${warning}`)),
  ].filter((section) => section !== '');
}

function list(items: readonly string[]): string {
  return items.map((item) => `- ${escaped(item)}`).join('\n');
}
