/**
 * Carries out a plan: hands its jobs to a runner and puts the results in the plan's order, whatever the order in which
 * they are done. Where jobs run (here, in worker threads) is the runner's business.
 */
import type { CaseResult } from '../measure/index.js';
import type { Job, Plan } from './plan.js';

/** Runs one job. */
export type JobRunner = (job: Job) => CaseResult | Promise<CaseResult>;

/** What is told after each job. */
export interface Progress {
  readonly done: number;
  readonly total: number;
  readonly job: Job;
}

/** How a plan is carried out. */
export interface RunOptions {
  /** Jobs under way at a time; no influence on results. */
  readonly concurrency?: number;
  readonly onProgress?: (progress: Progress) => void;
  /** Asked before each job: true starts no more of them. */
  readonly stopped?: () => boolean;
}

/** What a run came to. */
export interface RunOutcome {
  /** Results in the plan's order; without the jobs that were not started. */
  readonly results: readonly CaseResult[];
  /** Whether every job of the plan has its result. */
  readonly complete: boolean;
}

/** A job that did not end well. */
export class JobError extends Error {
  /** The job; its case and seed repeat the failure. */
  readonly job: Job;

  constructor(job: Job, cause: unknown) {
    super(`case ${job.case.id}, seed ${job.seed}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
    this.name = 'JobError';
    this.job = job;
  }
}

/**
 * Carries out a plan.
 * @throws JobError for the failed job that stands first in the plan; jobs under way are awaited, no more are started
 */
export async function runPlan(plan: Plan, runner: JobRunner, options: RunOptions = {}): Promise<RunOutcome> {
  const { concurrency = 1, onProgress, stopped = () => false } = options;
  const results = new Array<CaseResult | undefined>(plan.jobs.length).fill(undefined);
  const failures: JobError[] = [];
  let next = 0;
  let done = 0;
  const lane = async (): Promise<void> => {
    while (failures.length === 0 && !stopped()) {
      const job = plan.jobs[next++];
      if (job === undefined) return;
      try {
        results[job.index] = belongsTo(job, await runner(job));
        onProgress?.({ done: ++done, total: plan.jobs.length, job });
      } catch (error) {
        failures.push(new JobError(job, error));
      }
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, concurrency) }, lane));
  failures.sort((a, b) => a.job.index - b.job.index);
  if (failures[0] !== undefined) throw failures[0];
  const present = results.filter((result) => result !== undefined);
  return { results: present, complete: present.length === plan.jobs.length };
}

function belongsTo(job: Job, result: CaseResult): CaseResult {
  if (result.caseId === job.case.id && result.seed === job.seed) return result;
  throw new Error(`the runner answered with case ${result.caseId}, seed ${result.seed}`);
}
