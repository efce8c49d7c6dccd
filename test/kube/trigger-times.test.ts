/** What slices say of what triggered their last change: readiness of pods that the Service selects, or its creation, and nothing else. */
import { describe, expect, test } from 'vitest';
import { Controllers } from '../../src/kube/controllers/controllers.js';
import { SelectorIndex, SliceIndex, Store, type ControllerPace } from '../../src/kube/index.js';
import { MILLISECOND, Simulation } from '../../src/sim/index.js';
import { pod, service } from './objects.js';

function world(pace: ControllerPace = {}) {
  const store = new Store();
  const slices = new SliceIndex(store);
  const controllers = new Controllers({ store, slices, selectors: new SelectorIndex(store), limit: 100, pace });
  const simulation = new Simulation();
  controllers.start(simulation);
  return { store, slices, simulation };
}

test('slices say what triggered their last change: the earliest readiness since the last sync, or nothing', () => {
  const { store, simulation, slices } = world({ batchPeriodNs: 10 * MILLISECOND });
  const trigger = () => slices.of('test/foo')[0]?.triggerNs;
  const created = { namespace: 'test', name: 'foo', labels: {}, createdNs: 3 };
  store.put('service', service({ metadata: created }));
  simulation.run(5 * MILLISECOND);
  expect(trigger()).toBe(3);
  store.put('pod', pod(1, { readySinceNs: 5 * MILLISECOND }));
  simulation.run(8 * MILLISECOND);
  store.put('pod', pod(2, { readySinceNs: 8 * MILLISECOND }));
  simulation.run(20 * MILLISECOND);
  expect(trigger()).toBe(5 * MILLISECOND);
  store.remove('pod', 'test/pod-1');
  simulation.run(40 * MILLISECOND);
  expect(trigger()).toBeUndefined();
});

describe('what triggered a change', () => {
  const made = { namespace: 'test', name: 'foo', labels: {}, createdNs: 3 };

  test('is the readiness of pods that a new selector takes in', () => {
    const { store, simulation, slices } = world();
    store.put('service', service({ metadata: made, selector: { app: 'bar' } }));
    store.put('pod', pod(1, { readySinceNs: 0 }));
    simulation.run(5 * MILLISECOND);
    store.put('pod', pod(2, { readySinceNs: 5 * MILLISECOND }));
    simulation.run(9 * MILLISECOND);
    store.put('service', service({ metadata: made }));
    simulation.run(20 * MILLISECOND);
    expect(slices.of('test/foo')[0]?.triggerNs).toBe(0);
    expect(slices.of('test/foo')[0]?.endpoints).toHaveLength(2);
  });

  test('is not the readiness of a pod that the Service selects no longer', () => {
    const { store, simulation, slices } = world({ batchPeriodNs: 10 * MILLISECOND });
    for (const n of [1, 2]) store.put('pod', pod(n));
    store.put('service', service({ metadata: made }));
    simulation.run(5 * MILLISECOND);
    const { metadata } = pod(1);
    store.put('pod', pod(1, { ready: false, readySinceNs: 5 * MILLISECOND, metadata: { ...metadata, labels: {} } }));
    simulation.run(20 * MILLISECOND);
    expect(slices.of('test/foo')[0]?.endpoints).toHaveLength(1);
    expect(slices.of('test/foo')[0]?.triggerNs).toBeUndefined();
  });

  test('is that of a pod that the Service selects again, though it was ready before', () => {
    const { store, simulation, slices } = world();
    store.put('service', service({ metadata: made }));
    simulation.run(1 * MILLISECOND);
    store.put('pod', pod(1, { readySinceNs: 1 * MILLISECOND }));
    simulation.run(2 * MILLISECOND);
    const { metadata } = pod(1);
    store.put('pod', pod(1, { readySinceNs: 1 * MILLISECOND, metadata: { ...metadata, labels: {} } }));
    simulation.run(3 * MILLISECOND);
    expect(slices.of('test/foo')[0]?.triggerNs).toBeUndefined();
    store.put('pod', pod(1, { readySinceNs: 1 * MILLISECOND }));
    simulation.run(4 * MILLISECOND);
    expect(slices.of('test/foo')[0]?.triggerNs).toBe(1 * MILLISECOND);
  });
});
