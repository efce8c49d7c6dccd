/**
 * The page on schedulers: its tables ask for what the scenario runs, every scheduler is in all of them, and their figures are those of this
 * program, as far as a few small cases tell. When these differ, the two commands at the head of the page write it anew.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { pageTables } from '../../src/cli/report-page.js';
import { aggregate, planRun, runPlan, toRows } from '../../src/harness/index.js';
import { pivotMarkdown, pivotTable, readFigures } from '../../src/report/index.js';
import { expandScenario, parseProfile, parseScenario, schedulers } from '../../src/scenario/index.js';
import type { Case } from '../../src/scenario/case.js';
import { runCase } from '../../src/testbed/index.js';
import { ROOT } from './tree.js';

const PROFILE = 'scenarios/profiles/reference-2026.yaml';
const SCENARIO = 'scenarios/scheduler-fairness.yaml';

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const page = read('docs/SCHEDULERS.md');
const tables = pageTables(page).map(({ query, text }) => ({
  name: `${query.figure.join(' ')} of ${query.filter ?? ''}`,
  query,
  text,
}));
const { cases, seeds } = expandScenario(parseScenario(read(SCENARIO), SCENARIO), {
  objects: null,
  profile: parseProfile(read(PROFILE), PROFILE),
});

function proxyName({ proxy }: Case): string {
  return proxy.scheduler === '' ? proxy.mode : `${proxy.mode} ${proxy.scheduler}`;
}

function chosen(filter: string | undefined): readonly Case[] {
  return cases.filter(({ id }) => new RegExp(filter ?? '').test(id));
}

/** Cells of a Markdown table's lines, headings and rule left out; none that are padding only. */
function rowsOf(text: string): string[][] {
  const lines = text.split('\n').filter((line) => line.startsWith('| '));
  return lines.slice(2).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** What of a case id is no proxy. */
function settingOf({ id }: Case): string {
  return id.slice(0, id.indexOf(',mode='));
}

test('the scenario has every scheduler, and the modes without one, in every setting', () => {
  const names = [...schedulers.map(({ name }) => `ipvs ${name}`), 'iptables', 'nftables'].sort();
  const settings = new Map<string, string[]>();
  for (const item of cases) settings.set(settingOf(item), [...(settings.get(settingOf(item)) ?? []), proxyName(item)]);
  expect(settings.size).toBe(4 * 4 * 3);
  for (const [setting, proxies] of settings) expect(proxies.sort(), setting).toEqual(names);
});

test('the page says of every scheduler how it chooses', () => {
  const [, section = ''] = page.split('## How each one chooses\n');
  const described = rowsOf(section.split('\n## ')[0] ?? '').map(([name = '']) => name.replaceAll('`', ''));
  expect(described.sort()).toEqual(schedulers.map(({ name }) => name).sort());
});

describe('a table', () => {
  test.each(tables)('$name has a line for every proxy', ({ query, text }) => {
    const isOfPicks = query.figure.some((figure) => figure.includes('ipvs_'));
    const proxies = [...new Set(chosen(query.filter).map(proxyName))].filter(
      (name) => !isOfPicks || name.startsWith('ipvs'),
    );
    expect(rowsOf(text).map(([name]) => name)).toEqual(proxies);
    expect(text).not.toMatch(/NaN|undefined/);
  });

  test.each(['endpoint_load_jain', 'request_latency_ns:p99'])('of %s is there for every case', (figure) => {
    const shown = tables
      .filter(({ query }) => query.figure.join() === figure)
      .flatMap(({ query }) => chosen(query.filter));
    expect(shown.map(({ id }) => id).sort()).toEqual(cases.map(({ id }) => id).sort());
  });

  test('of shares is there for all kinds of endpoints and protocols', () => {
    const shown = tables
      .filter(({ query }) => query.figure.join() === 'endpoint_share_ratio')
      .map(({ query }) => query.filter ?? '');
    for (const kind of ['equal', 'slow', 'unequal', 'draining']) expect(shown.join('\n')).toContain(`servers=${kind},`);
    for (const traffic of ['tcp-short', 'tcp-long', 'udp-short'])
      expect(shown.join('\n')).toContain(`traffic=${traffic},`);
  });
});

/** What the page says outside of its tables and blocks of code. */
function proseOf(text: string): string {
  return text.replaceAll(/<!-- kpb report [^]*?<!-- end -->|```[^]*?```/g, '');
}

test('indices and times in the text stand in a table', () => {
  const shown = new Set(
    tables.flatMap(({ text }) => rowsOf(text).flatMap((row) => row.map((cell) => cell.replace(' !', '')))),
  );
  const quoted = proseOf(page).matchAll(/(?<![\d.])(0\.\d{3})(?![\d.])|(\d+\.\d+)(?= ms\b)/g);
  const numbers = [...quoted].map(([, index, time]) => index ?? time ?? '');
  expect(numbers.length).toBeGreaterThan(20);
  // What a table cannot hold: the index of a fair lottery, a difference, and the times of the set-up.
  expect(numbers.filter((number) => !shown.has(number) && !['0.998', '2.1'].includes(number))).toEqual([]);
});

/** Proxies whose figures are looked at: in turn, by load, by nothing, by the client, by chance. */
const SAMPLE = ['ipvs rr', 'ipvs sed', 'ipvs fo', 'ipvs mh', 'iptables'];

test('figures are those of this program', async () => {
  const filter = 'servers=equal,traffic=udp-short,clientNodes=10,';
  const table = tables.find(({ query }) => query.filter === filter);
  const plan = planRun(
    chosen(filter).filter((item) => SAMPLE.includes(proxyName(item))),
    seeds,
  );
  const { results } = await runPlan(plan, (job) => runCase(job.case, job.seed));
  const figures = (table?.query.figure ?? []).flatMap(readFigures);
  const now = pivotMarkdown(pivotTable(aggregate(toRows(plan, results)), { rows: ['proxy'], columns: [], figures }));
  expect(rowsOf(table?.text ?? '').filter(([name = '']) => SAMPLE.includes(name))).toEqual(rowsOf(now));
});
