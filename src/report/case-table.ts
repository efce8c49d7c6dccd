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
import { isWild, ranked } from './estimate.js';
import { bytesText, measureText, numberText, percentText, thousands, timeUnitFor } from './number-text.js';
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
  /** A metric whose figure is added where a case has it. */
  readonly plus?: string;
  /** A metric whose figure it is divided by. */
  readonly over?: string;
  /** `bytes` have their unit in each cell; a `share` is per cent. */
  readonly unit: 'time' | 'number' | 'ratio' | 'bytes' | 'share';
  /** One sentence on how to read it; columns may share one. */
  readonly caption?: string;
  /** Left out unless this metric, which comes with `max`, has a value in some case. */
  readonly onlyWith?: string;
  /** Left out when the table would get too wide: the lowest number goes first. */
  readonly spare?: number;
}

/** A drawn table. */
export interface CaseTable {
  /** Empty when no column has a value. */
  readonly text: string;
  /** The columns that are in it. */
  readonly columns: readonly FigureColumn[];
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
  /** Widest line; spare columns are left out until it fits. */
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

/** Stands before a time on which the seeds disagree. */
export const DOUBT = '~';
const DOUBT_CAPTION = `${DOUBT}: the seeds disagree, the 95 % interval is wider than half of the value to either side.`;

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
 * @returns its text and the columns that found room; nothing of both when no column has a value
 */
export function caseTable(
  views: readonly CaseView[],
  figures: readonly FigureColumn[],
  options: CaseTableOptions,
): CaseTable {
  const shown = figures.filter((figure) => isShown(figure, views, options.dropZero ?? false));
  if (shown.length === 0) return { text: '', columns: [] };
  const columns = fitting(shown, (kept) => {
    // The width is found without a style: escape sequences take no room.
    const lines = draw(views, kept, { ...options, style: PLAIN }).split('\n');
    return lines.every((line) => line.length <= (options.width ?? Infinity));
  });
  return { text: draw(views, columns, options), columns };
}

/** Columns that fit: spare ones go, the least first, and come back where another's going made no room. */
function fitting(
  columns: readonly FigureColumn[],
  fits: (kept: readonly FigureColumn[]) => boolean,
): readonly FigureColumn[] {
  const spares = columns.filter(({ spare }) => spare !== undefined);
  const gone = new Set<FigureColumn>();
  const kept = (): FigureColumn[] => columns.filter((column) => !gone.has(column));
  for (const column of spares.sort((a, b) => (a.spare ?? 0) - (b.spare ?? 0))) {
    if (fits(kept())) break;
    gone.add(column);
  }
  for (const column of [...gone].reverse()) {
    gone.delete(column);
    if (!fits(kept())) gone.add(column);
  }
  return kept();
}

/** How to read some columns of some cases: their captions, and what the sign of doubt says where it stands. */
export function captionsOf(columns: readonly FigureColumn[], views: readonly CaseView[]): string {
  const captions = new Set(columns.flatMap(({ caption }) => (caption === undefined ? [] : [caption])));
  const doubtful = columns.some((column) => views.some((view) => isDoubtful(view, column)));
  return [...captions, ...(doubtful ? [DOUBT_CAPTION] : [])].join(' ');
}

/** Whether the seeds disagree so much about a time that its mean says little. */
export function isDoubtful(view: CaseView, { metric, statistic, unit }: FigureColumn): boolean {
  const [estimate] = unit === 'time' ? ranked([view], metric, statistic) : [];
  return estimate !== undefined && isWild(estimate);
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

/** The figure of a case that a column shows; undefined when the case has none. */
export function valueOf(view: CaseView, { metric, statistic, plus, over }: FigureColumn): number | undefined {
  const value = view.mean(metric, statistic);
  if (over !== undefined) {
    const whole = view.mean(over, statistic);
    return value === undefined || whole === undefined || whole === 0 ? undefined : value / whole;
  }
  const more = plus === undefined ? undefined : view.mean(plus, statistic);
  return value === undefined || more === undefined ? (value ?? more) : value + more;
}

function figureText(view: CaseView, column: FigureColumn, time: TimeUnit | undefined): string {
  const { unit } = column;
  const value = valueOf(view, column);
  if (value === undefined) return '-';
  if (unit === 'ratio') return value.toFixed(3);
  if (unit === 'bytes') return bytesText(value);
  if (unit === 'share') return percentText(value);
  if (unit !== 'time' || time === undefined) return numberText(value);
  return `${isDoubtful(view, column) ? DOUBT : ''}${measureText(value / time.ns)}`;
}

function isShown(column: FigureColumn, views: readonly CaseView[], dropZero: boolean): boolean {
  const { onlyWith } = column;
  if (onlyWith !== undefined && views.every((view) => view.mean(onlyWith, 'max') === undefined)) return false;
  return views.some((view) => {
    const value = valueOf(view, column);
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
