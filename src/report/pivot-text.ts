/**
 * Pivot tables as text, Markdown, CSV and JSON. For people, all values of a figure stand in one unit, which the caption names; CSV and
 * JSON hold base units.
 */
import { metricNamed } from '../measure/index.js';
import { csvTable } from './csv.js';
import { jsonList } from './json.js';
import { markdownTable } from './markdown-table.js';
import { byteUnitFor, measureText, numberText, percentText, thousands, timeUnitFor } from './number-text.js';
import { figureUnit } from './pivot-figure.js';
import type { Figure } from './pivot-figure.js';
import { FIGURE } from './pivot.js';
import type { PivotCell, PivotTable } from './pivot.js';
import { PLAIN } from './text-style.js';
import type { TextStyle } from './text-style.js';
import { blankRepeats, textTable } from './text-table.js';
import { listText } from './wording.js';
import { wrapped } from './wrap.js';

const WIDTH = 118;

/** Stands behind a latency of a case that left many requests without an answer. */
const FLATTERED = '!';
const FLATTERED_CAPTION = `${FLATTERED}: more than 1 % of the requests were not answered, and are not in the latency.`;

/** How the values of a figure are shown. */
interface Scale {
  readonly unit: string;
  text(value: number): string;
}

/** For a terminal: columns under common headings. */
export function pivotText(table: PivotTable, style: TextStyle = PLAIN): string {
  const columns = [
    ...table.rowFields.map((heading) => ({ heading, align: 'left' as const })),
    ...table.columns.map((labels) => {
      const texts = shown(labels);
      return { group: texts.slice(0, -1).join(' '), heading: texts.at(-1) ?? '', align: 'right' as const };
    }),
  ];
  const lines = blankRepeats(shownLines(table), table.rowFields.length - 1);
  const caption = wrapped(captionOf(table, String), WIDTH);
  return `${textTable(columns, lines, { style })}\n${caption === '' ? '' : `${style.dim(caption)}\n`}`;
}

/** For a page. */
export function pivotMarkdown(table: PivotTable): string {
  const headings = [...table.rowFields, ...table.columns.map((labels) => shown(labels).join(' '))];
  const text = markdownTable(headings, shownLines(table), table.rowFields.length);
  const caption = captionOf(table, (name) => `\`${name}\``);
  return `${text}\n${caption === '' ? '' : `\n${caption}\n`}`;
}

/** For a spreadsheet: one line a row, base units. */
export function pivotCsv(table: PivotTable): string {
  const headings = [...table.rowFields, ...table.columns.map((labels) => labels.join(' '))];
  return csvTable(
    headings,
    table.rows.map((labels, i) => [
      ...labels,
      ...lineOf(table, i).map((cell) => (cell === undefined ? '' : String(cell.value))),
    ]),
  );
}

/** For programs: one item a cell that has a value, base units. */
export function pivotJson(table: PivotTable, metadata: Readonly<Record<string, unknown>>): string {
  const { rowFields, columnFields } = table;
  const items = table.rows.flatMap((row, i) =>
    table.columns.flatMap((column, j) => {
      const cell = table.cells[i]?.[j];
      if (cell === undefined) return [];
      const fields = [...rowFields, ...columnFields].map((field, k) => [field, [...row, ...column][k]]);
      const { value, figure } = cell;
      return [{ fields: Object.fromEntries(fields) as unknown, figure: figureName(figure), value }];
    }),
  );
  return jsonList('PivotTable', { ...metadata, rows: rowFields, columns: columnFields }, items);
}

function shownLines(table: PivotTable): string[][] {
  const scales = new Map(table.figures.map((figure) => [figure, scaleOf(figure, table)]));
  const text = (cell: PivotCell | undefined): string => {
    if (cell === undefined) return '-';
    const value = scales.get(cell.figure)?.text(cell.value) ?? '-';
    return cell.flattered ? `${value} ${FLATTERED}` : value;
  };
  return table.rows.map((labels, i) => [...shown(labels), ...lineOf(table, i).map(text)]);
}

/** Labels as a table shows them: a field without a value, such as the scheduler of iptables, is no gap. */
function shown(labels: readonly string[]): string[] {
  return labels.map((label) => (label === '' ? '-' : label));
}

function lineOf({ cells }: PivotTable, row: number): readonly (PivotCell | undefined)[] {
  return cells[row] ?? [];
}

/** What the values are: figure by figure, or once when all are of one metric or there is one only. */
function captionOf(table: PivotTable, name: (metric: string) => string): string {
  const { figures } = table;
  const isTold = [...table.rowFields, ...table.columnFields].includes(FIGURE);
  const [first, second] = figures;
  const isOneMetric = figures.every(({ of, per }) => of.metric === first?.of.metric && per === undefined);
  const parts = (isOneMetric ? figures.slice(0, 1) : figures).flatMap((figure) => {
    if (isOneMetric && second !== undefined) return [`Values: ${name(figure.of.metric)}${unitsText(table)}.`];
    const unit = unitText(scaleOf(figure, table));
    const what = figureText(figure, name);
    if (!isTold) return [`Values: ${what}${unit}.`];
    if (figure.heading !== figureText(figure, String)) return [`${figure.heading}: ${what}${unit}.`];
    return unit === '' ? [] : [`${what}${unit}.`];
  });
  const flattered = table.cells.some((line) => line.some((cell) => cell?.flattered));
  const columns = table.columnFields.filter((field) => field !== FIGURE);
  return [
    ...(columns.length === 0 ? [] : [`Columns: ${columns.join(', ')}.`]),
    ...parts,
    ...(flattered ? [FLATTERED_CAPTION] : []),
  ].join(' ');
}

/** A figure as it is asked for, without the statistic where its metric has one only. */
function figureText({ of, per }: Figure, name: (metric: string) => string): string {
  const quantity = ({ metric, statistic }: Figure['of']): string =>
    name(metricNamed(metric).statistics.length === 1 ? metric : `${metric}:${statistic}`);
  return per === undefined ? quantity(of) : `${quantity(of)} over ${quantity(per)}`;
}

function unitText({ unit }: Pick<Scale, 'unit'>): string {
  return unit === '' ? '' : ` in ${unit}`;
}

/** The unit that several figures of one metric share; a count among them has none, and is left out. */
function unitsText(table: PivotTable): string {
  const units = table.figures.map((figure) => ({ heading: figure.heading, unit: scaleOf(figure, table).unit }));
  const measured = units.filter(({ unit }) => unit !== '');
  const text = unitText({ unit: measured[0]?.unit ?? '' });
  if (measured.length === units.length || text === '') return text;
  return `, ${listText(measured.map(({ heading }) => heading))}${text}`;
}

function figureName({ of, per }: Figure): string {
  const text = `${of.metric}:${of.statistic}`;
  return per === undefined ? text : `${text}/${per.metric}:${per.statistic}`;
}

/** How a figure is shown: that of a metric's statistics which have a unit in the same one. */
function scaleOf(figure: Figure, { cells }: PivotTable): Scale {
  const own = cells.flat().flatMap((cell) => (cell !== undefined && areAlike(cell.figure, figure) ? [cell.value] : []));
  const values = own.toSorted((a, b) => a - b);
  const largest = values.at(-1) ?? 0;
  switch (figureUnit(figure)) {
    case 'ns': {
      const unit = timeUnitFor(values[values.length >> 1] ?? 0);
      return { unit: unit.name, text: (value) => measureText(value / unit.ns) };
    }
    case '1/s':
      return { unit: 'events a second', text: numberText };
    case 'B':
      return bytesScale(values[values.length >> 1] ?? 0);
    case 'share':
      if (largest <= 1) return { unit: '%', text: percentText };
      return { unit: '', text: numberText };
    case '1':
      if (values.every(Number.isInteger)) return { unit: '', text: thousands };
      return { unit: '', text: largest <= 1 ? (value) => value.toFixed(3) : numberText };
  }
}

/** Whether two figures have to be in one unit: they are of one metric, and have a unit. */
function areAlike(a: Figure, b: Figure): boolean {
  const unit = figureUnit(a);
  const isMeasured = unit === 'ns' || unit === 'B' || unit === '1/s';
  return (
    a === b || (isMeasured && unit === figureUnit(b) && a.of.metric === b.of.metric && a.per?.metric === b.per?.metric)
  );
}

function bytesScale(middle: number): Scale {
  const { name, bytes } = byteUnitFor(middle);
  if (bytes === 1) return { unit: 'bytes', text: numberText };
  return { unit: name, text: (value) => measureText(value / bytes) };
}
