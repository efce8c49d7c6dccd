/**
 * Where jobs run: in worker threads, or in this thread. Which of them, and how many, never changes a result.
 */
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import type { Job } from '../harness/index.js';
import type { CaseResult } from '../measure/index.js';
import { InvariantError } from '../sim/index.js';
import { CaseError, knownIpv6 } from '../testbed/index.js';
import type { Reply, Task } from './worker.js';

/** Runs jobs. */
export interface Executor {
  /** Jobs that run at a time. */
  readonly concurrency: number;
  /**
   * Runs one job.
   * @throws what the job threw; CaseError for a case that cannot be built; AbortError when it was broken off
   */
  run(job: Job): Promise<CaseResult>;
  /** Ends all threads. */
  close(): Promise<void>;
}

/** How to run jobs. */
export interface ExecutorOptions {
  /** Worker threads; 0 for this thread, which then cannot be interrupted within a job. */
  readonly workers: number;
  /** Breaks off jobs under way, at once. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Starts an executor for cases that have been made already: what IPv6 addresses they hold, threads are told by the list of
 * those known now.
 */
export async function startExecutor({ workers, signal }: ExecutorOptions): Promise<Executor> {
  return workers === 0 ? await inThisThread(signal) : inThreads(workers, signal);
}

async function inThisThread(signal: AbortSignal | undefined): Promise<Executor> {
  const { perform } = await import('./worker.js');
  return {
    concurrency: 1,
    run: async (job) => {
      // Lets signals and timers in between jobs.
      await new Promise((resolve) => setImmediate(resolve));
      signal?.throwIfAborted();
      return resultOf(perform({ case: job.case, seed: job.seed, ipv6: [] }));
    },
    close: () => Promise.resolve(),
  };
}

function inThreads(workers: number, signal: AbortSignal | undefined): Executor {
  // As source (in tests) the worker needs the loader for TypeScript; compiled it stands beside this file.
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  // One list for all tasks: what this thread meets later, threads may know by other handles already.
  const ipv6 = [...knownIpv6()];
  const pool = new Piscina<Task, Reply>({
    filename: fileURLToPath(new URL(`./worker.${extension}`, import.meta.url)),
    name: 'perform',
    minThreads: workers,
    maxThreads: workers,
    ...(extension === 'ts' ? { execArgv: ['--import', 'tsx'] } : {}),
  });
  return {
    concurrency: workers,
    run: async (job) => {
      const task = { case: job.case, seed: job.seed, ipv6 };
      return resultOf(await pool.run(task, signal === undefined ? {} : { signal }));
    },
    close: () => pool.destroy(),
  };
}

function resultOf(reply: Reply): CaseResult {
  if (reply.ok) return reply.result;
  const error = errorOf(reply.invariant, reply.isInput);
  error.message = reply.message;
  error.stack = reply.stack;
  throw error;
}

function errorOf(invariant: string, isInput: boolean): Error {
  if (isInput) return new CaseError('');
  return invariant === '' ? new Error() : new InvariantError(invariant, '');
}
