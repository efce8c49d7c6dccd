/**
 * What the prices of the reference profile make of an iptables-restore, against measurements.
 *
 * Measured with Services of two endpoints (Linux 6.18, iptables 1.8.9, legacy, AMD EPYC), least and greatest, in seconds: wall clock
 * times of one series on an idle machine, and of a later one on a busy machine CPU times from 5,000 Services on (wall clock below). Wall
 * clock times of the busy machine are left out there: up to 4.4 s for a partial restore. So the prices cannot be held to less than this.
 */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { CostModel } from '../../../src/kernel/cost.js';
import { SyncWorkKind } from '../../../src/kernel/work.js';
import type { SyncReport } from '../../../src/proxy/proxier.js';
import { parseProfile } from '../../../src/scenario/index.js';
import { servicePort } from './fixture.js';
import { World } from './world.js';

const MEASURED: readonly (readonly [services: number, full: Range, partial: Range])[] = [
  [1000, [0.066, 0.17], [0.057, 0.084]],
  [2000, [0.144, 0.31], [0.167, 0.17]],
  [5000, [0.32, 0.64], [0.237, 0.34]],
  [10000, [0.711, 1.9], [0.474, 0.94]],
  [20000, [1.65, 6.3], [0.861, 2.9]],
];
const MARGIN = 1.4;

type Range = readonly [least: number, greatest: number];

const file = 'scenarios/profiles/reference-2026.yaml';
const cost = new CostModel(parseProfile(readFileSync(file, 'utf8'), file));

/** Seconds of the one command that restores: without those that ensure jumps and find stale chains. */
function restoreSeconds({ work }: SyncReport): number {
  const alone = work.slice();
  alone[SyncWorkKind.process] = 1;
  return cost.syncDuration(alone) / 1e9;
}

function expectAmong(seconds: number, [least, greatest]: Range): void {
  expect(seconds).toBeGreaterThan(least / MARGIN);
  expect(seconds).toBeLessThan(greatest * MARGIN);
}

test.each(MEASURED)('%i Services: a full and a partial restore cost what they take', (services, full, partial) => {
  const before = Array.from({ length: services }, (_, key) => servicePort(key, 2));
  const after = [...before.slice(0, -1), servicePort(services - 1, 3)];
  const world = new World([before, after]);
  const node = world.node();
  expectAmong(restoreSeconds(world.sync(node, 1)), full);
  expectAmong(restoreSeconds(world.sync(node, 2)), partial);
});

test('a sync of 100 Services takes longer by the saving of the table, measured as 2.7 to 5 us a rule', () => {
  const before = Array.from({ length: 100 }, (_, key) => servicePort(key, 2));
  const world = new World([before, before]);
  const node = world.node();
  world.sync(node, 1);
  const { work } = world.sync(node, 2);
  expect(work[SyncWorkKind.process]).toBe(2);
  const alone = work.slice();
  alone[SyncWorkKind.tableRule] = 5 + 8 * 100;
  const perRule = (cost.syncDuration(work) - cost.syncDuration(alone)) / (5 + 8 * 100);
  expect(perRule).toBeGreaterThan(2700);
  expect(perRule).toBeLessThan(5000);
});
