/** Nodes that need rules of their own get only those: everything else is shared. */
import { describe, expect, test } from 'vitest';
import { Hook } from '../../../src/kernel/hook.js';
import { Owner, Table } from '../../../src/kernel/iptables/netfilter.js';
import type { ServicePort } from '../../../src/proxy/service-port.js';
import { endpointList, ip, OPTIONS, servicePort, type TestNode } from './fixture.js';
import { linesOf } from './lines.js';
import { World } from './world.js';

const nat = ({ netfilter }: TestNode): number => netfilter.base(Table.nat, Hook.prerouting, Owner.proxy);

/** A service port with an endpoint on each of the first nodes. */
function onNodes(key: number, nodes: number, changes: Partial<ServicePort>): ServicePort {
  const pairs = Array.from({ length: nodes }, (_, node) => [ip('10.244.0.1') + node, 80, node] as const);
  return servicePort(key, 0, { endpoints: endpointList(pairs), ...changes });
}

describe('policy Local', () => {
  const local = onNodes(7, 3, { nodePort: 30007, externalLocal: true });
  const others = Array.from({ length: 20 }, (_, key) => servicePort(100 + key, 4));

  test("nodes without endpoints of their own share one version, and the cluster set is everybody's", () => {
    const world = new World([[local, ...others]]);
    const nodes = Array.from({ length: 10 }, () => world.node());
    for (const node of nodes.slice(0, 4)) world.sync(node, 1);
    const chains = world.store.chainCount;
    for (const node of nodes.slice(4)) world.sync(node, 1);
    expect(world.store.chainCount).toBe(chains);
    expect(new Set(nodes.map(nat)).size).toBe(4);
    const byNode = nodes.map((node) => linesOf(node).chains('nat', 'KUBE-SVL-').length);
    expect(byNode).toEqual([1, 1, 1, 0, 0, 0, 0, 0, 0, 0]);
    // A node's own: KUBE-SVL, KUBE-EXT, KUBE-NODEPORTS, KUBE-SERVICES and the jump to it.
    const alone = new World([[local, ...others]]);
    alone.sync(alone.node('index', { index: 9 }), 1);
    const first = alone.store.chainCount;
    alone.sync(alone.node('index', { index: 0 }), 1);
    // Where nothing is dropped, the filter table's chains are others too: four, and three that jump to them.
    expect(alone.store.chainCount - first).toBe(5 + 4 + 3);
    const second = alone.store.chainCount;
    alone.sync(alone.node('index', { index: 1 }), 1);
    expect(alone.store.chainCount - second).toBe(5);
  });

  test("a change of another service port leaves a node's own chains as they are", () => {
    const changed = [local, ...others.slice(1), servicePort(100, 5)].sort((a, b) => a.key - b.key);
    const world = new World([[local, ...others], changed]);
    const nodes = [world.node(), world.node(), world.node('index', { index: 9 })];
    for (const node of nodes) world.sync(node, 1);
    const before = nodes.map((node) => linesOf(node).of('nat', 'KUBE-NODEPORTS'));
    for (const node of nodes) {
      const { text } = world.syncWithText(node, 2);
      expect(text).not.toContain(':KUBE-EXT-');
    }
    expect(nodes.map((node) => linesOf(node).of('nat', 'KUBE-NODEPORTS'))).toEqual(before);
  });
});

test('with detectors by node, the chains of endpoints are shared all the same', () => {
  const prefix = (node: number) => ({ address: ip('10.244.0.0') + 256 * node, bits: 24 });
  const detector = [0, 1, 2].map((node) => ({ kind: 'source', prefix: prefix(node) }) as const);
  const world = new World([[servicePort(0, 50)], [servicePort(0, 50), servicePort(1, 2)]], { ...OPTIONS, detector });
  const nodes = [world.node(), world.node(), world.node()];
  for (const node of nodes) world.sync(node, 1);
  for (const node of nodes) world.sync(node, 2);
  nodes.forEach((node, index) => {
    const [name = ''] = linesOf(node).chains('nat', 'KUBE-SVC-');
    expect(linesOf(node).of('nat', name)[0]).toContain(`! -s 10.244.${index}.0/24`);
  });
  const endpoints = 52;
  expect(world.store.chainCount).toBeLessThan(endpoints + 3 * 15 + 5);
});

test('nodePortAddresses: a version for each set of addresses, the own chains for all', () => {
  const nodePortAddresses = [{ address: ip('192.168.0.0'), bits: 16 }];
  const world = new World([[servicePort(0, 50, { nodePort: 30000 })]], { ...OPTIONS, nodePortAddresses });
  const nodes = [1, 2, 2].map((host) => world.node('index', { localIps: [ip('127.0.0.1'), ip('192.168.0.0') + host] }));
  for (const node of nodes) world.sync(node, 1);
  expect(new Set(nodes.map(nat)).size).toBe(2);
  expect(linesOf(nodes[1]!).of('nat', 'KUBE-SERVICES').pop()).toContain('-d 192.168.0.2 -j KUBE-NODEPORTS');
  expect(world.store.chainCount).toBeLessThan(50 + 2 * 8 + 10);
});

test('source ranges: nodes inside and outside', () => {
  const port = servicePort(0, 1, {
    loadBalancerVips: [ip('198.51.100.1')],
    sourceRanges: [{ address: ip('192.168.0.0'), bits: 24 }],
  });
  const world = new World([[port]]);
  const nodes = ['192.168.0.5', '192.168.1.5', '192.168.0.6'].map((text) => world.node('index', { ip: ip(text) }));
  for (const node of nodes) world.sync(node, 1);
  const rules = nodes.map((node) => {
    const lines = linesOf(node);
    return lines.of('nat', lines.chains('nat', 'KUBE-FW-')[0]!).length;
  });
  expect(rules).toEqual([3, 2, 3]);
  expect(nat(nodes[0]!)).toBe(nat(nodes[2]!));
});
