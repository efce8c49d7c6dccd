/** Every report over the standard rows, against golden files (renewed by `vitest -u`), and what holds for all of them. */
import { describe, expect, test } from 'vitest';
import type { GateReport } from '../../src/measure/index.js';
import { ANSI, PLAIN, gateTable, reports, summaryReport } from '../../src/report/index.js';
import type { ReportInput } from '../../src/report/index.js';
import { standardInput } from './standard-rows.js';

const ESCAPES = new RegExp(String.raw`\u001b\[\d+m`, 'g');

const gateReport: GateReport = {
  answer: 'failed',
  findings: [
    {
      caseId: 'mode=iptables,services=10',
      metric: 'first_packet_rules',
      statistic: 'mean',
      rule: 'exact',
      baseline: 17,
      candidate: 17,
      change: 0,
      interval: null,
      limit: '=',
      seeds: 3,
      answer: 'passed',
      reason: 'unchanged',
    },
    {
      caseId: 'mode=iptables,services=1000',
      metric: 'request_latency_ns',
      statistic: 'p99',
      rule: 'simulated',
      baseline: 205_000,
      candidate: 246_000,
      change: 0.2,
      interval: [0.15, 0.25],
      limit: '5 %',
      seeds: 6,
      answer: 'failed',
      reason: 'worse than the limit',
    },
    {
      caseId: 'mode=iptables,services=1000',
      metric: 'packets_dropped',
      statistic: 'total',
      rule: 'exact',
      baseline: 0,
      candidate: 12,
      change: Infinity,
      interval: null,
      limit: '=',
      seeds: 3,
      answer: 'failed',
      reason: 'changed',
    },
    {
      caseId: 'mode=ipvs,scheduler=rr,services=10',
      metric: 'request_rate_per_s',
      statistic: 'value',
      rule: 'simulated',
      baseline: 5000,
      candidate: 4800,
      change: -0.04,
      interval: [-0.1, 0.02],
      limit: '5 %',
      seeds: 6,
      answer: 'not-enough-data',
      reason: 'unclear: about 220 seeds would tell',
    },
    {
      caseId: 'mode=ipvs,scheduler=rr,services=10',
      metric: 'connect_latency_ns',
      statistic: 'p99',
      rule: 'threshold',
      baseline: null,
      candidate: 124_000,
      change: null,
      interval: null,
      limit: 'p(99)<2ms',
      seeds: 3,
      answer: 'passed',
      reason: 'kept with every seed',
    },
  ],
};

/** The standard input with one case a mode, for reports that repeat themselves. */
const short: ReportInput = {
  ...standardInput,
  rows: standardInput.rows.filter((row) => row.services === 10_000 && row.scheduler !== 'sh' && row.seed === '1'),
  aggregates: standardInput.aggregates.filter((item) => item.services === 10_000 && item.scheduler !== 'sh'),
};

function report(name: string, input: ReportInput): string {
  const found = reports.find((item) => item.name === name);
  if (found === undefined) throw new Error(`no report ${name}`);
  return found.render(input);
}

describe('golden files', () => {
  test.each<[string, () => string]>([
    ['summary.txt', () => report('summary', standardInput)],
    ['summary-with-gate.txt', () => report('summary', { ...short, gate: gateReport, complete: false, seeds: ['1'] })],
    ['csv.txt', () => report('csv', short)],
    ['json.txt', () => report('json', { ...short, aggregates: short.aggregates.slice(0, 3), gate: gateReport })],
    ['markdown.txt', () => report('markdown', { ...standardInput, gate: gateReport })],
    ['gate.txt', () => gateTable(gateReport)],
    ['gate-all.txt', () => gateTable(gateReport, { all: true })],
  ])('%s', async (file, render) => {
    await expect(render()).toMatchFileSnapshot(`golden/${file}`);
  });
});

describe('every report', () => {
  test.each(reports.map((item) => [item.name, item] as const))(
    '%s ends in one line break, also without rows',
    (_, item) => {
      const empty = { ...standardInput, rows: [], aggregates: [], warnings: [], files: [], seeds: ['1'] };
      for (const input of [standardInput, empty]) {
        expect(item.render(input)).toMatch(/[^\n]\n$/);
        expect(item.render(input)).not.toMatch(/NaN|undefined|\[object|\r/);
      }
    },
  );

  test('has a name and a sentence of its own', () => {
    expect(new Set(reports.map((item) => item.name)).size).toBe(reports.length);
    for (const { doc } of reports) expect(doc).toMatch(/^[A-Z].*\.$/);
  });
});

describe('the summary', () => {
  test('keeps to 120 columns', () => {
    const variant = { caseId: 'mode=ipvs,clientNodes=4,factors=1+2+4,target=uniform', endpoints: 5000 };
    const wide = {
      ...standardInput,
      aggregates: standardInput.aggregates.concat(short.aggregates.map((item) => ({ ...item, ...variant }))),
    };
    for (const input of [standardInput, wide, { ...wide, gate: gateReport }]) {
      for (const line of summaryReport.render(input).split('\n')) expect(line.length, line).toBeLessThanOrEqual(120);
    }
    expect(summaryReport.render(wide)).toContain('clientNodes=4 factors=1+2+4 target=uniform');
  });

  test('on a narrower terminal breaks prose earlier, and leaves out columns of the tables', () => {
    const [wide = '', narrow = ''] = [118, 80].map((columns) => summaryReport.render(standardInput, PLAIN, columns));
    expect(wide).toBe(summaryReport.render(standardInput));
    const prose = (text: string): string => text.replace(/\s*Widest[^]*?\nFindings/g, '');
    for (const line of prose(narrow).split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
    expect(prose(narrow).replace(/\s+/g, ' ')).toBe(prose(wide).replace(/\s+/g, ' '));
    const headings = (text: string): number => text.match(/p\d\d/g)?.length ?? 0;
    expect(headings(narrow)).toBe(headings(wide) - 3);
  });

  test('names the folder of its files once', () => {
    const render = (...paths: readonly string[]): string => {
      const text = summaryReport.render({ ...standardInput, files: paths.map((path) => ({ path, what: 'it' })) });
      return text.slice(text.indexOf('\nFiles') + 1);
    };
    expect(render('results/a/x.csv', 'results/a/cases/b/y')).toBe(
      'Files in results/a/\n  x.csv      it\n  cases/b/y  it\n',
    );
    expect(render('x.csv', 'a/y.csv')).toBe('Files\n  x.csv    it\n  a/y.csv  it\n');
  });

  test('says the same with and without colour', () => {
    const coloured = summaryReport.render({ ...standardInput, gate: gateReport }, ANSI);
    expect(coloured).toContain('\u001b[31m\u2717 failed\u001b[39m');
    expect(coloured.replace(ESCAPES, '')).toBe(summaryReport.render({ ...standardInput, gate: gateReport }, PLAIN));
  });

  test('compares modes only where the data has two', () => {
    const one = { ...standardInput, aggregates: standardInput.aggregates.filter((item) => item.mode === 'iptables') };
    expect(summaryReport.render(one)).not.toMatch(/ mode and | than in | times as long as /);
    expect(summaryReport.render(one)).not.toMatch(/spread/);
  });

  test('takes its figures from the rows', () => {
    const doubled = standardInput.aggregates.map((item) =>
      item.metric === 'first_packet_rules' && item.mode === 'iptables' ? { ...item, mean: (item.mean ?? 0) * 2 } : item,
    );
    const text = summaryReport.render({ ...standardInput, aggregates: doubled });
    expect(text.replace(/\s+/g, ' ')).toContain(
      "on the client's node alone with 10,024 rules in iptables mode, 5,003 in userspace mode, 20 in nftables mode and 14 in ipvs mode.",
    );
  });
});
