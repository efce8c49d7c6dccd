/** The iptables rules of the ipvs mode: every rule that there can be, in order, and that they are as many for any number of services. */
import { describe, expect, test } from 'vitest';
import { CtState, Hook, Verdict } from '../../../src/kernel/hook.js';
import { Table, WorkKind, printTables } from '../../../src/kernel/index.js';
import { Protocol } from '../../../src/net/index.js';
import type { ProxyOptions } from '../../../src/proxy/proxier.js';
import type { ServicePort } from '../../../src/proxy/service-port.js';
import {
  CLUSTER_IPS,
  ledgerOf,
  NODE_IPS,
  OUTSIDE,
  PODS,
  servicePort,
  TestCluster,
  type TestNode,
} from './ipvs-mode-fixture.js';

const { tcp, udp, sctp } = Protocol;
const VIP = 0xcb007150;
const RANGE = { address: 0xcb007100, bits: 28 };

/** Service ports that fill every set. */
const EVERYTHING: readonly ServicePort[] = [
  ...[tcp, udp, sctp].flatMap((protocol, n) => [
    servicePort(10 + n, [4], { protocol, nodePort: 30000 + n }),
    servicePort(20 + n, [4], { protocol, nodePort: 30010 + n, externalLocal: true, externalIps: [VIP + 10 + n] }),
  ]),
  servicePort(30, [4], { externalIps: [VIP + 20] }),
  servicePort(31, [4], {
    loadBalancerVips: [VIP],
    sourceRanges: [RANGE],
    externalLocal: true,
    healthCheckNodePort: 31000,
  }),
  servicePort(32, [4], { loadBalancerVips: [VIP + 1], sourceRanges: [{ address: NODE_IPS, bits: 32 }] }),
];

function synced(ports: readonly ServicePort[], options: Partial<ProxyOptions> = {}): TestNode {
  const { first } = new TestCluster(ledgerOf(ports), 1, options);
  first.sync(1);
  return first;
}

/** Rules of a chain without comments, and without the words that are the same in all of them. */
function rulesOf(node: TestNode, table: string, chain: string): string[] {
  const text = printTables(node.netfilter);
  const part = text.slice(text.indexOf(`*${table}\n`));
  const lines = part.slice(0, part.indexOf('COMMIT')).split('\n');
  return lines
    .filter((line) => line.startsWith(`-A ${chain} `))
    .map((line) => line.slice(`-A ${chain} `.length).replace(/-m comment --comment ("[^"]*"|\S+) ?/g, ''))
    .map((line) => line.replaceAll('-m set --match-set ', '').trim());
}

describe('with every set filled', () => {
  const node = synced(EVERYTHING);

  test('the chains of nat', () => {
    expect(rulesOf(node, 'nat', 'KUBE-SERVICES')).toEqual([
      '-s 127.0.0.0/8 -j RETURN',
      'KUBE-LOAD-BALANCER dst,dst -j KUBE-LOAD-BALANCER',
      'KUBE-CLUSTER-IP dst,dst ! -s 10.244.0.0/16 -j KUBE-MARK-MASQ',
      'KUBE-EXTERNAL-IP dst,dst -j KUBE-MARK-MASQ',
      'KUBE-EXTERNAL-IP dst,dst -m physdev ! --physdev-is-in -m addrtype ! --src-type LOCAL -j ACCEPT',
      'KUBE-EXTERNAL-IP dst,dst -m addrtype --dst-type LOCAL -j ACCEPT',
      'KUBE-EXTERNAL-IP-LOCAL dst,dst -m physdev ! --physdev-is-in -m addrtype ! --src-type LOCAL -j ACCEPT',
      'KUBE-EXTERNAL-IP-LOCAL dst,dst -m addrtype --dst-type LOCAL -j ACCEPT',
      '-m addrtype --dst-type LOCAL -j KUBE-NODE-PORT',
      'KUBE-CLUSTER-IP dst,dst -j ACCEPT',
      'KUBE-LOAD-BALANCER dst,dst -j ACCEPT',
    ]);
    const nodePorts = rulesOf(node, 'nat', 'KUBE-NODE-PORT').map((rule) => rule.replace(/-m \w+ -p \w+ |-p \w+ /, ''));
    expect(nodePorts).toEqual(
      [
        'KUBE-NODE-PORT-LOCAL-TCP dst -j RETURN',
        'KUBE-NODE-PORT-TCP dst -j KUBE-MARK-MASQ',
        'KUBE-NODE-PORT-LOCAL-UDP dst -j RETURN',
        'KUBE-NODE-PORT-UDP dst -j KUBE-MARK-MASQ',
        'KUBE-NODE-PORT-LOCAL-SCTP-HASH dst,dst -j RETURN',
        'KUBE-NODE-PORT-SCTP-HASH dst,dst -j KUBE-MARK-MASQ',
      ].map((rule) => expect.stringContaining(rule.split(' -j ')[0]!) as string),
    );
    expect(rulesOf(node, 'nat', 'KUBE-LOAD-BALANCER')).toEqual([
      'KUBE-LOAD-BALANCER-LOCAL dst,dst -j RETURN',
      '-j KUBE-MARK-MASQ',
    ]);
    expect(rulesOf(node, 'nat', 'KUBE-POSTROUTING')).toEqual([
      'KUBE-LOOP-BACK dst,dst,src -j MASQUERADE',
      '-m mark ! --mark 0x4000/0x4000 -j RETURN',
      '-j MARK --xor-mark 0x4000',
      '-j MASQUERADE --random-fully',
    ]);
  });

  test('the chains of filter', () => {
    expect(rulesOf(node, 'filter', 'KUBE-PROXY-FIREWALL')).toEqual([
      'KUBE-LOAD-BALANCER-FW dst,dst -j KUBE-SOURCE-RANGES-FIREWALL',
    ]);
    expect(rulesOf(node, 'filter', 'KUBE-SOURCE-RANGES-FIREWALL')).toEqual([
      'KUBE-LOAD-BALANCER-SOURCE-CIDR dst,dst,src -j RETURN',
      'KUBE-LOAD-BALANCER-SOURCE-IP dst,dst,src -j RETURN',
      '-j DROP',
    ]);
    expect(rulesOf(node, 'filter', 'KUBE-IPVS-FILTER')).toEqual([
      ...['LOAD-BALANCER', 'CLUSTER-IP', 'EXTERNAL-IP', 'EXTERNAL-IP-LOCAL'].map(
        (set) => `KUBE-${set} dst,dst -j RETURN`,
      ),
      'KUBE-HEALTH-CHECK-NODE-PORT dst -j RETURN',
      expect.stringMatching(/--ctstate NEW.*KUBE-IPVS-IPS dst -j REJECT/),
    ]);
    // The second load balancer lets the node in.
    expect(rulesOf(node, 'filter', 'KUBE-IPVS-OUT-FILTER')).toEqual([
      '-s 203.0.113.80 -m ipvs --vaddr 203.0.113.80 --vproto tcp --vport 80 -j DROP',
    ]);
    expect(rulesOf(node, 'filter', 'KUBE-FORWARD')).toHaveLength(2);
    expect(rulesOf(node, 'filter', 'KUBE-NODE-PORT')).toEqual(['KUBE-HEALTH-CHECK-NODE-PORT dst -j ACCEPT']);
  });

  test('are 24 rules in nat and 14 in filter', () => {
    expect(node.proxier.prepare(1, 0, false)).toMatchObject({ rulesTotal: 24 + 13 + 1, chainsTotal: 11 });
  });

  test('stand in the text of a sync as they stand in the tables', () => {
    const fresh = new TestCluster(ledgerOf(EVERYTHING)).first;
    fresh.proxier.prepare(1, 0, false);
    const texts = new Map(fresh.proxier.script().map(({ tool, text }) => [tool, text.split('\n')]));
    fresh.proxier.commit();
    const written = (lines: readonly string[]): string[] => lines.filter((line) => line.startsWith('-A KUBE-')).sort();
    expect(written(texts.get('iptables-restore') ?? [])).toEqual(written(printTables(fresh.netfilter).split('\n')));
    const entries = Object.values(fresh.setSizes()).reduce((sum, size) => sum + size, 0);
    expect((texts.get('ipset') ?? []).filter((line) => line.startsWith('add '))).toHaveLength(entries);
    expect((texts.get('ipset') ?? []).filter((line) => line.startsWith('create '))).toHaveLength(17);
  });
});

describe('options', () => {
  const port = servicePort(1, [4], { nodePort: 30001 });

  test('say who is masqueraded at a cluster address', () => {
    const rule = (options: Partial<ProxyOptions>): string =>
      rulesOf(synced([port], options), 'nat', 'KUBE-SERVICES')[1]!;
    expect(rule({ masqueradeAll: true })).toBe('KUBE-CLUSTER-IP dst,dst -j KUBE-MARK-MASQ');
    expect(rule({ detector: { kind: 'none' } })).toBe('KUBE-CLUSTER-IP src,dst -j KUBE-MARK-MASQ');
    expect(rule({ detector: { kind: 'interface', name: 'cni+' } })).toBe(
      'KUBE-CLUSTER-IP dst,dst ! -i cni+ -j KUBE-MARK-MASQ',
    );
  });

  test('give nodes rules of their own where NodeCIDR does', () => {
    const detector = [0, 1].map((n) => ({ kind: 'source', prefix: { address: PODS + n * 256, bits: 24 } }) as const);
    const { nodes } = new TestCluster(ledgerOf([port]), 2, { detector });
    const rules = nodes.map((node) => {
      node.sync(1);
      return rulesOf(node, 'nat', 'KUBE-SERVICES')[1];
    });
    expect(rules.map((rule) => /! -s (\S+)/.exec(rule ?? '')?.[1])).toEqual(['10.244.0.0/24', '10.244.1.0/24']);
  });

  test('move the mark, and leave --random-fully out', () => {
    const node = synced([port], { masqueradeBit: 15, randomFully: false });
    expect(rulesOf(node, 'nat', 'KUBE-MARK-MASQ')).toEqual(['-j MARK --or-mark 0x8000']);
    expect(rulesOf(node, 'nat', 'KUBE-POSTROUTING').pop()).toBe('-j MASQUERADE');
  });

  test('say on which addresses node ports stand', () => {
    const places = (options: Partial<ProxyOptions>): boolean[] => {
      const node = synced([port], options);
      return [NODE_IPS, 0x7f000001].map((address) => node.ipvs.service(tcp, address, 30001) !== null);
    };
    expect(places({})).toEqual([true, false]);
    expect(places({ nodePortAddresses: [{ address: 0, bits: 0 }] })).toEqual([true, false]);
    expect(places({ nodePortAddresses: [{ address: 0x0a000000, bits: 8 }] })).toEqual([false, false]);
    expect(
      places({
        nodePortAddresses: [
          { address: NODE_IPS, bits: 32 },
          { address: 0x7f000000, bits: 8 },
        ],
      }),
    ).toEqual([...[true, false]]);
  });

  test('a node without addresses for node ports has none, and nothing in their sets', () => {
    const node = synced([port], { nodePortAddresses: [{ address: 0x0a000000, bits: 8 }] });
    expect(node.setSizes()['KUBE-NODE-PORT-TCP']).toBeUndefined();
  });
});

describe('load balancers with source ranges', () => {
  const port = servicePort(1, [4], { loadBalancerVips: [VIP], sourceRanges: [RANGE] });

  function outcome(node: TestNode, source: number): Verdict {
    node.state = CtState.new;
    return node.netfilter.evaluate(Table.filter, Hook.input, node.packet(source, VIP, 80), node);
  }

  test('let in whom they name', () => {
    const node = synced([port]);
    expect([OUTSIDE, OUTSIDE + 32, VIP].map((source) => outcome(node, source))).toEqual([
      ...[Verdict.accept, Verdict.drop, Verdict.drop],
    ]);
    const output = node.netfilter.evaluate(Table.filter, Hook.output, node.packet(VIP, PODS + 4, 8080), node);
    expect(output).toBe(Verdict.drop);
  });

  test('let the node in by its own address where they name it', () => {
    const node = synced([
      servicePort(1, [4], { loadBalancerVips: [VIP], sourceRanges: [{ address: NODE_IPS, bits: 32 }] }),
    ]);
    expect(outcome(node, VIP)).toBe(Verdict.accept);
    expect(node.netfilter.evaluate(Table.filter, Hook.output, node.packet(VIP, PODS + 4, 8080), node)).toBe(
      Verdict.accept,
    );
  });

  test('a range of all addresses lets nobody in, since ipset refuses it', () => {
    const node = synced([servicePort(1, [4], { loadBalancerVips: [VIP], sourceRanges: [{ address: 0, bits: 0 }] })]);
    expect(outcome(node, OUTSIDE)).toBe(Verdict.drop);
  });
});

test('an external address that the node has on another device is not on kube-ipvs0: its other ports stay open', () => {
  const { nodes } = new TestCluster(ledgerOf([servicePort(1, [4], { externalIps: [NODE_IPS] })]), 2);
  const verdicts = nodes.map((node) => {
    node.sync(1);
    return node.netfilter.evaluate(Table.filter, Hook.input, node.packet(OUTSIDE, NODE_IPS, 22), node);
  });
  expect(verdicts).toEqual([Verdict.accept, Verdict.reject]);
  expect(nodes.map((node) => node.setSizes()['KUBE-IPVS-IPS'])).toEqual([1, 2]);
});

test('excludeCIDRs keep a virtual server whose service is gone, without its address', () => {
  const port = servicePort(1, [4]);
  const excludeCidrs = [{ address: CLUSTER_IPS, bits: 24 }];
  const { first } = new TestCluster(ledgerOf([port], [], [port]), 1, { excludeCidrs });
  const states = [1, 2, 3].map((revision) => {
    first.sync(revision);
    return [first.list(CLUSTER_IPS + 1, 80).length, first.ipvs.isBound(CLUSTER_IPS + 1)];
  });
  expect(states).toEqual([
    [1, true],
    [1, false],
    [1, true],
  ]);
});

describe('growth', () => {
  const SIZES = [1, 10, 100, 1000] as const;
  const clusters = SIZES.map((services) => {
    const ports = Array.from({ length: services }, (_, key) =>
      servicePort(key, [4, 5, 6], { nodePort: 20000 + key, clusterIp: CLUSTER_IPS + key }),
    );
    const { first } = new TestCluster(ledgerOf(ports));
    return { node: first, report: first.sync(1) };
  });

  test('of what a sync writes: virtual servers, servers and entries grow, rules and chains do not', () => {
    const grid = clusters.map(({ report }) => [
      report.rulesTotal,
      report.chainsTotal,
      report.virtualServers,
      report.realServers,
      report.setEntries,
    ]);
    // Entries: cluster address, bound address and node port of each; one local endpoint.
    expect(grid).toEqual([
      [21, 11, 2, 6, 4],
      [21, 11, 20, 60, 31],
      [21, 11, 200, 600, 301],
      [21, 11, 2000, 6000, 3001],
    ]);
  });

  test('of the rules that a first packet meets: none', () => {
    const compared = clusters.map(({ node }) => {
      const rules = (hook: Hook, table: Table, packet: number): number => {
        node.state = CtState.new;
        const before = node.work.counts[WorkKind.rule]!;
        node.netfilter.evaluate(table, hook, packet, node);
        return node.work.counts[WorkKind.rule]! - before;
      };
      const toCluster = node.packet(PODS + 7, CLUSTER_IPS, 80);
      const toNode = node.packet(OUTSIDE, NODE_IPS, 20000);
      const toNobody = node.packet(PODS + 7, OUTSIDE, 443);
      return [toCluster, toNode, toNobody].flatMap((packet) => [
        rules(Hook.prerouting, Table.nat, packet),
        rules(Hook.input, Table.filter, packet),
        rules(Hook.postrouting, Table.nat, packet),
      ]);
    });
    // nat: the jump, four rules of KUBE-SERVICES with the jumps among them; marked packets are masqueraded by three rules more.
    expect(compared[0]).toMatchObject({ length: 9 });
    for (const each of compared) expect(each).toEqual(compared[0]);
    expect(Math.max(...(compared[0] ?? []))).toBeLessThanOrEqual(18);
  });
});
