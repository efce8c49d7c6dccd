/** The table of tuples against a Map from tuples to slots. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TupleTable } from '../../../src/kernel/conntrack/tuple-table.js';
import { hashTuple } from '../../../src/net/index.js';

type Tuple = readonly [number, number, number, number, number];

const address = fc.constantFrom(0x0a000001, 0x0a000002, 0xfffffffe, 0x80000000);
const port = fc.constantFrom(0, 1, 80, 65535);
const tuple: fc.Arbitrary<Tuple> = fc.tuple(address, address, port, port, fc.constantFrom(6, 17));

/** One step: a new entry with two tuples, or the removal of the n-th. */
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ original: tuple, reply: tuple }) },
  { weight: 2, arbitrary: fc.nat() },
);

test('any mix of adding and removing entries finds what a Map finds', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), fc.array(tuple, { maxLength: 10 }), (steps, strangers) => {
      const table = new TupleTable();
      const slotOf = new Map<string, number>();
      const entries: [number, Tuple, Tuple][] = [];
      for (const s of steps) {
        if (typeof s === 'number') {
          const gone = entries.splice(s % Math.max(1, entries.length), 1)[0];
          if (gone === undefined) continue;
          table.unlink(gone[0] * 2);
          table.unlink(gone[0] * 2 + 1);
          table.release(gone[0]);
          slotOf.delete(gone[1].join());
          slotOf.delete(gone[2].join());
        } else {
          // No two slots with one tuple: it is NAT that sees to that.
          const { original, reply } = s;
          if (slotOf.has(original.join()) || slotOf.has(reply.join()) || original.join() === reply.join()) continue;
          const entry = table.take();
          table.setTuple(entry * 2, ...original);
          table.setTuple(entry * 2 + 1, ...reply);
          table.setState(entry, entries.length % 10);
          table.link(entry * 2);
          table.link(entry * 2 + 1);
          slotOf.set(original.join(), entry * 2);
          slotOf.set(reply.join(), entry * 2 + 1);
          entries.push([entry, original, reply]);
        }
        expect(table.count).toBe(entries.length);
      }
      for (const t of [...strangers, ...entries.flatMap(([, original, reply]) => [original, reply])])
        expect(table.find(...t)).toBe(slotOf.get(t.join()) ?? -1);
      for (const [entry, original] of entries) {
        const slot = entry * 2;
        const read = [table.source(slot), table.destination(slot), table.sourcePort(slot), table.destinationPort(slot)];
        expect([...read, table.protocol(slot), table.status(entry)]).toEqual([...original, 0]);
      }
    }),
  );
});

test("the kernel's buckets hold each slot once, each where its hash says", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 0, max: 300 }), (buckets, entries) => {
      const table = new TupleTable();
      const expected = Array.from({ length: buckets }, (): number[] => []);
      for (let n = 0; n < entries; n++) {
        const entry = table.take();
        for (const [slot, t] of [
          [entry * 2, [n, 5, 1, 2, 6]],
          [entry * 2 + 1, [5, n, 2, 1, 6]],
        ] as [number, Tuple][]) {
          table.setTuple(slot, ...t);
          table.link(slot);
          expected[Math.floor((hashTuple(...t) * buckets) / 2 ** 32)]!.push(slot);
        }
      }
      const into = new Int32Array(1024);
      expected.forEach((slots, bucket) => {
        const found = table.slotsOfBucket(bucket, buckets, into);
        expect([...into.subarray(0, found)].sort((a, b) => a - b)).toEqual(slots);
      });
    }),
    { numRuns: 30 },
  );
});

test('no more slots are given than there is room for', () => {
  const table = new TupleTable();
  for (let n = 0; n < 50; n++) {
    const entry = table.take();
    table.setTuple(entry * 2, n, 0, 0, 0, 6);
    table.link(entry * 2);
  }
  expect(table.slotsOfBucket(0, 1, new Int32Array(7))).toBe(7);
});
