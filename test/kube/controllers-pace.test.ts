/** The slice controller with what slows it down, and with what it cannot do: limits, lag, workers, retries, nodes that are gone, others' writes. */
import { describe, expect, test } from 'vitest';
import { Controllers } from '../../src/kube/controllers/controllers.js';
import { SelectorIndex, SliceIndex, Store, type ControllerPace } from '../../src/kube/index.js';
import { MILLISECOND, SECOND, Simulation } from '../../src/sim/index.js';
import { endpoint, pod, service, slice } from './objects.js';

function world(pace: ControllerPace = {}, limit = 100) {
  const store = new Store();
  const nodes = [0, 1].map((index) => ({ name: `node-${index}`, index, ip: 0, secondIp: 0, zone: '' }));
  for (const node of nodes) store.put('node', node);
  const slices = new SliceIndex(store);
  const selectors = new SelectorIndex(store);
  const controllers = new Controllers({ store, slices, selectors, limit, nodes, pace });
  const controller = controllers.slices;
  const simulation = new Simulation();
  controllers.start(simulation);
  const written: number[] = [];
  store.watch('slice', () => written.push(simulation.now));
  const targets = () => slices.of('test/foo').flatMap(({ endpoints }) => endpoints.map(({ target }) => target));
  return { store, slices, controller, simulation, written, targets };
}

describe('a limit on requests', () => {
  test('lets a burst out, then one write after the other', () => {
    const { store, simulation, written } = world({ requests: { perSecond: 20, burst: 3 } }, 1);
    for (let n = 0; n < 6; n++) store.put('pod', pod(n));
    store.put('service', service());
    simulation.run(SECOND);
    expect(written).toEqual([0, 0, 0, 50, 100, 150].map((ms) => ms * MILLISECOND));
  });

  test('keeps a Service with one worker: what changes meanwhile is looked at afterwards, once', () => {
    const { store, simulation, written, targets, controller } = world({ requests: { perSecond: 20, burst: 1 } }, 1);
    for (let n = 0; n < 3; n++) store.put('pod', pod(n));
    store.put('service', service());
    simulation.run(60 * MILLISECOND);
    store.put('pod', pod(3));
    store.put('pod', pod(4));
    simulation.run(SECOND);
    expect(written).toEqual([0, 50, 100, 150, 200].map((ms) => ms * MILLISECOND));
    expect(targets()).toHaveLength(5);
    expect(controller.syncs).toEqual({ success: 2, error: 0, stale: 0 });
  });

  test('is shared by five workers, and a sixth Service waits', () => {
    const { store, simulation, slices } = world({ requests: { perSecond: 10, burst: 1 } }, 1);
    for (let n = 0; n < 2; n++) store.put('pod', pod(n));
    for (let i = 0; i < 6; i++)
      store.put('service', service({ metadata: { namespace: 'test', name: `s${i}`, labels: {} } }));
    const counts = () => Array.from({ length: 6 }, (_, i) => slices.of(`test/s${i}`).length);
    simulation.run(450 * MILLISECOND);
    expect(counts()).toEqual([2, 1, 1, 1, 0, 0]);
    simulation.run(2 * SECOND);
    expect(counts()).toEqual([2, 2, 2, 2, 2, 2]);
  });
});

describe('an informer that lags behind', () => {
  test('fails a sync after a write of its own, which is tried again a second later', () => {
    const { store, simulation, controller, written } = world({ informerLagNs: 20 * MILLISECOND });
    store.put('service', service());
    simulation.run(30 * MILLISECOND);
    expect(written).toEqual([20 * MILLISECOND]);
    store.put('pod', pod(1));
    simulation.run(45 * MILLISECOND);
    store.put('pod', pod(2));
    // Seen at 65 ms, while the write of 50 ms is shown from 70 ms on.
    simulation.run(SECOND);
    expect(written).toEqual([20, 50].map((ms) => ms * MILLISECOND));
    expect(controller.syncs.stale).toBe(1);
    simulation.run(2 * SECOND);
    expect(written.slice(2)).toEqual([1065 * MILLISECOND]);
  });
});

describe('a pod on a node that is gone', () => {
  test('is skipped, and the sync tried again after 1, 2, 4 s until the node is there', () => {
    const { store, simulation, controller, targets } = world();
    store.put('service', service());
    store.put('pod', pod(1));
    const [, gone] = [...store.list('node')];
    store.remove('node', 'node-1');
    store.put('pod', pod(2, { node: 1 }));
    simulation.run(0);
    expect(targets()).toEqual(['test/pod-1']);
    simulation.run(6.9 * SECOND);
    expect(controller.syncs.error).toBe(3);
    store.put('node', gone!);
    simulation.run(7 * SECOND);
    expect(targets()).toEqual(['test/pod-1', 'test/pod-2']);
    expect(controller.syncs).toMatchObject({ error: 3, success: 1 });
  });

  test('stays out of retries after fifteen of them', () => {
    const { store, simulation, controller } = world();
    store.remove('node', 'node-1');
    store.put('pod', pod(2, { node: 1 }));
    store.put('service', service());
    simulation.run(20_000 * SECOND);
    expect(controller.syncs.error).toBe(16);
  });

  test('is an endpoint all the same where addresses that are not ready are published', () => {
    const { store, simulation, controller, targets } = world();
    store.remove('node', 'node-1');
    store.put('pod', pod(2, { node: 1 }));
    store.put('service', service({ publishNotReadyAddresses: true }));
    simulation.run(0);
    expect(targets()).toEqual(['test/pod-2']);
    expect(controller.syncs.error).toBe(0);
  });
});

describe('slices that somebody else touches', () => {
  test('are put right after a second', () => {
    const { store, simulation, slices, targets } = world();
    store.put('pod', pod(1));
    store.put('service', service());
    simulation.run(0);
    const [own] = slices.of('test/foo');
    store.put('slice', { ...own!, endpoints: [endpoint(7)] });
    simulation.run(SECOND - 1);
    expect(targets()).toEqual(['test/pod-7']);
    simulation.run(SECOND);
    expect(targets()).toEqual(['test/pod-1']);
    store.remove('slice', `test/${own!.metadata.name}`);
    simulation.run(2 * SECOND);
    expect(targets()).toEqual(['test/pod-1']);
  });

  test('of another owner are deleted, and none is filled up', () => {
    const { store, simulation, slices, controller } = world();
    store.put('slice', { ...slice('old', [endpoint(1)]), owner: 'before' });
    store.put('pod', pod(1));
    store.put('service', service({ metadata: { namespace: 'test', name: 'foo', labels: {}, uid: 'now' } }));
    simulation.run(0);
    expect(slices.of('test/foo').map(({ owner, metadata }) => [owner, metadata.name])).toEqual([['now', 'foo-bbbbb']]);
    expect(controller.writes).toEqual({ create: 1, update: 0, delete: 1 });
  });

  test('that are being deleted, or that another controller manages, are left alone', () => {
    const { store, simulation, slices } = world();
    const going = slice('going', [endpoint(1)]);
    store.put('slice', { ...going, metadata: { ...going.metadata, deleting: true } });
    store.put('slice', {
      ...slice('foreign', [endpoint(2)]),
      metadata: { ...going.metadata, name: 'foreign', labels: {} },
    });
    store.put('pod', pod(1));
    store.put('service', service());
    simulation.run(0);
    expect(slices.of('test/foo').map(({ metadata }) => metadata.name)).toEqual(['going', 'foreign', 'foo-bbbbb']);
  });

  test('of names go where the controller manages them, since no Service wants them', () => {
    const { store, simulation } = world();
    const { metadata } = slice('names', []);
    const named = { addressType: 'FQDN', service: 'foo', ports: [], endpoints: [] } as const;
    store.put('other-slice', { ...named, metadata });
    store.put('other-slice', { ...named, metadata: { ...metadata, name: 'by-hand', labels: {} } });
    store.put('service', service());
    simulation.run(0);
    expect([...store.list('other-slice')].map((own) => own.metadata.name)).toEqual(['by-hand']);
  });
});

describe('a Service', () => {
  test('under deletion gets no new slices, while its slices are kept up to date', () => {
    const { store, simulation, slices, controller } = world({}, 1);
    for (const n of [1, 2]) store.put('pod', pod(n));
    store.put('service', service());
    simulation.run(0);
    store.put('service', service({ metadata: { namespace: 'test', name: 'foo', labels: {}, deleting: true } }));
    store.put('pod', pod(3));
    store.put('pod', pod(2, { ready: false }));
    simulation.run(0);
    expect(controller.writes).toEqual({ create: 2, update: 1, delete: 0 });
    expect(slices.of('test/foo').map(({ endpoints }) => endpoints[0]?.ready)).toEqual([true, false]);
  });

  test('whose ports get another application protocol has its slices grouped anew', () => {
    const { store, simulation, slices } = world();
    store.put('pod', pod(1));
    store.put('service', service());
    simulation.run(0);
    const [port] = service().ports;
    store.put('service', service({ ports: [{ ...port!, appProtocol: 'h2c' }] }));
    simulation.run(0);
    expect(slices.of('test/foo').map(({ ports }) => ports)).toEqual([
      [{ name: '', protocol: 6, port: 8080, appProtocol: 'h2c' }],
    ]);
  });
});

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
