/** Proxies on nodes: delays, one sync at a time, coalescing, forced syncs, and what is live when. */
import { describe, expect, test } from 'vitest';
import { madeUpProxies, type MadeUpProxies } from './made-up-proxies.js';

/** Nodes that are up to date at time 0. */
function world(nodes: number, durationNs: number, options: MadeUpProxies['options'] = {}, liveAfterNs = durationNs) {
  const made = madeUpProxies({ nodes, durationNs, liveAfterNs, options });
  made.proxies.syncAll();
  return made;
}

describe('a change', () => {
  test('is live a delay and a sync later', () => {
    const { simulation, log, live, changeAt, proxies } = world(1, 7);
    expect(log).toEqual(['0 node 0 revision 1']);
    expect(live[0]).toMatchObject({ node: 0, from: 0, to: 1, startedNs: 0, durationNs: 7 });
    changeAt(1000);
    simulation.run(2000);
    expect(log.slice(1)).toEqual(['1017 node 0 revision 2']);
    expect(live[1]).toMatchObject({ from: 1, to: 2, startedNs: 1010, durationNs: 7 });
    expect(proxies.liveRevision(0)).toBe(2);
  });

  test('that arrives during a sync waits for the next one', () => {
    const { simulation, log, changeAt } = world(1, 50);
    changeAt(1000);
    changeAt(1020);
    changeAt(1040);
    simulation.run(2000);
    expect(log.slice(1)).toEqual(['1060 node 0 revision 2', '1110 node 0 revision 4']);
  });

  test('on its way when a sync ends begins another one when it arrives', () => {
    const { simulation, log, changeAt } = world(1, 5);
    changeAt(1000);
    changeAt(1012);
    simulation.run(2000);
    expect(log.slice(1)).toEqual(['1015 node 0 revision 2', '1027 node 0 revision 3']);
  });

  test('takes hold before the sync is over, and the next sync waits for its end', () => {
    const { simulation, log, ended, changeAt, proxies } = world(1, 50, {}, 20);
    changeAt(1000);
    changeAt(1020);
    expect(proxies.liveRevision(0)).toBe(1);
    // In place from 1030 on, and another change arrives while the sync goes on.
    changeAt(1035);
    expect(proxies.liveRevision(0)).toBe(2);
    simulation.run(2000);
    expect(log.slice(1)).toEqual(['1030 node 0 revision 2', '1080 node 0 revision 4']);
    expect(ended.slice(1)).toEqual(['1060 node 0 revision 2', '1110 node 0 revision 4']);
  });

  test('is pending on each node until it takes hold there', () => {
    const { simulation, changeAt, proxies } = world(3, 50, { minSyncPeriodNs: 0 }, 20);
    const pendingAt = (time: number): number => {
      simulation.run(time);
      return proxies.pendingChanges();
    };
    expect(pendingAt(999)).toBe(0);
    changeAt(1000);
    expect(pendingAt(1000)).toBe(3);
    changeAt(1005);
    expect(pendingAt(1029)).toBe(6);
    expect(pendingAt(1030)).toBe(3);
    expect(pendingAt(1080)).toBe(0);
  });

  test('beyond the burst waits for the interval, and takes later ones along', () => {
    const { simulation, log, changeAt } = world(1, 5);
    for (const time of [1000, 1020, 1040, 1060]) changeAt(time);
    simulation.run(2000);
    expect(log.slice(1)).toEqual(['1015 node 0 revision 2', '1035 node 0 revision 3', '1140 node 0 revision 5']);
  });

  test('that arrives once there is a token again does not wait for the timer', () => {
    const { simulation, log, changeAt } = world(1, 20);
    for (const time of [1000, 1030, 1060, 1105]) changeAt(time);
    simulation.run(2000);
    expect(log.slice(1)).toEqual(['1030 node 0 revision 2', '1060 node 0 revision 3', '1135 node 0 revision 5']);
  });

  test('reaches every node after a delay of its own, in order', () => {
    const { simulation, done, changeAt } = world(20, 0, { watchJitterNs: 50, minSyncPeriodNs: 0 });
    for (const time of [1000, 1001, 1010]) changeAt(time);
    simulation.run(2000);
    const delays = new Set<number>();
    for (let node = 0; node < 20; node++) {
      const syncs = done.filter((sync) => sync.node === node && sync.to > sync.from && sync.from > 0);
      expect(syncs.map((sync) => sync.to)).toEqual([2, 3, 4]);
      const delay = (syncs[0]?.startedNs ?? 0) - 1000;
      expect(syncs.map((sync) => sync.startedNs - delay)).toEqual([1000, 1001, 1010]);
      expect(delay).toBeGreaterThanOrEqual(10);
      expect(delay).toBeLessThanOrEqual(60);
      delays.add(delay);
    }
    expect(delays.size).toBeGreaterThan(10);
  });
});

describe('without changes', () => {
  test('every node syncs once in the maximum interval, spread over it', () => {
    const { simulation, done } = world(50, 1);
    simulation.run(10_001);
    const forced = done.slice(50);
    expect(forced.map((sync) => sync.node).sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    expect(new Set(forced.map((sync) => sync.startedNs)).size).toBeGreaterThan(40);
    expect(forced.every((sync) => sync.from === 1 && sync.to === 1)).toBe(true);
    expect(simulation.eventCount).toBe(100);
    expect(simulation.pending).toBe(50);
  });

  test('a forced sync comes the maximum interval after the last one', () => {
    const { simulation, done, changeAt } = world(1, 5);
    simulation.run(10_001);
    const last = () => done[done.length - 1]?.startedNs ?? 0;
    changeAt(15_000);
    simulation.run(25_000);
    expect(last()).toBe(15_010);
    simulation.run(25_020);
    expect(last()).toBe(25_015);
  });
});

test('the times of changes are known until they are live everywhere, and then forgotten in ledger and proxies', () => {
  const { simulation, ledger, proxies, changeAt } = world(2, 5);
  for (let i = 1; i <= 20; i++) {
    changeAt(1000 * i);
    expect(proxies.changedAt(ledger.revision)).toBe(1000 * i);
    expect(proxies.oldestRevision()).toBe(i);
    simulation.run(1000 * i + 500);
    expect(proxies.oldestRevision()).toBe(i + 1);
  }
  expect(() => ledger.portAt(0, 10)).toThrow('ledger-revision');
  expect(ledger.portAt(0, 21)?.endpoints.length).toBe(1);
});
