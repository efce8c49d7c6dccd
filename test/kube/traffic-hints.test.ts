/** Hints of spec.trafficDistribution: whom they are for, who writes them, and when they go. */
import { describe, expect, test } from 'vitest';
import { Cluster, reconcileSlices } from '../../src/kube/index.js';
import { TrafficHints, withHints } from '../../src/kube/controllers/traffic-hints.js';
import { setup } from './cluster-setup.js';
import { endpoint, endpoints, service, slice } from './objects.js';

const HINTS = new TrafficHints((node) => ['a', 'b', ''][node] ?? '');

describe('an endpoint', () => {
  test.each([
    ['', 0, null],
    ['PreferClose', 0, { zones: ['a'], nodes: [] }],
    ['PreferSameZone', 1, { zones: ['b'], nodes: [] }],
    ['PreferSameZone', 2, null],
    ['PreferSameNode', 1, { zones: ['b'], nodes: [1] }],
    ['PreferSameNode', 2, { zones: [], nodes: [2] }],
    ['PreferSameNode', -1, null],
  ] as const)('with %j on node %i is hinted to %j', (trafficDistribution, on, expected) => {
    const rule = HINTS.of(service({ trafficDistribution }));
    expect(withHints([endpoint(1, { node: on })], rule)[0]?.hints).toEqual(expected);
  });

  test('that is not ready is left alone', () => {
    const old = { zones: ['z'], nodes: [] };
    const unready = [endpoint(1, { ready: false, hints: old }), endpoint(2, { ready: false })];
    expect(withHints(unready, HINTS.of(service({ trafficDistribution: 'PreferClose' })))).toBe(unready);
    expect(withHints(unready, HINTS.of(service())).map(({ hints }) => hints)).toEqual([null, null]);
  });
});

describe('a reconcile', () => {
  const input = (trafficDistribution: 'PreferClose' | '') => {
    const own = service({ trafficDistribution });
    const existing = [slice('a', endpoints(1, 2)), slice('b', endpoints(3, 3))];
    const desired = [{ ports: existing[0]!.ports, endpoints: endpoints(1, 3) }];
    return { service: own, desired, existing, limit: 2, newName: () => 'new', hints: HINTS.of(own) };
  };

  test('writes unchanged slices that lack hints, without moving endpoints', () => {
    const { create, update, delete: deleted } = reconcileSlices(input('PreferClose'));
    expect([create, deleted]).toEqual([[], []]);
    expect(update.map(({ metadata, endpoints: own }) => [metadata.name, own.map(({ hints }) => hints?.zones)])).toEqual(
      [
        ['a', [['a'], ['a']]],
        ['b', [['a']]],
      ],
    );
  });

  test('has nothing to write when hints are as they should be', () => {
    const first = input('PreferClose');
    const existing = reconcileSlices(first).update;
    expect(reconcileSlices({ ...first, existing })).toEqual({ create: [], update: [], delete: [] });
    const without = { ...input(''), existing };
    expect(reconcileSlices(without).update.flatMap(({ endpoints: own }) => own.map(({ hints }) => hints))).toEqual([
      null,
      null,
      null,
    ]);
  });
});

test('a cluster with zones writes hints for its Services, equal ones as one object', () => {
  const features = { trafficDistribution: 'PreferSameZone' } as const;
  const cluster = new Cluster(setup({ nodes: 4, zones: 2, services: 1, endpoints: 4, serviceFeatures: features }));
  expect(cluster.nodes.map(({ zone }) => zone)).toEqual(['zone-0', 'zone-1', 'zone-0', 'zone-1']);
  const hints = cluster.slices.of('default/svc-0').flatMap(({ endpoints: own }) => own.map((one) => one.hints));
  expect(hints.map((own) => own?.zones)).toEqual([['zone-0'], ['zone-1'], ['zone-0'], ['zone-1']]);
  expect(hints[2]).toBe(hints[0]);
});
