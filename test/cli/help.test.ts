/** Help texts, as golden files; and what wrong usage gives. */
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { main } from '../../src/cli/program.js';
import { hideTestVariables, kpb, makeReady, newFolder } from './program.js';

beforeAll(makeReady);

const folder = newFolder();

beforeEach(hideTestVariables);

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

describe('help', () => {
  test.each([
    ['help', []],
    ['help-run', ['run']],
    ['help-validate', ['validate']],
    ['help-get', ['get']],
    ['help-rules', ['rules']],
    ['help-diff-modes', ['diff-modes']],
    ['help-trace', ['trace']],
    ['help-dns', ['dns']],
    ['help-env', ['env']],
    ['help-ipvs', ['ipvs']],
    ['help-report', ['report']],
    ['help-gate', ['gate']],
    ['help-baseline', ['baseline']],
  ])('%s', async (name, command) => {
    const { code, stdout, stderr } = kpb(folder, ...command, '--help');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    await expect(stdout).toMatchFileSnapshot(`golden/${name}.txt`);
  });

  test.each([
    'run',
    'validate',
    'get',
    'rules',
    'diff-modes',
    'trace',
    'dns',
    'env',
    'ipvs',
    'report',
    'gate',
    'baseline',
  ])('the examples of %s each stand on one line, behind what they are for', (command) => {
    const [, examples = ''] = kpb(folder, command, '--help').stdout.split('Examples:\n');
    const lines = examples.trimEnd().split('\n');
    expect(lines.filter((_, i) => i % 2 === 0).filter((line) => !line.startsWith('  # '))).toEqual([]);
    expect(lines.filter((_, i) => i % 2 === 1).filter((line) => !line.startsWith('  kpb '))).toEqual([]);
  });

  test('the version is that of the package', () => {
    expect(kpb(folder, '--version').stdout).toMatch(/^kpb \d+\.\d+\.\d+\S*\n$/);
    expect(JSON.parse(kpb(folder, 'version', '-o', 'json').stdout)).toMatchObject({ apiVersion: 'kpb/v1alpha1' });
  });
});

describe('variables', () => {
  test('a flag may be 1 or 0, and nothing that is neither', async () => {
    const dryRun = ['run', 'endpoints'];
    vi.stubEnv('KPB_DRY_RUN', '1');
    expect((await inThisProcess(dryRun)).stdout).toContain('nothing was run');
    vi.stubEnv('KPB_DRY_RUN', 'maybe');
    const { code, stderr } = await inThisProcess(dryRun);
    expect(code).toBe(2);
    expect(stderr).toContain('KPB_DRY_RUN: expected 1, 0, true, false, yes or no, found maybe');
  });

  test('one that is misspelt is warned of', async () => {
    vi.stubEnv('KPB_WORKER', '2');
    const { stderr } = await inThisProcess(['get', 'modes']);
    expect(stderr).toBe('kpb: unknown environment variable KPB_WORKER is ignored; did you mean "KPB_WORKERS"?\n');
  });
});

describe('wrong usage ends with 2 and one line', () => {
  test.each([
    ['no command', [], 'name a command'],
    ['an unknown command', ['runn'], 'Did you mean run?'],
    ['an unknown option', ['run', '--sed', '1'], 'Unknown argument: sed'],
    ['an option twice', ['run', 'x', '--seed', '1', '--seed', '2'], '--seed is given more than once'],
    ['an option without value', ['run', 'x', '--seed'], 'Not enough arguments following: seed (see kpb run --help)'],
    ['no cluster', ['diff-modes'], '<cluster...> is missing (see kpb diff-modes --help)'],
    ['nothing to run', ['run'], 'name a scenario'],
    ['a scenario that is not there', ['run', 'nothing'], 'no file and no scenario called nothing'],
    ['a file that is not there', ['run', 'nothing.yaml'], 'cannot read nothing.yaml: there is no such file'],
    [
      'workers that are no number',
      ['run', 'endpoints', '--workers', 'all'],
      '--workers: expected a whole number, found all',
    ],
    [
      'runs that are no number',
      ['run', 'endpoints', '--runs', '0'],
      '--runs: expected a whole number from 1 to 100000, found 0',
    ],
    ['too many runs', ['run', 'endpoints', '--runs', '1000000'], 'from 1 to 100000, found 1000000'],
    ['a folder without name', ['run', 'endpoints', '--out', ''], '--out: expected the name of a folder'],
    [
      'a file in place of a folder',
      ['run', 'endpoints', '--out', import.meta.filename],
      'is a file; name a new folder',
    ],
    [
      'a profile that is not there',
      ['run', 'endpoints', '--set', 'profile=mine'],
      '--set profile=mine spec.profile: there is no cost profile mine; there are: ',
    ],
    ['a time limit without unit', ['run', 'endpoints', '--timeout', '5'], '--timeout: expected a duration'],
    ['a filter that is none', ['run', 'endpoints', '--filter', '('], '--filter: Invalid regular expression'],
    [
      'a filter that matches nothing',
      ['run', 'endpoints', '--filter', 'mode=x'],
      '--filter mode=x matches none of the',
    ],
    ['a list that is none', ['get', 'pods'], 'Invalid values'],
    ['a baseline without name', ['baseline', 'save'], 'name the baseline'],
  ])('%s', async (_, words, message) => {
    const { code, stdout, stderr } = await inThisProcess(words);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/^ {4}at /m);
  });
});

/** Calls the program in this process: what is wrong here ends before anything is written. */
async function inThisProcess(words: readonly string[]) {
  const out = vi.spyOn(process.stdout, 'write').mockImplementation(taken);
  const error = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  await main(words);
  const code = process.exitCode;
  process.exitCode = 0;
  return { code, stdout: written(out), stderr: written(error) };
}

/** Says at once that a text is written. */
function taken(...words: readonly unknown[]): boolean {
  const last = words.at(-1);
  if (typeof last === 'function') (last as () => void)();
  return true;
}

function written(spy: { readonly mock: { readonly calls: readonly (readonly unknown[])[] } }): string {
  return spy.mock.calls.map(([text]) => String(text)).join('');
}
