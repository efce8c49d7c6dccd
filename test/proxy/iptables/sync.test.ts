/** What syncs write: full and partial, lines, processes, deleted chains. */
import { describe, expect, test } from 'vitest';
import { SyncWorkKind } from '../../../src/kernel/work.js';
import type { SyncReport } from '../../../src/proxy/proxier.js';
import { endpointList, OPTIONS, servicePort } from './fixture.js';
import { World } from './world.js';

/** Rules of the table filter that every sync writes. */
const FILTER = 4;
const natWritten = (report: SyncReport): number => report.rulesWritten - FILTER;
const natTotal = (report: SyncReport): number => report.rulesTotal - FILTER;
const lines = (report: SyncReport): number => report.work[SyncWorkKind.restoreLine]!;

describe('a service comes, goes, and loses and gets endpoints', () => {
  const [one, two, three] = [servicePort(1, 1), servicePort(2, 1), servicePort(3, 1)];
  const without = servicePort(4, 0);
  const served = servicePort(4, 1);
  const revisions = [
    [one, two],
    [one, two, three],
    [one, three],
    [one, three, without],
    [one, three, served],
    [one, { ...three, endpoints: endpointList([[0x0a0003e7, 80]]) }, served],
  ];
  const world = new World(revisions);
  const node = world.node();
  const reports = revisions.map((_, i) => world.sync(node, i + 1));

  test('only the first sync is full', () => {
    expect(reports.map((report) => report.full)).toEqual([true, false, false, false, false, false]);
  });

  test('nat rules in place after each', () => {
    expect(reports.map((report) => report.rulesTotal - FILTER)).toEqual([15, 20, 15, 16, 20, 20]);
  });

  test('nat rules written: 5 + R + node ports + rules of changed services; 12 of 20 when one of three is new', () => {
    // The fourth writes 7 in nat, and one REJECT more in filter than the others.
    expect(reports.map(natWritten)).toEqual([15, 12, 7, 7 + 1, 12, 12]);
    expect(natTotal(reports[1]!)).toBe(20);
  });

  test('lines: ten fixed chains, own chains, rules, and two lines a deleted chain', () => {
    expect(lines(reports[0]!)).toBe(10 + 4 + 15 + FILTER);
    expect(lines(reports[1]!)).toBe(10 + 2 + 12 + FILTER);
    expect(lines(reports[2]!)).toBe(10 + 2 * 2 + 7 + FILTER);
    expect(lines(reports[5]!)).toBe(10 + 2 + 2 * 1 + 12 + FILTER);
  });

  test('a full sync ensures 14 jumps with three commands each at first, a partial one none', () => {
    expect(reports.map((report) => report.work[SyncWorkKind.process])).toEqual([44, 2, 2, 2, 2, 2]);
  });

  test('a commit copies the whole table nat, every service and endpoint is visited', () => {
    // A table that was there before is saved too, for half the price.
    const copied = [15, 20 * 1.5, 15 * 1.5, 15 * 1.5, 20 * 1.5, 20 * 1.5];
    expect(reports.map((report) => report.work[SyncWorkKind.tableRule])).toEqual(copied);
    expect(reports.map((report) => report.work[SyncWorkKind.serviceVisited])).toEqual([2, 3, 2, 3, 3, 3]);
    expect(reports.map((report) => report.work[SyncWorkKind.endpointVisited])).toEqual([2, 3, 2, 2, 3, 3]);
  });
});

test('a node that missed revisions writes all that changed since its last sync', () => {
  const ports = [servicePort(0, 2), servicePort(1, 3), servicePort(2, 4)];
  const next = [ports[0]!, servicePort(1, 2), ports[2]!];
  const last = [ports[0]!, next[1]!, servicePort(2, 3)];
  const world = new World([ports, next, last]);
  const [steady, late] = [world.node(), world.node()];
  world.sync(steady, 1);
  world.sync(late, 1);
  const fixed = 5 + 3;
  expect(natWritten(world.sync(steady, 2))).toBe(fixed + (3 * 2 + 1));
  expect(natWritten(world.sync(steady, 3))).toBe(fixed + (3 * 3 + 1));
  expect(natWritten(world.sync(late, 3))).toBe(fixed + (3 * 2 + 1) + (3 * 3 + 1));
});

test('a sync without changes still writes the dispatch and fixed chains', () => {
  const world = new World([[servicePort(0, 2, { nodePort: 30000 }), servicePort(1, 2)]]);
  const node = world.node();
  world.sync(node, 1);
  const report = world.sync(node, 1);
  expect(report.full).toBe(false);
  expect(natWritten(report)).toBe(5 + 2 + 1);
});

test('kube-proxy started again on a node finds its jumps and does a full sync', () => {
  const world = new World([[servicePort(0, 2)]]);
  const node = world.node();
  world.sync(node, 1);
  const again = world.mode.proxier(node.proxyNode);
  const report = again.prepare(1, 0, true);
  again.commit();
  expect(report.full).toBe(true);
  expect(report.work[SyncWorkKind.process]).toBe(28 + 2);
});

test('a sync takes hold with its last command, iptables-restore', () => {
  const world = new World([[servicePort(0, 2)], [servicePort(0, 3)]]);
  const node = world.node();
  for (const revision of [1, 2]) {
    const { work, workBeforeLive } = world.sync(node, revision);
    expect(workBeforeLive).toEqual(work);
  }
});

describe('above 1000 endpoints', () => {
  const SECOND = 1e9;
  const crowd = servicePort(0, 998);
  const few = servicePort(1, 3);
  const fewer = servicePort(1, 2);
  const processes = (report: SyncReport): number => report.work[SyncWorkKind.process]!;
  const deleted = (text: string): string[] => text.split('\n').filter((line) => line.startsWith('-X '));

  test('stale chains stay until syncPeriod has passed since the last clean-up, and are counted', () => {
    const world = new World([[crowd], [crowd, few, servicePort(2, 1)], [crowd, fewer, servicePort(2, 1)], [crowd]]);
    const node = world.node();
    expect(processes(world.sync(node, 1))).toBe(44);
    // It becomes large: no iptables-save.
    expect(processes(world.sync(node, 2, 10 * SECOND))).toBe(1);
    const before = world.syncWithText(node, 3, 20 * SECOND);
    expect(deleted(before.text)).toEqual([]);
    const shrunk = new World([[crowd, fewer, servicePort(2, 1)]]);
    const clean = shrunk.sync(shrunk.node(), 1);
    expect(before.report.chainsTotal).toBe(clean.chainsTotal + 1);
    expect(before.report.rulesTotal).toBe(clean.rulesTotal + 2);
    expect(before.report.work[SyncWorkKind.tableRule]).toBe(natTotal(clean) + 2);
    // 998 endpoints and no more than that: not large any more, so everything stale goes.
    const { report, text } = world.syncWithText(node, 4, 21 * SECOND);
    expect(deleted(text)).toHaveLength(3 + 2 + 1);
    expect(new Set(deleted(text)).size).toBe(3 + 2 + 1);
    expect(report.chainsTotal).toBe(10 + 1 + 998);
  });

  test('a stale chain that is needed again is not stale any more', () => {
    const big = servicePort(0, 1001);
    const world = new World([
      [big, few],
      [big, fewer],
      [big, few],
      [big, fewer],
    ]);
    const node = world.node();
    const full = world.sync(node, 1);
    expect(world.sync(node, 2, 1 * SECOND).chainsTotal).toBe(full.chainsTotal);
    expect(world.sync(node, 3, 2 * SECOND).chainsTotal).toBe(full.chainsTotal);
    const late = world.syncWithText(node, 4, 31 * SECOND);
    expect(deleted(late.text)).toHaveLength(1);
    expect(late.report.chainsTotal).toBe(full.chainsTotal - 1);
    expect(processes(late.report)).toBe(2);
  });

  test('a full sync cleans up only if the last clean-up is old enough; its text has no comments', () => {
    const big = servicePort(0, 1001);
    const world = new World([[few], [big, few], [big]]);
    const node = world.node();
    world.sync(node, 1);
    const partial = world.syncWithText(node, 2, 1 * SECOND);
    expect(partial.text).not.toContain('-m comment --comment ns1/svc0:p80 ');
    const { report, text } = world.syncWithText(node, 2, 2 * SECOND, true);
    expect(report.full).toBe(true);
    expect(processes(report)).toBe(28 + 1);
    expect(text).not.toContain('-m comment --comment ns1/svc1:p80 ');
    expect(text).toContain('-m comment --comment "ns1/svc1:p80 cluster IP"');
    expect(deleted(world.syncWithText(node, 3, 3 * SECOND, true).text)).toEqual([]);
    expect(deleted(world.syncWithText(node, 3, 34 * SECOND, true).text)).toHaveLength(4);
  });
});

test('what a former kube-proxy left is deleted by the first sync of the next one', () => {
  const world = new World([[servicePort(0, 3), servicePort(1, 1)], [servicePort(0, 2)]]);
  const node = world.node();
  world.sync(node, 1);
  world.restart(node);
  const { report, text } = world.syncWithText(node, 2);
  expect(report.full).toBe(true);
  expect(text.split('\n').filter((line) => line.startsWith('-X '))).toHaveLength(1 + 2);
});

test('the text names the tool of its family', () => {
  for (const [family, tool] of [
    [4, 'iptables-restore'],
    [6, 'ip6tables-restore'],
  ] as const) {
    const world = new World([[]], OPTIONS, family);
    const node = world.node();
    const proxier = world.mode.proxier(node.proxyNode);
    proxier.prepare(1, 0, false);
    const [input] = proxier.script();
    expect(input?.tool).toBe(tool);
    expect(input?.text.split('\n').filter((line) => line === 'COMMIT')).toHaveLength(2);
  }
});

test('versions that nobody uses any more are dropped, planned ones too', () => {
  const revisions = Array.from({ length: 5 }, (_, i) => [
    servicePort(0, i + 1),
    servicePort(1, 2, { nodePort: 30001 }),
  ]);
  const world = new World(revisions);
  const node = world.node();
  const proxier = world.mode.proxier(node.proxyNode);
  revisions.forEach((_, i) => proxier.prepare(i + 1, 0, false));
  proxier.commit();
  const fresh = new World([revisions[4]!]);
  fresh.sync(fresh.node(), 1);
  expect(world.store.chainCount).toBe(fresh.store.chainCount);
});

test('a restarted kube-proxy leaves nothing of its former life behind', () => {
  const revisions = [[servicePort(0, 3)], [servicePort(0, 2)]];
  const world = new World(revisions);
  const node = world.node();
  world.sync(node, 1);
  const again = world.mode.proxier(node.proxyNode);
  again.prepare(2, 0, true);
  again.commit();
  const fresh = new World([revisions[1]!]);
  fresh.sync(fresh.node(), 1);
  expect(world.store.chainCount).toBe(fresh.store.chainCount);
});
