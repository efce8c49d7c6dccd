/** The event list gives events in the order of a stable sort by (time, rank), ties included, whatever is pushed and popped in between. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HeapEventList } from '../../src/sim/index.js';

interface Entry {
  readonly handle: number;
  readonly time: number;
  readonly rank: number;
}

/** The event list as one would write it without a thought for speed. */
class SortedList {
  private entries: Entry[] = [];

  push(handle: number, time: number, rank: number): void {
    this.entries.push({ handle, time, rank });
    this.entries.sort((a, b) => a.time - b.time || a.rank - b.rank);
  }

  pop(): Entry | undefined {
    return this.entries.shift();
  }

  get length(): number {
    return this.entries.length;
  }
}

describe('an empty list', () => {
  test('has no first event', () => {
    const list = new HeapEventList();
    expect([list.length, list.first(), list.firstTime(), list.pop()]).toEqual([0, -1, Infinity, -1]);
  });

  test('is empty again after its last event', () => {
    const list = new HeapEventList();
    list.push(7, 5, 0);
    expect([list.first(), list.firstTime(), list.pop()]).toEqual([7, 5, 7]);
    expect([list.length, list.first(), list.pop()]).toEqual([0, -1, -1]);
  });
});

test('handle 0 is a handle like any other', () => {
  const list = new HeapEventList();
  list.push(0, 0, 0);
  expect([list.first(), list.firstTime(), list.pop()]).toEqual([0, 0, 0]);
});

test('equal times go by rank, not by the order of pushing', () => {
  const list = new HeapEventList();
  for (const rank of [5, 3, 8, 1, 9, 2, 7, 4, 6, 0]) list.push(rank, 100, rank);
  expect(Array.from({ length: 10 }, () => list.pop())).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test('it grows beyond its first capacity and keeps what it holds', () => {
  const list = new HeapEventList(2);
  for (let handle = 0; handle < 100; handle++) list.push(handle, 1000 - handle, handle);
  expect(Array.from({ length: 100 }, () => list.pop())).toEqual(Array.from({ length: 100 }, (_, n) => 99 - n));
});

test('any mix of pushes and pops gives the order of a sorted list', () => {
  // Few times and ranks of eight classes, so that ties are the rule; null pops.
  const push = fc.record({ time: fc.integer({ min: 0, max: 5 }), eventClass: fc.integer({ min: 0, max: 7 }) });
  fc.assert(
    fc.property(
      fc.array(fc.oneof({ weight: 3, arbitrary: push }, { weight: 2, arbitrary: fc.constant(null) })),
      (steps) => {
        const list = new HeapEventList(1);
        const sorted = new SortedList();
        const free: number[] = [];
        let made = 0;
        let sequence = 0;
        for (const step of steps) {
          if (step === null) {
            const expected = sorted.pop();
            expect(list.firstTime()).toBe(expected?.time ?? Infinity);
            expect(list.pop()).toBe(expected?.handle ?? -1);
            if (expected !== undefined) free.push(expected.handle);
          } else {
            const handle = free.pop() ?? made++;
            const rank = step.eventClass * 2 ** 50 + sequence++;
            list.push(handle, step.time, rank);
            sorted.push(handle, step.time, rank);
          }
          expect(list.length).toBe(sorted.length);
        }
      },
    ),
  );
});
