/** What becomes of requests: on every path, without endpoints, under churn, in a queue; and cases that cannot be built. */
import { describe, expect, test, vi } from 'vitest';
import { ClusterError, madeUpObjects, type ClusterObjects } from '../../src/kube/index.js';
import { PROXY_MODES, workloads } from '../../src/scenario/index.js';
import { CaseError, runCase } from '../../src/testbed/index.js';
import type { Ledger } from '../../src/proxy/index.js';
import { World } from '../../src/testbed/world.js';
import { drops, figure, MS, outcomes, pricesOf, S, smallCase, US, type Changes } from './small-case.js';

const MODES = PROXY_MODES.map(({ name }) => name);
const OVERLAYS = ['vxlan', 'host-gw'] as const;
/** Nothing takes time but wires and servers. */
const FREE = pricesOf({});

const PATHS: readonly (readonly [name: string, changes: Changes])[] = [
  ['pod to cluster address on the same node', { cluster: { nodes: 1 } }],
  // With two nodes the endpoints of the last of an even number of Services are on the second one.
  [
    'pod to cluster address on another node',
    { cluster: { nodes: 2, services: 2, endpoints: 1 }, workload: { clientNodes: 1, target: 'last' } },
  ],
  ['pod to cluster address, masqueraded', { proxy: { masqueradeAll: true } }],
  ['outside to cluster address', { workload: { placement: 'external' } }],
  [
    'outside to node port',
    { cluster: { serviceType: 'NodePort' }, workload: { placement: 'external', frontend: 'node-port' } },
  ],
  ['pod to node port', { cluster: { serviceType: 'NodePort' }, workload: { frontend: 'node-port' } }],
];

/** Two Services, the first one without endpoints. */
function oneWithoutEndpoints(): ClusterObjects {
  const made = madeUpObjects({ services: 2, endpoints: 3, serviceType: 'ClusterIP', protocol: 6 });
  return { ...made, podSets: made.podSets.map((set, i) => (i === 0 ? { ...set, replicas: 0 } : set)) };
}

/** The ledger of a world of one family. */
function ledgerOf(world: World): Ledger {
  return world.proxies.families[0]!.ledger;
}

describe.each(MODES.flatMap((mode) => OVERLAYS.map((overlay) => [mode, overlay] as const)))(
  '%s, %s',
  (mode, overlay) => {
    // kube-dns has a cluster address only, and machines outside have another resolver.
    const entering = (kind: string, { workload }: Changes) =>
      kind !== 'dns' || !(workload?.frontend ?? workload?.placement);
    const PAIRS = PATHS.flatMap(([name, changes]) => workloads.map(({ name: kind }) => [name, kind, changes] as const));
    test.each(PAIRS.filter(([, kind, changes]) => entering(kind, changes)))(
      '%s, %s: every request is answered',
      (_name, kind, changes) => {
        const plan = smallCase({
          ...changes,
          cluster: { ...changes.cluster, overlay },
          proxy: { ...changes.proxy, mode },
          workload: { ...changes.workload, kind },
        });
        const result = runCase(plan, '1');
        expect(outcomes(result)).toEqual({ completed: figure(result, 'requests_scheduled') });
        expect(figure(result, 'requests_completed')).toBeGreaterThan(400);
        expect(drops(result)).toEqual({});
      },
    );
  },
);

/** Modes that refuse by a rule; a proxy that relays has to accept a connection before it can close it. */
const REFUSING = MODES.filter((mode) => mode !== 'userspace');

test('userspace: one of two Services has no endpoints: its connections are closed again, the other answers', () => {
  const result = runCase(smallCase({ cluster: { objects: oneWithoutEndpoints() }, proxy: { mode: 'userspace' } }), '1');
  const { completed, reset, ...rest } = outcomes(result);
  expect(rest).toEqual({});
  expect(completed! + reset!).toBe(figure(result, 'requests_scheduled'));
  expect(Math.abs(completed! - reset!)).toBeLessThan(100);
  expect(drops(result)).toEqual({});
});

test.each(REFUSING)('%s: one of two Services has no endpoints: it is refused, the other answers', (mode) => {
  const icmp = { ratelimitNs: 0, msgsPerSecond: 1e9, msgsBurst: 1e9 };
  const result = runCase(smallCase({ cluster: { objects: oneWithoutEndpoints() }, icmp, proxy: { mode } }), '1');
  const { completed, refused, ...rest } = outcomes(result);
  expect(rest).toEqual({});
  expect(completed! + refused!).toBe(figure(result, 'requests_scheduled'));
  // Half of them, with a standard error of 11.5.
  expect(Math.abs(completed! - refused!)).toBeLessThan(100);
  expect(drops(result)).toEqual({ rejected: refused });
  expect(result.warnings).toEqual([]);
  // The clients are told at once, in the time of a round trip on their own node.
  expect(figure(result, 'packets_retransmitted')).toBe(0);
});

describe('churn', () => {
  const AT = 50 * MS;
  const rolling = (terminationNs: number): Changes => ({
    cluster: { services: 2, endpoints: 4 },
    workload: { target: 'first', ratePerSecond: 2_000 },
    proxy: { minSyncPeriodNs: 20 * MS },
    churn: [
      {
        kind: 'rolling-update',
        atNs: AT,
        service: 0,
        maxSurge: 0.25,
        maxUnavailable: 0.25,
        startupNs: 20 * MS,
        terminationNs,
        spread: 0.5,
      },
    ],
    run: { durationNs: 2 * S, drainNs: 10 * S },
  });
  const withMode = (changes: Changes, mode: string): Changes => ({ ...changes, proxy: { ...changes.proxy, mode } });

  test.each(MODES)('%s: after a change of scale all nodes have the newest revision', (mode) => {
    const timing = { startupNs: 2 * S, terminationNs: 1 * S, spread: 0.5 };
    const churn = [{ kind: 'scale', atNs: AT, service: 1, replicas: 9, ...timing }] as const;
    const workload = { ratePerSecond: 500 };
    const world = new World(smallCase({ proxy: { mode }, workload, churn, run: { durationNs: 4 * S } }), '1');
    const before = ledgerOf(world).revision;
    world.traffic.start();
    world.base.simulation.run(AT - 1);
    expect(ledgerOf(world).revision).toBe(before);
    world.base.simulation.run(10 * S);
    expect(ledgerOf(world).revision).toBeGreaterThan(before);
    expect(world.proxies.families[0]!.proxies.oldestRevision()).toBe(ledgerOf(world).revision);
    expect(ledgerOf(world).endpointCountAt(ledgerOf(world).revision)).toBe(3 * 3 + 9);
    const { changeLiveNs } = world.syncs;
    // A change travels for 1 ms at least and for 2 ms at most before a sync can begin.
    expect(changeLiveNs.min).toBeGreaterThan(1 * MS);
    expect(changeLiveNs.count).toBe((ledgerOf(world).revision - before) * world.base.nodes.length);
  });

  test.each(MODES)(
    '%s: changes that no node has yet at the end are counted, and waited for as long as the drain lasts',
    (mode) => {
      // One pod leaves 1 ms before the end; the sync that carries it has not even begun.
      const timing = { startupNs: 0, terminationNs: 10 * S, spread: 0 };
      const changes = (drainNs: number): Changes => ({
        proxy: { mode },
        workload: { ratePerSecond: 500 },
        churn: [{ kind: 'scale', atNs: AT - 1 * MS, service: 1, replicas: 2, ...timing }],
        run: { durationNs: AT, drainNs },
      });
      const cut = runCase(smallCase(changes(0)), '1');
      expect([figure(cut, 'changes_pending'), figure(cut, 'change_live_ns', 'count')]).toEqual([3, 0]);
      expect(cut.warnings.filter((text) => text.includes('not yet live'))).toHaveLength(1);
      const whole = runCase(smallCase(changes(5 * S)), '1');
      expect([figure(whole, 'changes_pending'), figure(whole, 'change_live_ns', 'count')]).toEqual([0, 3]);
      expect(whole.warnings.filter((text) => text.includes('not yet live'))).toEqual([]);
      // The pod that leaves is an endpoint still, but no ready one.
      expect(figure(whole, 'endpoints_ready', 'value')).toBe(4 * 3 - 1);
    },
  );

  test.each(MODES)('%s: no request fails in a rolling update when pods serve on until all nodes know', (mode) => {
    const result = runCase(smallCase(withMode(rolling(500 * MS), mode)), '1');
    expect(outcomes(result)).toEqual({ completed: figure(result, 'requests_scheduled') });
    expect(figure(result, 'change_live_ns', 'max')).toBeLessThan(500 * MS);
    expect(figure(result, 'change_live_ns', 'min')).toBeGreaterThan(0);
  });

  test.each(REFUSING)(
    '%s: requests fail only between the first lost pod and the last sync when pods end at once',
    (mode) => {
      const world = new World(smallCase(withMode(rolling(0), mode)), '1');
      const syncs = vi.spyOn(world.syncs, 'done');
      const failed = vi.spyOn(world.base.probes, 'failed');
      const completed = vi.spyOn(world.base.probes, 'completed');
      world.traffic.start();
      world.base.simulation.run(15 * S);
      const changes = syncs.mock.calls.map(([sync]) => sync).filter((sync) => sync.to > sync.from);
      const settled = Math.max(...changes.map((sync) => sync.startedNs + sync.durationNs));
      const failures = failed.mock.calls.map(([scheduledAt]) => scheduledAt);
      expect(failures.length).toBeGreaterThan(0);
      // A request that was under way when its pod ended was due a moment before.
      expect(Math.min(...failures)).toBeGreaterThan(AT - 2 * MS);
      expect(Math.max(...failures)).toBeLessThan(settled);
      const after = completed.mock.calls.filter(([scheduledAt]) => scheduledAt > settled).length;
      expect(after).toBeGreaterThan(1000);
      expect(world.proxies.families[0]!.proxies.oldestRevision()).toBe(ledgerOf(world).revision);
    },
  );

  test('userspace: no request fails when pods end at once: the next endpoint is dialled, and nothing needs a sync', () => {
    const result = runCase(smallCase(withMode(rolling(0), 'userspace')), '1');
    const { completed, ...failed } = outcomes(result);
    expect(failed).toEqual({});
    expect(completed).toBe(figure(result, 'requests_scheduled'));
  });
});

describe('time', () => {
  /** One client, one server that takes 10 ms, a request every 5 ms, one connection. */
  const overload: Changes = {
    cluster: { nodes: 1, services: 1, endpoints: 1 },
    workload: {
      kind: 'udp',
      clients: 1,
      clientNodes: 1,
      concurrency: 1,
      requestsPerConnection: 0,
      arrivals: 'constant',
      ratePerSecond: 200,
    },
    server: { distribution: 'constant', meanNs: 10 * MS },
    profile: FREE,
  };

  test('the latency of a request counts from when it was due, the time in the queue of its client included', () => {
    const result = runCase(smallCase(overload), '1');
    // Request k is due at 5k ms and answered at 10 (k + 1) ms.
    expect(figure(result, 'requests_completed')).toBe(20);
    expect(figure(result, 'request_latency_ns', 'min')).toBe(10 * MS);
    expect(figure(result, 'request_latency_ns', 'max')).toBe(5 * 19 * MS + 10 * MS);
    expect(figure(result, 'request_latency_ns', 'mean')).toBe(5 * 9.5 * MS + 10 * MS);
  });

  test('requests due in the warm-up are not measured, those due in the measured time are all', () => {
    const result = runCase(smallCase({ ...overload, run: { warmupNs: 40 * MS } }), '1');
    expect(figure(result, 'requests_scheduled')).toBe(12);
    expect(figure(result, 'request_latency_ns', 'min')).toBe(5 * 8 * MS + 10 * MS);
  });

  test('the rate is that of the answers in the measured time, not of those after it', () => {
    const result = runCase(smallCase({ ...overload, run: { warmupNs: 40 * MS } }), '1');
    expect(figure(result, 'request_rate_per_s', 'value')).toBe(100);
  });

  test('cores are as busy as the work in the measured time makes them, however long the drain', () => {
    // Each request costs its client's core 1 ms and its server's core as much, every 5 ms; the last ones in the drain.
    const profile = pricesOf({ socketSend: 1 * MS });
    const changes = { ...overload, server: { meanNs: 0 }, profile, run: { warmupNs: 40 * MS } };
    const result = runCase(smallCase(changes), '1');
    expect(figure(result, 'cpu_busy_ratio', 'max')).toBe(0.2);
    expect(figure(result, 'cpu_busy_ratio', 'mean')).toBe(0.2);
    expect(result.warnings).toEqual([]);
    const workload = { ...overload.workload, concurrency: 100 };
    const slow = runCase(smallCase({ ...changes, workload, profile: pricesOf({ socketSend: 5 * MS }) }), '1');
    expect(slow.warnings).toEqual([expect.stringContaining('more than 95 %')]);
  });

  test('a run that ends before its requests calls them unfinished', () => {
    const result = runCase(smallCase({ ...overload, run: { drainNs: 20 * MS } }), '1');
    // The drain is looked at every 10 ms: at 120 ms twelve are answered.
    expect(outcomes(result)).toEqual({ completed: 12, unfinished: 8 });
    expect(result.warnings).toEqual([expect.stringContaining('lengthen run.drain')]);
  });

  test.each(MODES)('%s: users in closed loop keep to Little: users = rate x (latency + thinking time)', (mode) => {
    const THINK = 300 * US;
    const workload = { kind: 'keepalive', load: 'closed', clients: 4, concurrency: 3, thinkNs: THINK } as const;
    const result = runCase(smallCase({ proxy: { mode }, workload, run: { durationNs: 1 * S } }), '1');
    const cycleNs = figure(result, 'request_latency_ns', 'mean') + THINK;
    const users = (figure(result, 'request_rate_per_s', 'value') * cycleNs) / 1e9;
    expect(users).toBeGreaterThan(12 * 0.995);
    expect(users).toBeLessThan(12 * 1.005);
  });
});

describe('a case that does not fit together', () => {
  test.each<[what: string, changes: Changes, error: typeof ClusterError | typeof CaseError, says: RegExp]>([
    [
      'a pod range for fewer nodes',
      { cluster: { nodes: 300, podCidr: { address: 0x0af40000, bits: 16 } } },
      ClusterError,
      /300/,
    ],
    ['nodes for fewer pods', { cluster: { services: 300, endpoints: 3 } }, ClusterError, /253/],
    [
      'a service range for fewer Services',
      { cluster: { services: 40, serviceCidr: { address: 0xac100000, bits: 27 } } },
      ClusterError,
      /40/,
    ],
    [
      'a node range for fewer nodes',
      { cluster: { nodes: 9, nodeCidr: { address: 0xc0a80000, bits: 29 } } },
      ClusterError,
      /9/,
    ],
    ['a mode that does not exist', { proxy: { mode: 'carrier-pigeon' } }, CaseError, /carrier-pigeon/],
    ['a workload that does not exist', { workload: { kind: 'smoke' } }, CaseError, /smoke/],
    [
      'UDP clients of TCP Services',
      { cluster: { protocol: 6 }, workload: { kind: 'udp' } },
      CaseError,
      /udp.*UDP port/,
    ],
    ['node ports of Services that have none', { workload: { frontend: 'node-port' } }, CaseError, /node port/],
  ])('%s', (_what, changes, error, says) => {
    const build = () => runCase(smallCase(changes), '1');
    expect(build).toThrow(error);
    expect(build).toThrow(says);
  });
});
