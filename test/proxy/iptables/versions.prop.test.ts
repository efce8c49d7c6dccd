/**
 * Random clusters in random revisions: what is made from the version before equals what is made afresh, nothing leaks,
 * and walk and index agree on every packet.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { printTables } from '../../../src/kernel/iptables/print.js';
import type { ServicePort } from '../../../src/proxy/service-port.js';
import { endpointList, NODE_IP, OUTSIDE, POD, servicePort } from './fixture.js';
import { pass, World } from './world.js';

const POD_BASE = 0x0af40000;

/** A service port that may share its address, port or endpoints with others. */
const servicePortSpec = fc.record({
  key: fc.integer({ min: 0, max: 45 }),
  address: fc.integer({ min: 0, max: 11 }),
  port: fc.constantFrom(80, 443, 8080),
  protocol: fc.constantFrom(6, 17),
  hasNodePort: fc.boolean(),
  endpoints: fc.uniqueArray(fc.integer({ min: 0, max: 50 }), { maxLength: 6 }),
  crowd: fc.integer({ min: 0, max: 30 }),
});

function toPort(spec: typeof servicePortSpec extends fc.Arbitrary<infer T> ? T : never): ServicePort {
  // One in thirty has so many endpoints that their rules are looked up by chance.
  const count = spec.crowd === 0 ? 45 : spec.endpoints.length;
  const pairs = Array.from({ length: count }, (_, i) => [POD_BASE + (spec.endpoints[i] ?? 100 + i), 8080] as const);
  return servicePort(spec.key, 0, {
    clusterIp: 0x0a600000 + spec.address,
    port: spec.port,
    protocol: spec.protocol,
    nodePort: spec.hasNodePort ? 30000 + spec.key : 0,
    endpoints: endpointList(pairs),
  });
}

/** What one revision changes: whole service ports, endpoints alone (the common case), node ports, or ports that go. */
const change = fc.record({
  replaced: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, fc.array(servicePortSpec, { maxLength: 2 })),
  scaled: fc.array(
    fc.record({
      key: fc.integer({ min: 0, max: 45 }),
      endpoints: fc.uniqueArray(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 6 }),
    }),
    { maxLength: 4 },
  ),
  toggled: fc.array(fc.integer({ min: 0, max: 45 }), { maxLength: 1 }),
  gone: fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    fc.array(fc.integer({ min: 0, max: 45 }), { maxLength: 2 }),
  ),
});
const history = fc.record({
  first: fc.array(servicePortSpec, { minLength: 0, maxLength: 45, size: 'max' }),
  changes: fc.array(change, { maxLength: 6, size: 'max' }),
});

/** Revisions in which unchanged service ports are the same objects. */
function revisionsOf(story: typeof history extends fc.Arbitrary<infer T> ? T : never): ServicePort[][] {
  const ports = new Map(story.first.map((spec) => [spec.key, toPort(spec)]));
  const revisions = [[...ports.values()]];
  for (const { replaced, scaled, toggled, gone } of story.changes) {
    for (const spec of replaced) ports.set(spec.key, toPort(spec));
    for (const { key, endpoints } of scaled) {
      const port = ports.get(key);
      if (port === undefined) continue;
      ports.set(key, { ...port, endpoints: endpointList(endpoints.map((endpoint) => [POD_BASE + endpoint, 8080])) });
    }
    for (const key of toggled) {
      const port = ports.get(key);
      if (port !== undefined) ports.set(key, { ...port, nodePort: port.nodePort === 0 ? 30000 + key : 0 });
    }
    for (const key of gone) ports.delete(key);
    revisions.push([...ports.values()]);
  }
  return revisions;
}

test('revision after revision leaves the tables of a fresh compile, and no chain behind', () => {
  fc.assert(
    fc.property(history, (story) => {
      const revisions = revisionsOf(story);
      const world = new World(revisions);
      const [steady, late] = [world.node(), world.node()];
      world.sync(late, 1);
      revisions.forEach((ports, i) => {
        world.sync(steady, i + 1);
        const fresh = new World([ports]);
        const node = fresh.node();
        fresh.sync(node, 1);
        expect(printTables(steady.netfilter)).toBe(printTables(node.netfilter));
        if (i < revisions.length - 1) return;
        world.sync(late, i + 1);
        expect([world.store.chainCount, world.store.ruleCount]).toEqual([
          fresh.store.chainCount,
          fresh.store.ruleCount,
        ]);
      });
    }),
    { numRuns: 60, seed: 3 },
  );
});

test('an older revision can be compiled after a newer one', () => {
  fc.assert(
    fc.property(history, (story) => {
      const revisions = revisionsOf(story);
      const world = new World(revisions);
      world.sync(world.node(), revisions.length);
      const behind = world.node();
      world.sync(behind, 1);
      const fresh = new World([revisions[0]!]);
      const node = fresh.node();
      fresh.sync(node, 1);
      expect(printTables(behind.netfilter)).toBe(printTables(node.netfilter));
    }),
    { numRuns: 30, seed: 4 },
  );
});

test('walk and index agree on every packet, work included', () => {
  const packet = fc.record({
    source: fc.constantFrom(POD, OUTSIDE, NODE_IP, POD_BASE + 3),
    destination: fc.oneof(
      fc.integer({ min: 0, max: 12 }).map((i) => 0x0a600000 + i),
      fc.constant(NODE_IP),
    ),
    port: fc.oneof(fc.constantFrom(80, 443, 8080, 9), fc.integer({ min: 29999, max: 30046 })),
    protocol: fc.constantFrom(6, 17, 1),
    draw: fc.integer({ min: 0, max: 0xffffffff }),
  });
  fc.assert(
    fc.property(history, fc.array(packet, { minLength: 10, maxLength: 60, size: 'max' }), (story, packets) => {
      const revisions = revisionsOf(story);
      const world = new World(revisions);
      const [walk, index] = [world.node('walk'), world.node('index')];
      for (let revision = 1; revision <= revisions.length; revision++) {
        world.sync(walk, revision);
        world.sync(index, revision);
        for (const { source, destination, port, protocol, draw } of packets) {
          const expected = pass(walk, source, destination, port, draw, protocol);
          expect(pass(index, source, destination, port, draw, protocol)).toEqual(expected);
        }
      }
    }),
    { numRuns: 40, seed: 5 },
  );
});
