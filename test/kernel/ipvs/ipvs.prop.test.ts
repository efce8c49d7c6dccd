/** What holds for all schedulers, whatever a control program defines: tables are consistent, drained servers get nothing and go in the end. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { schedulers } from '../../../src/kernel/ipvs/schedulers/index.js';
import { TcpFlag } from '../../../src/net/index.js';
import { expectConsistent } from './consistency.js';
import { CLIENT, definition, Director, SERVER_PORT, serverAddress } from './ipvs-fixture.js';

const names = schedulers.map((each) => each.name);

/** One thing that happens to a node; numbers are taken modulo what there is. */
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ op: fc.constant('connect' as const), n: fc.nat(63), by: fc.nat(2) }) },
  { weight: 3, arbitrary: fc.record({ op: fc.constant('flags' as const), n: fc.nat(63), by: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('weight' as const), n: fc.nat(7), by: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('define' as const), n: fc.nat(255), by: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('wait' as const), n: fc.nat(200), by: fc.nat(2) }) },
);

const flagsOf = [TcpFlag.rst, TcpFlag.fin | TcpFlag.ack, TcpFlag.ack, TcpFlag.syn] as const;

interface Step {
  readonly op: 'connect' | 'flags' | 'weight' | 'define' | 'wait';
  readonly n: number;
  readonly by: number;
}

interface World {
  readonly node: Director;
  readonly persistenceSeconds: number;
  readonly scheduler: string;
  /** Numbers of the servers of the present definition, in the order of addition. */
  present: number[];
}

function take(world: World, { op, n, by }: Step): void {
  const { node } = world;
  if (op === 'wait') node.wait(n);
  else if (op === 'connect') node.connect(1000 + n, CLIENT + by);
  else if (op === 'flags') node.fromClient(flagsOf[by]!, 1000 + n, CLIENT + (n % 3));
  else if (op === 'weight') {
    const row = node.service().find(serverAddress(n), SERVER_PORT);
    if (row >= 0 && node.ipvs.servers.draining[row] === 0) node.service().edit(row, by);
  } else {
    const wanted = [0, 1, 2, 3, 4, 5, 6, 7].filter((server) => (n & (1 << server)) !== 0);
    const stay = world.present.filter((server) => wanted.includes(server));
    world.present = [...stay, ...wanted.filter((server) => !stay.includes(server))];
    const { scheduler, persistenceSeconds } = world;
    node.define([definition(world.present, { scheduler, persistenceSeconds })]);
  }
}

describe('whatever happens', () => {
  test('counters of servers equal the connection table, and the list is the definition plus draining servers', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...names),
        fc.constantFrom(0, 30),
        fc.array(step, { maxLength: 60 }),
        (scheduler, persistenceSeconds, steps) => {
          const world: World = { node: new Director(), persistenceSeconds, scheduler, present: [0, 1, 2, 3] };
          world.node.define([definition(world.present, { scheduler, persistenceSeconds })]);
          for (const each of steps) {
            take(world, each);
            expectConsistent(world.node, [world.node.service()]);
          }
          const { servers } = world.node.ipvs;
          const service = world.node.service();
          const rows = [...service.order.subarray(0, service.count)].filter((row) => servers.draining[row] === 0);
          const listed = rows.map((row) => servers.address[row]! - serverAddress(0));
          expect(listed.sort((a, b) => a - b)).toEqual([...world.present].sort((a, b) => a - b));
        },
      ),
      { numRuns: 150 },
    );
  });

  test('a server of weight 0 gets no new connection', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...names),
        fc.array(fc.nat(2), { minLength: 1, maxLength: 12 }),
        fc.array(fc.nat(40), { minLength: 1, maxLength: 40 }),
        (scheduler, weights, clients) => {
          const node = new Director();
          node.define([definition([], { scheduler })]);
          weights.forEach((weight, n) => node.service().add(serverAddress(n), SERVER_PORT, weight));
          clients.forEach((client, i) => {
            const server = node.connect(1000 + i, CLIENT + client);
            if (server >= 0) expect(weights[server]).toBeGreaterThan(0);
            else expect(weights).toContain(0);
          });
        },
      ),
    );
  });

  test('all connections end when nothing is sent any more, and so do draining servers', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const world: World = { node: new Director(), persistenceSeconds: 20, scheduler: 'rr', present: [0, 1, 2] };
        world.node.define([definition(world.present, { persistenceSeconds: 20 })]);
        for (const each of steps) take(world, each);
        world.node.wait(1200);
        expect([world.node.ipvs.connectionCount, world.node.ipvs.servers.drainingCount]).toEqual([0, 0]);
        expect(world.node.service().count).toBe(world.present.length);
      }),
      { numRuns: 60 },
    );
  });
});
