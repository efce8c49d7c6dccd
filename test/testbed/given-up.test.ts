/** Clients that give up reset their connections: whoever has carried them on hears of it, and nothing stays open. */
import { expect, test } from 'vitest';
import { World } from '../../src/testbed/world.js';
import { MS, S, smallCase, type Changes } from './small-case.js';

const BALANCED: Changes = {
  cluster: { serviceType: 'LoadBalancer' },
  workload: { placement: 'external', frontend: 'load-balancer' },
};

test.each([
  ['a relay', { proxy: { mode: 'userspace' } }],
  ['a balancer', { ...BALANCED, loadBalancer: { connections: { proxyProtocol: 1 } } }],
  ['both', { ...BALANCED, loadBalancer: { connections: { proxyProtocol: 0 } }, proxy: { mode: 'userspace' } }],
] as const)('%s', (_, changes: Changes) => {
  const plan = smallCase({
    ...changes,
    server: { meanNs: 20 * MS, distribution: 'constant' },
    workload: { ...changes.workload, requestTimeoutNs: 5 * MS, ratePerSecond: 1_000 },
    run: { durationNs: 40 * MS },
  });
  const world = new World(plan, '1');
  world.traffic.start();
  world.base.simulation.run(5 * S);
  world.base.checkConservation();
  const { timedOut, scheduled } = world.base.probes.requests;
  expect(scheduled).toBeGreaterThan(10);
  expect(timedOut).toBe(scheduled);
  expect(world.wayIn.balancer?.active ?? 0).toBe(0);
  expect(world.base.relays.tcp.porter.sessions.inUse).toBe(0);
  expect(world.base.transport.open).toBe(0);
});
