/**
 * The generated tables of the documentation: metrics, scenario fields, prices, exit codes, names of lists.
 *
 * A table stands between `<!-- table: name -->` and `<!-- end -->`. What the program knows is written anew from it; a last
 * column `meaning` that only a person can write is kept from the page, by the row's first cell. So a field that is
 * missing, renamed or gone from the program shows as a difference. `npx vitest run test/house/docs -u` writes the tables anew.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { ExitCode } from '../../src/cli/exit-code.js';
import type { CostConstant } from '../../src/kernel/cost.js';
import { ENDPOINT_PLACES, METRICS } from '../../src/measure/index.js';
import { writeCsv } from '../../src/report/index.js';
import { DEFAULT_CHURN, DEFAULT_SPEC } from '../../src/scenario/defaults.js';
import { parseProfile, PROXY_MODES, schedulers, workloads } from '../../src/scenario/index.js';
import { specSchema } from '../../src/scenario/schema.js';
import { DURATION_FORM } from '../../src/scenario/units.js';
import { ROOT } from './tree.js';

/** Cells of a table, the headings first. */
type Cells = readonly (readonly string[])[];

/** A table: its cells without the column `meaning`, and whether it has one. */
interface Table {
  readonly cells: Cells;
  readonly explained: boolean;
}

/** A row whose `meaning` nobody has written yet; a test finds it. */
export const NO_MEANING = '(no meaning written)';

const BLOCK = /<!-- table: ([a-z -]+) -->\n[\s\S]*?<!-- end -->/g;

/** The tables by name. */
const TABLES: Readonly<Record<string, () => Table>> = {
  metrics: () => plain(metricCells()),
  'csv columns': () => explained([['column'], ...csvColumns().map((column) => [code(column)])]),
  'exit codes': () => explained([['code'], ...Object.values(ExitCode).map((value) => [String(value)])]),
  modes: () => plain(nameCells(PROXY_MODES)),
  schedulers: () => plain(nameCells(schedulers)),
  workloads: () => plain(nameCells(workloads)),
  'packet prices': () => plain(priceCells('WorkKind', profile().packet)),
  'sync prices': () => plain(priceCells('SyncWorkKind', profile().sync)),
  'far prices': () => plain(farCells()),
  'fields of spec': () => explained(fieldCells(z.strictObject(scalarsOf(specSchema.shape)), '', {})),
  'fields of cluster': () => explained(fieldCells(specSchema.shape.cluster, 'cluster', DEFAULT_SPEC.cluster)),
  'fields of proxy': () => explained(fieldCells(specSchema.shape.proxy, 'proxy', DEFAULT_SPEC.proxy)),
  'fields of workload': () => explained(fieldCells(specSchema.shape.workload, 'workload', DEFAULT_SPEC.workload)),
  'fields of run': () => explained(fieldCells(specSchema.shape.run, 'run', DEFAULT_SPEC.run)),
  'fields of gate': () => explained(fieldCells(specSchema.shape.gate.unwrap(), 'gate', {})),
  ...Object.fromEntries(
    churnKinds().map(([kind, schema]) => [`fields of ${kind}`, () => explained(churnCells(schema, kind))]),
  ),
};

/** Names of all tables. */
export const TABLE_NAMES = Object.keys(TABLES);

/** Names of the tables that a page holds. */
export function tablesIn(page: string): string[] {
  return [...page.matchAll(BLOCK)].map(([, name = '']) => name);
}

/** The page with its tables written anew; not formatted. */
export function withTables(page: string): string {
  return page.replaceAll(BLOCK, (block: string, name: string) => {
    const table = TABLES[name];
    if (table === undefined) throw new Error(`there is no table "${name}"; there are: ${TABLE_NAMES.join(', ')}`);
    const { cells, explained: keeps } = table();
    const rows = keeps ? withMeanings(cells, block) : cells;
    const [headings = [], ...lines] = rows.map((row) => `| ${row.join(' | ')} |`);
    const rule = `| ${(rows[0] ?? []).map(() => '---').join(' | ')} |`;
    return [`<!-- table: ${name} -->`, '', headings, rule, ...lines, '', '<!-- end -->'].join('\n');
  });
}

function plain(cells: Cells): Table {
  return { cells, explained: false };
}

function explained(cells: Cells): Table {
  return { cells, explained: true };
}

function withMeanings([headings = [], ...rows]: Cells, block: string): Cells {
  const lines = block.split('\n').filter((line) => line.startsWith('|'));
  const old = lines.map((line) => line.split(/(?<!\\)\|/).map((text) => text.trim()));
  const known = new Map(old.filter((cells) => cells.at(-2) !== '').map((cells) => [cells[1], cells.at(-2)]));
  return [[...headings, 'meaning'], ...rows.map((row) => [...row, known.get(row[0]) ?? NO_MEANING])];
}

function code(text: string): string {
  return `\`${text}\``;
}

/** Text of a table cell. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

function metricCells(): Cells {
  const rows = METRICS.map(({ area, name, unit, kind, better, statistics, doc }) => {
    return [
      area,
      code(name),
      unit,
      kind,
      better,
      statistics === ENDPOINT_PLACES ? `${statistics[0]} to ${statistics.at(-1)}` : statistics.join(', '),
      cell(doc),
    ];
  });
  const areas = rows.map(([area = ''], i) => (i > 0 && rows[i - 1]?.[0] === area ? '' : area));
  return [
    ['area', 'metric', 'unit', 'kind', 'better', 'statistics', 'what it is'],
    ...rows.map(([, ...rest], i) => [areas[i] ?? '', ...rest]),
  ];
}

function csvColumns(): string[] {
  return writeCsv([]).trim().split(',');
}

function nameCells(list: readonly { readonly name: string; readonly doc: string }[]): Cells {
  return [['name', 'what it is'], ...list.map(({ name, doc }) => [code(name), cell(doc)])];
}

function profile() {
  const file = 'scenarios/profiles/reference-2026.yaml';
  return parseProfile(readFileSync(join(ROOT, file), 'utf8'), file);
}

/** The source of a price without the machine, which the page names once. */
function arithmetic({ source }: CostConstant): string {
  return cell(source.slice(source.indexOf(': ') + 2));
}

function priceCells(kinds: 'WorkKind' | 'SyncWorkKind', prices: Readonly<Record<string, CostConstant>>): Cells {
  const source = readFileSync(join(ROOT, 'src/kernel/work.ts'), 'utf8');
  const body = new RegExp(`export const ${kinds} = \\{([\\s\\S]*?)\\} as const`).exec(source)?.[1] ?? '';
  const units = new Map(
    [...body.matchAll(/\/\*\* (.*?)\.? \*\/\n\s*(\w+):/g)].map(([, unit = '', kind]) => [kind, unit]),
  );
  const rows = Object.entries(prices).map(([kind, price]) => {
    return [code(kind), units.get(kind) ?? '', String(price.ns), price.basis, arithmetic(price)];
  });
  return [['kind', 'one unit', 'ns', 'basis', 'how'], ...rows];
}

function farCells(): Cells {
  const rows = Object.entries(profile().far).map(([kind, price]) => {
    return [code(kind), String(price.beyond), String(price.ns), price.basis, arithmetic(price)];
  });
  return [['kind', 'beyond', 'ns', 'basis', 'how'], ...rows];
}

/** The fields of `spec` that are no mapping of their own. */
function scalarsOf(shape: Readonly<Record<string, z.ZodType>>): Record<string, z.ZodType> {
  return Object.fromEntries(Object.entries(shape).filter(([name]) => !SECTIONS.has(name)));
}

/** Fields of `spec` with a table of their own. */
const SECTIONS = new Set(['cluster', 'proxy', 'workload', 'churn', 'run', 'gate']);

function churnKinds(): (readonly [string, z.ZodObject])[] {
  return specSchema.shape.churn.element.options.map((option) => [option.shape.kind.value, option] as const);
}

function churnCells(schema: z.ZodObject, kind: string): Cells {
  const { kind: _kind, ...rest } = schema.shape;
  return fieldCells(z.strictObject(rest), '', DEFAULT_CHURN[kind] ?? {});
}

function fieldCells(schema: z.ZodObject, path: string, defaults: Readonly<Record<string, unknown>>): Cells {
  return [['field', 'value', 'default'], ...fieldRows(schema, path, defaults)];
}

function fieldRows(schema: z.ZodObject, path: string, defaults: unknown): string[][] {
  return Object.entries(schema.shape).flatMap(([name, inner]) => {
    const field = path === '' ? name : `${path}.${name}`;
    const standard = (defaults as Readonly<Record<string, unknown>> | undefined)?.[name];
    if (inner instanceof z.ZodObject) return fieldRows(inner, field, standard);
    const missing = inner instanceof z.ZodOptional ? '-' : 'required';
    const value = expectation(inner as z.ZodType)
      .replaceAll(DURATION_FORM, 'a duration')
      .replace(/ such as .*/, '');
    return [[code(field), cell(value), standard === undefined ? missing : code(written(standard))]];
  });
}

function written(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** What a value must be: what its schema says to a value that nothing accepts. */
function expectation(schema: z.ZodType): string {
  if (schema instanceof z.ZodOptional) return expectation(schema.unwrap() as z.ZodType);
  if (schema instanceof z.ZodArray) return `a list of: ${expectation(schema.element as z.ZodType)}`;
  if (schema instanceof z.ZodRecord) return `by name: ${expectation(schema.valueType as z.ZodType)}`;
  const [issue] = schema.safeParse(Symbol('no value')).error?.issues ?? [];
  if (issue === undefined) throw new Error('a field accepts anything');
  return issue.code === 'invalid_type' ? 'a mapping' : issue.message.replace(/^expected (one of )?/, '');
}
