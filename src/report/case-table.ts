/**
 * Tables of cases: one line a case, the columns given as a list of figures. Columns without a value are left out, labels
 * that are the same in every line too (the title says them), and repeated labels are blank.
 *
 * The unit of a group of times stands in its heading; it fits the middle between its least and its largest value.
 */
import type { Statistic } from '../measure/index.js';
import { groupLines, mergeSchedulers } from './case-lines.js';
import type { CaseLine } from './case-lines.js';
import type { CaseView } from './case-view.js';
import { measureText, numberText, thousands, timeUnitFor } from './number-text.js';
import type { TimeUnit } from './number-text.js';
import { textTable } from './text-table.js';
import type { TableColumn } from './text-table.js';
import { PLAIN } from './text-style.js';
import type { TextStyle } from './text-style.js';

/** One column of figures. */
export interface FigureColumn {
  /** Heading above it; columns of one group stand side by side and share their unit of time. */
  readonly group: string;
  readonly heading: string;
  readonly metric: string;
  readonly statistic: Statistic;
  readonly unit: 'time' | 'number' | 'ratio';
  /** Left out unless this metric, which comes with `max`, has a value in some case. */
  readonly onlyWith?: string;
  /** Left out when the table would get too wide. */
  readonly optional?: boolean;
}

/** How cases are laid out. */
export interface CaseTableOptions {
  readonly style: TextStyle;
  /** Put cases that differ in their scheduler only, and show the same figures, into one line. */
  readonly mergeSchedulers?: boolean;
  /** Leave out columns in which every value is zero. */
  readonly dropZero?: boolean;
  /** All cases of the run, when only some are shown: they say which labels vary. */
  readonly among?: readonly CaseView[];
  /** Widest line; optional columns are left out, last ones first, until it fits. */
  readonly width?: number;
}

interface LabelColumn {
  readonly heading: string;
  readonly align: 'left' | 'right';
  readonly text: (view: CaseView) => string;
}

const VARIANT: LabelColumn = { heading: 'case', align: 'left', text: (view) => view.variant };

const LABELS: readonly LabelColumn[] = [
  { heading: 'nodes', align: 'right', text: (view) => thousands(view.nodes) },
  { heading: 'services', align: 'right', text: (view) => thousands(view.services) },
  { heading: 'endpoints', align: 'right', text: (view) => (view.endpoints === null ? '' : thousands(view.endpoints)) },
  { heading: 'workload', align: 'left', text: (view) => view.workload },
  VARIANT,
];

/** Longer ones stand on a line of their own, above the lines that they are about. */
const LONGEST_VARIANT = 24;

/** Labels that are the same for all cases, as words: `10 services`, `4 nodes`. */
export function commonLabels(views: readonly CaseView[]): string[] {
  const [first] = views;
  if (first === undefined) return [];
  return LABELS.filter((label) => !varies(label, views) && label.text(first) !== '').map(({ heading, text }) => {
    if (heading === 'workload') return `${text(first)} workload`;
    if (heading === 'case') return text(first);
    const word = text(first) === '1' ? heading.slice(0, -1) : heading;
    return heading === 'endpoints' ? `${text(first)} ${word} a service` : `${text(first)} ${word}`;
  });
}

/**
 * The table of some cases.
 * @returns its text, or an empty text when no column has a value
 */
export function caseTable(
  views: readonly CaseView[],
  figures: readonly FigureColumn[],
  options: CaseTableOptions,
): string {
  let columns = figures.filter((figure) => isShown(figure, views, options.dropZero ?? false));
  if (columns.length === 0) return '';
  // The width is found without a style: escape sequences take no room.
  const tooWide = (): boolean =>
    draw(views, columns, { ...options, style: PLAIN })
      .split('\n')
      .some((line) => line.length > (options.width ?? Infinity));
  for (const column of columns.filter(({ optional }) => optional).reverse()) {
    if (!tooWide()) break;
    columns = columns.filter((other) => other !== column);
  }
  return draw(views, columns, options);
}

function draw(views: readonly CaseView[], columns: readonly FigureColumn[], options: CaseTableOptions): string {
  const among = options.among ?? views;
  const headed = among.some((view) => view.variant.length > LONGEST_VARIANT);
  const labels = LABELS.filter((label) => varies(label, among) && !(headed && label === VARIANT));
  const units = new Map(columns.map(({ group }) => [group, groupUnit(columns, group, views)]));
  const lines = views.map((view): CaseLine => {
    const figures = columns.map((column) => figureText(view, column, units.get(column.group)));
    return { view, cells: [...labels.map(({ text }) => text(view)), view.modeName, ...figures] };
  });
  const headings: TableColumn[] = [
    ...labels.map(({ heading, align }) => ({ heading, align })),
    { heading: 'mode', align: 'left' },
    ...columns.map(({ group, heading }): TableColumn => {
      return { group: withUnit(group, units.get(group)), heading, align: 'right' };
    }),
  ];
  const merged = options.mergeSchedulers === true ? mergeSchedulers(lines, labels.length) : lines;
  return textTable(headings, groupLines(merged, labels.length, headed), { style: options.style });
}

function figureText(view: CaseView, { metric, statistic, unit }: FigureColumn, time: TimeUnit | undefined): string {
  const value = view.mean(metric, statistic);
  if (value === undefined) return '-';
  if (unit === 'ratio') return value.toFixed(3);
  return unit === 'time' && time !== undefined ? measureText(value / time.ns) : numberText(value);
}

function isShown(column: FigureColumn, views: readonly CaseView[], dropZero: boolean): boolean {
  const { metric, statistic, onlyWith } = column;
  if (onlyWith !== undefined && views.every((view) => view.mean(onlyWith, 'max') === undefined)) return false;
  return views.some((view) => {
    const value = view.mean(metric, statistic);
    return value !== undefined && !(dropZero && value === 0);
  });
}

function groupUnit(columns: readonly FigureColumn[], group: string, views: readonly CaseView[]): TimeUnit | undefined {
  const times = columns.filter((column) => column.group === group && column.unit === 'time');
  if (times.length === 0) return undefined;
  const values = times.flatMap(({ metric, statistic }) => views.map((view) => view.mean(metric, statistic) ?? 0));
  const least = Math.min(...values.filter((value) => value > 0));
  return timeUnitFor(Number.isFinite(least) ? Math.sqrt(least * Math.max(...values)) : 1);
}

function withUnit(group: string, unit: TimeUnit | undefined): string {
  return unit === undefined ? group : `${group}, ${unit.name}`;
}

function varies(label: LabelColumn, views: readonly CaseView[]): boolean {
  return new Set(views.map(label.text)).size > 1;
}
