/** Carrying out a plan: order of results, concurrency, failures, breaking off; then rows and aggregates of it. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { JobError, aggregate, planRun, runPlan, toRows } from '../../src/harness/index.js';
import type { Job } from '../../src/harness/index.js';
import { madeUpCase, madeUpResult } from './made-up-case.js';

const plan = planRun([madeUpCase(10), madeUpCase(100), madeUpCase(10, 'ipvs')], ['1', '1.2', '1.3']);

function result({ case: { id, cluster }, seed }: Job) {
  return madeUpResult(id, seed, [
    { metric: 'rules_total', statistic: 'value', value: cluster.services * 8 },
    { metric: 'request_latency_ns', statistic: 'p99', value: seed === '1' ? NaN : Number(seed) * 1000 },
  ]);
}

/** A runner whose jobs end when told to. */
function held() {
  const waiting: { readonly job: Job; readonly end: () => void }[] = [];
  const runner = (job: Job) =>
    new Promise<ReturnType<typeof result>>((resolve) => waiting.push({ job, end: () => resolve(result(job)) }));
  return { waiting, runner };
}

describe('a run', () => {
  test('gives results in the order of the plan, whatever ends first', async () => {
    const orders = fc.shuffledSubarray(
      plan.jobs.map((job) => job.index),
      { minLength: plan.jobs.length },
    );
    await fc.assert(
      fc.asyncProperty(orders, async (order) => {
        const { waiting, runner } = held();
        const outcome = runPlan(plan, runner, { concurrency: plan.jobs.length });
        for (const place of order) waiting[place]?.end();
        expect(await outcome).toEqual({ results: plan.jobs.map(result), complete: true });
      }),
      { numRuns: 20 },
    );
  });

  test('keeps to its concurrency and tells its progress', async () => {
    let under = 0;
    let most = 0;
    const told: string[] = [];
    await runPlan(
      plan,
      async (job) => {
        most = Math.max(most, ++under);
        await Promise.resolve();
        under--;
        return result(job);
      },
      { concurrency: 2, onProgress: ({ done, total }) => told.push(`${done}/${total}`) },
    );
    expect(most).toBe(2);
    expect(told).toEqual(['1/9', '2/9', '3/9', '4/9', '5/9', '6/9', '7/9', '8/9', '9/9']);
  });

  test('takes plain runners too, one job after the other', async () => {
    const { results, complete } = await runPlan(plan, result);
    expect([results.length, complete]).toEqual([9, true]);
  });

  test('stops at a failure and names the job that stands first', async () => {
    const started: string[] = [];
    const failing = runPlan(
      plan,
      async (job) => {
        started.push(job.id);
        await Promise.resolve();
        if (job.index === 3 || job.index === 4) throw new Error('invariant packets-conserved broken');
        return result(job);
      },
      { concurrency: 3 },
    );
    await expect(failing).rejects.toThrow(
      'case mode=iptables,services=100, seed 1: invariant packets-conserved broken',
    );
    const error: unknown = await failing.catch((caught: unknown) => caught);
    expect(error instanceof JobError && error.job.seed).toBe('1');
    expect(started.length).toBeLessThan(9);
  });

  test('refuses an answer for another job', async () => {
    const [first] = plan.jobs;
    if (first === undefined) throw new Error('no job');
    await expect(runPlan(plan, () => ({ ...result(first), seed: 'x' }))).rejects.toThrow(
      'the runner answered with case mode=iptables,services=10, seed x',
    );
  });

  test('broken off keeps what is done and says that it is not complete', async () => {
    let done = 0;
    const outcome = await runPlan(plan, (job) => (done++, result(job)), { stopped: () => done >= 4 });
    expect([outcome.results.length, outcome.complete]).toEqual([4, false]);
  });
});

describe('rows', () => {
  const results = plan.jobs.map(result);

  test('are labelled, in base units, in the order of plan and metric list, whatever the order of the results', () => {
    const rows = toRows(plan, results);
    expect(rows[0]).toEqual({
      runId: plan.runId,
      scenario: 'made-up',
      caseId: 'mode=iptables,services=10',
      mode: 'iptables',
      scheduler: '',
      nodes: 2,
      services: 10,
      endpoints: 3,
      workload: 'new-connection',
      seed: '1',
      metric: 'request_latency_ns',
      unit: 'ns',
      statistic: 'p99',
      value: null,
    });
    expect(rows[1]).toMatchObject({ metric: 'rules_total', unit: '1', value: 80 });
    expect(toRows(plan, [...results].reverse())).toEqual(rows);
  });

  test('count real objects, and leave endpoints open where they differ', () => {
    const [made] = plan.cases;
    if (made === undefined) throw new Error('no case');
    const objects = { services: [], pods: [], podSets: [], slices: [], nodes: [] };
    const real = planRun([{ ...made, cluster: { ...made.cluster, services: 7, objects } }], ['1']);
    expect(toRows(real, real.jobs.map(result))[0]).toMatchObject({ services: 7, endpoints: null });
  });

  test('are refused for cases of another plan', () => {
    expect(() => toRows(plan, [madeUpResult('other', '1', [])])).toThrow('unknown case other');
  });

  test('aggregate over the seeds that have a value', () => {
    const aggregates = aggregate(toRows(plan, results));
    expect(aggregates).toHaveLength(6);
    const [latency, rules] = aggregates;
    expect(latency).toMatchObject({ metric: 'request_latency_ns', seeds: 2, mean: 1250, min: 1200, max: 1300 });
    // t(0.975, 1) x s / sqrt 2 with s = 100 / sqrt 2
    expect(latency?.halfWidth).toBeCloseTo((12.7062 * 100) / 2, 1);
    expect(rules).toMatchObject({ seeds: 3, mean: 80, halfWidth: 0, min: 80, max: 80 });
    expect(rules).not.toHaveProperty('seed');
  });

  test('aggregate to nothing where no seed has a value', () => {
    const empty = toRows(plan, results).filter((row) => row.value === null);
    expect(aggregate(empty)[0]).toMatchObject({ seeds: 0, mean: null, halfWidth: null, min: null, max: null });
  });
});
