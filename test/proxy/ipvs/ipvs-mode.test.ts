/** kube-proxy's ipvs mode on made-up ledgers: virtual servers, sets, rules, what a sync writes, and nodes that lag behind. */
import { describe, expect, test } from 'vitest';
import { CtState, Hook, Verdict } from '../../../src/kernel/hook.js';
import { Table } from '../../../src/kernel/index.js';
import { printTables } from '../../../src/kernel/iptables/print.js';
import { Protocol } from '../../../src/net/index.js';
import {
  CLUSTER_IPS,
  endpoints,
  ledgerOf,
  NODE_IPS,
  OUTSIDE,
  PODS,
  servicePort,
  TestCluster,
  type TestNode,
} from './ipvs-mode-fixture.js';

const { udp, sctp } = Protocol;

/** What nat says at a hook: whether the packet is marked for masquerade, or masqueraded. */
function nat(node: TestNode, hook: Hook, packet: number): { marked: boolean; masquerade: number } {
  node.masquerade = 0;
  expect(node.netfilter.evaluate(Table.nat, hook, packet, node)).toBe(Verdict.accept);
  return { marked: node.packets.mark[packet] === 0x4000, masquerade: node.masquerade };
}

describe('virtual servers', () => {
  test('stand on the cluster address and on the node port', () => {
    const port = servicePort(1, [5, 6], { nodePort: 30001 });
    const { first } = new TestCluster(ledgerOf([port]));
    first.sync(1);
    expect(first.list(CLUSTER_IPS + 1, 80)).toEqual([6, 5]);
    expect(first.list(NODE_IPS, 30001)).toEqual([6, 5]);
    expect(first.list(NODE_IPS + 1, 30001)).toEqual([]);
    expect([first.ipvs.isBound(CLUSTER_IPS + 1), first.ipvs.isBound(NODE_IPS)]).toEqual([true, false]);
    expect([first.connect(CLUSTER_IPS + 1, 80, 1), first.connect(NODE_IPS, 30001, 2)]).toEqual([6, 6]);
  });

  test('have their servers added in the order of their text, so the greatest stands in front', () => {
    const { first } = new TestCluster(ledgerOf([servicePort(1, [2, 11, 1])]));
    first.sync(1);
    // As text of ip:port: 10.244.0.11:, 10.244.0.1:, 10.244.0.2:.
    expect(first.list(CLUSTER_IPS + 1, 80)).toEqual([2, 1, 11]);
  });

  test('get later servers in front of earlier ones, on nodes with and without state', () => {
    const revisions = [
      [1, 2, 9],
      [1, 9],
      [1, 3, 9],
    ].map((pods) => [servicePort(1, pods)]);
    const { nodes } = new TestCluster(ledgerOf(...revisions), 2);
    const [touched, untouched] = nodes as [TestNode, TestNode];
    for (const node of nodes) node.sync(1);
    expect(touched.list(CLUSTER_IPS + 1, 80)).toEqual([9, 2, 1]);
    for (const revision of [2, 3]) for (const node of nodes) node.sync(revision);
    expect(touched.list(CLUSTER_IPS + 1, 80)).toEqual([3, 9, 1]);
    expect(untouched.list(CLUSTER_IPS + 1, 80)).toEqual([3, 9, 1]);
  });

  test('with policy Local follow the others on a node that has lost its endpoint', () => {
    const revisions = [[4, 5], [5], [5, 6], [6], []].map((pods) => [
      servicePort(1, pods, { nodePort: 30001, externalLocal: true }),
    ]);
    const { first } = new TestCluster(ledgerOf(...revisions));
    const lists = revisions.map((_, place) => {
      first.sync(place + 1);
      return [first.list(NODE_IPS, 30001), first.list(CLUSTER_IPS + 1, 80)];
    });
    expect(lists).toEqual([
      [[4], [5, 4]],
      [[5], [5]],
      [
        [6, 5],
        [6, 5],
      ],
      [[6], [6]],
      [[], []],
    ]);
  });

  test('follow changes in every zone when they have no hints any more', () => {
    // Pod 5 is meant for the node's zone; without hints that zone has it first, the others have it last.
    const hints = [1, 0].map((zone) => ({ zones: [`z${zone}`], nodes: [] }));
    const revisions = [endpoints([3, 5], { hints }), endpoints([3, 5]), endpoints([3, 6]), endpoints([])].map(
      (list) => [servicePort(1, [], { internalLocal: true, nodePort: 30001, endpoints: list })],
    );
    const { first } = new TestCluster(ledgerOf(...revisions));
    const lists = revisions.map((_, place) => {
      first.sync(place + 1);
      return first.list(CLUSTER_IPS + 1, 80);
    });
    expect(lists).toEqual([[5], [3, 5], [6, 3], []]);
  });

  test('stay without servers, and refuse', () => {
    const { first } = new TestCluster(ledgerOf([servicePort(1, [])]));
    const report = first.sync(1);
    expect([report.virtualServers, report.realServers]).toEqual([1, 0]);
    expect(first.connect(CLUSTER_IPS + 1, 80, 1)).toBe(-1);
  });

  test('keep a client by ClientIP affinity, and take the scheduler of the options', () => {
    const port = servicePort(1, [5, 6, 7], { affinitySeconds: 100 });
    const { first } = new TestCluster(ledgerOf([port]), 1, { scheduler: 'lc' });
    first.sync(1);
    expect([1, 2, 3].map((client) => first.connect(CLUSTER_IPS + 1, 80, client))).toEqual([7, 7, 7]);
  });

  test('hash the port of the client too with mh, and with no other scheduler', () => {
    const servers = ['mh', 'sh'].map((scheduler) => {
      const { first } = new TestCluster(ledgerOf([servicePort(1, [5, 6, 7])]), 1, { scheduler });
      first.sync(1);
      const ports = Array.from({ length: 30 }, (_, i) => 2000 + i);
      return new Set(ports.map((port) => first.connect(CLUSTER_IPS + 1, 80, port))).size;
    });
    expect(servers).toEqual([3, 1]);
  });

  test('move when service ports change their places', () => {
    const before = [servicePort(1, [5], { port: 80 }), servicePort(2, [6], { clusterIp: CLUSTER_IPS + 1, port: 81 })];
    const after = [servicePort(1, [5], { port: 81 }), servicePort(2, [6], { clusterIp: CLUSTER_IPS + 1, port: 80 })];
    const { first } = new TestCluster(ledgerOf(before, after));
    first.sync(1);
    first.sync(2);
    expect([first.list(CLUSTER_IPS + 1, 80), first.list(CLUSTER_IPS + 1, 81)]).toEqual([[6], [5]]);
    expect(first.setSizes()).toMatchObject({ 'KUBE-CLUSTER-IP': 2, 'KUBE-IPVS-IPS': 1 });
  });

  test('go with their service', () => {
    const { first } = new TestCluster(ledgerOf([servicePort(1, [5], { nodePort: 30001 })], []));
    first.sync(1);
    first.connect(CLUSTER_IPS + 1, 80, 1);
    const report = first.sync(2);
    expect(first.ipvs.active).toBe(false);
    expect(first.setSizes()['KUBE-CLUSTER-IP']).toBeUndefined();
    expect([report.virtualServers, report.realServers, report.setEntries]).toEqual([0, 0, 0]);
  });
});

describe('sets', () => {
  test('hold cluster addresses, node ports by protocol, and bound addresses', () => {
    const ports = [
      servicePort(1, [4, 5], { nodePort: 30001 }),
      servicePort(2, [6], { protocol: udp, nodePort: 30002 }),
      servicePort(3, [7], { protocol: sctp, nodePort: 30003 }),
      servicePort(4, [4], { clusterIp: CLUSTER_IPS + 1, port: 81 }),
    ];
    const { first } = new TestCluster(ledgerOf(ports));
    const report = first.sync(1);
    expect(first.setSizes()).toEqual({
      'KUBE-LOOP-BACK': 1,
      'KUBE-CLUSTER-IP': 4,
      'KUBE-NODE-PORT-TCP': 1,
      'KUBE-NODE-PORT-UDP': 1,
      'KUBE-NODE-PORT-SCTP-HASH': 1,
      'KUBE-IPVS-IPS': 3,
    });
    // Of the endpoints only pod 4 runs on this node, once, though two service ports have it.
    expect(report.setEntries).toBe(4 + 1 + 1 + 1 + 3 + 1);
  });

  test('of local endpoints are counted by node, as endpoints come and go', () => {
    const ledger = ledgerOf([servicePort(1, [4, 8, 5])], [servicePort(1, [8, 5, 12])], [servicePort(1, [5])]);
    const { nodes } = new TestCluster(ledger, 2);
    const entries = [1, 2, 3].map((revision) => nodes.map((node) => node.sync(revision).setEntries));
    expect(entries).toEqual([
      [2 + 2, 2 + 1],
      [2 + 2, 2 + 1],
      [2 + 0, 2 + 1],
    ]);
  });
});

describe('rules', () => {
  test('are as many, whatever the number of services', () => {
    const few = new TestCluster(ledgerOf([servicePort(1, [4])])).first.sync(1);
    const ports = Array.from({ length: 50 }, (_, key) => servicePort(key, [4, 5, 6]));
    const many = new TestCluster(ledgerOf(ports)).first.sync(1);
    expect([few.rulesTotal, many.rulesTotal]).toEqual([20, 20]);
    expect(new TestCluster(ledgerOf([])).first.sync(1).rulesTotal).toBe(17);
  });

  test('read as kube-proxy writes them', () => {
    const { first } = new TestCluster(ledgerOf([servicePort(1, [4], { nodePort: 30001 })]));
    first.sync(1);
    const text = printTables(first.netfilter).split('\n');
    const chain = (name: string): string[] => text.filter((line) => line.startsWith(`-A ${name} `));
    expect(chain('KUBE-SERVICES')).toHaveLength(4);
    expect(chain('KUBE-SERVICES').map((line) => line.replace(/ -m comment --comment "[^"]*"/, ''))).toEqual([
      '-A KUBE-SERVICES -s 127.0.0.0/8 -j RETURN',
      expect.stringMatching(/--match-set KUBE-CLUSTER-IP dst,dst ! -s 10\.244\.0\.0\/16 -j KUBE-MARK-MASQ$/),
      expect.stringMatching(/addrtype --dst-type LOCAL -j KUBE-NODE-PORT$/),
      expect.stringMatching(/--match-set KUBE-CLUSTER-IP dst,dst -j ACCEPT$/),
    ]);
    expect(chain('KUBE-POSTROUTING')[0]).toMatch(/--match-set KUBE-LOOP-BACK dst,dst,src -j MASQUERADE$/);
    expect(chain('INPUT').map((line) => line.split(' ').pop())).toEqual([
      ...['KUBE-IPVS-FILTER', 'KUBE-PROXY-FIREWALL', 'KUBE-NODE-PORT'],
    ]);
    expect(chain('FORWARD').map((line) => line.split(' ').pop())).toEqual(['KUBE-PROXY-FIREWALL', 'KUBE-FORWARD']);
    expect(chain('KUBE-IPVS-FILTER')).toHaveLength(6);
  });

  test('mark what is not from a pod for masquerade, and node ports always', () => {
    const port = servicePort(1, [4], { nodePort: 30001 });
    const marks = (options: object): boolean[] => {
      const { first } = new TestCluster(ledgerOf([port]), 1, options);
      first.sync(1);
      const packets = [
        first.packet(PODS + 7, CLUSTER_IPS + 1, 80),
        first.packet(OUTSIDE, CLUSTER_IPS + 1, 80),
        first.packet(CLUSTER_IPS + 1, CLUSTER_IPS + 1, 80),
        first.packet(OUTSIDE, NODE_IPS, 30001),
        first.packet(OUTSIDE, NODE_IPS, 22),
      ];
      return packets.map((packet) => nat(first, Hook.prerouting, packet).marked);
    };
    expect(marks({})).toEqual([false, true, true, true, false]);
    expect(marks({ masqueradeAll: true })).toEqual([true, true, true, true, false]);
    expect(marks({ detector: { kind: 'none' } })).toEqual([false, false, true, true, false]);
  });

  test('masquerade marked packets, and pods that reach themselves', () => {
    const { nodes } = new TestCluster(ledgerOf([servicePort(1, [4, 5])]), 2);
    for (const node of nodes) {
      node.sync(1);
      const marked = node.packet(OUTSIDE, PODS + 4, 8080);
      node.packets.mark[marked] = 0x4000;
      expect(nat(node, Hook.postrouting, marked)).toEqual({ marked: false, masquerade: 2 });
      const self = PODS + 4 + node.proxyNode.index;
      expect(nat(node, Hook.postrouting, node.packet(self, self, 8080)).masquerade).toBe(1);
      expect(nat(node, Hook.postrouting, node.packet(PODS + 9, self, 8080)).masquerade).toBe(0);
    }
  });

  test('reject new connections to a bound address on a port that is no service', () => {
    const { first } = new TestCluster(ledgerOf([servicePort(1, [4])]));
    first.sync(1);
    const input = (address: number, port: number): Verdict =>
      first.netfilter.evaluate(Table.filter, Hook.input, first.packet(PODS + 7, address, port), first);
    expect([input(CLUSTER_IPS + 1, 80), input(CLUSTER_IPS + 1, 81), input(NODE_IPS, 81)]).toEqual([
      ...[Verdict.accept, Verdict.reject, Verdict.accept],
    ]);
    first.state = CtState.established;
    expect(input(CLUSTER_IPS + 1, 81)).toBe(Verdict.accept);
  });
});
