/** What is said when a job fails: the case, the seed, and the command that repeats it. */
import type { JobError } from '../harness/index.js';
import { InvariantError } from '../sim/index.js';

/**
 * The lines to show.
 * @param error the failed job
 * @param command the command line that was called, without options that the replay sets itself
 */
export function failureLines(error: JobError, command: readonly string[]): string[] {
  const { job, cause } = error;
  const what =
    cause instanceof InvariantError
      ? `${cause.message} (a fault of the simulator, please report it)`
      : cause instanceof Error
        ? cause.message
        : String(cause);
  const filter = `^${job.case.id.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`;
  const replay = ['kpb', 'run', ...command, '--filter', filter, '--seed', job.seed, '--runs', '1', '--workers', '0'];
  return [what, `  case    ${job.case.id}`, `  seed    ${job.seed}`, `  replay  ${replay.map(quoted).join(' ')}`];
}

function quoted(word: string): string {
  return /^[\w./:=,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
