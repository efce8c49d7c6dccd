/** The program from scenario to gate, through child processes: what is written, where, with which bytes and exit codes. */
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { decodeFromCompressedBase64 } from 'hdr-histogram-js';
import { beforeAll, describe, expect, test } from 'vitest';
import { readCsv } from '../../src/report/index.js';
import { kpb, kpbReading, kpbUntil, makeReady, newFolder } from './program.js';
import { SCENARIO, withScenario } from './tiny-scenario.js';

/** Texts of a run's files by path, without the manifest. */
function filesOf(folder: string): Record<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = entries.map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll('\\', '/'));
  const texts = paths.sort().map((path) => [path, readFileSync(join(folder, path), 'utf8')] as const);
  return Object.fromEntries(texts.filter(([path]) => path !== 'manifest.json'));
}

const LATEST = join('results', 'latest');

beforeAll(makeReady);

describe('a run', () => {
  const folder = withScenario();
  const call = () => kpb(folder, 'run', 'tiny.yaml', '-o', 'csv', '--workers', '1');
  let first: ReturnType<typeof kpb>;
  beforeAll(() => {
    first = call();
  });

  test('prints nothing but the result, and ends well', () => {
    expect(first.code).toBe(0);
    expect(first.stdout.split('\n')[0]).toBe(
      'run_id,scenario,case_id,mode,scheduler,nodes,services,endpoints,workload,seed,metric,unit,statistic,value',
    );
    expect(first.stderr).toMatch(/^kpb: tiny: 2 cases, seeds 1, 1\.2, 1 worker\n$/);
  });

  test('writes its folder, and latest points to it', () => {
    const name = readlinkSync(join(folder, LATEST));
    expect(name).toMatch(/^\d{8}T\d{6}Z-tiny-[0-9a-f]{8}$/);
    expect(readdirSync(join(folder, 'results')).sort()).toEqual([name, 'latest']);
    const files = filesOf(join(folder, LATEST));
    expect(Object.keys(files)).toEqual([
      ...['cases/mode=iptables/latency.hdr', 'cases/mode=ipvs,scheduler=rr/latency.hdr'],
      ...['results.csv', 'scenario.yaml', 'summary.csv', 'summary.json'],
    ]);
    expect(files['results.csv']).toBe(first.stdout);
    const manifest: unknown = JSON.parse(readFileSync(join(folder, LATEST, 'manifest.json'), 'utf8'));
    expect(manifest).toMatchObject({ kind: 'Run', status: 'complete', scenario: 'tiny', seeds: ['1', '1.2'] });
  });

  test('gives the same bytes again: twice, with two workers, with none, and from its own expanded scenario', () => {
    const before = filesOf(join(folder, LATEST));
    expect(kpb(folder, 'run', 'tiny.yaml', '-o', 'csv', '--workers', '2').stdout).toBe(first.stdout);
    expect(filesOf(join(folder, LATEST))).toEqual(before);
    expect(kpb(folder, 'run', 'tiny.yaml', '-o', 'csv', '--workers', '0').stdout).toBe(first.stdout);
    expect(kpb(folder, 'run', join(LATEST, 'scenario.yaml'), '-o', 'csv', '-q').stdout).toBe(first.stdout);
    expect(filesOf(join(folder, LATEST))).toEqual(before);
  });

  test('the latency histograms say what results.csv says', () => {
    const call = kpb(folder, 'run', 'tiny.yaml', '-o', 'csv', '-q', '--runs', '1', '--out', 'one-seed');
    const values = new Map(
      readCsv(call.stdout).map((row) => [`${row.caseId} ${row.metric} ${row.statistic}`, row.value]),
    );
    for (const id of ['mode=iptables', 'mode=ipvs,scheduler=rr']) {
      const text = readFileSync(join(folder, 'one-seed', 'cases', id, 'latency.hdr'), 'utf8');
      const lines = text.trimEnd().split('\n');
      expect(lines.map((line) => line.split(' ')[0])).toEqual([
        ...['first_packet_latency_ns', 'connect_latency_ns', 'request_latency_ns'],
      ]);
      for (const line of lines) {
        const [metric = '', base64 = ''] = line.split(' ');
        const hdr = decodeFromCompressedBase64(base64, 64);
        const expected = (statistic: string): number => values.get(`${id} ${metric} ${statistic}`) ?? NaN;
        expect(hdr.totalCount).toBe(expected('count'));
        for (const [statistic, percentile] of [['p50', 50] as const, ['p99', 99] as const, ['max', 100] as const]) {
          const found = hdr.getValueAtPercentile(percentile);
          expect(Math.abs(found / expected(statistic) - 1), `${id} ${metric} ${statistic}`).toBeLessThan(0.001);
        }
      }
    }
  });

  test('a different seed differs, a single run of a seed is the same', () => {
    const other = kpb(folder, 'run', 'tiny.yaml', '-o', 'csv', '--seed', '7', '-q');
    expect(other.code).toBe(0);
    const values = (text: string, seed: string) =>
      text
        .split('\n')
        .filter((line) => line.includes(`,${seed},`))
        .map((line) => line.split(',').slice(-1)[0]);
    expect(values(other.stdout, '7')).not.toEqual(values(first.stdout, '1'));
    const again = kpb(folder, 'run', 'tiny.yaml', '-o', 'csv', '--seed', '1.2', '--runs', '1', '-q').stdout;
    expect(values(again, '1.2')).toEqual(values(first.stdout, '1.2'));
  });

  test('JSON can be read, and the table says where the files are', () => {
    const json: unknown = JSON.parse(kpb(folder, 'run', 'tiny.yaml', '-o', 'json', '-q').stdout);
    expect(json).toMatchObject({ kind: 'RunSummary', metadata: { scenario: 'tiny', complete: true } });
    const { stdout, stderr } = kpb(folder, 'run', 'tiny.yaml', '-q', '--out', 'mine');
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^Files in mine\/\n {2}results\.csv +every value/m);
    expect(stdout).toMatch(/^ {2}cases\/\*\/latency\.hdr +latency histograms/m);
    expect(existsSync(join(folder, 'mine', 'results.csv'))).toBe(true);
  });

  test('a dry run lists the cases and writes nothing', () => {
    const fresh = withScenario();
    const { code, stdout } = kpb(fresh, 'run', 'tiny.yaml', '--dry-run', '--filter', 'ipvs');
    expect(code).toBe(0);
    expect(stdout).toContain('mode=ipvs,scheduler=rr');
    expect(stdout).not.toContain('mode=iptables');
    expect(existsSync(join(fresh, 'results'))).toBe(false);
  });
});

describe('what goes wrong', () => {
  test('an invalid scenario is reported with its place, and nothing is written', () => {
    const folder = withScenario(SCENARIO.replace('clients: 4', 'client: 4'));
    for (const command of ['run', 'validate']) {
      const { code, stderr } = kpb(folder, command, 'tiny.yaml');
      expect(code).toBe(2);
      expect(stderr).toContain('tiny.yaml:9:15 spec.workload.client: unknown field; did you mean "clients"?');
    }
    expect(existsSync(join(folder, 'results'))).toBe(false);
  });

  test('a results folder that cannot be written is found before the run', () => {
    const folder = withScenario();
    writeFileSync(join(folder, 'results'), 'a file in the way');
    const { code, stdout, stderr } = kpb(folder, 'run', 'tiny.yaml');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^kpb: cannot write results: .+\n$/);
  });

  test('a folder that is not empty is not written to', () => {
    const folder = withScenario();
    mkdirSync(join(folder, 'mine'));
    writeFileSync(join(folder, 'mine', 'thesis.txt'), 'three years of work');
    expect(kpb(folder, 'run', 'tiny.yaml', '--out', 'mine').code).toBe(2);
    expect(readdirSync(join(folder, 'mine'))).toEqual(['thesis.txt']);
  });

  test.each([
    ['SIGINT', 130, 'interrupted'],
    ['SIGTERM', 143, 'terminated'],
  ] as const)('%s ends a run with %d and keeps what was done, marked as partial', async (signal, code, word) => {
    const folder = withScenario();
    const words = ['run', 'tiny.yaml', '--runs', '3000', '--workers', '1', '-o', 'csv'];
    const call = await kpbUntil(folder, words, 'kpb: tiny', signal);
    expect({ code: call.code, stdout: call.stdout }).toEqual({ code, stdout: '' });
    expect(call.stderr).toContain(`kpb: ${word}: `);
    const left = readdirSync(join(folder, 'results'));
    expect(left.filter((name) => !name.endsWith('.partial'))).toEqual([]);
    for (const name of left) {
      const text = readFileSync(join(folder, 'results', name, 'manifest.json'), 'utf8');
      expect(JSON.parse(text)).toMatchObject({ status: 'interrupted' });
      expect(readFileSync(join(folder, 'results', name, 'results.csv'), 'utf8')).not.toBe('');
    }
  });

  test('a run over its time limit ends with 4', () => {
    const folder = withScenario();
    const { code, stderr } = kpb(folder, 'run', 'tiny.yaml', '--runs', '2000', '--timeout', '1s');
    expect(code).toBe(4);
    expect(stderr).toContain('the time limit is over');
    expect(existsSync(join(folder, LATEST))).toBe(false);
  });

  test('a threshold that is crossed ends the run with 99', () => {
    const folder = withScenario(`${SCENARIO}  thresholds: { connect_latency_ns: ['max<1us'] }\n`);
    const { code, stdout, stderr } = kpb(folder, 'run', 'tiny.yaml', '-q', '-o', 'json');
    expect(code).toBe(99);
    expect(stdout).toContain('failed');
    expect(stderr).toMatch(
      /^kpb: 2 thresholds broken\n {2}mode=iptables: connect_latency_ns max<1us, broken with 2 of 2/,
    );
    expect(kpb(folder, 'gate').code).toBe(99);
  });
});

describe('several scenarios', () => {
  const folder = withScenario();
  writeFileSync(join(folder, 'other.yaml'), SCENARIO.replace('name: tiny', 'name: other'));
  const both = ['run', 'tiny.yaml', 'other.yaml', '-q', '--runs', '1', '-o'];

  test('give one CSV text with one heading', () => {
    const rows = readCsv(kpb(folder, ...both, 'csv').stdout);
    expect(new Set(rows.map(({ scenario }) => scenario))).toEqual(new Set(['tiny', 'other']));
  });

  test('give one JSON document', () => {
    const json: unknown = JSON.parse(kpb(folder, ...both, 'json').stdout);
    const items = ['tiny', 'other'].map((scenario) => ({ kind: 'RunSummary', metadata: { scenario } }));
    expect(json).toMatchObject({ kind: 'RunSummaryList', items });
  });
});

describe('standard input', () => {
  const folder = withScenario();

  test('is a scenario to validate and to run', () => {
    expect(kpbReading(folder, SCENARIO, 'validate', '-').stdout).toBe('stdin: valid, 2 cases with 2 seeds each\n');
    expect(kpbReading(folder, SCENARIO, 'run', '-', '--dry-run').stdout).toContain('2 cases, 4 runs');
    const wrong = kpbReading(folder, SCENARIO.replace('clients', 'client'), 'validate', '-');
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain('stdin:9:15 spec.workload.client: unknown field');
  });

  test('is manifests', () => {
    const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' }, spec: { ports: [{ port: 80 }] } };
    const { code, stdout } = kpbReading(folder, JSON.stringify(service), 'run', '--manifests', '-', '--dry-run');
    expect({ code, cases: stdout.includes('mode=iptables') }).toEqual({ code: 0, cases: true });
  });

  test('is read for one file only', () => {
    const { code, stderr } = kpbReading(folder, SCENARIO, 'run', '-', '--manifests', '-');
    expect(code).toBe(2);
    expect(stderr).toBe('kpb: standard input (-) can be read for one file only\n');
  });
});

describe('baselines and the gate', () => {
  const folder = withScenario();
  beforeAll(() => kpb(folder, 'run', 'tiny.yaml', '-q'));

  test('a run passes against itself', () => {
    expect(kpb(folder, 'baseline', 'save', 'main').code).toBe(0);
    const { code, stdout } = kpb(folder, 'gate', '--baseline', 'main');
    expect({ code, passed: stdout.includes('passed') }).toEqual({ code: 0, passed: true });
    expect(stdout).toMatch(/\(run results\/\d+T\d+Z-tiny-[0-9a-f]{8}, against baseline main\)\n$/);
    expect(kpb(folder, 'baseline', 'list').stdout).toMatch(/main +tiny +2 +1 1\.2/);
  });

  test('a baseline with a better figure fails the gate', () => {
    const path = join(folder, 'results', 'baselines', 'main.json');
    const text = readFileSync(path, 'utf8');
    const better = text.replace(/("sync_duration_ns": \{\s*"mean": \[\s*)\d+(?:\.\d+)?(,\s*)\d+(?:\.\d+)?/g, '$11$21');
    const rules = text.replace(/("rules_total": \{\s*"value": \[\s*)\d+/, '$11');
    expect(rules).not.toBe(text);
    writeFileSync(join(folder, 'results', 'baselines', 'other.json'), better === text ? rules : better);
    const { code, stdout } = kpb(folder, 'gate', '--baseline', 'other', '-o', 'json');
    expect(code).toBe(99);
    expect(JSON.parse(stdout)).toMatchObject({ kind: 'GateReport', metadata: { answer: 'failed' } });
  });

  test('what cannot be compared ends with 3', () => {
    expect(kpb(folder, 'gate', '--baseline', 'nothing').code).toBe(3);
    expect(kpb(newFolder(), 'gate', '--baseline', 'main').code).toBe(3);
    kpb(folder, 'run', 'tiny.yaml', '-q', '--set', 'workload.rate=2k/s');
    const { code, stderr } = kpb(folder, 'gate', '--baseline', 'main');
    expect(code).toBe(3);
    expect(stderr).toContain('has another input');
  });
});

describe('manifests', () => {
  test('without a scenario every mode runs on their cluster', () => {
    const folder = newFolder();
    const service =
      'apiVersion: v1\nkind: Service\nmetadata: { name: web }\nspec: { selector: { app: web }, ports: [{ port: 80 }] }\n';
    const pod = 'apiVersion: v1\nkind: Pod\nmetadata: { name: web-0, labels: { app: web } }\nspec: {}\n';
    writeFileSync(
      join(folder, 'a.yaml'),
      `${service}---\n${pod}---\napiVersion: v1\nkind: Secret\nmetadata: { name: s }\n`,
    );
    const words = [
      'run',
      '--manifests',
      'a.yaml',
      '--runs',
      '1',
      '-o',
      'csv',
      '--set',
      'run.duration=50ms',
      '--set',
      'run.warmup=0s',
    ];
    const { code, stdout, stderr } = kpb(folder, ...words);
    expect(code).toBe(0);
    expect(stderr).toContain('kpb: manifests: not needed and passed over: 1 Secret');
    expect(
      new Set(
        stdout
          .split('\n')
          .slice(1, -1)
          .map((line) => line.split(',')[3]),
      ),
    ).toEqual(new Set(['iptables', 'ipvs', 'nftables', 'userspace']));
    const again = kpb(folder, 'run', join(LATEST, 'scenario.yaml'), '-o', 'csv', '-q');
    expect(again.stdout).toBe(stdout);
  });
});
