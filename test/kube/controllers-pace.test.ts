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

test('an informer shows a write at the very time of a sync: whichever comes first, no endpoint is written twice', () => {
  const pace = { informerLagNs: 20 * MILLISECOND, batchPeriodNs: 40 * MILLISECOND };
  const { store, simulation, slices } = world(pace, 1);
  store.put('pod', pod(1));
  store.put('service', service());
  simulation.run(10 * MILLISECOND);
  store.put('pod', pod(2));
  // The pod is seen at 30 ms and due at 70; the Service's change is seen and written for at 50, which is shown at 70.
  simulation.run(30 * MILLISECOND);
  store.put('service', service({ publishNotReadyAddresses: true }));
  simulation.run(2 * SECOND);
  expect(slices.of('test/foo').map(({ endpoints }) => endpoints.map(({ target }) => target))).toEqual([
    ['test/pod-1'],
    ['test/pod-2'],
  ]);
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

  test('is not forgotten by retries after which nothing changed, and comes in with the one after its node', () => {
    const { store, simulation, controller, targets } = world();
    store.put('pod', pod(1));
    store.put('service', service());
    // Twice, so that what is known of the slices is used.
    simulation.run(0);
    const [, gone] = [...store.list('node')];
    store.remove('node', 'node-1');
    store.put('pod', pod(3));
    simulation.run(0);
    store.put('pod', pod(2, { node: 1 }));
    simulation.run(6.9 * SECOND);
    expect(controller.syncs.error).toBe(3);
    store.put('node', gone!);
    simulation.run(7 * SECOND);
    expect(targets()).toEqual(['test/pod-1', 'test/pod-3', 'test/pod-2']);
  });

  test('stays out of retries after fifteen of them', () => {
    const { store, simulation, controller } = world();
    store.remove('node', 'node-1');
    store.put('pod', pod(2, { node: 1 }));
    store.put('service', service());
    simulation.run(20_000 * SECOND);
    expect(controller.syncs.error).toBe(16);
  });

  test('has no zone to be hinted to, and that of its node where this comes back with another', () => {
    const { store, simulation, slices } = world();
    const [, gone] = [...store.list('node')];
    store.put('node', { ...gone!, zone: 'a' });
    store.remove('node', 'node-1');
    store.put('pod', pod(2, { node: 1 }));
    const own = service({ publishNotReadyAddresses: true, trafficDistribution: 'PreferSameNode' });
    const hints = () => slices.of('test/foo').flatMap(({ endpoints }) => endpoints.map((each) => each.hints));
    store.put('service', own);
    simulation.run(0);
    expect(hints()).toEqual([{ zones: [], nodes: [1] }]);
    store.put('node', { ...gone!, zone: 'b' });
    // Nobody looks at a Service because of this; the next sync does.
    simulation.run(SECOND);
    expect(hints()).toEqual([{ zones: [], nodes: [1] }]);
    store.put('service', { ...own });
    simulation.run(2 * SECOND);
    expect(hints()).toEqual([{ zones: ['b'], nodes: [1] }]);
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

test('a pod under deletion queues its Services with every write, as its end does: it is an endpoint no longer', () => {
  const { store, simulation, targets } = world();
  for (const n of [1, 2]) store.put('pod', pod(n));
  store.put('service', service());
  const ending = pod(1, { ready: false, terminating: true });
  store.put('pod', ending);
  simulation.run(0);
  store.put('pod', { ...ending, phase: 'Succeeded' });
  simulation.run(0);
  expect(targets()).toEqual(['test/pod-2']);
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
