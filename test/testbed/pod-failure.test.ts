/** A pod that stops answering: requests are lost until its readiness probe has taken it out of the rules. */
import { expect, test } from 'vitest';
import { runCase } from '../../src/testbed/index.js';
import { S, figure, smallCase } from './small-case.js';

/** Requests of a run of 60 s that timed out, one of three pods silent from 1 s on. */
function timedOut(failureThreshold: number): number {
  const probe = { periodNs: 5 * S, timeoutNs: S, failureThreshold, successThreshold: 1 };
  const result = runCase(
    smallCase({
      cluster: { nodes: 2, services: 1, endpoints: 3 },
      churn: [{ kind: 'pod-failure', atNs: S, service: 0, pods: 1, lastsNs: 100 * S, probe }],
      run: { durationNs: 60 * S, warmupNs: 0, drainNs: 5 * S },
      workload: { clients: 2, ratePerSecond: 30, requestTimeoutNs: S },
    }),
    '1',
  );
  return figure(result, 'requests_timed_out');
}

test('a third of the requests is lost while the probe has not failed often enough', () => {
  // 10 a second for the pod, for 10 to 15 s and the second of the last probe's timeout; then for 0 to 5 s.
  const [slow, quick] = [timedOut(3), timedOut(1)];
  expect(slow).toBeGreaterThan(80);
  expect(slow).toBeLessThan(190);
  expect(quick).toBeLessThan(80);
  expect(quick).toBeGreaterThan(5);
});
