/** Deployments in simulated time: an update keeps its bounds at every instant and ends with new pods only. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Cluster, type Pod } from '../../src/kube/index.js';
import { MILLISECOND, RandomStream, SECOND, Simulation } from '../../src/sim/index.js';
import { setup } from './cluster-setup.js';

const fraction = fc.constantFrom(0, 0.1, 0.25, 0.5, 1);

test('a rolling update stays within maxSurge and maxUnavailable and replaces every pod', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 12 }),
      fraction,
      fraction,
      fc.integer({ min: 0, max: 5 }),
      fc.integer({ min: 0, max: 5 }),
      fc.constantFrom(0, 0.3, 1),
      (replicas, maxSurge, maxUnavailable, startup, termination, spread) => {
        const cluster = new Cluster(setup({ services: 1, endpoints: replicas }));
        const simulation = new Simulation();
        cluster.start(simulation, new RandomStream('1', 'pods'));
        const before = new Set([...cluster.pods()].map((pod) => pod.metadata.name));
        const surge = Math.ceil(maxSurge * replicas);
        const unavailable =
          surge === 0 ? Math.max(1, Math.floor(maxUnavailable * replicas)) : Math.floor(maxUnavailable * replicas);
        // The store's watch sees every instant.
        cluster.store.watch('pod', () => {
          const alive = [...cluster.pods()].filter((pod) => !pod.terminating);
          expect(alive.length).toBeLessThanOrEqual(replicas + surge);
          expect(alive.filter((pod) => pod.ready).length).toBeGreaterThanOrEqual(replicas - unavailable);
        });
        cluster.rollingUpdate(0, {
          maxSurge,
          maxUnavailable,
          startupNs: startup * MILLISECOND,
          terminationNs: termination * MILLISECOND,
          spread,
        });
        simulation.run(SECOND);
        const after = [...cluster.pods()];
        expect(after).toHaveLength(replicas);
        expect(after.every((pod) => pod.ready && !pod.terminating && !before.has(pod.metadata.name))).toBe(true);
        const endpoints = cluster.slices.of('default/svc-0').flatMap((slice) => slice.endpoints);
        expect(new Set(endpoints.map((one) => one.address))).toEqual(new Set(after.map((pod) => pod.ip)));
        expect(endpoints).toHaveLength(replicas);
      },
    ),
    { numRuns: 60 },
  );
});

test('pods made or deleted together become ready and vanish apart, within the spread and around the mean', () => {
  const cluster = new Cluster(setup({ services: 1, endpoints: 400, nodes: 10 }));
  const simulation = new Simulation();
  cluster.start(simulation, new RandomStream('1', 'pods'));
  const times = { startup: [] as number[], termination: [] as number[] };
  cluster.store.watch('pod', ({ object, previous }) => {
    if (object.ready && previous?.ready === false) times.startup.push(simulation.now);
  });
  cluster.listenToPods({
    podStarted: () => undefined,
    podTerminating: () => undefined,
    podGone: () => times.termination.push(simulation.now),
  });
  // All 400 at once: each time is counted from 0.
  cluster.rollingUpdate(0, { maxSurge: 1, maxUnavailable: 1, startupNs: 1e9, terminationNs: 2e9, spread: 0.5 });
  simulation.run(10 * SECOND);
  for (const [drawn, mean] of [
    [times.startup, 1e9],
    [times.termination, 2e9],
  ] as const) {
    expect(drawn).toHaveLength(400);
    expect(new Set(drawn).size).toBe(400);
    expect(Math.min(...drawn)).toBeGreaterThanOrEqual(mean / 2);
    expect(Math.max(...drawn)).toBeLessThanOrEqual(mean * 1.5);
    // Uniform over the mean: a standard error of mean / sqrt(12 x 400).
    expect(Math.abs(drawn.reduce((sum, time) => sum + time, 0) / 400 / mean - 1)).toBeLessThan(0.05);
    expect(Math.max(...drawn) - Math.min(...drawn)).toBeGreaterThan(0.95 * mean);
  }
});

// One write when 20 new pods appear; then each new one that is ready, with an old one that terminates for it, and each that is gone.
test.each([
  [0, 3],
  [0.5, 41],
])('an update of 20 pods with spread %d writes slices %i times', (spread, writes) => {
  const cluster = new Cluster(setup({ services: 1, endpoints: 20 }));
  const simulation = new Simulation();
  cluster.start(simulation, new RandomStream('1', 'pods'));
  const before = cluster.endpointSlices.writes.update;
  cluster.rollingUpdate(0, { maxSurge: 1, maxUnavailable: 0, startupNs: SECOND, terminationNs: SECOND, spread });
  simulation.run(10 * SECOND);
  expect(cluster.endpointSlices.writes.update - before).toBe(writes);
});

test('any sequence of scaling ends with the last number of pods, and addresses are free again', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 10 }), { minLength: 1, maxLength: 6 }), (numbers) => {
      const cluster = new Cluster(setup({ services: 1, endpoints: 3 }));
      const simulation = new Simulation();
      cluster.start(simulation, new RandomStream('1', 'pods'));
      const free = () => cluster.nodes.reduce((sum, node) => sum + cluster.podAddresses.free(node.index), 0);
      const room = free() + 3;
      const running = new Set<string>();
      const name = (pod: Pod) => pod.metadata.name;
      cluster.listenToPods({
        podStarted: (pod) => running.add(name(pod)),
        podTerminating: (pod) => expect(pod.terminating).toBe(true),
        podGone: (pod) => running.delete(name(pod)),
      });
      for (const pod of cluster.pods()) running.add(name(pod));
      numbers.forEach((replicas, i) => {
        // Closer together than pods take to start: changes overtake each other.
        simulation.run(i * MILLISECOND);
        cluster.scale(0, replicas, { startupNs: 3 * MILLISECOND, terminationNs: 2 * MILLISECOND, spread: 0.5 });
      });
      simulation.run(SECOND);
      const last = numbers[numbers.length - 1] ?? 0;
      const pods = [...cluster.pods()];
      expect(pods).toHaveLength(last);
      expect(pods.every((pod) => pod.ready)).toBe(true);
      expect([...running].sort()).toEqual(pods.map(name).sort());
      expect(free()).toBe(room - last);
    }),
    { numRuns: 60 },
  );
});
