/** What syncs of the ipvs mode write and cost, restarts, and nodes at different revisions. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Hook } from '../../../src/kernel/hook.js';
import { Table } from '../../../src/kernel/index.js';
import { SYNC_WORK_NAMES } from '../../../src/kernel/work.js';
import type { SyncReport } from '../../../src/proxy/proxier.js';
import { CLUSTER_IPS, ledgerOf, NODE_IPS, servicePort, TestCluster } from './ipvs-mode-fixture.js';

/** Units of the kinds of work that ipvs syncs do. */
function work(report: SyncReport): Record<string, number> {
  const own = SYNC_WORK_NAMES.filter((name) => !/^nft|^conntrack|^port/.test(name));
  return Object.fromEntries(own.map((name) => [name, report.work[SYNC_WORK_NAMES.indexOf(name)]!]));
}

describe('a sync', () => {
  const ports = [servicePort(1, [4, 5], { nodePort: 30001 }), servicePort(2, [6])];

  test('adds everything at first', () => {
    const report = new TestCluster(ledgerOf(ports)).first.sync(1);
    expect(report).toMatchObject({ full: true, virtualServers: 3, realServers: 5, setEntries: 2 + 1 + 2 + 1 });
    expect(work(report)).toEqual({
      process: 11 + 2 * 9 + 2 * 17 + 6 + 1,
      restoreLine: 11 + report.rulesTotal,
      tableRule: report.rulesTotal,
      netlinkCall: 3 * 3 + 3 + 5 + 1,
      serviceVisited: 2,
      endpointVisited: 5,
      setEntry: 6,
      addressBound: 2,
    });
  });

  test('visits every service though nothing changed', () => {
    const { first } = new TestCluster(ledgerOf(ports, ports));
    first.sync(1);
    expect(work(first.sync(2))).toMatchObject({
      process: 11 + 9 + 2 * 17 + 1,
      netlinkCall: 3 * 3 + 1,
      serviceVisited: 2,
      setEntry: 0,
      addressBound: 0,
    });
  });

  test('writes an endpoint that comes or goes, for the cluster address and the node port', () => {
    const next = [servicePort(1, [5, 9], { nodePort: 30001 }), ports[1]!];
    const { first } = new TestCluster(ledgerOf(ports, next));
    first.sync(1);
    // Two servers come, two go with two requests each; the local endpoint 4 leaves its set.
    expect(work(first.sync(2))).toMatchObject({ netlinkCall: 3 * 3 + 2 + 2 * 2 + 1, setEntry: 1 });
  });

  test('writes a service that comes, changes its affinity, and goes', () => {
    const more = [...ports, servicePort(3, [7, 8, 10])];
    const sticky = [...ports, servicePort(3, [7, 8, 10], { affinitySeconds: 10 })];
    const { first } = new TestCluster(ledgerOf(ports, more, sticky, ports));
    first.sync(1);
    expect(work(first.sync(2))).toMatchObject({ netlinkCall: 3 * 4 + 1 + 3 + 1, addressBound: 1, setEntry: 2 + 1 });
    expect(work(first.sync(3))).toMatchObject({ netlinkCall: 3 * 4 + 1 + 1, addressBound: 0, setEntry: 0 });
    expect(work(first.sync(4))).toMatchObject({ netlinkCall: 3 * 3 + 1 + 1, addressBound: 1, setEntry: 2 + 1 });
  });

  test('takes hold when commands that ensure are done and half of the services, before sets and rules are written', () => {
    const { first } = new TestCluster(
      ledgerOf(ports, [servicePort(1, [5, 9], { nodePort: 30001 }), ports[1]!], [ports[1]!]),
    );
    first.sync(1);
    const changed = first.sync(2);
    const before = (report: SyncReport): Record<string, number> => work({ ...report, work: report.workBeforeLive });
    expect(before(changed)).toEqual({
      process: 11 + 9 + 17,
      restoreLine: 0,
      tableRule: 0,
      netlinkCall: (3 * 3 + 2 + 2 * 2) / 2,
      serviceVisited: 1,
      endpointVisited: 2.5,
      setEntry: 0,
      addressBound: 0,
    });
    // Virtual servers and addresses that go, go at the end.
    expect(before(first.sync(3))).toMatchObject({ netlinkCall: 3 / 2, addressBound: 0 });
  });

  test('changes nothing before it is committed', () => {
    const { first } = new TestCluster(ledgerOf(ports));
    first.proxier.prepare(1, 0, false);
    expect([first.ipvs.active, first.netfilter.base(Table.nat, Hook.prerouting, 0)]).toEqual([false, -1]);
    first.proxier.commit();
    expect(first.ipvs.active).toBe(true);
  });

  test('after a restart of kube-proxy finds what is in place', () => {
    const cluster = new TestCluster(ledgerOf(ports));
    cluster.first.sync(1);
    cluster.first.proxier = cluster.run.proxier(cluster.first.proxyNode);
    expect(work(cluster.first.sync(1))).toMatchObject({ netlinkCall: 3 * 3 + 1, setEntry: 0 });
  });

  test('after a restart goes by what it finds: the queue of servers that drain is lost', () => {
    const without = [servicePort(1, [4], { nodePort: 30001 }), ports[1]!];
    const cluster = new TestCluster(ledgerOf(ports, without, ports));
    const { first } = cluster;
    first.sync(1);
    expect(first.connect(CLUSTER_IPS + 1, 80, 1)).toBe(5);
    first.sync(2);
    first.proxier = cluster.run.proxier(first.proxyNode);
    expect(first.ipvs.servers.drainingCount).toBe(0);
    // Wanted again, it gets its weight back in its place; not wanted, it would be drained again.
    const report = first.proxier.prepare(3, 0, false);
    expect(first.proxier.script().find(({ tool }) => tool === 'ipvsadm')?.text).toContain(
      '-e -t 10.96.0.1:80 -r 10.244.0.5:8080 -m -w 1',
    );
    first.proxier.commit();
    expect([first.list(CLUSTER_IPS + 1, 80), report.realServers]).toEqual([[5, 4], 5]);
    expect(first.connect(CLUSTER_IPS + 1, 80, 2)).toBe(4);
  });

  test('counts servers that drain among those in place', () => {
    const { first } = new TestCluster(ledgerOf(ports, [servicePort(1, [4], { nodePort: 30001 }), ports[1]!], ports));
    first.sync(1);
    expect(first.connect(CLUSTER_IPS + 1, 80, 1)).toBe(5);
    first.sync(2);
    expect(first.list(CLUSTER_IPS + 1, 80)).toEqual([5, 4]);
    expect(first.proxier.prepare(2, 0, false).realServers).toBe(3 + 1);
  });
});

describe('nodes that lag behind', () => {
  const podSet = fc.uniqueArray(fc.nat(12), { maxLength: 8 });

  test('have what their own revision says, whoever else is ahead', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(podSet, podSet), { minLength: 1, maxLength: 6 }),
        fc.array(fc.tuple(fc.nat(2), fc.nat(2)), { maxLength: 12 }),
        (states, syncs) => {
          const revisions = states.map(([a, b]) => [servicePort(1, a), servicePort(2, b, { nodePort: 30002 })]);
          const { nodes } = new TestCluster(ledgerOf(...revisions), 3);
          const at = [0, 0, 0];
          for (const [index, ahead] of syncs) {
            at[index] = Math.min(states.length, Math.max(at[index]! + ahead, 1));
            nodes[index]!.sync(at[index]);
            nodes.forEach((node, n) => {
              const state = states[at[n]! - 1];
              const sorted = (list: readonly number[]): number[] => [...list].sort((x, y) => x - y);
              expect(sorted(node.list(CLUSTER_IPS + 1, 80))).toEqual(sorted(state?.[0] ?? []));
              expect(sorted(node.list(NODE_IPS + n, 30002))).toEqual(sorted(state?.[1] ?? []));
            });
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  test('are never left without what they have, though much is dropped', () => {
    const revisions = Array.from({ length: 700 }, (_, i) => [servicePort(1, [i % 7, 8 + (i % 5)])]);
    const { nodes } = new TestCluster(ledgerOf(...revisions), 2);
    for (let revision = 1; revision <= 700; revision++) {
      nodes[0]!.sync(revision);
      if (revision % 100 === 0) nodes[1]!.sync(revision - 50);
    }
    // Revision 650; as text of ip:port, pod 12 comes before pod 5.
    expect(nodes[1]!.list(CLUSTER_IPS + 1, 80)).toEqual([649 % 7, 8 + (649 % 5)]);
  });
});
