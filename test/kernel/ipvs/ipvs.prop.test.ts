/** What holds whatever packets, edits and pauses come: counters equal the table, drained servers get nothing, every scheduler's own promise. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { schedulers } from '../../../src/kernel/ipvs/schedulers/index.js';
import { isActiveState } from '../../../src/kernel/ipvs/connection-state.js';
import { TcpFlag } from '../../../src/net/index.js';
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

/** Counters of every server that a connection names, counted from the connections. */
function counted(node: Director): Map<number, string> {
  const { table } = node.ipvs.connections;
  const counts = new Map<number, [number, number, number]>();
  let live = 0;
  for (let row = 0; row < table.rows; row++) {
    if (table.live[row] === 0) continue;
    live++;
    const count = counts.get(table.server[row]!) ?? [0, 0, 0];
    if (table.template[row] === 0) {
      const active = isActiveState(table.state[row]!);
      expect(table.active[row]).toBe(active ? 1 : 0);
      count[active ? 0 : 1]++;
    }
    count[2]++;
    counts.set(table.server[row]!, count);
  }
  expect(live).toBe(table.count);
  return new Map([...counts].map(([server, count]) => [server, count.join()]));
}

function expectConsistent(node: Director): void {
  const { servers } = node.ipvs;
  const counts = counted(node);
  const service = node.service();
  const listed = new Set(service.order.subarray(0, service.count));
  expect(listed.size).toBe(service.count);
  for (const server of new Set([...listed, ...counts.keys()])) {
    const [active, inactive, references] = [
      servers.active[server],
      servers.inactive[server],
      servers.references[server],
    ];
    expect(`${active},${inactive},${references}`).toBe(counts.get(server) ?? '0,0,0');
    expect(servers.available[server]).toBe(listed.has(server) ? 1 : 0);
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
            expectConsistent(world.node);
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

describe('promises of schedulers', () => {
  const counts = fc.integer({ min: 1, max: 20 });

  test('rr: after n x k connections every server has k', () => {
    fc.assert(
      fc.property(counts, fc.integer({ min: 1, max: 5 }), (servers, rounds) => {
        const node = new Director();
        node.define([definition(Array.from({ length: servers }, (_, n) => n))]);
        for (let i = 0; i < servers * rounds; i++) node.connect(1000 + i);
        for (let n = 0; n < servers; n++) expect(node.load(n)).toEqual([rounds, 0]);
      }),
    );
  });

  test('sh: a client keeps its server', () => {
    fc.assert(
      fc.property(counts, fc.array(fc.nat(0xffff), { minLength: 1, maxLength: 30 }), (servers, clients) => {
        const node = new Director();
        node.define([
          definition(
            Array.from({ length: servers }, (_, n) => n),
            { scheduler: 'sh' },
          ),
        ]);
        const first = clients.map((client, i) => node.connect(1000 + i, CLIENT + client));
        const second = clients.map((client, i) => node.connect(5000 + i, CLIENT + client));
        expect(second).toEqual(first);
      }),
    );
  });

  test('lc and wlc pick one of the least loaded, sed and nq one of the least active', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('lc', 'wlc', 'sed', 'nq'),
        counts,
        fc.array(fc.boolean(), { minLength: 1, maxLength: 60 }),
        (scheduler, servers, closes) => {
          const node = new Director();
          node.define([
            definition(
              Array.from({ length: servers }, (_, n) => n),
              { scheduler },
            ),
          ]);
          closes.forEach((close, i) => {
            const loads = Array.from({ length: servers }, (_, n) => {
              const [active, inactive] = node.load(n);
              return scheduler === 'lc' || scheduler === 'wlc' ? active * 256 + inactive : active;
            });
            const server = node.connect(1000 + i);
            expect(loads[server]).toBe(Math.min(...loads));
            if (close) node.close(server, 1000 + i);
          });
        },
      ),
    );
  });
});
