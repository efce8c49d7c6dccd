/** Carries out a plan in workers, with progress on stderr, until it is done, fails or is broken off. */
import { startExecutor } from '../executor/index.js';
import { JobError, runPlan } from '../harness/index.js';
import type { Plan } from '../harness/index.js';
import type { CaseResult } from '../measure/index.js';
import type { BreakingOff, BreakOff } from './breaking-off.js';
import { startProgress } from './progress.js';
import type { RunStatus } from './run-directory.js';
import type { Verbosity } from './terminal.js';

/** What a plan came to. */
export interface Outcome {
  /** In the order in which jobs ended. */
  readonly results: readonly CaseResult[];
  readonly status: RunStatus;
  /** Why not all jobs were done; undefined when they were, or when one failed. */
  readonly breakOff: BreakOff | undefined;
  /** The job that failed, if one did. */
  readonly failure: JobError | undefined;
}

/** How to carry it out. */
export interface CarryOutOptions {
  /** Worker threads; 0 for none. */
  readonly workers: number;
  readonly breaking: BreakingOff;
  readonly verbosity: Verbosity;
}

/** Carries out a plan. */
export async function carryOut(plan: Plan, { workers, breaking, verbosity }: CarryOutOptions): Promise<Outcome> {
  const executor = await startExecutor({ workers, signal: breaking.signal });
  const progress = await startProgress(plan.jobs.length, verbosity);
  const results: CaseResult[] = [];
  let failure: JobError | undefined;
  try {
    await runPlan(
      plan,
      async (job) => {
        const result = await executor.run(job);
        // Kept here too: a plan that is broken off hands nothing back.
        results.push(result);
        return result;
      },
      {
        concurrency: executor.concurrency,
        stopped: () => breaking.reason !== undefined,
        onProgress: ({ done, job }) => progress.update(done, job.id),
      },
    );
  } catch (error) {
    if (!(error instanceof JobError)) throw error;
    // A job that was broken off fails too; that is no failure of its own.
    if (breaking.reason === undefined) failure = error;
  } finally {
    progress.end();
    await executor.close();
  }
  const breakOff = results.length < plan.jobs.length ? breaking.reason : undefined;
  const status = failure === undefined ? (breakOff?.status ?? 'complete') : 'failed';
  return { results, status, breakOff, failure };
}
