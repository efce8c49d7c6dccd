/** What syncs write: full and partial, lines, processes, deleted chains. */
import { describe, expect, test } from 'vitest';
import { SyncWorkKind } from '../../../src/kernel/work.js';
import type { SyncReport } from '../../../src/proxy/proxier.js';
import { endpointList, servicePort } from './fixture.js';
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
  const report = again.prepare(1);
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

test('above 1000 endpoints a partial sync does without iptables-save and leaves stale chains', () => {
  const crowd = servicePort(0, 1001);
  const world = new World([[crowd, servicePort(1, 3)], [crowd]]);
  const node = world.node();
  expect(world.sync(node, 1).work[SyncWorkKind.process]).toBe(44);
  const report = world.sync(node, 2);
  expect(report.work[SyncWorkKind.process]).toBe(1);
  // Nor does it read the table for it.
  expect(report.work[SyncWorkKind.tableRule]).toBe(natTotal(report));
  expect(lines(report)).toBe(10 + 5 + 1 + FILTER);
});

test('versions that nobody uses any more are dropped, planned ones too', () => {
  const revisions = Array.from({ length: 5 }, (_, i) => [
    servicePort(0, i + 1),
    servicePort(1, 2, { nodePort: 30001 }),
  ]);
  const world = new World(revisions);
  const node = world.node();
  const proxier = world.mode.proxier(node.proxyNode);
  revisions.forEach((_, i) => proxier.prepare(i + 1));
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
  again.prepare(2);
  again.commit();
  const fresh = new World([revisions[1]!]);
  fresh.sync(fresh.node(), 1);
  expect(world.store.chainCount).toBe(fresh.store.chainCount);
});
