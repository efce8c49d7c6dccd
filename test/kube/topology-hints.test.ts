/** Hints by the CPU of zones: shares, what each zone is to have, and what becomes of slices. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  EndpointSliceController,
  SelectorIndex,
  SliceIndex,
  Store,
  type Node,
  type Service,
} from '../../src/kube/index.js';
import { allocations, overloaded, zoneShares } from '../../src/kube/controllers/zone-shares.js';
import { hasTopologyMode } from '../../src/kube/controllers/topology-hints.js';
import { Simulation } from '../../src/sim/index.js';
import { pod, service } from './objects.js';

const node = (index: number, zone: string, cpuMillis = 4000, more: Partial<Node> = {}): Node => {
  return { name: `n${index}`, index, ip: 0, secondIp: 0, zone, cpuMillis, ...more };
};

describe('shares of zones', () => {
  test('are those of the CPU of ready nodes outside of the control plane', () => {
    const nodes = [node(0, 'a', 6000), node(1, 'b', 2000), node(2, 'b', 9000, { notReady: true })];
    expect(zoneShares([...nodes, node(3, 'c', 9000, { controlPlane: true })])).toEqual(
      new Map([
        ['a', 0.75],
        ['b', 0.25],
      ]),
    );
  });

  test.each([
    ['one zone', [node(0, 'a'), node(1, 'a')]],
    ['a node without zone', [node(0, 'a'), node(1, 'b'), node(2, '')]],
    ['a node without CPU', [node(0, 'a'), node(1, 'b', 0)]],
    ['no nodes', []],
  ])('are unknown with %s', (_, nodes) => {
    expect(zoneShares(nodes)).toBeUndefined();
  });

  test('leave a zone at least what keeps its load below 1.2', () => {
    const shares = new Map([
      ['a', 0.5],
      ['b', 0.5],
    ]);
    expect(allocations(shares, 10)).toEqual(
      new Map(['a', 'b'].map((zone) => [zone, { least: 5, most: 5, desired: 5 }])),
    );
    expect(allocations(shares, 1)).toBe('InsufficientNumberOfEndpoints');
    expect(allocations(undefined, 9)).toBe('InsufficientNodeInfo');
    const thirds = new Map(['a', 'b', 'c'].map((zone) => [zone, 1 / 3]));
    expect(allocations(thirds, 4)).toBe('MinAllocationExceedsOverloadThreshold');
    expect(overloaded(new Map([['a', 10]]), shares)).toBe(true);
    expect(overloaded(new Map(shares).set('a', 5).set('b', 4), shares)).toBe(false);
  });
});

test.each([
  [{ 'service.kubernetes.io/topology-mode': 'Auto' }, true],
  [{ 'service.kubernetes.io/topology-mode': 'auto' }, true],
  [{ 'service.kubernetes.io/topology-mode': 'Disabled' }, false],
  [{ 'service.kubernetes.io/topology-mode': 'Auto', 'service.kubernetes.io/topology-aware-hints': 'disabled' }, false],
  [{}, false],
])('annotations %j: %s', (annotations, expected) => {
  expect(hasTopologyMode(service({ metadata: { namespace: 'n', name: 's', labels: {}, annotations } }))).toBe(expected);
});

const AUTO = { 'service.kubernetes.io/topology-mode': 'Auto' };

function world(nodes: readonly Node[], limit = 100) {
  const store = new Store();
  for (const each of nodes) store.put('node', each);
  const slices = new SliceIndex(store);
  const selectors = new SelectorIndex(store);
  const controller = new EndpointSliceController({ store, slices, selectors, limit, nodes });
  const simulation = new Simulation();
  controller.start(simulation, {});
  const hinted = () => {
    simulation.run(simulation.now + 1);
    return slices.of('test/foo').flatMap(({ endpoints }) => endpoints.map(({ hints }) => hints?.zones.join() ?? ''));
  };
  const auto = (changes: Partial<Service> = {}): Service => {
    return service({ metadata: { namespace: 'test', name: 'foo', labels: {}, annotations: AUTO }, ...changes });
  };
  return { store, controller, hinted, auto };
}

const NODES = [node(0, 'a'), node(1, 'b')];

describe('a Service with topology mode', () => {
  test('has a zone with too many endpoints give some to the other', () => {
    const { store, hinted, auto } = world(NODES);
    for (let n = 1; n <= 8; n++) store.put('pod', pod(n, { node: n <= 6 ? 0 : 1 }));
    store.put('service', auto({ trafficDistribution: 'PreferSameNode' }));
    expect(hinted().filter((zone) => zone === 'a')).toHaveLength(4);
    expect(hinted().filter((zone) => zone === 'b')).toHaveLength(4);
  });

  test('loses all hints when there are too few endpoints, and when the annotation goes', () => {
    const { store, hinted, auto } = world(NODES);
    for (const n of [1, 2]) store.put('pod', pod(n, { node: n - 1 }));
    store.put('service', auto());
    expect(hinted()).toEqual(['a', 'b']);
    store.remove('pod', 'test/pod-2');
    expect(hinted()).toEqual(['']);
    store.put('pod', pod(2, { node: 1 }));
    expect(hinted()).toEqual(['a', 'b']);
    store.put('service', service());
    expect(hinted()).toEqual(['', '']);
  });

  test('loses them when an endpoint has no zone, and gives none to endpoints that are not ready', () => {
    const { store, hinted, auto } = world([...NODES, node(2, '', 4000, { controlPlane: true })]);
    for (const n of [1, 2]) store.put('pod', pod(n, { node: n - 1 }));
    store.put('pod', pod(3, { ready: false, node: 2 }));
    store.put('service', auto());
    expect(hinted()).toEqual(['a', 'b', '']);
    store.put('pod', pod(3, { node: 2 }));
    expect(hinted()).toEqual(['', '', '']);
  });

  test('is looked at again when nodes change so that a zone has too few', () => {
    const { store, hinted, auto, controller } = world(NODES);
    for (let n = 1; n <= 6; n++) store.put('pod', pod(n, { node: n % 2 }));
    store.put('service', auto());
    hinted();
    const before = controller.syncs.success;
    store.put('node', node(0, 'a', 4400));
    hinted();
    expect(controller.syncs.success).toBe(before);
    // A node's CPU is looked at when some node comes, goes, or changes its zone or readiness.
    store.put('node', node(0, 'a', 40_000));
    hinted();
    expect(controller.syncs.success).toBe(before);
    store.put('node', node(9, 'b', 1));
    hinted();
    expect(controller.syncs.success).toBe(before + 1);
  });

  test('does not write slices whose hints leave every zone its least', () => {
    const { store, hinted, auto, controller } = world(NODES, 4);
    for (let n = 1; n <= 8; n++) store.put('pod', pod(n, { node: n % 2 }));
    store.put('service', auto());
    hinted();
    const { update } = controller.writes;
    store.put('pod', pod(9, { node: 0 }));
    hinted();
    expect(controller.writes.create + controller.writes.update - update).toBe(3);
  });
});

test('whatever the endpoints, each zone has its least but for one, and every ready endpoint a hint, or none has', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 2, maxLength: 4 }),
      fc.array(fc.nat(3), { maxLength: 30 }),
      fc.integer({ min: 1, max: 7 }),
      (cpus, places, limit) => {
        const nodes = cpus.map((cpu, index) => node(index, `zone-${index}`, cpu * 1000));
        const { store, hinted, auto } = world(nodes, limit);
        places.forEach((place, n) => store.put('pod', pod(n + 1, { node: place % nodes.length })));
        store.put('service', auto());
        const zones = hinted();
        const wanted = allocations(zoneShares(nodes), places.length);
        if (typeof wanted === 'string') expect(zones.every((zone) => zone === '')).toBe(true);
        else {
          expect(zones.includes('')).toBe(false);
          for (const [zone, { least }] of wanted) {
            expect(zones.filter((own) => own === zone).length).toBeGreaterThanOrEqual(least - 1);
          }
        }
      },
    ),
    { numRuns: 150 },
  );
});
