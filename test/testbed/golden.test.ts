/**
 * Every figure of one small run for each mode, as CSV: a change of behaviour shows as a change of these files, which
 * `vitest -u` renews. Prices are the tests' own, so that a better cost profile changes nothing here.
 */
import { expect, test } from 'vitest';
import { planRun, runPlan, toRows } from '../../src/harness/index.js';
import { writeCsv } from '../../src/report/index.js';
import { PROXY_MODES } from '../../src/scenario/index.js';
import { runCase } from '../../src/testbed/index.js';
import { MS, S, smallCase } from './small-case.js';

test.each(PROXY_MODES.map(({ name }) => name))('%s', async (mode) => {
  const plan = planRun(
    [
      smallCase({
        id: `mode=${mode}`,
        cluster: { services: 3, endpoints: 4 },
        proxy: { mode, minSyncPeriodNs: 20 * MS },
        server: { slowEndpoints: 1, slowFactor: 4 },
        churn: [
          {
            kind: 'scale',
            atNs: 20 * MS,
            service: 1,
            replicas: 6,
            startupNs: 2 * S,
            terminationNs: 1 * S,
            spread: 0.5,
          },
          {
            kind: 'rolling-update',
            atNs: 30 * MS,
            service: 0,
            maxSurge: 0.25,
            maxUnavailable: 0.25,
            startupNs: 10 * MS,
            terminationNs: 5 * MS,
            spread: 0.5,
          },
        ],
        run: { warmupNs: 10 * MS },
      }),
    ],
    ['1', '2'],
  );
  const { results } = await runPlan(plan, (job) => runCase(job.case, job.seed));
  await expect(writeCsv(toRows(plan, results))).toMatchFileSnapshot(`golden/${mode}.csv`);
});
