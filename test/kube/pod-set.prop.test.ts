/** Deployments in simulated time: an update keeps its bounds at every instant and ends with new pods only. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Cluster, type Pod } from '../../src/kube/index.js';
import { MILLISECOND, SECOND, Simulation } from '../../src/sim/index.js';
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
      (replicas, maxSurge, maxUnavailable, startup, termination) => {
        const cluster = new Cluster(setup({ services: 1, endpoints: replicas }));
        const simulation = new Simulation();
        cluster.start(simulation);
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

test('any sequence of scaling ends with the last number of pods, and addresses are free again', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 10 }), { minLength: 1, maxLength: 6 }), (numbers) => {
      const cluster = new Cluster(setup({ services: 1, endpoints: 3 }));
      const simulation = new Simulation();
      cluster.start(simulation);
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
        cluster.scale(0, replicas, { startupNs: 3 * MILLISECOND, terminationNs: 2 * MILLISECOND });
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
