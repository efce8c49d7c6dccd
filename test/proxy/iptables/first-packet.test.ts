/** Rules compared by first and later packets over a grid of positions, by walk and by index. */
import { describe, expect, test } from 'vitest';
import { CtState, Hook, Verdict } from '../../../src/kernel/hook.js';
import { Table } from '../../../src/kernel/iptables/netfilter.js';
import { WorkKind } from '../../../src/kernel/work.js';
import { NODE_IP, OPTIONS, OUTSIDE, POD, servicePort, type TestNode } from './fixture.js';
import { drawFor, pass, World } from './world.js';

const SIZES = [
  [1, 1],
  [10, 3],
  [100, 10],
  [64, 60],
] as const;
const KUBE_FORWARD = 7;

describe.each(['walk', 'index'] as const)('%s', (lookup) => {
  describe.each(SIZES)('R = %i services, E = %i endpoints', (services, endpoints) => {
    const ports = Array.from({ length: services }, (_, key) => servicePort(key, endpoints, { nodePort: 30000 + key }));
    const world = new World([ports]);
    const node = world.node(lookup);
    world.sync(node, 1);
    const places = [...new Set([1, Math.ceil(services / 2), services])];
    const picks = [...new Set([1, Math.ceil(endpoints / 2), endpoints])];
    const cases = places.flatMap((p) => picks.map((j) => [p, j] as const));
    const target = (p: number, j: number): string => {
      const { address, port } = ports[p - 1]!.endpoints;
      return `${address[j - 1]}:${port[j - 1]}`;
    };

    test.each(cases)('pod to cluster address: p + j + 4, p = %i, j = %i', (p, j) => {
      const passage = pass(node, POD, ports[p - 1]!.clusterIp, 80, drawFor(j - 1, endpoints));
      expect(passage).toMatchObject({ prerouting: p + j + 4, forward: KUBE_FORWARD, postrouting: 2 });
      expect(passage).toMatchObject({ dnat: target(p, j), masquerade: 0, verdict: Verdict.accept });
    });

    test.each(cases)('outside to cluster address: p + j + 5, masqueraded, p = %i, j = %i', (p, j) => {
      const passage = pass(node, OUTSIDE, ports[p - 1]!.clusterIp, 80, drawFor(j - 1, endpoints));
      expect(passage).toMatchObject({ prerouting: p + j + 5, forward: 4, postrouting: 4 });
      expect(passage).toMatchObject({ dnat: target(p, j), masquerade: 2 });
    });

    test.each(cases)('outside to node port: 1 + (R + 1) + q + 3 + 1 + j + 2, q = %i, j = %i', (q, j) => {
      const passage = pass(node, OUTSIDE, NODE_IP, 29999 + q, drawFor(j - 1, endpoints));
      expect(passage.prerouting).toBe(1 + (services + 1) + q + 3 + 1 + j + 2);
      expect(passage).toMatchObject({ forward: 4, postrouting: 4, dnat: target(q, j), masquerade: 2 });
    });

    test('hairpin: one rule more, and masqueraded', () => {
      const client = ports[0]!.endpoints.address[0]!;
      const passage = pass(node, client, ports[0]!.clusterIp, 80, drawFor(0, endpoints));
      expect(passage).toMatchObject({ prerouting: 1 + 1 + 5, postrouting: 4, masquerade: 2, dnat: target(1, 1) });
    });

    test('not for a service: R + 2, 7, 2', () => {
      const passage = pass(node, POD, OUTSIDE, 80);
      expect(passage).toMatchObject({ prerouting: services + 2, forward: KUBE_FORWARD, postrouting: 2, dnat: '0:0' });
    });

    test('a wrong port of a cluster address is left alone, at the price of one port match', () => {
      const passage = pass(node, POD, ports[0]!.clusterIp, 81);
      expect(passage).toMatchObject({ prerouting: services + 2, dnat: '0:0', verdict: Verdict.accept });
      expect(passage.work[WorkKind.matchPort]).toBe(1);
    });

    test('an established packet compares 5 rules in FORWARD', () => {
      expect(established(node, ports[0]!.endpoints.address[0]!)).toBe(5);
    });
  });

  test('without endpoints the packet is rejected, and earlier REJECT rules count', () => {
    const ports = Array.from({ length: 40 }, (_, key) => servicePort(key, key < 20 ? 1 : 0, { nodePort: 30000 + key }));
    const world = new World([ports]);
    const node = world.node(lookup);
    world.sync(node, 1);
    const passage = pass(node, POD, ports[22]!.clusterIp, 80);
    expect(passage).toMatchObject({ verdict: Verdict.reject, prerouting: 20 + 2, forward: 1 + 1 + 3 + 1 + 3 });
    const toNodePort = pass(node, OUTSIDE, NODE_IP, 30022);
    expect(toNodePort).toMatchObject({ verdict: Verdict.reject, forward: KUBE_FORWARD + 20 + 3 });
  });

  test('masqueradeAll masquerades pods too', () => {
    const world = new World([[servicePort(0, 1)]], { ...OPTIONS, masqueradeAll: true });
    const node = world.node(lookup);
    world.sync(node, 1);
    expect(pass(node, POD, servicePort(0, 1).clusterIp, 80)).toMatchObject({ prerouting: 1 + 1 + 5, masquerade: 2 });
  });
});

function established(node: TestNode, destination: number): number {
  const packet = node.packet(POD, destination, 8080);
  node.work.clear();
  node.context.state = CtState.established;
  node.netfilter.evaluate(Table.filter, Hook.forward, packet, node.context);
  node.context.state = CtState.new;
  return node.work.counts[WorkKind.rule]!;
}
