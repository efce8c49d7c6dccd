/** Network programming latency of runs, in every mode: what counts as a change, and where its time begins. */
import { describe, expect, test } from 'vitest';
import { PROXY_MODES } from '../../src/scenario/index.js';
import type { ChurnOptions, ClusterOptions } from '../../src/scenario/case.js';
import { runCase } from '../../src/testbed/index.js';
import { MS, S, figure, smallCase } from './small-case.js';

const METRIC = 'network_programming_latency_ns';

/** One change of a Service of four endpoints on three nodes. */
function run(mode: string, churn: readonly ChurnOptions[], cluster: Partial<ClusterOptions> = {}) {
  const result = runCase(
    smallCase({
      cluster: { services: 1, endpoints: 4, ...cluster },
      proxy: { mode, minSyncPeriodNs: 20 * MS },
      churn,
      run: { durationNs: 3 * S },
      workload: { clients: 1, ratePerSecond: 10 },
    }),
    '1',
  );
  return (statistic: string, metric = METRIC) => figure(result, metric, statistic);
}

/** A pod takes the place of another at once, which is one write. */
const REPLACE: ChurnOptions = { kind: 'sudden-replace', atNs: 100 * MS, service: 0, pods: 1, intervalNs: MS };

describe.each(PROXY_MODES.map(({ name }) => name))('%s', (mode) => {
  test('a pod that turns ready is a sample on each node', () => {
    const latency = run(mode, [REPLACE]);
    expect(latency('count')).toBe(3);
    // Two hops of the watch at least, and whatever the sync takes.
    expect(latency('p50')).toBeGreaterThan(1 * MS);
    expect(latency('max')).toBeGreaterThanOrEqual(latency('max', 'change_live_ns'));
  });

  test('the time that the controller waits is in it, and not in what the rules lag behind the API', () => {
    const [quick, slow] = [{}, { pace: { batchPeriodNs: 500 * MS } }].map((more) => run(mode, [REPLACE], more));
    expect(slow!('max') - quick!('max')).toBe(500 * MS);
    expect(slow!('max', 'change_live_ns')).toBe(quick!('max', 'change_live_ns'));
  });

  test('a pod that goes has none', () => {
    const latency = run(mode, [{ kind: 'sudden-scale', atNs: 100 * MS, service: 0, replicas: 3 }]);
    expect([latency('count'), latency('count', 'change_live_ns')]).toEqual([0, 3]);
  });

  test('a proxy that starts later has none of what it lists', () => {
    const late = run(mode, [REPLACE, { kind: 'node-join', atNs: 500 * MS, nodes: [2] }]);
    expect(late('count')).toBe(2);
    const before = run(mode, [
      { ...REPLACE, atNs: 1 * S },
      { kind: 'node-join', atNs: 500 * MS, nodes: [2] },
    ]);
    expect(before('count')).toBe(3);
  });
});
