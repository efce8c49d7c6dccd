/**
 * `tools/ready.mjs` installs and compiles what is missing or stale, and nothing else.
 *
 * It runs in a folder of its own, with an npm and a compiler that only note that they were called and leave what the real ones leave.
 */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ROOT } from './tree.js';

let folder = '';

/** Writes a file of the folder, dated by a number of seconds after a fixed day. */
function write(path: string, text: string, second = 0): void {
  const whole = join(folder, path);
  mkdirSync(dirname(whole), { recursive: true });
  writeFileSync(whole, text);
  date(path, second);
}

function date(path: string, second: number): void {
  const time = new Date(Date.UTC(2026, 0, 1) + second * 1000);
  utimesSync(join(folder, path), time, time);
}

const NOTE = 'require("node:fs").appendFileSync(require("node:path").join(process.cwd(), "calls"), ';

/** An npm that notes its arguments, and installs or fails. */
function stubNpm(exitCode: number): void {
  const install = `
    const fs = require('node:fs');
    fs.mkdirSync('node_modules/typescript/bin', { recursive: true });
    fs.copyFileSync('compiler.cjs', 'node_modules/typescript/bin/tsc');
    fs.writeFileSync('node_modules/.package-lock.json', '{}');`;
  const act = exitCode === 0 ? install : `process.exit(${exitCode});`;
  write('bin/npm', `#!${process.execPath}\n${NOTE}"npm " + process.argv.slice(2).join(" ") + "\\n");${act}\n`);
  chmodSync(join(folder, 'bin/npm'), 0o755);
}

function stubCompiler(exitCode: number): void {
  const emit =
    'const fs = require("node:fs"); fs.mkdirSync("dist/cli", { recursive: true }); fs.writeFileSync("dist/cli/main.js", "");';
  const act = exitCode === 0 ? emit : `process.exit(${exitCode});`;
  write('compiler.cjs', `${NOTE}"tsc " + process.argv.slice(2).join(" ") + "\\n");${act}\n`);
}

/** Runs it; says what it called, how it ended, and what it printed on stdout. */
function ready(...args: string[]): { calls: string[]; status: number | null; stdout: string; stderr: string } {
  rmSync(join(folder, 'calls'), { force: true });
  const env = { ...process.env, PATH: `${join(folder, 'bin')}${delimiter}${process.env['PATH'] ?? ''}` };
  const result = spawnSync(process.execPath, [join(folder, 'tools/ready.mjs'), ...args], { env, encoding: 'utf8' });
  const log = join(folder, 'calls');
  const calls = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [];
  return { calls, status: result.status, stdout: result.stdout, stderr: result.stderr };
}

const NPM = 'npm ci --include=dev --no-audit --no-fund --loglevel=error';
const TSC = 'tsc -p tsconfig.build.json --noEmitOnError';
const quiet = { calls: [], status: 0, stdout: '', stderr: '' };

/** Dates everything: sources first, then the lock, the installation, and the program, each a second apart. */
function settle(): void {
  const order = ['src/cli/main.ts', 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json'];
  for (const path of order) date(path, 0);
  date('node_modules/.package-lock.json', 10);
  date('dist/cli/main.js', 20);
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kpb-ready-'));
  mkdirSync(join(folder, 'tools'));
  copyFileSync(join(ROOT, 'tools/ready.mjs'), join(folder, 'tools/ready.mjs'));
  for (const path of ['src/cli/main.ts', 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json']) write(path, '');
  stubNpm(0);
  stubCompiler(0);
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('a fresh clone', () => {
  test('is installed and compiled, and stdout stays free for the program', () => {
    expect(ready('build')).toMatchObject({ calls: [NPM, TSC], status: 0, stdout: '' });
  });

  test('is only installed without the word build', () => {
    expect(ready()).toMatchObject({ calls: [NPM], status: 0 });
  });

  test('that cannot be installed is not compiled, and the exit code is npm’s', () => {
    stubNpm(7);
    expect(ready('build')).toMatchObject({ calls: [NPM], status: 7 });
  });

  test('that cannot be compiled fails, and fails again', () => {
    stubCompiler(2);
    expect(ready('build')).toMatchObject({ calls: [NPM, TSC], status: 2 });
    expect(ready('build')).toMatchObject({ calls: [TSC], status: 2 });
  });
});

describe('a clone that is ready', () => {
  beforeEach(() => {
    ready('build');
    settle();
  });

  test('is left alone, without a word', () => {
    expect(ready('build')).toEqual(quiet);
    expect(ready()).toEqual(quiet);
  });

  test('is left alone when the lock is dated between sources and installation', () => {
    date('package-lock.json', 5);
    expect(ready('build')).toEqual(quiet);
  });

  test('is installed and compiled again when the lock is newer', () => {
    date('package-lock.json', 30);
    expect(ready('build')).toMatchObject({ calls: [NPM, TSC], status: 0 });
  });

  test.each(['src/cli/main.ts', 'tsconfig.json', 'tsconfig.build.json'])(
    'is compiled again when %s is newer',
    (path) => {
      date(path, 30);
      expect(ready('build')).toMatchObject({ calls: [TSC], status: 0 });
    },
  );

  test('is compiled again when a new file lies deep in src', () => {
    write('src/kernel/iptables/new.ts', '', 30);
    expect(ready('build')).toMatchObject({ calls: [TSC], status: 0 });
  });

  test('is compiled again when the program is gone', () => {
    rmSync(join(folder, 'dist'), { recursive: true });
    expect(ready('build')).toMatchObject({ calls: [TSC], status: 0 });
  });

  test('is installed again when development packages are missing', () => {
    rmSync(join(folder, 'node_modules/typescript'), { recursive: true });
    expect(ready('build')).toMatchObject({ calls: [NPM], status: 0 });
  });
});
