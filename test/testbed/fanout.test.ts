/** Runs that count what writes of slices and Endpoints cost: sudden changes, a Deployment's update, limits on the way. */
import { expect, test } from 'vitest';
import { runCase } from '../../src/testbed/index.js';
import type { ChurnOptions, ClusterOptions } from '../../src/scenario/case.js';
import { MS, S, figure, smallCase } from './small-case.js';

/** Runs one change of Service 0, of 12 endpoints on 4 nodes, counted with 10 bytes an endpoint and 5 an object. */
function run(change: ChurnOptions, cluster: Partial<ClusterOptions> = {}) {
  const result = runCase(
    smallCase({
      cluster: {
        ...{ nodes: 4, services: 1, endpoints: 12, maxEndpointsPerSlice: 5 },
        fanout: { encoding: 'protobuf', sizes: { bytesPerObject: 5, bytesPerEndpoint: 10 } },
        endpointsObjects: { capacity: 1000 },
        ...cluster,
      },
      churn: [change],
      run: { durationNs: 12 * S, warmupNs: 0, drainNs: S },
      workload: { clients: 1, ratePerSecond: 10 },
    }),
    '1',
  );
  const metrics = ['endpoint_slice_writes', 'slice_watch_events', 'slice_watch_bytes'];
  const others = ['endpoints_writes', 'endpoints_watch_events', 'endpoints_watch_bytes'];
  const of = (names: readonly string[]) => names.map((name) => figure(result, name));
  return { slices: of(metrics), endpoints: of(others), ready: figure(result, 'endpoints_ready', 'value'), result };
}

test('pods that come in one instant are one write of each slice and of the object', () => {
  const { slices, endpoints, ready } = run({ kind: 'sudden-scale', atNs: MS, service: 0, replicas: 20 });
  // 12 in slices of 5, 5 and 2: 5 of the 8 new ones fill a slice of their own, 3 the one that has room.
  expect(slices).toEqual([2, 8, 4 * (55 + 55)]);
  expect(endpoints).toEqual([1, 4, 4 * 205]);
  expect(ready).toBe(20);
});

test('pods that go in one instant leave as many, the oldest', () => {
  const { slices, ready } = run({ kind: 'sudden-scale', atNs: MS, service: 0, replicas: 4 });
  // What is left stands in the first slice; the others are deleted with what they held.
  expect(slices).toEqual([3, 12, 4 * (45 + 55 + 25)]);
  expect(ready).toBe(4);
});

test('a pod that is replaced at once is one write, of all pods one after the other as many', () => {
  const replace = { kind: 'sudden-replace', atNs: MS, service: 0, intervalNs: 10 * MS } as const;
  const one = run({ ...replace, pods: 1 });
  expect([one.slices, one.endpoints, one.ready]).toEqual([[1, 4, 4 * 55], [1, 4, 4 * 125], 12]);
  const all = run({ ...replace, pods: 100 });
  expect([all.slices, all.endpoints, all.ready]).toEqual([[12, 48, 4 * (10 * 55 + 2 * 25)], [12, 48, 48 * 125], 12]);
});

test("a Deployment's update writes two to four times for each pod, since what happens in one instant is one sync", () => {
  const times = { startupNs: S / 2, terminationNs: S / 3, spread: 0.5 };
  const update = { kind: 'rolling-update', atNs: MS, service: 0, maxSurge: 0.01, maxUnavailable: 0, ...times } as const;
  const { slices, endpoints, ready } = run(update);
  expect(slices[0]!).toBeGreaterThan(2 * 12);
  expect(slices[0]!).toBeLessThanOrEqual(4 * 12);
  // A pod that is told to end leaves Endpoints in the instant in which its successor is ready; that it is gone changes nothing.
  expect(endpoints[0]).toBe(1 + 12);
  expect(ready).toBe(12);
});

test('a limit on requests puts changes off, and fewer writes carry them', () => {
  const change = { kind: 'sudden-replace', atNs: MS, service: 0, pods: 12, intervalNs: 10 * MS } as const;
  const free = run(change);
  const limited = run(change, { pace: { requests: { perSecond: 20, burst: 1 } } });
  expect(limited.slices[0]!).toBeLessThan(free.slices[0]!);
  expect(limited.ready).toBe(12);
  expect(figure(limited.result, 'change_live_ns', 'max')).toBeGreaterThan(0);
});

test('sizes are those of the real objects where none are given', () => {
  const { slices, endpoints } = run(
    { kind: 'sudden-replace', atNs: MS, service: 0, pods: 1, intervalNs: MS },
    { fanout: { encoding: 'protobuf' } },
  );
  expect(slices[2]! / 4).toBeGreaterThan(5 * 100);
  expect(endpoints[2]! / 4).toBeGreaterThan(12 * 100);
  const json = run(
    { kind: 'sudden-replace', atNs: MS, service: 0, pods: 1, intervalNs: MS },
    { fanout: { encoding: 'json' } },
  );
  expect(json.slices[2]!).toBeGreaterThan(slices[2]!);
});

test('nobody counts where nobody asks', () => {
  const result = runCase(smallCase({ churn: [] }), '1');
  expect(result.values.some(({ metric }) => /watch|endpoints_writes/.test(metric))).toBe(false);
});
