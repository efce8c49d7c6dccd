/** Endpoints that somebody edits during a run: mirrored at the controller's pace, programmed on every node, met by packets. */
import { describe, expect, test } from 'vitest';
import { MIRRORED_BY, MANAGED_BY_LABEL } from '../../src/kube/index.js';
import { parseIp } from '../../src/net/index.js';
import type { ClusterOptions } from '../../src/scenario/case.js';
import { PROXY_MODES, readManifests } from '../../src/scenario/index.js';
import { World } from '../../src/testbed/world.js';
import { MS, S, smallCase } from './small-case.js';

/** A Service without selector whose Endpoints name two addresses, and a third that is a Pod of its own, all of which are outside of the simulated ranges. */
const MANIFESTS = `
apiVersion: v1
kind: Service
metadata: { name: db }
spec: { clusterIP: 10.96.0.10, ports: [{ name: sql, port: 5432 }] }
---
apiVersion: v1
kind: Endpoints
metadata: { name: db, labels: { tier: data } }
subsets: [{ addresses: [{ ip: 192.0.2.1 }, { ip: 192.0.2.2 }], ports: [{ name: sql, port: 5432 }] }]
---
apiVersion: v1
kind: Pod
metadata: { name: spare, labels: { app: spare } }
spec: { containers: [] }
status: { phase: Running, podIP: 192.0.2.3, podIPs: [{ ip: 192.0.2.3 }, { ip: 'fd00::9' }] }
`;

const AT = 500 * MS;

/** Edits the Endpoints to these addresses after half a second. */
function run(
  mode: string,
  ready: readonly string[],
  notReady: readonly string[] = [],
  cluster: Partial<ClusterOptions> = {},
) {
  const { objects } = readManifests([{ file: 'db.yaml', text: MANIFESTS }]);
  const ips = (texts: readonly string[]): number[] => texts.map((text) => parseIp(text) ?? 0);
  const plan = smallCase({
    cluster: { objects, services: 1, ...cluster },
    proxy: { mode, minSyncPeriodNs: 20 * MS },
    workload: { clients: 6, ratePerSecond: 600 },
    churn: [{ kind: 'endpoints-edit', atNs: AT, service: 0, ready: ips(ready), notReady: ips(notReady) }],
    run: { durationNs: 2 * S },
  });
  const world = new World(plan, '1');
  const { simulation, probes } = world.base;
  const writes = () => ({ ...world.cluster.controllers.mirroring.writes });
  const atStart = writes();
  world.traffic.start();
  const changes: number[] = [];
  world.cluster.store.watch('slice', () => changes.push(simulation.now));
  simulation.run(AT - 1);
  const before = [...probes.servedBy];
  simulation.run(1 * S);
  const between = [...probes.servedBy];
  simulation.run(2 * S);
  const served = (from: readonly number[], to: readonly number[]): boolean[] =>
    [0, 1, 2].map((server) => (to[server] ?? 0) > (from[server] ?? 0));
  const [slice] = world.cluster.slices.of('default/db');
  return {
    ...{ slice, changes, atStart, writes, requests: probes.requests, world },
    early: served([], before),
    late: served(between, [...probes.servedBy]),
  };
}

describe.each(PROXY_MODES.map(({ name }) => name))('%s', (mode) => {
  test('traffic goes to the new address and leaves the old one', () => {
    const { slice, changes, early, late, requests, world } = run(mode, ['192.0.2.2', '192.0.2.3']);
    expect([early, late]).toEqual([
      [true, true, false],
      [false, true, true],
    ]);
    // The controller acts in the instant of the edit, in one write.
    expect(changes).toEqual([AT]);
    expect(world.sliceWrites() - world.slicesAtStart).toBe(1);
    expect(slice?.metadata.labels).toMatchObject({ tier: 'data', [MANAGED_BY_LABEL]: MIRRORED_BY });
    expect(slice?.endpoints.map(({ ready }) => ready)).toEqual([true, true]);
    expect(requests.completed).toBe(requests.scheduled);
    for (const { proxies } of world.proxies.families) expect(proxies.pendingChanges()).toBe(0);
  });
});

test('an address that is not ready gets no traffic', () => {
  const { slice, late } = run('iptables', ['192.0.2.1'], ['192.0.2.2']);
  expect(late).toEqual([true, false, false]);
  expect(slice?.endpoints.map(({ ready }) => ready)).toEqual([true, false]);
});

test('an address of a family that the cluster does not have is mirrored as it stands, and nobody is sent there', () => {
  const { late, requests, world } = run('iptables', ['192.0.2.1', 'fd00::9']);
  expect(late).toEqual([true, false, false]);
  expect(requests.completed).toBe(requests.scheduled);
  const mirrored = world.cluster.slices.of('default/db').map(({ family, endpoints }) => [family, endpoints.length]);
  expect(mirrored).toEqual([
    [4, 1],
    [6, 1],
  ]);
});

test('the controller waits as long as its informer', () => {
  const { changes, late } = run('nftables', ['192.0.2.3'], [], { pace: { informerLagNs: 300 * MS } });
  expect(changes).toEqual([AT + 300 * MS]);
  expect(late).toEqual([false, false, true]);
});

test('nothing is mirrored anew at the beginning, and nothing when the edit changes nothing', () => {
  const { atStart, writes, changes } = run('iptables', ['192.0.2.1', '192.0.2.2']);
  expect(atStart).toEqual({ create: 0, update: 0, delete: 0 });
  expect(writes()).toEqual(atStart);
  expect(changes).toEqual([]);
});
