/** Lists of `recent` matches: what was seen on Linux 6.18 with iptables-legacy and iptables-nft alike, and against a plain model. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RecentLists } from '../../../src/kernel/iptables/recent-lists.js';
import { parseIp } from '../../../src/net/index.js';
import { MILLISECOND, SECOND } from '../../../src/sim/index.js';

const LIST = 3;
const HOST = 0x7f000000;

describe('a list', () => {
  /** A list in which hosts 1 to 100 were set, host n at n seconds. */
  function full(): RecentLists {
    const lists = new RecentLists();
    for (let n = 1; n <= 100; n++) lists.set(LIST, HOST + n, n * SECOND);
    return lists;
  }
  const has = (lists: RecentLists, host: number): boolean => {
    for (let entry = lists.firstOf(HOST + host); entry >= 0; entry = lists.nextOf(entry)) {
      if (lists.listOf(entry) === LIST) return true;
    }
    return false;
  };

  test('holds 100 addresses; a new one takes the place of the one set longest ago', () => {
    const lists = full();
    lists.set(LIST, HOST + 101, 101 * SECOND);
    expect([lists.size(LIST), has(lists, 1), has(lists, 2)]).toEqual([100, false, true]);
    lists.set(LIST, HOST + 2, 102 * SECOND);
    lists.set(LIST, HOST + 200, 103 * SECOND);
    expect([lists.size(LIST), has(lists, 2), has(lists, 3)]).toEqual([100, true, false]);
  });

  test('says no to a source that it does not hold, and forgets nobody then', () => {
    const lists = full();
    expect([lists.check(LIST, HOST + 101, 1, 1000 * SECOND), lists.size(LIST)]).toEqual([false, 100]);
  });

  test('forgets its oldest address when one that it holds asks, be it too old itself or not', () => {
    const lists = full();
    expect([lists.check(LIST, HOST + 50, 2, 101 * SECOND), has(lists, 1), has(lists, 50)]).toEqual([
      false,
      false,
      true,
    ]);
    expect([lists.check(LIST, HOST + 100, 2, 101 * SECOND), has(lists, 2)]).toEqual([true, false]);
    expect([lists.check(LIST, HOST + 3, 2, 101 * SECOND), has(lists, 3), lists.size(LIST)]).toEqual([false, false, 97]);
  });

  test('is not renewed by being asked, but by being set', () => {
    const lists = new RecentLists();
    lists.set(LIST, HOST + 1, 0);
    expect([1.2, 2.4].map((s) => lists.check(LIST, HOST + 1, 2, s * SECOND))).toEqual([true, false]);
    lists.set(LIST, HOST + 1, 3 * SECOND);
    lists.set(LIST, HOST + 1, 4.2 * SECOND);
    expect(lists.check(LIST, HOST + 1, 2, 5.4 * SECOND)).toBe(true);
  });

  test('counts time in jiffies of 4 ms', () => {
    const lists = new RecentLists();
    lists.set(LIST, HOST + 1, 3.9 * MILLISECOND);
    expect(lists.check(LIST, HOST + 1, 1, SECOND + 3.9 * MILLISECOND)).toBe(true);
    expect(lists.check(LIST, HOST + 1, 1, SECOND + 4 * MILLISECOND)).toBe(false);
  });

  test('forgets a source that is forgotten, and no other', () => {
    const lists = full();
    lists.set(4, HOST + 7, 0);
    lists.forgetSource(HOST + 7);
    expect([lists.size(LIST), lists.size(4), has(lists, 7), has(lists, 8)]).toEqual([99, 0, false, true]);
  });

  test('that is dropped is empty, and others are not', () => {
    const lists = full();
    lists.set(4, HOST + 1, 0);
    lists.drop(LIST);
    expect([lists.size(LIST), lists.size(4), lists.count, has(lists, 1)]).toEqual([0, 1, 1, false]);
    lists.set(LIST, HOST + 1, 0);
    expect([lists.size(LIST), lists.count]).toEqual([1, 2]);
  });
});

test('many lists say what plain maps say, whatever is set, asked and dropped', () => {
  const source = fc.constantFrom(1, 2, 3, 0xffffffff, parseIp('fd00::1')!, parseIp('fd00::2')!);
  const step = fc.record({
    what: fc.constantFrom('set', 'set', 'set', 'check', 'check', 'check', 'drop', 'forget'),
    list: fc.nat(40),
    source,
    signed: fc.boolean(),
    seconds: fc.constantFrom(1, 5),
    after: fc.constantFrom(0, 0, MILLISECOND, SECOND, 4 * SECOND),
  });
  fc.assert(
    fc.property(fc.array(step, { minLength: 50, maxLength: 300, size: 'max' }), (steps) => {
      const lists = new RecentLists();
      // A Map keeps the order in which keys were put in, which is that of age.
      const model = new Map<number, Map<number, number>>();
      let now = 0;
      for (const { what, list, seconds, after, ...rest } of steps) {
        now += after;
        const address = rest.signed ? rest.source | 0 : rest.source;
        const entries = model.get(list) ?? new Map<number, number>();
        model.set(list, entries);
        const jiffies = Math.floor(now / (4 * MILLISECOND));
        if (what === 'set') {
          lists.set(list, address, now);
          entries.delete(rest.source);
          entries.set(rest.source, jiffies);
        } else if (what === 'drop') {
          lists.drop(list);
          entries.clear();
        } else if (what === 'forget') {
          lists.forgetSource(address);
          for (const others of model.values()) others.delete(rest.source);
        } else {
          const stamp = entries.get(rest.source);
          const since = jiffies - seconds * 250;
          expect(lists.check(list, address, seconds, now)).toBe(stamp !== undefined && stamp >= since);
          const [oldest] = entries;
          if (stamp !== undefined && oldest !== undefined && oldest[1] < since) entries.delete(oldest[0]);
        }
        expect(lists.size(list)).toBe(entries.size);
      }
      for (const { source: asked } of steps) {
        const found: number[] = [];
        for (let entry = lists.firstOf(asked); entry >= 0; entry = lists.nextOf(entry)) found.push(lists.listOf(entry));
        const wanted = [...model].filter(([, entries]) => entries.has(asked)).map(([list]) => list);
        expect(found.sort((a, b) => a - b)).toEqual(wanted.sort((a, b) => a - b));
      }
      expect(lists.count).toBe([...model.values()].reduce((sum, entries) => sum + entries.size, 0));
    }),
    { numRuns: 60 },
  );
});
