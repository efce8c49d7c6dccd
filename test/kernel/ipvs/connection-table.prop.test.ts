/** The hash over connections against an array of them, newest first, across growth and the reuse of rows. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ConnectionTable, NO_CONNECTION } from '../../../src/kernel/ipvs/connection-table.js';

const TCP = 6;
const VIRTUAL = 0x0a600001;

interface Entry {
  readonly row: number;
  readonly client: number;
  readonly virtual: number;
}

/** Rows of a client in the order in which the table's chain has them. */
function rowsOf(table: ConnectionTable, client: number): number[] {
  const rows: number[] = [];
  let row = table.candidate(TCP, client, 1000, NO_CONNECTION);
  for (; row !== NO_CONNECTION; row = table.candidate(TCP, client, 1000, row)) rows.push(row);
  return rows;
}

test('entries of one client port are found newest first, however many others come and go', () => {
  const step = fc.record({
    client: fc.nat(3),
    virtual: fc.nat(4),
    releases: fc.nat(2),
    others: fc.nat(9),
    ends: fc.nat(5),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40, size: 'max' }), (steps) => {
      const table = new ConnectionTable();
      let entries: Entry[] = [];
      const others: number[] = [];
      for (const { client, virtual, releases, others: come, ends } of steps) {
        for (let i = 0; i < come; i++) others.push(table.insert(TCP, 100 + others.length, 1000, VIRTUAL, 80, 0));
        for (const row of others.splice(0, ends)) table.release(row);
        const row = table.insert(TCP, client, 1000, VIRTUAL + virtual, 80, 0);
        entries = [{ row, client, virtual }, ...entries];
        for (const { row: oldest } of entries.slice(entries.length - releases)) table.release(oldest);
        entries = entries.slice(0, entries.length - releases);
        for (const each of [0, 1, 2, 3]) {
          const own = entries.filter((entry) => entry.client === each);
          expect(rowsOf(table, each)).toEqual(own.map((entry) => entry.row));
          const newest = own.find((entry) => entry.virtual === virtual);
          expect(table.find(TCP, each, 1000, VIRTUAL + virtual, 80, 0)).toBe(newest?.row ?? NO_CONNECTION);
        }
      }
    }),
  );
});
