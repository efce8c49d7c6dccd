/** The compiled program as a child process, in a folder of its own. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const MAIN = join(ROOT, 'dist/cli/main.js');

/** What a call gave. */
export interface Call {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Compiles the program if its source is newer. */
export function makeReady(): void {
  const { status, stderr } = spawnSync(process.execPath, [join(ROOT, 'tools/ready.mjs'), 'build'], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`the program does not compile:\n${stderr}`);
}

/** A new, empty working directory. */
export function newFolder(): string {
  return realpathSync(mkdtempSync(join(tmpdir(), 'kpb-test-')));
}

/** Calls the program. @param folder working directory @param words arguments */
export function kpb(folder: string, ...words: readonly string[]): Call {
  return kpbReading(folder, '', ...words);
}

/** Calls the program. @param input what it finds on its standard input */
export function kpbReading(folder: string, input: string, ...words: readonly string[]): Call {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...words], {
    cwd: folder,
    encoding: 'utf8',
    env: cleanEnvironment(),
    input,
  });
  return { code: status, stdout, stderr };
}

/** Whether `kpbOnTerminal` works here: the `script` of util-linux makes a terminal. */
export const hasTerminal = spawnSync('script', ['--version']).status === 0;

/** Calls the program on a pseudo-terminal. @returns its exit code, and everything that it wrote, in `stdout` */
export function kpbOnTerminal(folder: string, columns: number, words: readonly string[]): Call {
  const command = `stty cols ${columns} rows 24; exec "${process.execPath}" "${MAIN}" ${words.join(' ')}`;
  const { status, stdout, stderr } = spawnSync('script', ['-qec', command, '/dev/null'], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...cleanEnvironment(), TERM: 'xterm', SHELL: '/bin/sh' },
  });
  return { code: status, stdout, stderr };
}

/** Starts the program, and sends it a signal once it says the given words on stderr and some time went by. */
export async function kpbUntil(
  folder: string,
  words: readonly string[],
  said: string,
  signal: NodeJS.Signals,
): Promise<Call> {
  const child = spawn(process.execPath, [MAIN, ...words], { cwd: folder, env: cleanEnvironment() });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  await new Promise<void>((resolve) => {
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
      if (stderr.includes(said)) setTimeout(resolve, 1000);
    });
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', (code) => resolve(code)));
  child.kill(signal);
  return { code: await ended, stdout, stderr };
}

/** Takes away the variables that say how the tests are run, for a call in this process; `vi.unstubAllEnvs` brings them back. */
export function hideTestVariables(): void {
  for (const name of Object.keys(process.env)) if (name.startsWith('KPB_')) vi.stubEnv(name, undefined);
}

/** The environment without the program's own variables: no colour, and no worker threads where a call asks for none. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('KPB_') && name !== 'FORCE_COLOR');
  return { ...Object.fromEntries(own), NO_COLOR: '1', KPB_WORKERS: '0' };
}
