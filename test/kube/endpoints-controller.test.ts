/** Endpoints objects: what is in them, when they are written, and what they leave out. */
import { describe, expect, test } from 'vitest';
import { EndpointsController } from '../../src/kube/controllers/endpoints.js';
import { Controllers } from '../../src/kube/controllers/controllers.js';
import { HEADLESS_LABEL, SelectorIndex, SliceIndex, Store, type Pod } from '../../src/kube/index.js';
import { MILLISECOND, SECOND, Simulation } from '../../src/sim/index.js';
import { ip, pod, service } from './objects.js';

function world(capacity?: number) {
  const store = new Store();
  const seen = { store, selectors: new SelectorIndex(store) };
  const controller = new EndpointsController({ store, seen, ...(capacity !== undefined && { capacity }) });
  const simulation = new Simulation();
  controller.start(simulation, {});
  /** Lets the controller work, and says what there is: names of pods by subset, ready ones and others. */
  const settle = () => {
    simulation.run(simulation.now + 1);
    const names = (some: Iterable<{ readonly target: string }>) => [...some].map(({ target }) => target.slice(5));
    return (store.get('endpoints', 'test/foo')?.subsets ?? []).map(({ ports, ready, notReady }) => {
      return { ports: ports.map(({ port }) => port), ready: names(ready), notReady: names(notReady) };
    });
  };
  const writes = () => [controller.writes.create, controller.writes.update, controller.writes.delete];
  const object = () => store.get('endpoints', 'test/foo');
  return { store, simulation, settle, writes, object };
}

describe('an Endpoints object', () => {
  test('holds ready pods and others, in the order of their addresses as text, and no terminating ones', () => {
    const { store, settle, writes } = world();
    store.put('service', service());
    for (const n of [10, 9, 100]) store.put('pod', pod(n));
    store.put('pod', pod(2, { ready: false }));
    store.put('pod', pod(3, { terminating: true }));
    store.put('pod', pod(4, { phase: 'Succeeded' }));
    expect(settle()).toEqual([{ ports: [8080], ready: ['pod-10', 'pod-100', 'pod-9'], notReady: ['pod-2'] }]);
    expect(writes()).toEqual([1, 0, 0]);
  });

  test('is there without addresses too, and goes with its Service', () => {
    const { store, settle, writes, object } = world();
    store.put('service', service());
    expect(settle()).toEqual([]);
    expect(object()?.metadata.labels).toEqual({ 'endpoints.kubernetes.io/managed-by': 'endpoint-controller' });
    store.remove('service', 'test/foo');
    settle();
    expect(object()).toBeUndefined();
    expect(writes()).toEqual([1, 0, 1]);
  });

  test('holds terminating and unready pods as ready where the Service publishes them', () => {
    const { store, settle } = world();
    store.put('service', service({ publishNotReadyAddresses: true }));
    store.put('pod', pod(1, { ready: false }));
    store.put('pod', pod(2, { terminating: true }));
    expect(settle()).toEqual([{ ports: [8080], ready: ['pod-1', 'pod-2'], notReady: [] }]);
  });

  test('has the addresses of the first family alone', () => {
    const { store, settle, object } = world();
    store.put('service', service({ ipFamilies: [6, 4] }));
    store.put('pod', pod(1, { secondIp: ip('fd00::1') }));
    store.put('pod', pod(2));
    settle();
    expect([...(object()?.subsets[0]?.ready ?? [])].map(({ address }) => address)).toEqual([ip('fd00::1')]);
  });

  test('has a subset for each set of ports that pods serve at', () => {
    const { store, settle } = world();
    const spec = { name: 'web', protocol: 6, port: 80, nodePort: 0 };
    const serving = (port: number): Partial<Pod> => ({ ports: [{ name: 'http', protocol: 6, port }] });
    store.put('service', service({ ports: [{ ...spec, targetPort: 'http' }] }));
    store.put('pod', pod(1, serving(8080)));
    store.put('pod', pod(2, serving(9090)));
    store.put('pod', pod(3));
    expect(settle()).toEqual([
      { ports: [8080], ready: ['pod-1'], notReady: [] },
      { ports: [9090], ready: ['pod-2'], notReady: [] },
    ]);
    store.put('pod', pod(2, { ...serving(9090), ready: false }));
    store.remove('pod', 'test/pod-1');
    expect(settle()).toEqual([{ ports: [9090], ready: [], notReady: ['pod-2'] }]);
  });

  test('of a headless Service has its label, and needs no ports', () => {
    const { store, settle, object } = world();
    store.put('service', service({ headless: true, clusterIp: 0, ports: [] }));
    store.put('pod', pod(1));
    expect(settle()).toEqual([{ ports: [], ready: ['pod-1'], notReady: [] }]);
    expect(object()?.metadata.labels).toHaveProperty([HEADLESS_LABEL]);
  });

  test('is not written when nothing changes in it, and again when somebody deleted it', () => {
    const { store, settle, writes } = world();
    store.put('service', service());
    store.put('pod', pod(1));
    settle();
    store.put('pod', pod(1, { terminating: true, ready: true }));
    store.put('pod', pod(1));
    store.put('service', service());
    settle();
    expect(writes()).toEqual([1, 0, 0]);
    store.remove('endpoints', 'test/foo');
    expect(settle()).toHaveLength(1);
    expect(writes()).toEqual([2, 0, 0]);
  });
});

describe('more addresses than fit', () => {
  test('are cut off, those that are not ready first, and it says so until they fit again', () => {
    const { store, settle, object } = world(4);
    store.put('service', service());
    for (const n of [1, 2, 3]) store.put('pod', pod(n));
    for (const n of [4, 5]) store.put('pod', pod(n, { ready: false }));
    expect(settle()).toEqual([{ ports: [8080], ready: ['pod-1', 'pod-2', 'pod-3'], notReady: ['pod-4'] }]);
    expect(object()?.truncated).toBe(true);
    for (const n of [6, 7]) store.put('pod', pod(n));
    expect(settle()).toEqual([{ ports: [8080], ready: ['pod-1', 'pod-2', 'pod-3', 'pod-6'], notReady: [] }]);
    for (const n of [4, 5, 7]) store.remove('pod', `test/pod-${n}`);
    settle();
    expect(object()?.truncated).toBe(false);
  });

  test('cost no write when they change', () => {
    const { store, settle, writes } = world(2);
    store.put('service', service());
    for (const n of [1, 2, 3]) store.put('pod', pod(n));
    settle();
    store.remove('pod', 'test/pod-3');
    store.put('pod', pod(4));
    settle();
    expect(writes()).toEqual([1, 0, 0]);
  });

  test('are cut off subset by subset in proportion, rounded up', () => {
    const { store, settle } = world(5);
    const spec = { name: 'web', protocol: 6, port: 80, nodePort: 0 };
    store.put('service', service({ ports: [{ ...spec, targetPort: 'http' }] }));
    for (let n = 1; n <= 8; n++) {
      store.put('pod', pod(n, { ports: [{ name: 'http', protocol: 6, port: n <= 6 ? 8080 : 9090 }] }));
    }
    expect(settle().map(({ ready }) => ready.length)).toEqual([4, 1]);
  });

  test('are 1,000 where nothing else is said', () => {
    const { store, settle } = world();
    store.put('service', service());
    for (let n = 1; n <= 1001; n++) store.put('pod', pod(n));
    expect(settle()[0]?.ready).toHaveLength(1000);
  });
});

/** Controllers that see writes 12 ms late. */
function lagging() {
  const store = new Store();
  const own = { store, slices: new SliceIndex(store), selectors: new SelectorIndex(store) };
  const pace = { informerLagNs: 12 * MILLISECOND };
  const controllers = new Controllers({ ...own, limit: 100, pace, endpointsObjects: { capacity: 1000 } });
  const simulation = new Simulation();
  controllers.start(simulation);
  const written: number[] = [];
  store.watch('endpoints', () => written.push(simulation.now / MILLISECOND));
  return { store, simulation, written };
}

test('a sync that does not see its last write yet is tried again 5 ms later, then 10', () => {
  const { store, simulation, written } = lagging();
  store.put('service', service());
  simulation.run(5 * MILLISECOND);
  store.put('pod', pod(1));
  // Written for at 12 ms, which is shown at 24; the pod is seen at 17.
  simulation.run(SECOND);
  expect(written).toEqual([12, 32]);
});

test('a sync that failed for this has used up what triggered it', () => {
  const { store, simulation } = lagging();
  const trigger = () => store.get('endpoints', 'test/foo')?.triggerNs;
  store.put('service', service());
  simulation.run(5 * MILLISECOND);
  store.put('pod', pod(1, { readySinceNs: 5 * MILLISECOND }));
  simulation.run(SECOND);
  expect(store.get('endpoints', 'test/foo')?.subsets).toHaveLength(1);
  expect(trigger()).toBeUndefined();
  store.put('pod', pod(2, { readySinceNs: SECOND }));
  simulation.run(2 * SECOND);
  expect(trigger()).toBe(SECOND);
});

test('what somebody else wrote is put right by the next sync, which a change that changes nothing brings', () => {
  const { store, settle, object } = world();
  store.put('pod', pod(1));
  store.put('service', service());
  settle();
  store.put('endpoints', { ...object()!, subsets: [] });
  expect(settle()).toEqual([]);
  store.put('pod', pod(2, { ip: 0 }));
  expect(settle()).toEqual([{ ports: [8080], ready: ['pod-1'], notReady: [] }]);
});
