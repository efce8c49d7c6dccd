/** Maglev hashing: who gets which share of the clients, and whom a change of the servers moves. */
import { describe, expect, test } from 'vitest';
import { SchedulerFlag } from '../../../src/kernel/ipvs/schedulers/index.js';
import { WorkKind } from '../../../src/kernel/work.js';
import { CLIENT, Director } from './ipvs-fixture.js';
import { add, connections, director, remove, rowOf, setWeight } from './scheduler-fixture.js';

const CLIENTS = 3000;

/** Row of the server of each of many clients. */
function choices(node: Director): number[] {
  const service = node.service();
  return Array.from({ length: CLIENTS }, (_, i) => service.pick(CLIENT + i * 7, 1, 0));
}

/** Share of the clients that a server has. */
function share(node: Director, server: number): number {
  const row = rowOf(node, server);
  return choices(node).filter((choice) => choice === row).length / CLIENTS;
}

test('keeps a client on its server, whatever its port, and looks at none', () => {
  const node = director('mh', [1, 1, 1]);
  const first = node.connect(1000);
  expect(connections(node, 4)).toEqual([first, first, first, first]);
  expect(node.work.counts[WorkKind.ipvsServer]).toBe(0);
});

test('spreads one client over the servers by its ports when told to', () => {
  const node = director('mh', [1, 1, 1], SchedulerFlag.port);
  expect(new Set(connections(node, 40)).size).toBe(3);
});

describe('weights', () => {
  test('give shares of the table', () => {
    const node = director('mh', [1, 2, 5]);
    [1 / 8, 2 / 8, 5 / 8].forEach((expected, server) => expect(share(node, server)).toBeCloseTo(expected, 1));
  });

  test('are cut down to six bits, of which nobody loses the last', () => {
    // Divided by 4 the heavier one has 9 bits: 1000 / 4 / 8 is 31 turns, and the lighter one has its one turn.
    const node = director('mh', [4, 1000]);
    expect(share(node, 0)).toBeCloseTo(1 / 32, 1);
    expect(share(node, 0)).toBeGreaterThan(0.01);
  });

  test('of 0 count as the last one before, but as nothing with an addition', () => {
    const node = director('mh', [1, 1, 1]);
    const before = choices(node);
    const drained = rowOf(node, 1);
    setWeight(node, 1, 0);
    expect(choices(node)).toEqual(before.map((row) => (row === drained ? -1 : row)));
    add(node, 3, 0);
    expect(choices(node)).toEqual(before.map((row) => (row === drained ? -1 : row)));
  });
});

describe('a server that is not usable', () => {
  test('has its clients sent elsewhere with mh-fallback, and no others', () => {
    const node = director('mh', [1, 1, 1], SchedulerFlag.fallback);
    const before = choices(node);
    const drained = rowOf(node, 0);
    setWeight(node, 0, 0);
    choices(node).forEach((row, client) => {
      expect(row).not.toBe(drained);
      if (before[client] !== drained) expect(row).toBe(before[client]);
      else expect(row).toBeGreaterThanOrEqual(0);
    });
  });
});

describe('a change of the servers', () => {
  test('moves few clients but those of the server that went', () => {
    const node = director('mh', [1, 1, 1, 1, 1]);
    const before = choices(node);
    const gone = rowOf(node, 2);
    remove(node, 2);
    const others = choices(node).filter((row, client) => before[client] !== gone && row !== before[client]);
    expect(others.length / CLIENTS).toBeLessThan(0.1);
    add(node, 2);
    // At the front of the list now, it takes its turn earlier.
    expect(share(node, 2)).toBeCloseTo(1 / 5, 1);
  });

  test('that leaves more servers than entries leaves the table as it was, with whoever goes then', () => {
    const node = director('mh', new Array<number>(4095).fill(1));
    expect([share(node, 4093), share(node, 4094)]).toEqual([0, 0]);
    const before = choices(node);
    const used = before[0]!;
    node.ipvs.services.removeServer(used);
    expect(choices(node)).toEqual(before);
    expect(node.ipvs.servers.available[used]).toBe(0);
    remove(node, 4094);
    // As many as entries: dealt out anew.
    expect(choices(node)).not.toContain(used);
    expect(node.ipvs.servers.holds[used]).toBe(0);
  });
});
