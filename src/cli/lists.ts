/** The lists of `kpb get`: rows of texts, shown as a table, as JSON or as CSV. */
import { basename } from 'node:path';
import { METRICS } from '../measure/index.js';
import { csvTable, jsonList, textTable } from '../report/index.js';
import {
  parseProfile,
  parseScenario,
  PROXY_MODES,
  scenarioQuestion,
  schedulers,
  workloads,
} from '../scenario/index.js';
import { storedBaselines } from './baseline-store.js';
import { readText } from './files.js';
import type { CommonArguments, ListName } from './options.js';
import { SHIPPED_PROFILES, SHIPPED_SCENARIOS, yamlFiles } from './places.js';
import { resultStyle } from './terminal.js';

type Row = Readonly<Record<string, string>>;

const KINDS: Readonly<Record<ListName, string>> = {
  scenarios: 'ScenarioList',
  metrics: 'MetricList',
  profiles: 'CostProfileList',
  baselines: 'BaselineList',
  modes: 'ProxyModeList',
  schedulers: 'SchedulerList',
  workloads: 'WorkloadList',
};

/** Text of a list, in the form that was asked for. */
export async function listText(what: ListName, { output, color }: CommonArguments): Promise<string> {
  const { headings, rows } = listOf(what);
  if (output === 'json') return jsonList(KINDS[what], {}, rows);
  const lines = rows.map((row) => headings.map((heading) => row[heading] ?? ''));
  if (output === 'csv') return csvTable(headings, lines);
  if (lines.length === 0) return `no ${what}\n`;
  const columns = headings.map((heading) => ({ heading, align: 'left' as const }));
  return `${textTable(columns, lines, { style: await resultStyle(color) })}\n`;
}

function listOf(what: ListName): { readonly headings: readonly string[]; readonly rows: readonly Row[] } {
  switch (what) {
    case 'scenarios':
      return { headings: ['name', 'question'], rows: yamlFiles(SHIPPED_SCENARIOS).map(scenarioRow) };
    case 'profiles':
      return { headings: ['name', 'description'], rows: yamlFiles(SHIPPED_PROFILES).map(profileRow) };
    case 'metrics':
      return { headings: ['name', 'unit', 'kind', 'better', 'statistics', 'doc'], rows: METRICS.map(metricRow) };
    case 'baselines':
      return { headings: ['name', 'scenario', 'cases', 'seeds', 'version'], rows: storedBaselines() };
    case 'modes':
      return { headings: ['name', 'doc'], rows: PROXY_MODES.map(named) };
    case 'schedulers':
      return { headings: ['name', 'doc'], rows: schedulers.map(named) };
    case 'workloads':
      return { headings: ['name', 'doc'], rows: workloads.map(named) };
  }
}

function scenarioRow(path: string): Row {
  return { name: basename(path, '.yaml'), question: scenarioQuestion(parseScenario(readText(path), path)) };
}

function profileRow(path: string): Row {
  const { name, description } = parseProfile(readText(path), path);
  return { name, description };
}

function metricRow({ name, unit, kind, better, statistics, doc }: (typeof METRICS)[number]): Row {
  return { name, unit, kind, better, statistics: statistics.join(' '), doc };
}

function named({ name, doc }: { readonly name: string; readonly doc: string }): Row {
  return { name, doc };
}
