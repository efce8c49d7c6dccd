/** Ready spans within the measured time. */
import { expect, test } from 'vitest';
import { ReadyTimes } from '../../src/testbed/ready-times.js';
import { runCase } from '../../src/testbed/index.js';
import { MS, S, smallCase } from './small-case.js';

test('only what lies in the measured time counts, and saying the same again changes nothing', () => {
  const ready = new ReadyTimes(100, 200);
  ready.set(0, true, 0);
  ready.set(1, true, 150);
  ready.set(1, true, 160);
  ready.set(2, true, 50);
  ready.set(2, false, 125);
  ready.set(2, false, 130);
  ready.set(2, true, 190);
  ready.set(99, true, 300);
  expect([0, 1, 2, 3, 99, 1000].map((server) => ready.share(server))).toEqual([1, 0.5, 0.35, 0, 0, 0]);
});

function load(replicas: number, atNs: number) {
  const plan = smallCase({
    cluster: { services: 1, endpoints: 10 },
    proxy: { mode: 'ipvs', scheduler: 'rr', minSyncPeriodNs: 0 },
    workload: { clients: 1, clientNodes: 1, ratePerSecond: 2000, arrivals: 'constant' },
    churn: [{ kind: 'scale', atNs, service: 0, replicas, startupNs: 2 * S, terminationNs: 1 * S, spread: 0 }],
    run: { durationNs: 1 * S, warmupNs: 100 * MS },
  });
  const { values } = runCase(plan, '1');
  return (metric: string, statistic: string) =>
    values.find((value) => value.metric === metric && value.statistic === statistic)?.value;
}

test('endpoints that go meanwhile are held against the time that they were there', () => {
  const value = load(4, 500 * MS);
  expect(value('endpoint_load_jain', 'value')).toBeGreaterThan(0.8);
  expect(value('endpoint_requests', 'min')).toBeGreaterThan(200);
});

test('endpoints that never get ready are no idle ones', () => {
  const value = load(20, 900 * MS);
  expect(value('endpoint_load_jain', 'value')).toBeGreaterThan(0.999);
  expect(value('endpoint_requests', 'min')).toBeGreaterThan(150);
});
