/** What the hooks of each node do for the first packet of a connection and for the later ones, counted by hand from the rules. */
import { describe, expect, test } from 'vitest';
import { FromClient } from '../../../src/kernel/index.js';
import { TwoNodes, type Passage } from './two-nodes.js';

/** The client's packets of one kind on one node. */
function passages(world: TwoNodes, node: number, first: number): Passage[] {
  return world.passages.filter((passage) => passage.node === node && passage.first === first);
}

/** A pod of node 1 has asked a service whose endpoint is on node 2; the service is the second of two. */
function asked(overlay: 'vxlan' | 'host-gw'): TwoNodes {
  const services = [
    { address: '10.96.0.1', endpoint: '10.244.1.5' },
    { address: '10.96.0.2', endpoint: '10.244.2.5' },
  ];
  const world = new TwoNodes({ overlay, services });
  world.pod('10.244.2.5');
  expect(world.ask(world.pod('10.244.1.4'), '10.96.0.2', 80)).toBe('answered');
  return world;
}

describe('over VXLAN', () => {
  test("the first packet passes five tables on the client's node: three for itself, two for the packet around it", () => {
    const [passage, ...more] = passages(asked('vxlan'), 1, FromClient.first);
    expect(more).toEqual([]);
    // Inner: nat PREROUTING 7 (jump, 2 services, 2 of the service, 2 of the endpoint), FORWARD 2, nat POSTROUTING 2 of the proxy and 3 of
    // flannel. Outer: nat OUTPUT 4 (jump, 2 services, node ports), nat POSTROUTING 2 and 7.
    expect(passage).toMatchObject({
      outerRules: 13,
      work: {
        table: 5,
        rule: 7 + 2 + 5 + 13,
        conntrackLookup: 4, // each packet: its entry, and whether its answers would clash
        conntrackCreate: 2,
        natBinding: 2,
        natRewrite: 1,
        route: 1,
        encapsulate: 1,
        socketSend: 1,
        byteCopied: 40,
      },
    });
  });

  test("the first packet passes four tables on the server's node", () => {
    const [passage] = passages(asked('vxlan'), 2, FromClient.first);
    // Outer: nat PREROUTING 4. Inner: nat PREROUTING 4, FORWARD 2, nat POSTROUTING 2 and 4.
    expect(passage).toMatchObject({
      outerRules: 4,
      work: {
        table: 4,
        rule: 4 + 4 + 2 + 6,
        conntrackLookup: 4,
        conntrackCreate: 2,
        natBinding: 2,
        route: 1,
        decapsulate: 1,
        socketReceive: 1,
      },
    });
    expect(passage?.work).not.toHaveProperty('natRewrite');
  });

  test('a later packet passes the filter table only, once a node, and never the nat table', () => {
    const world = asked('vxlan');
    const later = [...passages(world, 1, FromClient.later), ...passages(world, 2, FromClient.later)];
    expect(later.length).toBe(8); // ACK, request, FIN, ACK on two nodes
    for (const { node, work, outerRules } of later) {
      expect(work).toMatchObject({ table: 1, rule: 2, conntrackLookup: 2 });
      expect([outerRules, work['natRewrite'] ?? 0]).toEqual([0, node === 1 ? 1 : 0]);
      expect(Object.keys(work)).not.toContain('conntrackCreate');
    }
  });

  test('each node holds one entry for the connection and one for each direction of the tunnel', () => {
    const world = asked('vxlan');
    expect(world.base.nodes.map((node) => node.conntrack.count)).toEqual([3, 3]);
  });
});

describe('with host-gw', () => {
  test('there is no packet around the packet: three tables a node for the first, one for the others', () => {
    const world = asked('host-gw');
    for (const node of [1, 2]) {
      const [first] = passages(world, node, FromClient.first);
      expect(first).toMatchObject({ outerRules: 0, work: { table: 3, conntrackLookup: 2, conntrackCreate: 1 } });
      for (const { work } of passages(world, node, FromClient.later))
        expect(work).toMatchObject({ table: 1, rule: 2, conntrackLookup: 1 });
    }
    expect(world.base.nodes.map((node) => node.conntrack.count)).toEqual([1, 1]);
  });
});

test('two pods of one node talk over the bridge, through the same hooks', () => {
  const world = new TwoNodes();
  world.pod('10.244.1.5');
  world.ask(world.pod('10.244.1.4'), '10.244.1.5', 8080);
  const [first] = passages(world, 1, FromClient.first);
  expect(first).toMatchObject({ work: { table: 3, bridge: 1, socketSend: 1, socketReceive: 1, byteCopied: 80 } });
  expect(Object.keys(first?.work ?? {})).not.toContain('route');
});

test('without rules nothing is tracked', () => {
  const world = new TwoNodes({ rules: false });
  world.pod('10.244.2.5');
  expect(world.ask(world.pod('10.244.1.4'), '10.244.2.5', 8080)).toBe('answered');
  const kinds = new Set(world.passages.flatMap(({ work }) => Object.keys(work)));
  expect([...kinds].sort()).toEqual([
    'byteCopied',
    'decapsulate',
    'encapsulate',
    'route',
    'socketReceive',
    'socketSend',
  ]);
  expect(world.base.nodes.map((node) => node.conntrack.created)).toEqual([0, 0]);
});

test('a packet keeps its core busy for the price of its work', () => {
  const world = asked('vxlan');
  let total = 0;
  for (const { ns, work } of world.passages) {
    const units = Object.values(work).reduce((sum, count) => sum + count, 0);
    expect(ns).toBe(Math.round(units * 10));
    total += ns;
  }
  expect(world.base.underlay.cores.busyNs.reduce((sum, ns) => sum + ns, 0)).toBe(total);
});
