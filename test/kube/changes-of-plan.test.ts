/** A Deployment whose number of pods changes in the middle of an update: the strategy's fractions are those of the new number. */
import { expect, test } from 'vitest';
import { Cluster } from '../../src/kube/index.js';
import { RandomStream, SECOND, Simulation } from '../../src/sim/index.js';
import { setup } from './cluster-setup.js';

const TIMES = { startupNs: SECOND, terminationNs: SECOND, spread: 0 };
const UPDATE = { ...TIMES, maxSurge: 0.25, maxUnavailable: 0.25 };

/** A Service's pods in the middle of an update, with the most and the least of them that are ready from then on. */
function updating(endpoints: number, update = UPDATE) {
  const cluster = new Cluster(setup({ services: 1, endpoints }));
  const simulation = new Simulation();
  cluster.start(simulation, new RandomStream('1', 'pods'));
  const first = new Set([...cluster.pods()].map(({ metadata }) => metadata.name));
  const pods = () => [...cluster.pods()].filter(({ terminating }) => !terminating);
  const most = { pods: 0, ready: Infinity };
  const watch = (): void => {
    cluster.store.watch('pod', () => {
      most.pods = Math.max(most.pods, pods().length);
      most.ready = Math.min(most.ready, pods().filter(({ ready }) => ready).length);
    });
  };
  const finish = () => {
    simulation.run(simulation.now + 100 * SECOND);
    const own = pods();
    const old = own.filter(({ metadata }) => first.has(metadata.name)).length;
    return { pods: own.length, old, ready: own.filter(({ ready }) => ready).length };
  };
  cluster.rollingUpdate(0, update);
  simulation.run(SECOND / 2);
  return { cluster, most, watch, finish };
}

test('more pods may come at a time when there are to be more', () => {
  const { cluster, most, watch, finish } = updating(4);
  watch();
  cluster.scale(0, 40, TIMES);
  expect(finish()).toEqual({ pods: 40, old: 0, ready: 40 });
  // All that are missing at once, which are more than one above the number wanted: three are of the old template.
  expect(most.pods).toBe(43);
});

test('fewer may be missing when there are to be fewer', () => {
  const { cluster, most, watch, finish } = updating(40);
  cluster.scale(0, 8, TIMES);
  watch();
  expect(finish()).toEqual({ pods: 8, old: 0, ready: 8 });
  // A quarter of eight, and not of forty.
  expect(most.ready).toBeGreaterThanOrEqual(6);
});

test('an update goes on after pods came or went suddenly', () => {
  for (const replicas of [2, 4, 9]) {
    const { cluster, finish } = updating(4);
    cluster.scaleSuddenly(0, replicas);
    expect(finish()).toEqual({ pods: replicas, old: 0, ready: replicas });
  }
});

test('an update goes on after pods were replaced suddenly', () => {
  const { cluster, finish } = updating(4, { ...UPDATE, startupNs: 50 * SECOND });
  cluster.replaceSuddenly(0, { pods: 9, intervalNs: 1 });
  expect(finish()).toEqual({ pods: 4, old: 0, ready: 4 });
});
