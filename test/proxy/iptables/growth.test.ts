/** How the rules compared grow with the cluster: a line of slope 1/2 over service ports for first packets, nothing for the others. */
import { expect, test } from 'vitest';
import { CtState, Hook } from '../../../src/kernel/hook.js';
import { Table } from '../../../src/kernel/iptables/netfilter.js';
import { WorkKind } from '../../../src/kernel/work.js';
import { RandomStream } from '../../../src/sim/index.js';
import { POD, servicePort, type TestNode } from './fixture.js';
import { pass, World } from './world.js';

const SIZES = [10, 30, 100, 300, 1000, 3000, 10_000, 30_000];
const PACKETS = 2000;
const ENDPOINTS = 2;

interface Point {
  readonly services: number;
  readonly first: number;
  readonly missed: number;
  readonly established: number;
}

const points = SIZES.map((services): Point => {
  const ports = Array.from({ length: services }, (_, key) => servicePort(key, ENDPOINTS));
  const world = new World([ports]);
  const node = world.node();
  world.sync(node, 1);
  const random = new RandomStream('1', `places among ${services}`);
  let sum = 0;
  for (let i = 0; i < PACKETS; i++) {
    const { clusterIp } = ports[random.below(services)]!;
    sum += pass(node, POD, clusterIp, 80, random.uint32()).prerouting;
  }
  const missed = pass(node, POD, POD + 1, 80).prerouting;
  return { services, first: sum / PACKETS, missed, established: established(node) };
});

function established(node: TestNode): number {
  const { netfilter, context, work } = node;
  const packet = node.packet(POD, POD + 1, 8080);
  context.state = CtState.established;
  work.clear();
  netfilter.evaluate(Table.filter, Hook.forward, packet, context);
  context.state = CtState.new;
  return work.counts[WorkKind.rule]!;
}

/** Least squares, each point weighted by how near to 0 it is, so that the small clusters count as much as the large ones. */
function fit(values: readonly (readonly [x: number, y: number])[]): { slope: number; base: number } {
  let [w, wx, wy, wxx, wxy] = [0, 0, 0, 0, 0];
  for (const [x, y] of values) {
    const weight = 1 / (x * x);
    w += weight;
    wx += weight * x;
    wy += weight * y;
    wxx += weight * x * x;
    wxy += weight * x * y;
  }
  const slope = (w * wxy - wx * wy) / (w * wxx - wx * wx);
  return { slope, base: (wy - slope * wx) / w };
}

test('a first packet to a random service compares R/2 + E/2 + 5 rules', () => {
  const { slope, base } = fit(points.map(({ services, first }) => [services, first]));
  expect(slope).toBeGreaterThan(0.48);
  expect(slope).toBeLessThan(0.52);
  expect(Math.abs(base - (0.5 + (ENDPOINTS + 1) / 2 + 4))).toBeLessThan(0.5);
  for (const { services, first } of points) {
    const mean = (services + 1) / 2 + (ENDPOINTS + 1) / 2 + 4;
    // Four standard deviations of the mean of a uniform place.
    expect(Math.abs(first - mean)).toBeLessThan(4 * (services / Math.sqrt(12 * PACKETS)) + 0.1);
  }
});

test('a packet for no service compares them all', () => {
  for (const { services, missed } of points) expect(missed).toBe(services + 2);
});

test('a packet of a known connection compares five, however many there are', () => {
  for (const point of points) expect(point.established).toBe(5);
});
