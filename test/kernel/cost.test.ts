/** The cost model: sums of work times price, dearer far ones, whole nanoseconds, and complete profiles only. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  CostModel,
  SYNC_WORK_KINDS,
  SYNC_WORK_NAMES,
  SyncWorkKind,
  WORK_KINDS,
  WORK_NAMES,
  Work,
  WorkKind,
  type CostConstant,
  type CostProfile,
} from '../../src/kernel/index.js';

/** A constant of which only the price matters. */
function price(ns: number): CostConstant {
  return { ns, basis: 'assumed', source: 'this test', date: '2026-11-20' };
}

/** A profile in which the n-th kind of work costs n + 1 ns, and far rules and servers 100 ns each. */
function profile(change: Partial<CostProfile> = {}): CostProfile {
  return {
    name: 'made-up',
    description: 'for this test',
    packet: Object.fromEntries(WORK_NAMES.map((name, n) => [name, price(n + 1)])),
    sync: Object.fromEntries(SYNC_WORK_NAMES.map((name, n) => [name, price((n + 1) * 10)])),
    far: { rule: { ...price(100), beyond: 1000 }, ipvsServer: { ...price(100), beyond: 50 } },
    ...change,
  };
}

/** Price of some units of work. */
function charge(model: CostModel, units: Partial<Record<keyof typeof WorkKind, number>>): number {
  const work = new Work();
  for (const [name, count] of Object.entries(units)) work.add(WorkKind[name as keyof typeof WorkKind], count);
  return model.packetDuration(work);
}

test("a scheduler's decision costs its own part of a packet, far servers at their price", () => {
  const model = new CostModel(profile());
  for (const servers of [0, 1, 50, 51, 400]) {
    const work = new Work();
    work.add(WorkKind.ipvsSchedule, 1);
    work.add(WorkKind.ipvsServer, servers);
    expect(model.pickDuration(work)).toBe(model.packetDuration(work));
    work.add(WorkKind.rule, 9);
    expect(model.pickDuration(work)).toBe(model.packetDuration(work) - 9);
  }
});

describe('a packet', () => {
  test('costs the sum of its work, each kind at its own price', () => {
    const model = new CostModel(profile());
    expect(charge(model, {})).toBe(0);
    for (const [n, name] of WORK_NAMES.entries())
      expect([name, charge(model, { [name]: 3 })]).toEqual([name, 3 * (n + 1)]);
    expect(charge(model, { rule: 10, table: 2, conntrackLookup: 1 })).toBe(10 * 1 + 2 * 9 + 10);
  });

  test('costs whole nanoseconds, rounded once at the end', () => {
    const packet = { ...profile().packet, rule: price(0.4), jump: price(0.3) };
    const model = new CostModel(profile({ packet }));
    expect(charge(model, { rule: 1 })).toBe(0);
    expect(charge(model, { rule: 1, jump: 1 })).toBe(1);
    expect(charge(model, { rule: 100 })).toBe(40);
  });

  test('pays the far price for each ipvsServer beyond 50, and the near one up to there', () => {
    const model = new CostModel(profile());
    const near = 50 * (WorkKind.ipvsServer + 1);
    for (const far of [0, 1, 300]) expect(charge(model, { ipvsServer: 50 + far })).toBe(near + far * 100);
  });

  test('pays the far price for each rule beyond 1000 in one walk, however many walks there are', () => {
    const model = new CostModel(profile());
    const walks = (...rules: number[]): number => {
      const work = new Work();
      for (const compared of rules) {
        work.add(WorkKind.rule, compared);
        work.endWalk(compared);
      }
      return model.packetDuration(work);
    };
    expect([walks(1000), walks(1001), walks(1300)]).toEqual([1000, 1000 + 100, 1000 + 30_000]);
    expect([walks(900, 900), walks(1000, 1000, 1000)]).toEqual([1800, 3000]);
    expect(walks(1001, 5, 1300)).toBe(1000 + 100 + 5 + 1000 + 30_000);
  });

  test('begins its walks anew with the next packet', () => {
    const model = new CostModel(profile());
    const work = new Work();
    for (let packet = 0; packet < 3; packet++) {
      work.clear();
      work.add(WorkKind.rule, 1500);
      work.endWalk(1500);
      expect(model.packetDuration(work)).toBe(1000 + 500 * 100);
    }
  });

  test('leaves the tally to whoever reads it next', () => {
    const model = new CostModel(profile());
    const work = new Work();
    work.add(WorkKind.rule, 5);
    model.packetDuration(work);
    expect(work.counts[WorkKind.rule]).toBe(5);
    work.clear();
    expect([...work.counts].every((count) => count === 0)).toBe(true);
    expect(model.packetDuration(work)).toBe(0);
  });

  test('never costs less for more work', () => {
    const model = new CostModel(profile());
    const units = fc.array(fc.nat(3000), { minLength: WORK_KINDS, maxLength: WORK_KINDS });
    fc.assert(
      fc.property(units, fc.nat(WORK_KINDS - 1), fc.nat(3000), (counts, kind, more) => {
        const work = new Work();
        counts.forEach((count, n) => {
          work.add(n, count);
        });
        const before = model.packetDuration(work);
        work.add(kind, more);
        expect(model.packetDuration(work)).toBeGreaterThanOrEqual(before);
      }),
    );
  });
});

test('a sync costs the sum of its work', () => {
  const units = new Float64Array(SYNC_WORK_KINDS);
  const model = new CostModel(profile());
  expect(model.syncDuration(units)).toBe(0);
  units[SyncWorkKind.process] = 2;
  units[SyncWorkKind.netlinkCall] = 0.26;
  expect(model.syncDuration(units)).toBe(30); // 2 x 10 and 0.26 x 40, to the nanosecond
});

describe('a profile without a constant', () => {
  const missing = (constants: Readonly<Record<string, CostConstant>>, name: string): Record<string, CostConstant> =>
    Object.fromEntries(Object.entries(constants).filter(([key]) => key !== name));

  test.each(WORK_NAMES)('for %s is refused by name', (name) => {
    expect(() => new CostModel(profile({ packet: missing(profile().packet, name) }))).toThrow(
      `cost profile made-up has no constant for ${name}`,
    );
  });

  test.each(SYNC_WORK_NAMES)('for %s of a sync is refused by name', (name) => {
    expect(() => new CostModel(profile({ sync: missing(profile().sync, name) }))).toThrow(
      `cost profile made-up has no constant for ${name}`,
    );
  });
});

test('kinds of work are numbered without a gap, in the order of their names', () => {
  expect(Object.values(WorkKind)).toEqual(WORK_NAMES.map((_, n) => n));
  expect([WORK_NAMES.length, SYNC_WORK_NAMES.length]).toEqual([WORK_KINDS, SYNC_WORK_KINDS]);
  expect(Object.values(SyncWorkKind)).toEqual(SYNC_WORK_NAMES.map((_, n) => n));
});
