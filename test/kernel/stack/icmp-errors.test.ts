/** Which answers of nodes and pods the rate limits on ICMP errors hold back, and which they do not. */
import { expect, test } from 'vitest';
import { Hook, Owner, Table } from '../../../src/kernel/index.js';
import { Protocol } from '../../../src/net/index.js';
import { kubeReject } from './rules.js';
import { TwoNodes, ip } from './two-nodes.js';

const SERVICE = '10.96.0.1';

/** A world in which packets to a Service are rejected, as kube-proxy does where it has no endpoints. */
function rejecting(hook: Hook): TwoNodes {
  const world = new TwoNodes();
  const chain = kubeReject(world.rules, SERVICE, 'reject');
  for (const netfilter of world.netfilters) netfilter.setBase(Table.filter, hook, Owner.proxy, chain);
  return world;
}

/** Has a host dial a closed port quickly a number of times; how often it was refused. */
function refusals(world: TwoNodes, from: number, address: string, protocol: number, times = 20): number {
  const { transport } = world.base;
  const before = world.told.length;
  for (let i = 0; i < times; i++) {
    const handle = transport.connect(protocol, from, ip(address), address === SERVICE ? 80 : 9, 0);
    if (protocol === Protocol.udp) transport.request(handle, 1, 100);
  }
  world.wait(100);
  world.base.checkConservation();
  return world.told.slice(before).filter((told) => told === 'refused').length;
}

test('a node tells one address six times at once that nobody listens, and then once a second', () => {
  const world = new TwoNodes();
  const client = world.pod('10.244.1.4');
  expect(refusals(world, client, '10.50.0.1', Protocol.udp)).toBe(6);
  expect(refusals(world, client, '10.50.0.1', Protocol.udp)).toBe(0);
  world.wait(1000);
  expect(refusals(world, client, '10.50.0.1', Protocol.udp)).toBe(1);
  expect(world.base.errorLimits.suppressed).toBe(53);
  // The other node, and another client, have nothing to do with it.
  expect(refusals(world, client, '10.50.0.2', Protocol.udp)).toBe(6);
  expect(refusals(world, world.pod('10.244.1.6'), '10.50.0.1', Protocol.udp)).toBe(6);
});

test('resets have no limit', () => {
  const world = new TwoNodes();
  expect(refusals(world, world.pod('10.244.1.4'), '10.50.0.1', Protocol.tcp, 100)).toBe(100);
  expect(world.base.errorLimits.suppressed).toBe(0);
});

test("a node's own processes are told over loopback, without limit", () => {
  const world = new TwoNodes();
  expect(refusals(world, world.host('10.50.0.1'), '10.50.0.1', Protocol.udp, 100)).toBe(100);
  expect(world.base.errorLimits.suppressed).toBe(0);
});

test('a pod has limits of its own', () => {
  const world = new TwoNodes();
  world.pod('10.244.1.5');
  const client = world.pod('10.244.1.4');
  expect(refusals(world, client, '10.244.1.5', Protocol.udp)).toBe(6);
  expect(refusals(world, client, '10.50.0.1', Protocol.udp)).toBe(6);
  expect(world.base.errorLimits.suppressed).toBe(28);
});

test('TCP connections that are rejected: six are refused, the others dial again and are refused as time allows', () => {
  const world = rejecting(Hook.forward);
  const client = world.pod('10.244.1.4');
  const { transport } = world.base;
  for (let i = 0; i < 8; i++) transport.connect(Protocol.tcp, client, ip(SERVICE), 80, 0);
  // SYNs come again after 1 s and after 3 s.
  for (const [atMs, refused] of [
    [900, 6],
    [1200, 7],
    [3200, 8],
  ] as const) {
    world.wait(atMs - world.base.simulation.now / 1e6);
    expect(world.told.filter((told) => told === 'refused')).toHaveLength(refused);
  }
  world.base.checkConservation();
});

test('what a rule of OUTPUT rejects is held back by the bucket over all only', () => {
  const world = rejecting(Hook.output);
  const refused = refusals(world, world.host('10.50.0.1'), SERVICE, Protocol.udp, 300);
  expect(Math.abs(refused - 50)).toBeLessThan(20);
  expect(world.base.errorLimits.suppressed).toBe(300 - refused);
});
