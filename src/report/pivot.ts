/**
 * Pivot tables: figures of a run's cases, laid out by the fields in which the cases differ. Rows and columns come in the order
 * in which the cases name them; those without a value are left out.
 *
 * A field is a name in the case ids (`traffic` of `traffic=udp,mode=ipvs`) or a label of every case: `mode`, `scheduler`, `proxy`
 * (both), `nodes`, `services`, `endpoints`, `workload`. `figure` tells several figures apart. Cost: cases times figures.
 */
import type { Aggregate } from '../measure/index.js';
import { caseViews } from './case-view.js';
import type { CaseView } from './case-view.js';
import { isFlattered } from './outcome.js';
import { figureOf, isLatency, PivotError } from './pivot-figure.js';
import type { Figure } from './pivot-figure.js';

/** What is asked for. */
export interface PivotQuery {
  /** Fields whose values make a row, at least one. */
  readonly rows: readonly string[];
  /** Fields whose values make a column. */
  readonly columns: readonly string[];
  readonly figures: readonly Figure[];
}

/** One cell. */
export interface PivotCell {
  /** In base units. */
  readonly value: number;
  readonly figure: Figure;
  /** A latency of a case in which so many requests were not answered that it says too little. */
  readonly flattered: boolean;
}

/** A cell, and the case that it is of. */
interface Placed extends PivotCell {
  readonly view: CaseView;
}

/** One row or column: the values of its fields. */
type Labels = readonly string[];

/** A table. */
export interface PivotTable {
  readonly rowFields: readonly string[];
  readonly columnFields: readonly string[];
  readonly rows: readonly Labels[];
  readonly columns: readonly Labels[];
  /** By row, then by column. */
  readonly cells: readonly (readonly (PivotCell | undefined)[])[];
  /** Figures that have a value somewhere. */
  readonly figures: readonly Figure[];
}

/** The field that tells figures apart. */
export const FIGURE = 'figure';

/**
 * Makes a table.
 * @param aggregates of the cases that are to be in it, in the order of the plan
 * @throws PivotError when a field is unknown, or when two cases would share a cell
 */
export function pivotTable(aggregates: readonly Aggregate[], query: PivotQuery): PivotTable {
  const views = inOrder(aggregates);
  const { figures, rows: rowFields } = query;
  const told = [...rowFields, ...query.columns].includes(FIGURE);
  const isHeaded = figures.length > 1 || query.columns.length === 0;
  const columnFields = isHeaded && !told ? [...query.columns, FIGURE] : query.columns;
  const grid = new Map<string, Map<string, Placed>>();
  const filled = new Set<string>();
  // A case without the figure keeps its place in the order; a row or column without any is left out at the end.
  const columnOrder = new Set<string>();
  for (const view of views) {
    for (const figure of figures) {
      const row = labelsOf(view, figure, rowFields);
      const column = labelsOf(view, figure, columnFields);
      const line = grid.get(row) ?? new Map<string, Placed>();
      grid.set(row, line);
      columnOrder.add(column);
      const value = figureOf(view, figure);
      if (value === undefined) continue;
      const other = line.get(column);
      if (other !== undefined) throw crowded(other.view, view);
      line.set(column, { value, figure, flattered: isLatency(figure) && isFlattered(view), view });
      filled.add(column);
    }
  }
  const rows = [...grid].filter(([, line]) => line.size > 0);
  const columns = [...columnOrder].filter((column) => filled.has(column));
  const used = new Set([...grid.values()].flatMap((line) => [...line.values()].map((cell) => cell.figure)));
  return {
    rowFields,
    columnFields,
    rows: rows.map(([row]) => labels(row)),
    columns: columns.map(labels),
    cells: rows.map(([, line]) => columns.map((column) => line.get(column))),
    figures: figures.filter((figure) => used.has(figure)),
  };
}

/** Views in the order of the plan: `caseViews` orders them by size. */
function inOrder(aggregates: readonly Aggregate[]): CaseView[] {
  const places = new Map<string, number>();
  for (const { caseId } of aggregates) if (!places.has(caseId)) places.set(caseId, places.size);
  return caseViews(aggregates).sort((a, b) => (places.get(a.caseId) ?? 0) - (places.get(b.caseId) ?? 0));
}

/** Labels as one key; JSON, so that no value can be taken for two. */
function labelsOf(view: CaseView, figure: Figure, fields: readonly string[]): string {
  return JSON.stringify(fields.map((field) => (field === FIGURE ? figure.heading : fieldOf(view, field))));
}

function labels(key: string): Labels {
  return JSON.parse(key) as string[];
}

function fieldOf(view: CaseView, field: string): string {
  const fields = fieldsOf(view);
  const value = fields.get(field);
  if (value !== undefined) return value;
  const known = [...fields.keys(), FIGURE];
  throw new PivotError(`the cases have no field ${JSON.stringify(field)}; they have ${known.join(', ')}`, {
    written: field,
    known,
  });
}

/** The fields of a case: labels of every case, and over them the names in its id. */
function fieldsOf(view: CaseView): ReadonlyMap<string, string> {
  const { mode, scheduler, modeName, nodes, services, endpoints, workload } = view;
  const named = view.caseId.split(',').flatMap((part): [string, string][] => {
    const equals = part.indexOf('=');
    return equals < 0 ? [] : [[part.slice(0, equals), part.slice(equals + 1)]];
  });
  return new Map([
    ...named.filter(([name]) => name !== 'mode' && name !== 'scheduler'),
    ['mode', mode],
    ['scheduler', scheduler],
    ['proxy', modeName],
    ['nodes', String(nodes)],
    ['services', String(services)],
    ['endpoints', endpoints === null ? '' : String(endpoints)],
    ['workload', workload],
  ]);
}

function crowded(a: CaseView, b: CaseView): PivotError {
  const [mine, theirs] = [fieldsOf(a), fieldsOf(b)];
  const differing = [...mine.keys()].filter((field) => mine.get(field) !== theirs.get(field));
  const remedy = `name ${differing.join(' or ')} in --rows or --columns, or choose cases with --filter`;
  return new PivotError(`one cell would hold several cases, such as ${a.caseId} and ${b.caseId}: ${remedy}`);
}
