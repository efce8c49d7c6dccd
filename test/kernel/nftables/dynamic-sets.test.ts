/** Dynamic sets: room, and finding a source's elements. */
import { expect, test } from 'vitest';
import { DYNAMIC_SET_ROOM, DynamicSets } from '../../../src/kernel/nftables/dynamic-sets.js';

test('a full set takes no further address until one has timed out; a known one is renewed', () => {
  const sets = new DynamicSets();
  for (let i = 0; i < DYNAMIC_SET_ROOM; i++) sets.update(-1, 0, i, 0, i === 7 ? 10 : 1000);
  sets.update(-1, 0, 1_000_000, 5, 1000);
  sets.update(-1, 0, 8, 5, 2000);
  expect([sets.has(-1, 0, 1_000_000, 6), sets.has(-1, 0, 8, 1500), sets.count]).toEqual([
    false,
    true,
    DYNAMIC_SET_ROOM,
  ]);
  sets.update(-1, 0, 1_000_000, 10, 1000);
  expect([sets.has(-1, 0, 1_000_000, 11), sets.has(-1, 0, 7, 11), sets.count]).toEqual([true, false, DYNAMIC_SET_ROOM]);
  // Another set has room of its own.
  sets.update(-2, 0, 1_000_001, 10, 1000);
  expect(sets.has(-2, 0, 1_000_001, 11)).toBe(true);
});

test('what is dropped is gone, and its room is used again', () => {
  const sets = new DynamicSets();
  for (let i = 0; i < 100; i++) sets.update(-1 - (i % 3), i % 2, i, 0, 100);
  sets.drop(-2);
  expect(sets.count).toBe(67);
  for (let i = 0; i < 33; i++) sets.update(-4, 0, i, 0, 100);
  const held = Array.from({ length: 100 }, (_, i) => sets.has(-1 - (i % 3), i % 2, i, 1));
  expect(held).toEqual(Array.from({ length: 100 }, (_, i) => i % 3 !== 1));
  expect(sets.count).toBe(100);
});
