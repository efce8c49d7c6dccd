/** kube-proxy that goes away and comes back, full syncs, instant syncs, and health checks. */
import { describe, expect, test } from 'vitest';
import { endpoint } from './ledger-world.js';
import { madeUpProxies } from './made-up-proxies.js';

const HOUR = 3_600_000_000_000;

describe('a restart', () => {
  test('leaves everything in place until the first sync, which is full and knows what came meanwhile', () => {
    const { simulation, proxies, log, live, changeAt } = madeUpProxies({ durationNs: 5 });
    proxies.syncAll();
    simulation.run(1000);
    proxies.restart(0, 500);
    changeAt(1200);
    simulation.run(1400);
    expect(log).toEqual(['0 node 0 revision 1']);
    expect(proxies.liveRevision(0)).toBe(1);
    simulation.run(3000);
    // Up at 1500, and the list takes what the watch takes.
    expect(log.slice(1)).toEqual(['1515 node 0 revision 2 full']);
    expect(live[1]).toMatchObject({ from: 1, to: 2, first: true, startedNs: 1510 });
    changeAt(4000);
    simulation.run(5000);
    expect(log.slice(2)).toEqual(['4015 node 0 revision 3']);
    expect(live[2]).toMatchObject({ from: 2, to: 3, first: false });
  });

  test('breaks off a sync that has not taken hold', () => {
    const { simulation, proxies, log, ended, changeAt } = madeUpProxies({ durationNs: 50, liveAfterNs: 20 });
    proxies.syncAll();
    changeAt(1000);
    simulation.run(1025);
    proxies.restart(0, 100);
    simulation.run(2000);
    expect(log.slice(1)).toEqual(['1155 node 0 revision 2 full']);
    expect(ended.slice(1)).toEqual(['1185 node 0 revision 2']);
  });

  test('keeps what a broken off sync had put in place', () => {
    const { simulation, proxies, log, changeAt } = madeUpProxies({ durationNs: 50, liveAfterNs: 20 });
    proxies.syncAll();
    changeAt(1000);
    simulation.run(1035);
    proxies.restart(0, 100);
    expect([log[1], proxies.liveRevision(0)]).toEqual(['1030 node 0 revision 2', 2]);
  });

  test('of one node lets the others go on', () => {
    const { simulation, proxies, log, changeAt } = madeUpProxies({ nodes: 2 });
    proxies.syncAll();
    simulation.run(1000);
    proxies.restart(1, 10_000);
    changeAt(1100);
    simulation.run(20_000);
    const after = log.slice(2);
    expect(after.find((line) => line.includes('node 0'))).toBe('1115 node 0 revision 2');
    expect(after.find((line) => line.includes('node 1'))).toBe('11015 node 1 revision 2 full');
  });

  test('during a restart begins the time anew', () => {
    const { simulation, proxies, log } = madeUpProxies();
    proxies.syncAll();
    simulation.run(1000);
    proxies.restart(0, 500);
    simulation.run(1200);
    proxies.restart(0, 500);
    simulation.run(2000);
    expect(log.slice(1)).toEqual(['1715 node 0 revision 1 full']);
  });
});

describe('a full sync', () => {
  test('follows a change of the node’s labels', () => {
    const { simulation, proxies, live } = madeUpProxies();
    proxies.syncAll();
    simulation.run(1000);
    proxies.nodeChanged(0);
    simulation.run(2000);
    expect(live.map(({ startedNs, report }) => [startedNs, report.full])).toEqual([
      [0, true],
      [1010, true],
    ]);
  });

  test('follows at the end of the sync under way', () => {
    const { simulation, proxies, live, changeAt } = madeUpProxies({ durationNs: 50 });
    proxies.syncAll();
    changeAt(1000);
    simulation.run(1020);
    proxies.nodeChanged(0);
    simulation.run(2000);
    expect(live.slice(1).map(({ startedNs, report }) => [startedNs, report.full])).toEqual([
      [1010, false],
      [1060, true],
    ]);
  });

  test('comes an hour after the last one', () => {
    const { proxies, live, changeAt, simulation } = madeUpProxies({ options: { maxSyncPeriodNs: 10 * HOUR } });
    proxies.syncNow(0);
    for (const time of [HOUR / 2, HOUR - 1, HOUR, HOUR + 1]) {
      simulation.run(time);
      changeAt(time);
      proxies.syncNow(0);
    }
    expect(live.map(({ report }) => report.full)).toEqual([true, false, false, true, false]);
  });

  test('is what an instant sync does when asked to', () => {
    const { proxies, write } = madeUpProxies();
    const scripts: string[] = [];
    const onScript = (script: readonly { readonly text: string }[]) =>
      scripts.push(script.map(({ text }) => text).join());
    proxies.syncNow(0, { onScript });
    write.slice('a', 's', [endpoint(1)]);
    const syncs = [proxies.syncNow(0, { onScript }), proxies.syncNow(0, { full: true, onScript })];
    expect(syncs.map(({ from, to, report }) => [from, to, report.full])).toEqual([
      [1, 2, false],
      [2, 2, true],
    ]);
    expect(scripts).toEqual(['node 0 revision 1', 'node 0 revision 2', 'node 0 revision 2']);
  });
});

describe('health-check node ports', () => {
  const healthy = () =>
    madeUpProxies({
      nodes: 2,
      prepare: (write) => {
        write.service('lb', { type: 'LoadBalancer', externalTrafficPolicy: 'Local', healthCheckNodePort: 31_000 });
        write.slice('lb', 'lb-1', [endpoint(1, { node: 0 }), endpoint(2, { node: 1, ready: false })]);
      },
    });

  test('answer for the endpoints that are ready on the node, as the node has synced them', () => {
    const { proxies, write, simulation } = healthy();
    proxies.syncAll();
    const answers = () => [0, 1].map((node) => proxies.healthCheckStatus(31_000, node));
    expect(answers()).toEqual([200, 503]);
    write.slice('lb', 'lb-1', [endpoint(1, { node: 0, ready: false }), endpoint(2, { node: 1 })]);
    expect(answers()).toEqual([200, 503]);
    simulation.run(1000);
    expect(answers()).toEqual([503, 200]);
    write.remove('service', 'lb');
    simulation.run(2000);
    expect(answers()).toEqual([undefined, undefined]);
  });

  test('are nobody’s while the proxy is down, and other ports always', () => {
    const { proxies, simulation } = healthy();
    proxies.syncAll();
    expect([proxies.healthCheckStatus(0, 0), proxies.healthCheckStatus(80, 0)]).toEqual([undefined, undefined]);
    proxies.restart(0, 100);
    expect(proxies.healthCheckStatus(31_000, 0)).toBeUndefined();
    simulation.run(1000);
    expect(proxies.healthCheckStatus(31_000, 0)).toBe(200);
  });
});

describe('a node that joins', () => {
  test('has nothing until its proxy starts, which syncs everything and then follows', () => {
    const { simulation, proxies, log, live, changeAt } = madeUpProxies({ nodes: 2, durationNs: 5 });
    proxies.syncAll(new Set([1]));
    expect(log).toEqual(['0 node 0 revision 1']);
    changeAt(1000);
    // Its interval for forced syncs goes by, and a restart finds nothing to restart.
    proxies.restart(1, 0);
    simulation.run(20_000);
    expect(log.filter((line) => line.includes('node 1'))).toEqual([]);
    expect(proxies.liveRevision(1)).toBe(0);
    proxies.join(1);
    proxies.join(1);
    simulation.run(20_100);
    expect(log.filter((line) => line.includes('node 1'))).toEqual(['20015 node 1 revision 2 full']);
    expect(live.at(-1)).toMatchObject({ node: 1, from: 0, to: 2, first: true, startedNs: 20_010 });
    changeAt(21_000);
    simulation.run(21_100);
    expect(log.filter((line) => line.includes('node 1')).slice(1)).toEqual(['21015 node 1 revision 3']);
    expect(proxies.pendingChanges()).toBe(0);
  });
});
