/** The slice controller at work: what queues a Service, batching, and counts of writes. */
import { describe, expect, test } from 'vitest';
import { EndpointSliceController, SelectorIndex, SliceIndex, Store } from '../../src/kube/index.js';
import { MILLISECOND, Simulation } from '../../src/sim/index.js';
import { endpoint, endpoints, pod, service, slice } from './objects.js';

function world(batchPeriodNs = 0) {
  const store = new Store();
  const slices = new SliceIndex(store);
  const selectors = new SelectorIndex(store);
  const controller = new EndpointSliceController({ store, slices, selectors, limit: 100 });
  const simulation = new Simulation();
  controller.start(simulation, { batchPeriodNs });
  const counts = () => [controller.writes.create, controller.writes.update, controller.writes.delete];
  /** Runs to `time` and says what has been written in all. */
  const writesAt = (time: number) => {
    simulation.run(time);
    return counts();
  };
  return { store, slices, simulation, writesAt };
}

test('ready endpoints are counted once for each Service, and others not', () => {
  const { store, slices } = world();
  store.put('slice', slice('a', [...endpoints(1, 3), endpoint(4, { ready: false, terminating: true })]));
  store.put('slice', slice('b', endpoints(3, 5)));
  expect(slices.countReady()).toBe(5);
  store.put('slice', { ...slice('c', endpoints(5, 6)), service: 'bar' });
  expect(slices.countReady()).toBe(7);
  store.put('slice', slice('b', []));
  expect(slices.countReady()).toBe(5);
});

describe('writes in simulated time', () => {
  test('a Service gets a placeholder, its first pod takes that over, the last one leaves it', () => {
    const { store, slices, writesAt } = world();
    store.put('service', service());
    expect(writesAt(1)).toEqual([1, 0, 0]);
    store.put('pod', pod(1));
    expect(writesAt(2)).toEqual([1, 1, 0]);
    store.remove('pod', 'test/pod-1');
    expect(writesAt(3)).toEqual([1, 2, 0]);
    expect(slices.of('test/foo')).toHaveLength(1);
    store.remove('service', 'test/foo');
    expect(writesAt(4)).toEqual([1, 2, 1]);
    expect(slices.of('test/foo')).toEqual([]);
  });

  test('changes of one instant are one write; a replaced pod is four when they are apart', () => {
    const { store, writesAt } = world();
    store.put('service', service());
    for (const n of [1, 2, 3]) store.put('pod', pod(n));
    expect(writesAt(1)).toEqual([1, 0, 0]);
    store.put('pod', pod(4, { ready: false }));
    expect(writesAt(2)).toEqual([1, 1, 0]);
    store.put('pod', pod(4));
    expect(writesAt(3)).toEqual([1, 2, 0]);
    store.put('pod', pod(1, { terminating: true }));
    expect(writesAt(4)).toEqual([1, 3, 0]);
    store.remove('pod', 'test/pod-1');
    expect(writesAt(5)).toEqual([1, 4, 0]);
  });

  test('a batch period gathers changes of pods from the first one on, and not those of Services', () => {
    const { store, writesAt } = world(100 * MILLISECOND);
    store.put('service', service());
    expect(writesAt(0)).toEqual([1, 0, 0]);
    store.put('pod', pod(1));
    expect(writesAt(60 * MILLISECOND)).toEqual([1, 0, 0]);
    store.put('pod', pod(2));
    expect(writesAt(99 * MILLISECOND)).toEqual([1, 0, 0]);
    expect(writesAt(100 * MILLISECOND)).toEqual([1, 1, 0]);
    expect(writesAt(1000 * MILLISECOND)).toEqual([1, 1, 0]);
    store.put('pod', pod(3));
    store.put('service', service({ publishNotReadyAddresses: true }));
    expect(writesAt(1000 * MILLISECOND)).toEqual([1, 2, 0]);
  });

  test('a pod that changes nothing that matters causes no sync', () => {
    const { store, simulation } = world();
    store.put('service', service());
    store.put('pod', pod(1));
    simulation.run(1);
    const before = simulation.eventCount;
    store.put('pod', pod(1, { phase: 'Pending' }));
    store.put('pod', pod(7, { metadata: { namespace: 'other', name: 'pod-7', labels: { app: 'foo' } } }));
    simulation.run(2);
    expect(simulation.eventCount).toBe(before);
  });

  test('relabelled, a pod leaves one Service and enters another', () => {
    const { store, slices, simulation } = world();
    store.put('service', service());
    store.put(
      'service',
      service({ metadata: { namespace: 'test', name: 'bar', labels: {} }, selector: { app: 'bar' } }),
    );
    store.put('pod', pod(1));
    simulation.run(1);
    const members = (key: string) => slices.of(key).flatMap((slice) => slice.endpoints.map((one) => one.target));
    expect([members('test/foo'), members('test/bar')]).toEqual([['test/pod-1'], []]);
    store.put('pod', pod(1, { metadata: { namespace: 'test', name: 'pod-1', labels: { app: 'bar' } } }));
    simulation.run(2);
    expect([members('test/foo'), members('test/bar')]).toEqual([[], ['test/pod-1']]);
  });

  test('a Service without selector is left alone', () => {
    const { store, writesAt } = world();
    store.put('service', service({ selector: null }));
    store.put('service', service({ selector: {}, metadata: { namespace: 'test', name: 'empty', labels: {} } }));
    expect(writesAt(1)).toEqual([0, 0, 0]);
  });
});
