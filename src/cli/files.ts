/** Reading files with messages that a user understands. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { CliError, ExitCode } from './exit-code.js';

/** What stands for standard input among file names. Not `-` itself: the parser of the command line drops that. */
export const STDIN = '/dev/stdin';

/** Standard input can be read once; several scenarios may take their manifests from it. */
let stdinText: string | undefined;

/**
 * Gives the words of a command line that mean standard input (`-`) a name that the parser keeps. An option's value is left
 * alone, but for `--manifests`.
 */
export function withStdin(words: readonly string[]): string[] {
  return words.map((word, i) => {
    if (word === '--manifests=-') return `--manifests=${STDIN}`;
    const before = words[i - 1] ?? '';
    return word === '-' && (!before.startsWith('-') || before === '--manifests') ? STDIN : word;
  });
}

/** Refuses a command line that reads standard input twice. @throws CliError when more than one of the paths stands for it */
export function requireOneStdin(paths: readonly string[]): void {
  if (paths.filter((path) => path === STDIN).length < 2) return;
  throw new CliError('standard input (-) can be read for one file only', ExitCode.usage);
}

/**
 * Reads a text file, or standard input.
 * @throws CliError with the usage code when it cannot be read
 */
export function readText(path: string): string {
  try {
    if (path === STDIN) return (stdinText ??= readFileSync(0, 'utf8'));
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new CliError(`cannot read ${path}: ${reasonOf(error)}`, ExitCode.usage, { cause: error });
  }
}

/** Why a file operation failed, in words. */
export function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return REASONS.get(code) ?? (error instanceof Error ? error.message : String(error));
}

const REASONS: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'there is no such file'],
  ['EACCES', 'permission denied'],
  ['EPERM', 'not permitted'],
  ['EROFS', 'the file system is read-only'],
  ['ENOSPC', 'the disk is full'],
  ['EISDIR', 'it is a folder'],
  ['ENOTDIR', 'a part of the path is not a folder'],
  ['EEXIST', 'something of that name is in the way'],
]);

/**
 * Makes a folder and those above it.
 *
 * Not by `mkdirSync` with `recursive`: on file systems that refuse new folders with ENOENT (such as /proc) that call of
 * Node 20 never returns.
 * @throws Error of the file system when one of them cannot be made
 */
export function makeFolder(path: string): void {
  if (existsSync(path)) return;
  const above = dirname(path);
  if (above !== path) makeFolder(above);
  mkdirSync(path);
}
