/** A run is a function of case and seed: run twice, looked up in two ways, with users of chance added. */
import { describe, expect, test, vi } from 'vitest';
import { PROXY_MODES, schedulers, workloads } from '../../src/scenario/index.js';
import { RandomStreams } from '../../src/sim/index.js';
import { runCase } from '../../src/testbed/index.js';
import { World } from '../../src/testbed/world.js';
import { MS, S, smallCase, type Changes } from './small-case.js';

/** A rolling update and a change of scale under traffic: every part of the simulator has something to do. */
const CHURN: Changes = {
  cluster: { services: 3, endpoints: 4 },
  churn: [
    { kind: 'scale', atNs: 20 * MS, service: 1, replicas: 6, startupNs: 2 * S, terminationNs: 1 * S, spread: 0.5 },
    {
      kind: 'rolling-update',
      atNs: 30 * MS,
      service: 0,
      maxSurge: 0.25,
      maxUnavailable: 0.25,
      startupNs: 10 * MS,
      terminationNs: 10 * MS,
      spread: 0.5,
    },
  ],
  proxy: { minSyncPeriodNs: 20 * MS },
};

const everyRun = PROXY_MODES.flatMap(({ name: mode }) =>
  workloads.map(({ name: kind }) => {
    const plan: Changes = { ...CHURN, proxy: { ...CHURN.proxy, mode }, workload: { kind } };
    return [mode, kind, plan] as const;
  }),
);

describe.each(everyRun)('%s, %s', (_mode, _kind, changes) => {
  test('the same seed gives the same result, whatever ran in between', () => {
    const first = runCase(smallCase(changes), 'seed');
    const other = runCase(smallCase(changes), 'another seed');
    const second = runCase(smallCase(changes), 'seed');
    expect(second).toEqual(first);
    expect(other.digest).not.toBe(first.digest);
    expect(other.values).not.toEqual(first.values);
  });

  test('index and literal walk give the same result', () => {
    const byIndex = runCase(smallCase(changes), '1');
    const byWalk = runCase(smallCase({ ...changes, proxy: { ...changes.proxy, lookup: 'walk' } }), '1');
    expect(byWalk).toEqual(byIndex);
  });
});

test.each(schedulers.map(({ name }) => name))('scheduler %s gives the same result twice', (scheduler) => {
  const plan = smallCase({ proxy: { mode: 'ipvs', scheduler }, server: { slowEndpoints: 1, slowFactor: 5 } });
  expect(runCase(plan, '1')).toEqual(runCase(plan, '1'));
});

describe('streams', () => {
  const RATE_PER_CLIENT = 1000;
  const worldOf = (clients: number): World => {
    const workload = { clients, ratePerSecond: clients * RATE_PER_CLIENT };
    return new World(smallCase({ cluster: { services: 2, endpoints: 2 }, workload }), 'seed');
  };
  /** Times at which requests were due. */
  const run = (world: World): number[] => {
    const scheduled = vi.spyOn(world.base.probes, 'scheduled');
    world.traffic.start();
    world.base.simulation.run(1 * S);
    return scheduled.mock.calls.map(([at]) => at);
  };

  test.each([2, 5])(
    'a server draws one service time a request from a stream of its own, with %d clients',
    (clients) => {
      const world = worldOf(clients);
      run(world);
      const fresh = new RandomStreams('seed');
      for (let server = 0; server < 4; server++) {
        const name = `server/${server}/service`;
        const served = world.base.probes.servedBy[server]!;
        expect(served).toBeGreaterThan(0);
        for (let i = 0; i < served; i++) fresh.stream(name).exponential(1);
        expect(world.base.streams.stream(name).uint32()).toBe(fresh.stream(name).uint32());
      }
    },
  );

  test('a further client leaves the times of the others as they are', () => {
    const two = run(worldOf(2));
    const three = run(worldOf(3));
    expect(two.length).toBeGreaterThan(100);
    expect(three.length).toBeGreaterThan(two.length);
    const missing = new Set(two);
    for (const at of three) missing.delete(at);
    expect([...missing]).toEqual([]);
  });
});
