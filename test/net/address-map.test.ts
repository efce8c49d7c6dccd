/** The address map against JavaScript's own Map, collisions and removals included. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AddressMap } from '../../src/net/index.js';

test('an empty map has nothing, and removing from it does nothing', () => {
  const map = new AddressMap();
  map.delete(5);
  expect([map.size, map.get(0), map.get(5), map.has(0)]).toEqual([0, -1, -1, false]);
});

test.each([0, 1, 0x7fffffff, 0x80000000, 0xffffffff])('%i is a key like any other', (key) => {
  const map = new AddressMap();
  map.set(key, 0);
  expect([map.get(key), map.has(key), map.size]).toEqual([0, true, 1]);
  // A number that became negative in 32-bit arithmetic is the same address.
  expect(map.get(key | 0)).toBe(0);
  map.delete(key);
  expect([map.get(key), map.size]).toEqual([-1, 0]);
});

test('a second value for a key replaces the first', () => {
  const map = new AddressMap();
  map.set(7, 1);
  map.set(7, 2);
  expect([map.get(7), map.size]).toEqual([2, 1]);
});

describe('keys that share a place', () => {
  // The place is the upper bits of key * 0x9e3779b1 (mod 2^32): multiplying by the inverse gives keys for chosen places.
  const INVERSE = 0xe8b2f51;
  const keyAt = (place: number, n: number): number => Math.imul((place << 28) | n, INVERSE) >>> 0;

  test('the arithmetic of this test holds', () => {
    expect(Math.imul(0x9e3779b1, INVERSE)).toBe(1);
  });

  test('are told apart, across the end of the table too, in whatever order they go', () => {
    // Sixteen places at first: three keys of place 15 and two of place 0 make one run over the end.
    const keys = [keyAt(15, 1), keyAt(15, 2), keyAt(0, 1), keyAt(15, 3), keyAt(0, 2)];
    const order = fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: 5 });
    fc.assert(
      fc.property(order, order, (inserted, removed) => {
        const map = new AddressMap();
        for (const i of inserted) map.set(keys[i]!, i);
        const left = new Set(inserted);
        for (const i of removed) {
          map.delete(keys[i]!);
          left.delete(i);
          expect(keys.map((key) => map.get(key))).toEqual(keys.map((_, n) => (left.has(n) ? n : -1)));
        }
      }),
    );
  });
});

test('any mix of setting, getting and removing does what a Map does', () => {
  // Few keys, so that most are set and removed many times; some far apart, some neighbours.
  const key = fc.oneof(
    fc.integer({ min: 0, max: 30 }),
    fc.integer({ min: 0, max: 30 }).map((n) => 0xfffffff0 - n * 0x01000193),
  );
  const step = fc.record({
    what: fc.constantFrom('set', 'set', 'delete'),
    key: key.map((k) => k >>> 0),
    value: fc.nat(1000),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), fc.integer({ min: 1, max: 40 }), (steps, capacity) => {
      const map = new AddressMap(capacity);
      const model = new Map<number, number>();
      for (const { what, key, value } of steps) {
        if (what === 'set') {
          map.set(key, value);
          model.set(key, value);
        } else {
          map.delete(key);
          model.delete(key);
        }
      }
      expect(map.size).toBe(model.size);
      for (const { key } of steps) {
        expect(map.get(key)).toBe(model.get(key) ?? -1);
        expect(map.has(key)).toBe(model.has(key));
      }
    }),
  );
});

test('it grows to whatever is put in', () => {
  const map = new AddressMap(1);
  for (let i = 0; i < 10_000; i++) map.set(0x0a000000 + i * 256, i);
  expect(map.size).toBe(10_000);
  const values = Array.from({ length: 10_000 }, (_, i) => map.get(0x0a000000 + i * 256));
  expect(values).toEqual(Array.from({ length: 10_000 }, (_, i) => i));
  expect(map.get(0x0a000001)).toBe(-1);
});
