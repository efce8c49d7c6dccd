/** Where jobs run must not matter: this thread, one worker, two workers; errors keep their kind; a job can be broken off. */
import { afterAll, describe, expect, test } from 'vitest';
import { CaseError, startExecutor } from '../../src/executor/index.js';
import { planRun } from '../../src/harness/index.js';
import type { Job } from '../../src/harness/index.js';
import { parseIp } from '../../src/net/index.js';
import { InvariantError } from '../../src/sim/index.js';
import { perform } from '../../src/executor/worker.js';
import { expanded, scenarioText } from '../scenario/made-up-scenario.js';

const SCENARIO = expanded(
  scenarioText(
    '  matrix: { proxy: [{ mode: iptables }, { mode: ipvs, scheduler: lc }] }',
    '  cluster: { services: { count: 3, endpoints: 2 } }',
    '  workload: { clients: 4, rate: 2k/s }',
    '  run: { duration: 20ms, warmup: 1ms, drain: 20ms, seeds: 2 }',
  ),
);
const { jobs } = planRun(SCENARIO.cases, SCENARIO.seeds);

/** The first job; every plan has one. */
function someJob(change: (job: Job) => Job = (job) => job): Job {
  const [job] = jobs;
  if (job === undefined) throw new Error('the plan is empty');
  return change(job);
}

describe.each([0, 1, 2])('with %d workers', (workers) => {
  const starting = startExecutor({ workers });
  afterAll(async () => (await starting).close());

  test('results are those of a plain call', async () => {
    const executor = await starting;
    expect(executor.concurrency).toBe(Math.max(1, workers));
    const results = await Promise.all(jobs.map((job) => executor.run(job)));
    const plain = jobs.map((job) => perform({ ...job, ipv6: [] }));
    expect(results.map((result) => ({ ok: true, result }))).toEqual(plain);
    expect(new Set(results.map((result) => result.digest)).size).toBe(jobs.length);
  });

  test('an error keeps its message', async () => {
    const wrong = someJob((job) => ({ ...job, case: { ...job.case, proxy: { ...job.case.proxy, mode: 'none' } } }));
    await expect((await starting).run(wrong)).rejects.toThrow(/none/);
  });

  test('a case that cannot be built is told from a failure', async () => {
    const cluster = { ...someJob().case.cluster, nodeSubnetBits: 30 };
    const wrong = someJob((job) => ({ ...job, case: { ...job.case, cluster } }));
    await expect((await starting).run(wrong)).rejects.toBeInstanceOf(CaseError);
  });

  test('a broken invariant is still one', async () => {
    // A negative delay makes time go back.
    const link = { ...someJob().case.cluster.link, delayNs: -1e9 };
    const wrong = someJob((job) => ({ ...job, case: { ...job.case, cluster: { ...job.case.cluster, link } } }));
    await expect((await starting).run(wrong)).rejects.toBeInstanceOf(InvariantError);
  });
});

describe.each([0, 1, 2])('a case of both families, with %d workers,', (workers) => {
  test('is the same: a thread understands the addresses that another one met', async () => {
    // What this thread met before, a worker has not: its own order of meeting would be another one.
    parseIp('2001:db8::dead');
    const { cases, seeds } = expanded(
      scenarioText(
        '  cluster: { ipFamilies: [IPv6, IPv4], services: { count: 3, endpoints: 2, ipFamilyPolicy: PreferDualStack } }',
        '  workload: { clients: 4, rate: 2k/s }',
        '  run: { duration: 20ms, warmup: 1ms, drain: 20ms, seeds: 3 }',
      ),
    );
    const plan = planRun(cases, seeds);
    const executor = await startExecutor({ workers });
    const results = await Promise.all(plan.jobs.map((job) => executor.run(job)));
    await executor.close();
    expect(results.map((result) => ({ ok: true, result }))).toEqual(
      plan.jobs.map((job) => perform({ ...job, ipv6: [] })),
    );
    expect(results[0]?.values.find(({ metric }) => metric === 'requests_failed')).toBeUndefined();
  });
});

describe.each([0, 1])('a job that was broken off, with %d workers,', (workers) => {
  test('fails with an abort', async () => {
    const controller = new AbortController();
    const executor = await startExecutor({ workers, signal: controller.signal });
    const running = executor.run(someJob());
    controller.abort();
    await expect(running).rejects.toMatchObject({ name: 'AbortError' });
    await executor.close();
  });
});
