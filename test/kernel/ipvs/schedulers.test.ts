/** The schedulers one by one: whom they pick, in which order, and how many servers they look at. */
import { describe, expect, test } from 'vitest';
import { SchedulerFlag, schedulerOf, schedulers } from '../../../src/kernel/ipvs/schedulers/index.js';
import { bucketOf } from '../../../src/kernel/ipvs/schedulers/hash-buckets.js';
import { WorkKind } from '../../../src/kernel/work.js';
import { Protocol, TcpFlag } from '../../../src/net/index.js';
import { CLIENT, definition, Director, VIP } from './ipvs-fixture.js';
import { add, connections, director, remove, setWeight } from './scheduler-fixture.js';

describe('the list', () => {
  test('has a name, a sentence and a cost for each, and no name twice', () => {
    expect(new Set(schedulers.map((each) => each.name)).size).toBe(schedulers.length);
    for (const each of schedulers) expect([each.doc.endsWith('.'), each.cost.length > 10]).toEqual([true, true]);
  });

  test('names what there is when asked for what there is not', () => {
    expect(() => schedulerOf('best')).toThrow(/no scheduler best; it has rr, lc/);
  });

  test('knows the names of flags', () => {
    const flags = schedulers.flatMap((each) => each.flags.map(({ name, bit }) => `${each.name}: ${name} ${bit}`));
    expect(flags).toEqual(['sh: sh-fallback 8', 'sh: sh-port 16', 'mh: mh-fallback 8', 'mh: mh-port 16']);
  });

  for (const { name } of schedulers) {
    test(`${name} picks nobody when there is nobody, or all weights are 0`, () => {
      expect(connections(director(name, []), 2)).toEqual([-1, -1]);
      expect(connections(director(name, [0, 0, 0]), 3)).toEqual([-1, -1, -1]);
    });

    test(`${name} finds the server that came last to an empty list`, () => {
      const node = director(name, [1]);
      remove(node, 0);
      add(node, 3);
      expect(node.connect(2000)).toBe(3);
    });
  }
});

describe('rr', () => {
  test('takes turns from the newest to the oldest', () => {
    const node = director('rr', [1, 5, 1]);
    expect(connections(node, 7)).toEqual([2, 1, 0, 2, 1, 0, 2]);
    expect(node.work.counts[WorkKind.ipvsServer]).toBe(7);
  });

  test('gives a new server its turn at the next wrap', () => {
    const node = director('rr', [1, 1]);
    expect(connections(node, 1)).toEqual([1]);
    add(node, 2);
    expect(connections(node, 4, 3000)).toEqual([0, 2, 1, 0]);
  });

  test('goes on from the predecessor when the marked server is removed', () => {
    const node = director('rr', [1, 1, 1, 1]);
    expect(connections(node, 2)).toEqual([3, 2]);
    remove(node, 2);
    expect(connections(node, 3, 3000)).toEqual([1, 0, 3]);
    remove(node, 3);
    expect(connections(node, 2, 4000)).toEqual([1, 0]);
  });

  test('passes over drained servers and counts them', () => {
    const node = director('rr', [1, 0, 0, 1]);
    expect(connections(node, 1)).toEqual([3]);
    node.work.clear();
    expect(connections(node, 1, 3000)).toEqual([0]);
    expect(node.work.counts[WorkKind.ipvsServer]).toBe(3);
  });
});

describe('wrr', () => {
  test('gives each server its share', () => {
    // The threshold stood at 1 when the heavier servers came, so the first turn takes all.
    expect(connections(director('wrr', [1, 2, 3]), 12)).toEqual([2, 1, 0, 2, 2, 1, 2, 1, 0, 2, 2, 1]);
  });

  test('starts again at the front after a change', () => {
    const node = director('wrr', [1, 1, 1]);
    expect(connections(node, 1)).toEqual([2]);
    setWeight(node, 0, 1);
    expect(connections(node, 1, 3000)).toEqual([2]);
  });
});

describe('lc', () => {
  test('picks the least loaded, first in the list on ties, and looks at all', () => {
    const node = director('lc', [1, 1, 1]);
    expect(connections(node, 4)).toEqual([2, 1, 0, 2]);
    expect(node.work.counts[WorkKind.ipvsServer]).toBe(12);
  });

  test('weighs one active connection as 256 inactive ones, or 257', () => {
    for (const factor of [256, 257] as const) {
      const node = new Director({}, factor);
      node.define([definition([0, 1], { scheduler: 'lc' })]);
      setWeight(node, 1, 0);
      for (let i = 0; i < factor; i++) node.close(node.connect(2000 + i), 2000 + i);
      setWeight(node, 1, 1);
      expect(node.connect(9000)).toBe(1);
      // A tie now: the first in the list.
      expect(node.connect(9001)).toBe(1);
      expect(node.connect(9002)).toBe(0);
    }
  });
});

describe('wlc', () => {
  test('weighs the load by the weight, but takes an idle server whatever its weight', () => {
    const node = director('wlc', [1, 3]);
    expect(connections(node, 5)).toEqual([1, 0, 1, 1, 1]);
  });
});

describe('sed', () => {
  test('takes the highest weight when all are idle, then the shortest expected delay', () => {
    expect(connections(director('sed', [1, 3, 1]), 5)).toEqual([1, 1, 2, 1, 0]);
  });

  test('keeps sending UDP flows, which are never active, to one server', () => {
    const node = new Director();
    node.define([definition([0, 1, 2], { scheduler: 'sed', protocol: Protocol.udp })]);
    const servers = [1, 2, 3].map((port) => node.fromClient(0, port, CLIENT, Protocol.udp).server);
    expect(servers).toEqual([2, 2, 2]);
    expect(node.load(2, Protocol.udp)).toEqual([0, 3]);
  });

  test('keeps choosing a server that refuses, as its connections are inactive at once', () => {
    const node = director('sed', [1, 1]);
    for (let port = 1; port < 4; port++) {
      expect(node.fromClient(TcpFlag.syn, port).server).toBe(1);
      node.fromServer(1, TcpFlag.rst | TcpFlag.ack, port);
    }
  });
});

describe('nq', () => {
  test('takes the first idle server and looks no further', () => {
    const node = director('nq', [9, 1, 1, 1]);
    expect(connections(node, 2)).toEqual([3, 2]);
    expect(node.work.counts[WorkKind.ipvsServer]).toBe(1 + 2);
  });

  test('goes on as sed when all are busy', () => {
    expect(connections(director('nq', [1, 3]), 4)).toEqual([1, 0, 1, 1]);
  });
});

describe('sh', () => {
  test('keeps a client on its server, whatever its port, and looks at none', () => {
    const node = director('sh', [1, 1, 1]);
    const first = node.connect(1000);
    expect(connections(node, 5)).toEqual([first, first, first, first, first]);
    expect(node.work.counts[WorkKind.ipvsServer]).toBe(0);
    // The newest server has bucket 0, the next bucket 1, and so on.
    expect(first).toBe(2 - (bucketOf(CLIENT) % 3));
  });

  test('refuses the clients of a drained server, unless told to fall back', () => {
    const server = director('sh', [1, 1, 1]).connect(1000);
    const strict = director('sh', [1, 1, 1]);
    setWeight(strict, server, 0);
    expect(strict.connect(1000)).toBe(-1);
    const lenient = director('sh', [1, 1, 1], SchedulerFlag.fallback);
    setWeight(lenient, server, 0);
    const other = lenient.connect(1000);
    expect(other).toBeGreaterThanOrEqual(0);
    expect(other).not.toBe(server);
  });

  test('spreads one client over the servers by its ports when told to', () => {
    const node = director('sh', [1, 1, 1], SchedulerFlag.port);
    expect(new Set(connections(node, 40)).size).toBe(3);
  });

  test('gives nothing to the oldest of more than 256 servers', () => {
    const node = director('sh', new Array<number>(300).fill(1));
    const picked = Array.from({ length: 2000 }, (_, i) => node.connect(1000, CLIENT + i * 7));
    expect(Math.min(...picked)).toBeGreaterThanOrEqual(300 - 256);
  });
});

describe('dh', () => {
  test('sends all connections to one server, by the address asked for', () => {
    const node = director('dh', [7, 1, 1]);
    const expected = 2 - (bucketOf(VIP) % 3);
    expect([node.connect(1), node.connect(2), node.connect(3, CLIENT + 99)]).toEqual([expected, expected, expected]);
    setWeight(node, expected, 0);
    expect(node.connect(4)).toBe(-1);
  });
});

test('the hash is the upper byte of a product with the golden ratio', () => {
  expect([bucketOf(0), bucketOf(1), bucketOf(2)]).toEqual([0, 0x61, 0xc3]);
  // A sum beyond 32 bits wraps round.
  expect(bucketOf(0xffffffff + 2)).toBe(bucketOf(1));
});

test('another scheduler starts from nothing, and the counters stay', () => {
  const node = director('rr', [1, 1, 1]);
  connections(node, 2);
  node.service().setScheduler('lc', 0);
  expect(node.connect(3000)).toBe(0);
  node.service().setScheduler('rr', 0);
  expect(node.connect(3001)).toBe(2);
  expect([node.load(0), node.load(1), node.load(2)]).toEqual([
    [1, 0],
    [1, 0],
    [2, 0],
  ]);
});
