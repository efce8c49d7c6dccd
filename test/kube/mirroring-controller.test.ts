/** Mirroring at work: which Endpoints are mirrored when, and what their slices take over. */
import { expect, test } from 'vitest';
import { MirroringController } from '../../src/kube/controllers/endpoints-mirroring.js';
import { MIRRORED_BY } from '../../src/kube/controllers/mirroring.js';
import { MANAGED_BY_LABEL, SERVICE_NAME_LABEL, SliceIndex, Store, type Endpoints } from '../../src/kube/index.js';
import { Simulation } from '../../src/sim/index.js';
import { ip, service } from './objects.js';

function world() {
  const store = new Store();
  const slices = new SliceIndex(store);
  const controller = new MirroringController({ store, seen: { store, slices } });
  const simulation = new Simulation();
  controller.start(simulation, {});
  const settle = () => {
    simulation.run(simulation.now + 1);
    return slices.of('test/foo');
  };
  return { store, controller, settle };
}

function endpoints(addresses: readonly string[], changes: Partial<Endpoints['metadata']> = {}): Endpoints {
  const ready = addresses.map((text) => ({ address: ip(text), node: -1, target: '' }));
  const subsets = [{ ports: [{ name: 'db', protocol: 6, port: 5432 }], ready, notReady: [] }];
  return { metadata: { namespace: 'test', name: 'foo', labels: {}, ...changes }, subsets, truncated: false };
}

const free = service({ selector: null });

test('Endpoints of a Service without selector have slices, which follow them and go with them', () => {
  const { store, settle, controller } = world();
  store.put('service', free);
  store.put('endpoints', endpoints(['192.0.2.1', 'fd00::1'], { labels: { tier: 'db' } }));
  expect(settle().map(({ family, metadata }) => [family, metadata.labels])).toEqual(
    [4, 6].map((family) => [family, { tier: 'db', [SERVICE_NAME_LABEL]: 'foo', [MANAGED_BY_LABEL]: MIRRORED_BY }]),
  );
  store.put('endpoints', endpoints(['192.0.2.1', '192.0.2.2']));
  expect(settle().map(({ endpoints: own }) => own.map(({ ready, serving }) => [ready, serving]))).toEqual([
    [
      [true, true],
      [true, true],
    ],
  ]);
  store.remove('endpoints', 'test/foo');
  expect(settle()).toEqual([]);
  expect(controller.writes).toEqual({ create: 2, update: 1, delete: 2 });
});

test.each([
  ['the label skip-mirror', { labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } }],
  ['the annotation of a leader election', { annotations: { 'control-plane.alpha.kubernetes.io/leader': '{}' } }],
])('Endpoints with %s have none', (_, changes) => {
  const { store, settle } = world();
  store.put('service', free);
  store.put('endpoints', endpoints(['192.0.2.1'], changes));
  expect(settle()).toEqual([]);
  store.put('endpoints', endpoints(['192.0.2.1']));
  expect(settle()).toHaveLength(1);
  store.put('endpoints', endpoints(['192.0.2.1'], changes));
  expect(settle()).toEqual([]);
});

test('Endpoints without Service, or of one with a selector, have none until that changes', () => {
  const { store, settle } = world();
  store.put('endpoints', endpoints(['192.0.2.1']));
  expect(settle()).toEqual([]);
  store.put('service', service());
  expect(settle()).toEqual([]);
  store.put('service', free);
  expect(settle()).toHaveLength(1);
  store.put('service', service());
  expect(settle()).toEqual([]);
});

test('annotations are taken over, without what kubectl and the Endpoints controller keep there', () => {
  const { store, settle } = world();
  const own = { 'endpoints.kubernetes.io/last-change-trigger-time': '2026-01-01T00:00:00Z' };
  const annotations = { note: 'x', 'kubectl.kubernetes.io/last-applied-configuration': '{}', ...own };
  store.put('service', free);
  store.put('endpoints', endpoints(['192.0.2.1'], { annotations }));
  expect(settle()[0]?.metadata.annotations).toEqual({ note: 'x' });
});

test('a mirrored slice that somebody changed or deleted is put right', () => {
  const { store, settle } = world();
  store.put('service', free);
  store.put('endpoints', endpoints(['192.0.2.1']));
  const [slice] = settle();
  store.put('slice', { ...slice!, endpoints: [] });
  expect(settle()[0]?.endpoints).toHaveLength(1);
  store.remove('slice', `test/${slice!.metadata.name}`);
  expect(settle()).toHaveLength(1);
});

test('addresses beyond 1,000 are left out, and it is known how many', () => {
  const { store, controller, settle } = world();
  store.put('service', free);
  const many = Array.from({ length: 1002 }, (_, i) => `198.51.${100 + (i >> 8)}.${i & 255}`);
  store.put('endpoints', endpoints(many));
  expect(settle()[0]?.endpoints).toHaveLength(1000);
  expect(controller.skipped.get('test/foo')).toBe(2);
});
