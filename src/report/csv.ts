/**
 * Rows as CSV and back: one value a line, fixed columns, base units, shortest round-trip numbers, line feeds.
 *
 * Quoting and reading are papaparse's. Text cells that a spreadsheet would take for a formula get a quote in front
 * (`escapeFormulae: true` misses some, so the pattern is given); reading takes it off again.
 */
import Papa from 'papaparse';
import { STATISTICS } from '../measure/index.js';
import type { Aggregate, Row, Statistic, Unit } from '../measure/index.js';
import type { Report } from './report.js';

/** The columns: heading and what stands in it. */
const COLUMNS: readonly (readonly [heading: string, key: keyof Row])[] = [
  ['run_id', 'runId'],
  ['scenario', 'scenario'],
  ['case_id', 'caseId'],
  ['mode', 'mode'],
  ['scheduler', 'scheduler'],
  ['nodes', 'nodes'],
  ['services', 'services'],
  ['endpoints', 'endpoints'],
  ['workload', 'workload'],
  ['seed', 'seed'],
  ['metric', 'metric'],
  ['unit', 'unit'],
  ['statistic', 'statistic'],
  ['value', 'value'],
];

const HEADINGS = COLUMNS.map(([heading]) => heading);
/** What gets a quote in front: what a spreadsheet may take for a formula, and a quote itself, so that reading is exact. */
const FORMULA = /^[=+\-@\t\r']/;
const ESCAPED = /^'/;
const UNITS: readonly Unit[] = ['ns', '1', '1/s', 'B'];

/** A text that is no CSV of rows. */
export class CsvError extends Error {
  /** @param line line of the text, from 1 @param problem what is wrong there */
  constructor(line: number, problem: string) {
    super(`line ${line}: ${problem}`);
    this.name = 'CsvError';
  }
}

/** All rows as CSV; the heading is there even without rows. */
export function writeCsv(rows: readonly Row[]): string {
  return unparse(
    HEADINGS,
    rows.map((row) => COLUMNS.map(([, key]) => row[key])),
  );
}

/**
 * Aggregates as CSV: one line per case, metric and statistic, with mean, interval and range over the seeds.
 */
export function writeSummaryCsv(aggregates: readonly Aggregate[]): string {
  const labels = COLUMNS.filter(([, key]) => key !== 'seed' && key !== 'value') as [
    string,
    keyof Row & keyof Aggregate,
  ][];
  return unparse(
    [...labels.map(([heading]) => heading), 'seeds', 'mean', 'ci95_half_width', 'min', 'max'],
    aggregates.map((item) => [
      ...labels.map(([, key]) => item[key]),
      ...[item.seeds, item.mean, item.halfWidth, item.min, item.max],
    ]),
  );
}

/**
 * Reads what `writeCsv` wrote.
 * @throws CsvError with the line of the first fault
 */
export function readCsv(text: string): Row[] {
  const { data, errors } = Papa.parse<string[]>(text, { newline: '\n', delimiter: ',' });
  const [fault] = errors;
  if (fault !== undefined) throw new CsvError((fault.row ?? 0) + 1, fault.message);
  const [headings, ...lines] = data;
  if (headings?.join(',') !== HEADINGS.join(',')) {
    throw new CsvError(1, `expected the columns ${HEADINGS.join(',')}, found ${headings?.join(',') ?? 'nothing'}`);
  }
  if (lines.at(-1)?.join('') === '') lines.pop();
  return lines.map((cells, i) => readRow(cells, i + 2));
}

/** All rows, as a report. */
export const csvReport: Report = {
  name: 'csv',
  extension: 'csv',
  doc: 'Every value, one a line, for notebooks and spreadsheets.',
  render: ({ rows }) => writeCsv(rows),
};

/** Any table as CSV, with the same quoting; the heading is there even without lines. */
export function csvTable(headings: readonly string[], lines: readonly (readonly string[])[]): string {
  return unparse(
    [...headings],
    lines.map((line) => [...line]),
  );
}

function unparse(fields: string[], data: (string | number | null)[][]): string {
  const text = Papa.unparse({ fields, data }, { newline: '\n', escapeFormulae: FORMULA });
  // Without data the heading comes with a line break, with data the last line without.
  return `${text.replace(/\n$/, '')}\n`;
}

function readRow(cells: readonly string[], line: number): Row {
  if (cells.length !== HEADINGS.length) {
    throw new CsvError(line, `expected ${HEADINGS.length} columns, found ${cells.length}`);
  }
  const cell = (heading: string): string => (cells[HEADINGS.indexOf(heading)] ?? '').replace(ESCAPED, '');
  const number = (heading: string): number | null => {
    const text = cell(heading);
    if (text === '') return null;
    if (!/^-?\d+(\.\d+)?(e[+-]?\d+)?$/.test(text))
      throw new CsvError(line, `${heading}: expected a number, found ${text}`);
    return Number(text);
  };
  const size = (heading: string): number => {
    const value = number(heading);
    if (value === null) throw new CsvError(line, `${heading}: expected a number, found nothing`);
    return value;
  };
  const choice = <T extends string>(heading: string, known: readonly T[]): T => {
    const found = known.find((name) => name === cell(heading));
    if (found === undefined)
      throw new CsvError(line, `${heading}: expected one of ${known.join(', ')}, found ${cell(heading)}`);
    return found;
  };
  return {
    runId: cell('run_id'),
    scenario: cell('scenario'),
    caseId: cell('case_id'),
    mode: cell('mode'),
    scheduler: cell('scheduler'),
    nodes: size('nodes'),
    services: size('services'),
    endpoints: number('endpoints'),
    workload: cell('workload'),
    seed: cell('seed'),
    metric: cell('metric'),
    unit: choice('unit', UNITS),
    statistic: choice<Statistic>('statistic', STATISTICS),
    value: number('value'),
  };
}
