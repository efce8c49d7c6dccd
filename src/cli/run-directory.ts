/**
 * The folder of one run: `results/<time>-<scenario>-<hash>`.
 *
 * It is written under a temporary name (`.tmp-...`) and renamed when everything is in it; a run that was broken off ends in
 * `.partial`. So a folder that looks complete is complete, and its manifest says so too.
 */
import { existsSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { CliError, ExitCode } from './exit-code.js';
import { makeFolder, reasonOf } from './files.js';
import { RESULTS } from './places.js';

/** How a run ended, or that it has not. */
export type RunStatus = 'running' | 'complete' | 'interrupted' | 'timeout' | 'failed';

/** The folder of a run that is under way. */
export class RunDirectory {
  /** Where it will stand when it is complete. */
  readonly path: string;
  private readonly temporary: string;
  private readonly isDefault: boolean;
  /** Leaves no half-written folder behind, however the program ends. */
  private readonly onExit = (): void => this.discard();

  /**
   * Makes the folder, so that one that cannot be written is found before anything is simulated.
   * @param runId deterministic name of the run
   * @param startedAt when it began
   * @param out folder that the user asked for; undefined for one under `results`
   * @throws CliError when the folder cannot be written
   */
  constructor(runId: string, startedAt: Date, out: string | undefined) {
    this.isDefault = out === undefined;
    const wanted = out ?? join(RESULTS, `${timeStamp(startedAt)}-${runId}`);
    this.path = this.isDefault ? free(wanted) : wanted;
    this.temporary = join(dirname(this.path), `.tmp-${basename(this.path)}-${process.pid}`);
    try {
      if (existsSync(this.path) && readdirSync(this.path).length > 0) {
        throw new CliError(`${this.path} is not empty; name a new folder with --out`, ExitCode.usage);
      }
      makeFolder(this.temporary);
      process.once('exit', this.onExit);
      writeFileSync(join(this.temporary, '.writable'), '');
      rmSync(join(this.temporary, '.writable'));
    } catch (error) {
      if (error instanceof CliError) throw error;
      throw cannotWrite(dirname(this.path), error);
    }
  }

  /** Writes a file into the folder, or into one below it (`a/b`). @throws CliError when it cannot be written */
  write(name: string, text: string): void {
    try {
      const path = join(this.temporary, name);
      makeFolder(dirname(path));
      writeFileSync(path, text);
    } catch (error) {
      throw cannotWrite(join(this.path, name), error);
    }
  }

  /**
   * Gives the folder its name, and points `latest` at it when it is complete.
   * @returns where it stands
   */
  finish(status: RunStatus): string {
    const target = status === 'complete' ? this.path : free(`${this.path}.partial`);
    try {
      if (existsSync(target)) rmSync(target, { recursive: true });
      renameSync(this.temporary, target);
      process.off('exit', this.onExit);
      if (status === 'complete' && this.isDefault) pointLatest(target);
    } catch (error) {
      throw cannotWrite(target, error);
    }
    return target;
  }

  /** Takes the folder away again: nothing was worth keeping. */
  discard(): void {
    process.off('exit', this.onExit);
    rmSync(this.temporary, { recursive: true, force: true });
  }
}

function timeStamp(date: Date): string {
  return date.toISOString().replace(/\.\d+/, '').replaceAll(/[-:]/g, '');
}

/** The path itself, or with the first number behind it that is not taken. */
function free(path: string): string {
  let candidate = path;
  for (let n = 2; existsSync(candidate); n++) candidate = `${path}-${n}`;
  return candidate;
}

function pointLatest(target: string): void {
  const link = join(dirname(target), 'latest');
  const temporary = `${link}.${process.pid}`;
  // Renaming a link over the old one leaves no moment without one.
  rmSync(temporary, { force: true });
  symlinkSync(basename(target), temporary);
  renameSync(temporary, link);
}

function cannotWrite(path: string, error: unknown): CliError {
  return new CliError(`cannot write ${path}: ${reasonOf(error)}`, ExitCode.failed, { cause: error });
}
