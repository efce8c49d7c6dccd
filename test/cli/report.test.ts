/** `kpb report`: a stored run again, tables of its figures, and the tables of a page. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { kpb, makeReady } from './program.js';
import { withScenario } from './tiny-scenario.js';

beforeAll(makeReady);

const folder = withScenario();
let run: ReturnType<typeof kpb>;
beforeAll(() => {
  run = kpb(folder, 'run', 'tiny.yaml');
});

const report = (...words: readonly string[]) => kpb(folder, 'report', ...words);
const RULES = ['--rows', 'proxy', '--figure', 'rules_total'];

describe('of a whole run', () => {
  test('is what the run showed, without its files', () => {
    expect(run.code).toBe(0);
    const [shown = ''] = run.stdout.split('\n\nFiles');
    expect(report().stdout).toBe(`${shown}\n`);
  });

  test('has the forms of a run, and Markdown', () => {
    expect(report('-o', 'csv').stdout).toBe(readFileSync(join(folder, 'results/latest/results.csv'), 'utf8'));
    expect(report('-o', 'json').stdout).toBe(readFileSync(join(folder, 'results/latest/summary.json'), 'utf8'));
    expect(report('-o', 'markdown').stdout).toMatch(/^## tiny\n\n[^]*\n\| mode=ipvs,scheduler=rr \|/);
  });

  test('may be of some cases', () => {
    const { stdout } = report('-o', 'csv', '--filter', 'ipvs');
    expect(
      new Set(
        stdout
          .trimEnd()
          .split('\n')
          .slice(1)
          .map((line) => line.split(',').at(-11)),
      ),
    ).toEqual(new Set(['ipvs']));
  });
});

describe('of chosen figures', () => {
  test('is a table, in every form', () => {
    expect(report(...RULES).stdout).toMatch(/^proxy +rules_total\niptables +\d+\nipvs rr +20\n$/);
    expect(report(...RULES, '-o', 'markdown').stdout).toMatch(
      /^\| proxy +\| rules_total \|\n\| -+ \| ----------: \|\n/,
    );
    expect(report(...RULES, '-o', 'csv').stdout).toMatch(/^proxy,rules_total\niptables,\d+\nipvs rr,20\n$/);
    expect(JSON.parse(report(...RULES, '-o', 'json').stdout)).toMatchObject({
      kind: 'PivotTable',
      metadata: { scenario: 'tiny', rows: ['proxy'], columns: ['figure'] },
      items: [{ fields: { proxy: 'iptables' } }, { fields: { proxy: 'ipvs rr' }, value: 20 }],
    });
  });

  test('may be of several', () => {
    const { stdout } = report(...RULES, '--figure', 'p99=request_latency_ns:p99', '--filter', 'ipvs');
    expect(stdout).toMatch(/^proxy +rules_total +p99\nipvs rr +20 +\d/);
  });

  test.each([
    [['--figure', 'rules_total'], 'a table needs --rows'],
    [['--rows', 'nodes', '--figure', 'rules_total'], 'one cell would hold several cases'],
    [[...RULES, '--filter', '('], '--filter: ( is not a regular expression'],
    [['--rows', 'proxy', '--figure', 'endpoint_share_ratio'], 'no case of the run has a value of endpoint_share_ratio'],
    [['--rows', 'prxy', '--figure', 'rules_total'], 'workload, figure; did you mean "proxy"?'],
    [['--rows', 'proxy', '--figure', 'rule_total'], 'lists them; did you mean "rules_total"?'],
    [['--page', 'page.md', ...RULES], '--page: its tables say themselves what is in them'],
  ])('%j is wrong usage', (words, message) => {
    const { code, stdout, stderr } = report(...words);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
  });

  test('needs a run', () => {
    expect(report('nothing')).toMatchObject({ code: 2, stderr: 'kpb: there is no run nothing\n' });
  });
});

describe('of a run that was broken off', () => {
  const broken = join(folder, 'broken.partial');
  beforeAll(() => {
    cpSync(join(folder, 'results/latest'), broken, { recursive: true, dereference: true });
    const manifest = readFileSync(join(broken, 'manifest.json'), 'utf8');
    writeFileSync(join(broken, 'manifest.json'), manifest.replace('"status": "complete"', '"status": "interrupted"'));
    const rows = readFileSync(join(broken, 'results.csv'), 'utf8').split('\n');
    writeFileSync(join(broken, 'results.csv'), rows.filter((line) => !line.includes(',1.2,')).join('\n'));
  });

  test('says that it is partial, in every form', () => {
    const told = 'kpb: broken.partial: the run was broken off (interrupted), its results are partial\n';
    const shown = report('broken.partial');
    expect(shown).toMatchObject({ code: 0, stderr: told });
    expect(shown.stdout).toMatch(/^tiny +2 cases, 1 seed,[^]*\nThe run was broken off: these are partial results\.\n/);
    expect(report('broken.partial', '-o', 'markdown').stdout).toContain('**The run was broken off');
    expect(JSON.parse(report('broken.partial', '-o', 'json').stdout)).toMatchObject({
      metadata: { complete: false, seeds: ['1'] },
    });
    expect(report('broken.partial', '-o', 'csv').stdout).toBe(readFileSync(join(broken, 'results.csv'), 'utf8'));
    expect(report('broken.partial', ...RULES)).toMatchObject({ code: 0, stderr: told });
  });

  test('is no source for a page, and nothing to compare with', () => {
    expect(report('broken.partial', '--page', 'page.md')).toMatchObject({ code: 3, stdout: '' });
    expect(kpb(folder, 'baseline', 'save', 'x', 'broken.partial').code).toBe(3);
  });
});

describe('on a page', () => {
  const page = join(folder, 'page.md');
  const BLOCK = "<!-- kpb report --rows proxy --figure 'rules=rules_total' --filter 'mode=i' -->";

  test('is written anew from the comment above it, and nothing else changes', () => {
    writeFileSync(page, `# Title\n\n${BLOCK}\n\nold\n\n<!-- end -->\n\nText\n\n${BLOCK}\n<!-- end -->\n`);
    const { code, stdout, stderr } = report('--page', 'page.md');
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toMatch(/^kpb: page\.md: 2 tables from .*latest\n$/);
    const text = readFileSync(page, 'utf8');
    const table =
      /\| proxy +\| rules \|\n[^]*?\n\| ipvs rr +\| +20 \|\n\nrules: `rules_total`\.\n/.exec(text)?.[0] ?? 'none';
    expect(text).toBe(`# Title\n\n${BLOCK}\n\n${table}\n<!-- end -->\n\nText\n\n${BLOCK}\n\n${table}\n<!-- end -->\n`);
    report('--page', 'page.md');
    expect(readFileSync(page, 'utf8')).toBe(text);
  });

  test.each([
    ['no table', '# Title\n', 'page.md: expected a table behind <!-- kpb report --rows ... -->, found none'],
    [
      'a table without end',
      `\n${BLOCK}\n\nText\n\n${BLOCK}\n<!-- end -->\n`,
      'page.md:2: expected <!-- end --> behind',
    ],
    [
      'a figure that there is not',
      '\n<!-- kpb report --rows proxy --figure x -->\n<!-- end -->\n',
      'page.md:2: kpb report --rows proxy --figure x: no metric is called "x"',
    ],
    [
      'an option that there is not',
      '<!-- kpb report --colour red -->\n<!-- end -->\n',
      'page.md:1: kpb report --colour red: Unknown argument: colour',
    ],
    [
      'an option without its value',
      '<!-- kpb report --rows -->\n<!-- end -->\n',
      'page.md:1: kpb report --rows: Not enough arguments following: rows',
    ],
    [
      'an open quote',
      "Text\n\n<!-- kpb report --rows proxy --figure 'x=rules_total -->\n<!-- end -->\n",
      "page.md:3: kpb report --rows proxy --figure 'x=rules_total: quote not closed",
    ],
  ])('with %s is left alone', (_, text, message) => {
    writeFileSync(page, text);
    const { code, stderr } = report('--page', 'page.md');
    expect(code).toBe(2);
    expect(stderr).toContain(message);
    expect(readFileSync(page, 'utf8')).toBe(text);
  });
});
