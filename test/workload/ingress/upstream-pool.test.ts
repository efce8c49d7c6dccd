/** Idle connections that ingress proxies keep: which one is taken, and which are closed. */
import { expect, test } from 'vitest';
import { UpstreamPool } from '../../../src/workload/ingress/upstream-pool.js';

const S = 1e9;

function poolOf(limit: number) {
  const closed: number[] = [];
  return { closed, pool: new UpstreamPool(limit, (connection) => closed.push(connection)) };
}

test('the connection that was used last is taken first, and only to its own endpoint and proxy', () => {
  const { pool, closed } = poolOf(8);
  pool.put(1, 100, 11, 0);
  pool.put(1, 100, 12, 1);
  pool.put(1, 200, 13, 2);
  expect(pool.take(1, 300, 3)).toBe(-1);
  expect(pool.take(2, 100, 3)).toBe(-1);
  expect([pool.take(1, 100, 3), pool.take(1, 100, 3), pool.take(1, 100, 3)]).toEqual([12, 11, -1]);
  expect(pool.take(1, 200, 3)).toBe(13);
  expect(closed).toEqual([]);
});

test('one too many closes the one that was idle longest, whichever endpoint it goes to', () => {
  const { pool, closed } = poolOf(2);
  pool.put(1, 100, 11, 0);
  pool.put(1, 200, 12, 1);
  pool.put(1, 200, 13, 2);
  pool.put(2, 100, 14, 3);
  expect(closed).toEqual([11]);
  expect(pool.take(1, 100, 4)).toBe(-1);
});

test('without room none is kept', () => {
  const { pool, closed } = poolOf(0);
  pool.put(1, 100, 11, 0);
  expect(closed).toEqual([11]);
  expect(pool.take(1, 100, 0)).toBe(-1);
});

test('after 60 s an idle connection is closed when it would be taken', () => {
  const { pool, closed } = poolOf(8);
  pool.put(1, 100, 11, 0);
  pool.put(1, 100, 12, 10 * S);
  expect(pool.take(1, 100, 70 * S)).toBe(12);
  expect(pool.take(1, 100, 70 * S)).toBe(-1);
  expect(closed).toEqual([11]);
});

test('a connection that broke is not taken', () => {
  const { pool } = poolOf(8);
  pool.put(1, 100, 11, 0);
  pool.forget(1, 11);
  pool.forget(1, 12);
  expect(pool.take(1, 100, 0)).toBe(-1);
});
