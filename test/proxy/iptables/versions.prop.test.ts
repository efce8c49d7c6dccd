/**
 * Random clusters in random revisions on nodes that choose differently: what is made from the version before equals what is made afresh,
 * partial syncs leave what full ones write, nothing leaks, and walk and index agree on every packet.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Table } from '../../../src/kernel/iptables/netfilter.js';
import { printTables } from '../../../src/kernel/iptables/print.js';
import { baseChains, reachableChains } from '../../../src/kernel/iptables/reach.js';
import type { NodeFacts, ProxyOptions } from '../../../src/proxy/proxier.js';
import type { EndpointList, ServicePort } from '../../../src/proxy/service-port.js';
import { endpointList, ip, NODE_IP, OPTIONS, OUTSIDE, POD, servicePort, type TestNode } from './fixture.js';
import { RestoredTables } from './restored-tables.js';
import { pass, World } from './world.js';

const POD_BASE = 0x0af40000;
const OUTER_BASE = 0xc6336400;

/** Nodes: within source ranges or not, and one without endpoints. */
const NODES: readonly Partial<NodeFacts>[] = [
  { index: 0 },
  { index: 1, ip: ip('172.16.0.1') },
  { index: 9, ip: ip('172.16.0.9') },
];

/** A service port that may share its address, port or endpoints with others. */
const servicePortSpec = fc.record({
  key: fc.integer({ min: 0, max: 45 }),
  address: fc.integer({ min: 0, max: 11 }),
  port: fc.constantFrom(80, 443, 8080),
  hasNodePort: fc.boolean(),
  endpoints: fc.uniqueArray(fc.integer({ min: 0, max: 50 }), { maxLength: 6 }),
  crowd: fc.integer({ min: 0, max: 30 }),
  externalIps: fc.uniqueArray(fc.integer({ min: 0, max: 3 }), { maxLength: 2 }),
  vips: fc.uniqueArray(fc.integer({ min: 4, max: 7 }), { maxLength: 2 }),
  ranges: fc.subarray(['203.0.113.0', '192.168.0.0']),
  affinity: fc.boolean(),
  internalLocal: fc.boolean(),
  externalLocal: fc.boolean(),
  healthCheck: fc.boolean(),
});

/** Endpoints on one of two nodes or elsewhere, some on their way out. */
function endpointsOf(numbers: readonly number[]): EndpointList {
  return endpointList(
    [...numbers].sort((a, b) => a - b).map((n) => [POD_BASE + n, 8080, (n % 3) - (n % 3 === 2 ? 3 : 0), n % 7 === 0]),
  );
}

function toPort(spec: typeof servicePortSpec extends fc.Arbitrary<infer T> ? T : never): ServicePort {
  // One in thirty has so many endpoints that their rules are looked up by chance.
  const count = spec.crowd === 0 ? 45 : spec.endpoints.length;
  const numbers = Array.from({ length: count }, (_, i) => spec.endpoints[i] ?? 100 + i);
  return servicePort(spec.key, 0, {
    clusterIp: 0x0a600000 + spec.address,
    port: spec.port,
    // A key stands for one name and protocol for ever.
    protocol: spec.key % 3 === 0 ? 17 : 6,
    nodePort: spec.hasNodePort ? 30000 + spec.key : 0,
    externalIps: spec.externalIps.map((n) => OUTER_BASE + n),
    loadBalancerVips: spec.vips.map((n) => OUTER_BASE + n),
    sourceRanges: spec.ranges.map((text) => ({ address: ip(text), bits: 24 })),
    affinitySeconds: spec.affinity ? 60 : 0,
    internalLocal: spec.internalLocal,
    externalLocal: spec.externalLocal,
    healthCheckNodePort: spec.healthCheck ? 32000 + spec.key : 0,
    endpoints: endpointsOf(numbers),
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
function historyOf(services: number) {
  return fc.record({
    first: fc.array(servicePortSpec, { minLength: 0, maxLength: services, size: 'max' }),
    changes: fc.array(change, { maxLength: 6, size: 'max' }),
  });
}
const history = historyOf(15);
/** Enough service ports for the shared chains to be looked up by index. */
const longHistory = historyOf(45);

/** Revisions in which unchanged service ports are the same objects. */
function revisionsOf(story: typeof history extends fc.Arbitrary<infer T> ? T : never): ServicePort[][] {
  const ports = new Map(story.first.map((spec) => [spec.key, toPort(spec)]));
  const revisions = [[...ports.values()]];
  for (const { replaced, scaled, toggled, gone } of story.changes) {
    for (const spec of replaced) ports.set(spec.key, toPort(spec));
    for (const { key, endpoints } of scaled) {
      const port = ports.get(key);
      if (port === undefined) continue;
      ports.set(key, { ...port, endpoints: endpointsOf(endpoints) });
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

const options = fc.record({
  detector: fc.constantFrom(OPTIONS.detector, { kind: 'none' } as const, { kind: 'interface', name: 'cni0' } as const),
  masqueradeAll: fc.boolean(),
  nfacctCounters: fc.boolean(),
});

/** The tables of each node when they are made in one go. */
function afresh(ports: readonly ServicePort[], chosen: Partial<ProxyOptions>): string[] {
  const world = new World([ports], { ...OPTIONS, ...chosen });
  return NODES.map((facts) => {
    const node = world.node('index', facts);
    world.sync(node, 1);
    return printTables(node.netfilter);
  });
}

/** Chains that some node's tables hold. */
function chainsInPlace(nodes: readonly TestNode[]): number {
  const chains = nodes.flatMap(({ netfilter }) =>
    [Table.nat, Table.filter].flatMap((table) =>
      reachableChains(netfilter.store, [...baseChains(netfilter, table), ...netfilter.looseChains(table)]),
    ),
  );
  return new Set(chains).size;
}

test('revision after revision leaves the tables of a fresh compile, and no chain behind', () => {
  fc.assert(
    fc.property(history, options, (story, chosen) => {
      const revisions = revisionsOf(story);
      const world = new World(revisions, { ...OPTIONS, ...chosen });
      const [steady, restarted, late] = NODES.map((facts) => world.node('index', facts));
      world.sync(late!, 1);
      revisions.forEach((ports, i) => {
        world.sync(steady!, i + 1);
        if (i % 2 === 1) world.restart(restarted!);
        world.sync(restarted!, i + 1);
        const fresh = afresh(ports, chosen);
        expect(printTables(steady!.netfilter)).toBe(fresh[0]);
        expect(printTables(restarted!.netfilter)).toBe(fresh[1]);
        if (i < revisions.length - 1) return;
        world.sync(late!, i + 1);
        expect(printTables(late!.netfilter)).toBe(fresh[2]);
        expect(world.store.chainCount).toBe(chainsInPlace([steady!, restarted!, late!]));
      });
    }),
    { numRuns: 25, seed: 3 },
  );
});

test('what partial syncs hand to iptables-restore leaves the tables that a full one writes', () => {
  fc.assert(
    fc.property(history, options, fc.constantFrom(...NODES), (story, chosen, facts) => {
      const revisions = revisionsOf(story);
      const world = new World(revisions, { ...OPTIONS, ...chosen });
      const node = world.node('index', facts);
      const kernel = new RestoredTables();
      revisions.forEach((ports, i) => {
        const { report, text } = world.syncWithText(node, i + 1);
        expect(report.full).toBe(i === 0);
        expect(text.split('\n').filter((line) => line.startsWith('-A ')).length).toBe(report.rulesWritten);
        kernel.restore(text);
        const once = new RestoredTables();
        const fresh = new World([ports], { ...OPTIONS, ...chosen });
        once.restore(fresh.syncWithText(fresh.node('index', facts), 1).text);
        expect(kernel.chains()).toEqual(once.chains());
        expect([kernel.ruleCount, kernel.chainCount]).toEqual([report.rulesTotal, report.chainsTotal]);
      });
    }),
    { numRuns: 30, seed: 6 },
  );
});

test('an older revision can be compiled after a newer one', () => {
  fc.assert(
    fc.property(history, (story) => {
      const revisions = revisionsOf(story);
      const world = new World(revisions);
      world.sync(world.node('index', NODES[0]), revisions.length);
      const behind = world.node('index', NODES[1]);
      world.sync(behind, 1);
      expect(printTables(behind.netfilter)).toBe(afresh(revisions[0]!, {})[1]);
    }),
    { numRuns: 20, seed: 4 },
  );
});

test('walk and index agree on every packet, work included', () => {
  const packet = fc.record({
    source: fc.constantFrom(POD, OUTSIDE, NODE_IP, POD_BASE + 3, OUTER_BASE + 4),
    destination: fc.oneof(
      fc.integer({ min: 0, max: 12 }).map((i) => 0x0a600000 + i),
      fc.integer({ min: 0, max: 8 }).map((i) => OUTER_BASE + i),
      fc.constantFrom(NODE_IP, ip('127.0.0.1')),
    ),
    port: fc.oneof(fc.constantFrom(80, 443, 8080, 9), fc.integer({ min: 29999, max: 30046 })),
    protocol: fc.constantFrom(6, 17, 1),
    draw: fc.integer({ min: 0, max: 0xffffffff }),
  });
  fc.assert(
    fc.property(
      longHistory,
      options,
      fc.array(packet, { minLength: 10, maxLength: 60, size: 'max' }),
      (story, chosen, packets) => {
        const revisions = revisionsOf(story);
        const worlds = [0, 1].map(() => new World(revisions, { ...OPTIONS, ...chosen })) as [World, World];
        const [walk, index] = [worlds[0].node('walk'), worlds[1].node('index')];
        for (let revision = 1; revision <= revisions.length; revision++) {
          worlds[0].sync(walk, revision);
          worlds[1].sync(index, revision);
          for (const { source, destination, port, protocol, draw } of packets) {
            const expected = pass(walk, source, destination, port, draw, protocol);
            expect(pass(index, source, destination, port, draw, protocol)).toEqual(expected);
          }
        }
      },
    ),
    { numRuns: 40, seed: 5 },
  );
});
