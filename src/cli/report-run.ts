/** What `kpb report` does: reads a run and renders it, or a table of its figures, or the tables of a page. */
import { aggregate, checkThresholds, gateReport } from '../harness/index.js';
import type { Aggregate } from '../measure/index.js';
import {
  csvReport,
  jsonReport,
  markdownReport,
  pivotCsv,
  pivotJson,
  pivotMarkdown,
  PivotError,
  pivotTable,
  pivotText,
  readFigures,
} from '../report/index.js';
import type { PivotTable, ReportInput } from '../report/index.js';
import { didYouMean } from '../scenario/index.js';
import { CliError, ExitCode } from './exit-code.js';
import type { CommonArguments, PAGE_FORMATS } from './options.js';
import { renewPage } from './report-page.js';
import { ResultWriter } from './result-writer.js';
import type { RunManifest } from './run-manifest.js';
import { runNotes } from './run-notes.js';
import { loadRun, scenarioOf } from './stored-run.js';
import type { StoredRun } from './stored-run.js';
import type { TableArguments } from './table-options.js';
import { resultStyle, tell, writeResult } from './terminal.js';

/** What to show, and how. */
export interface ReportRequest extends Omit<CommonArguments, 'output'>, TableArguments {
  /** A folder, or a name below `results`. */
  readonly run: string;
  /** A page whose tables are written anew. */
  readonly page: string | undefined;
  readonly output: (typeof PAGE_FORMATS)[number];
}

/**
 * Shows a run.
 * @throws CliError when there is no such run, or the table cannot be made
 */
export async function reportRun(request: ReportRequest): Promise<void> {
  const { page, rows, columns, figure, filter } = request;
  const isTable = rows !== undefined || columns !== undefined || figure.length > 0;
  if (page !== undefined && (isTable || filter !== undefined)) {
    throw new CliError(
      '--page: its tables say themselves what is in them; leave the other options out',
      ExitCode.usage,
    );
  }
  // A page of figures is to stay: its tables come from whole runs.
  const run = loadRun(request.run, { absent: ExitCode.usage, mayBePartial: page === undefined });
  if (run.manifest.status !== 'complete') tell(`${run.folder}: ${partialText(run.manifest)}`, request);
  if (page !== undefined) {
    const aggregates = aggregate(run.rows);
    const count = renewPage(page, (query) => pivotMarkdown(tableOf(aggregates, query)));
    tell(`${page}: ${count} table${count === 1 ? '' : 's'} from ${run.folder}`, request);
  } else if (isTable) {
    await writeResult(await tableText(run, request));
  } else {
    await showWhole(run, request);
  }
}

/**
 * The table that is asked for.
 * @throws CliError when it cannot be made
 */
export function tableOf(
  aggregates: readonly Aggregate[],
  { rows, columns, figure, filter }: TableArguments,
): PivotTable {
  const missing = [...(rows === undefined ? ['--rows'] : []), ...(figure.length === 0 ? ['--figure'] : [])];
  if (missing.length > 0) throw new CliError(`a table needs ${missing.join(' and ')}`, ExitCode.usage);
  const chosen = chosenCases(aggregates, filter);
  try {
    const table = pivotTable(chosen, {
      rows: fieldsOf(rows),
      columns: fieldsOf(columns),
      figures: figure.flatMap(readFigures),
    });
    if (table.figures.length > 0) return table;
    throw new CliError(`no case of the run has a value of ${figure.join(', ')}`, ExitCode.usage);
  } catch (error) {
    if (!(error instanceof PivotError)) throw error;
    const { message, unknown } = error;
    const hint = unknown === undefined ? '' : didYouMean(unknown.written, unknown.known);
    throw new CliError(`${message}${hint}`, ExitCode.usage);
  }
}

function chosenCases<T extends { readonly caseId: string }>(
  items: readonly T[],
  filter: string | undefined,
): readonly T[] {
  if (filter === undefined) return items;
  let pattern: RegExp;
  try {
    pattern = new RegExp(filter);
  } catch {
    throw new CliError(`--filter: ${filter} is not a regular expression`, ExitCode.usage);
  }
  const chosen = items.filter(({ caseId }) => pattern.test(caseId));
  if (chosen.length === 0) throw new CliError(`--filter: no case of the run matches ${filter}`, ExitCode.usage);
  return chosen;
}

function fieldsOf(text: string | undefined): string[] {
  return (text ?? '').split(',').flatMap((field) => (field.trim() === '' ? [] : [field.trim()]));
}

async function tableText(run: StoredRun, request: ReportRequest): Promise<string> {
  const table = tableOf(aggregate(run.rows), request);
  const { scenario, runId } = run.manifest;
  const seeds = seedsOf(run);
  switch (request.output) {
    case 'table':
      return pivotText(table, await resultStyle(request.color));
    case 'markdown':
      return pivotMarkdown(table);
    case 'csv':
      return pivotCsv(table);
    case 'json':
      return pivotJson(table, { scenario, runId, seeds });
  }
}

/** The seeds that a case has a result of. */
function seedsOf({ manifest, rows }: StoredRun): readonly string[] {
  const done = new Set(rows.map(({ seed }) => seed));
  return manifest.seeds.filter((seed) => done.has(seed));
}

function partialText({ status }: RunManifest): string {
  return `the run was broken off (${status}), its results are partial`;
}

/** The run as `kpb run` showed it, or in Markdown. */
async function showWhole(run: StoredRun, request: ReportRequest): Promise<void> {
  const { manifest } = run;
  const scenario = scenarioOf(run);
  const rows = chosenCases(run.rows, request.filter);
  const findings = checkThresholds(rows, scenario.thresholds);
  const input: ReportInput = {
    scenario: manifest.scenario,
    question: scenario.question,
    runId: manifest.runId,
    programVersion: manifest.programVersion,
    seeds: seedsOf(run),
    rows,
    aggregates: aggregate(rows),
    warnings: manifest.warnings,
    notes: runNotes(scenario),
    gate: findings.length === 0 ? undefined : gateReport(findings),
    files: [],
    complete: manifest.status === 'complete',
  };
  if (request.output === 'markdown') {
    await writeResult(markdownReport.render(input));
    return;
  }
  if (!input.complete && request.output !== 'table') {
    // Asked for by name, so it is written; the JSON document says that it is not complete.
    await writeResult(request.output === 'csv' ? csvReport.render(input) : jsonReport.render(input));
    return;
  }
  const writer = new ResultWriter({ ...request, output: request.output });
  await writer.add(input);
  await writer.end();
}
