/** Growing a column keeps its type and its values and fills with zero. */
import { expect, test } from 'vitest';
import { grown, type Column } from '../../src/sim/index.js';

const columns: Column[] = [
  new Float64Array([1.5, -2, 2 ** 53]),
  new Int32Array([1, -2, 3]),
  new Uint32Array([1, 2, 2 ** 32 - 1]),
  new Uint16Array([1, 2, 65535]),
  new Uint8Array([1, 2, 255]),
];

test.each(columns.map((column) => [column.constructor.name, column] as const))('%s', (_, column) => {
  const larger = grown(column, 5);
  expect(larger.constructor).toBe(column.constructor);
  expect([...larger]).toEqual([...column, 0, 0]);
  expect(larger).not.toBe(column);
});

test('the old column is left as it was', () => {
  const column = new Int32Array([1, 2]);
  grown(column, 4)[0] = 9;
  expect([...column]).toEqual([1, 2]);
});
