/** The index of schedulers that compare all servers: same picks and same work as the kernel's walk, whatever happens; exact comparisons. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CostTree } from '../../../src/kernel/ipvs/schedulers/cost-tree.js';
import { costsMore, NEVER } from '../../../src/kernel/ipvs/schedulers/costs.js';
import { SHORT_LIST } from '../../../src/kernel/ipvs/schedulers/least-cost.js';
import { WorkKind } from '../../../src/kernel/work.js';
import { TcpFlag } from '../../../src/net/index.js';
import { CLIENT, Director, SERVER_PORT, serverAddress } from './ipvs-fixture.js';
import { director } from './scheduler-fixture.js';

const SCHEDULERS = ['lc', 'wlc', 'sed', 'nq', 'fo', 'ovf', 'lblc', 'lblcr', 'rr'];
const WEIGHTS = [0, 1, 1, 2, 3, 7, 70_000, 2 ** 31 - 1, 2 ** 31 - 2];
const SERVERS = 40;
const PORTS = 500;

const step = fc.record({
  op: fc.constantFrom(
    'connect',
    'connect',
    'connect',
    'flags',
    'weight',
    'limit',
    'remove',
    'add',
    'load',
    'wait',
    'scheduler',
  ),
  n: fc.nat(PORTS - 1),
  by: fc.nat(8),
});
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

const flagsOf = [TcpFlag.rst, TcpFlag.fin | TcpFlag.ack, TcpFlag.ack] as const;

/** Takes a step; returns whom it was sent to, for a connection. */
function take(node: Director, { op, n, by }: Step): number {
  const service = node.service();
  const address = serverAddress(n % SERVERS);
  const row = service.find(address, SERVER_PORT);
  if (op === 'connect') return node.connect(1000 + n);
  if (op === 'flags') node.fromClient(flagsOf[by % 3]!, 1000 + n);
  else if (op === 'wait') node.wait(by * 20);
  else if (op === 'scheduler') service.setScheduler(SCHEDULERS[by]!, 0);
  else if (op === 'add' && row < 0) service.add(address, SERVER_PORT, WEIGHTS[by]!);
  else if (row < 0) return -2;
  else if (op === 'weight') service.edit(row, WEIGHTS[by]!);
  else if (op === 'limit') service.edit(row, Math.max(1, by), 1 + (by % 3), by % 2);
  else if (op === 'remove') node.ipvs.services.removeServer(row);
  else if (op === 'load') {
    // A load that no script reaches by connecting: products beyond 2^53.
    node.ipvs.servers.active[row]! += 2 ** 22 + by;
    node.ipvs.servers.setActive(row, true);
  }
  return -2;
}

/** What a script does to a node: whom each connection went to, and the servers looked at for it. */
function run(
  lookup: 'index' | 'walk',
  scheduler: string,
  weights: readonly number[],
  steps: readonly Step[],
): string[] {
  const node = director(scheduler, weights, 0, new Director({ expireNodestConn: false }, 256, { lookup }));
  return steps.map((each) => {
    node.work.clear();
    const server = take(node, each);
    return `${each.op} ${server} ${node.work.counts[WorkKind.ipvsServer]}`;
  });
}

describe('index and walk', () => {
  for (const scheduler of SCHEDULERS) {
    test(`${scheduler}: same picks, same servers looked at`, () => {
      fc.assert(
        fc.property(
          fc.array(fc.constantFrom(...WEIGHTS), { minLength: SHORT_LIST - 3, maxLength: SERVERS }),
          fc.array(step, { maxLength: 120, size: 'max' }),
          (weights, steps) => {
            expect(run('index', scheduler, weights, steps)).toEqual(run('walk', scheduler, weights, steps));
          },
        ),
        { numRuns: 25 },
      );
    });
  }

  test('a list that grows and shrinks past the length from which it is indexed', () => {
    for (const scheduler of SCHEDULERS) {
      const picks = (['index', 'walk'] as const).map((lookup) => {
        const node = director(scheduler, [1], 0, new Director({}, 256, { lookup }));
        const servers: number[] = [];
        for (let n = 1; n < 3 * SHORT_LIST; n++) {
          node.service().add(serverAddress(n), SERVER_PORT, 1 + (n % 3));
          servers.push(node.connect(1000 + n), node.connect(2000 + n, CLIENT + n));
        }
        for (let n = 0; n < 3 * SHORT_LIST - 1; n++) {
          node.ipvs.services.removeServer(node.service().find(serverAddress(n), SERVER_PORT));
          servers.push(node.connect(3000 + n));
        }
        return servers;
      });
      expect(picks[0]).toEqual(picks[1]);
    }
  });
});

describe('comparison of costs', () => {
  const number = fc.oneof(fc.nat(300), fc.integer({ min: 2 ** 31 - 40, max: 2 ** 31 - 1 }), fc.nat(2 ** 31 - 1));
  const divisor = number.map((value) => Math.max(1, value));

  test('is that of fractions, exactly', () => {
    fc.assert(
      fc.property(number, divisor, number, divisor, (a, of, b, than) => {
        expect(costsMore(a, of, b, than)).toBe(BigInt(a) * BigInt(than) > BigInt(b) * BigInt(of));
      }),
      { numRuns: 2000 },
    );
  });

  test('tells products apart that are the same as doubles', () => {
    const most = 2 ** 31 - 1;
    expect(most * (most - 2)).toBe((most - 1) * (most - 1));
    expect(costsMore(most - 1, most, most - 2, most - 1)).toBe(true);
    expect(costsMore(most - 2, most - 1, most - 1, most)).toBe(false);
  });
});

describe('tournament', () => {
  test('finds the least cost, the highest place on ties, after any changes', () => {
    const change = fc.record({
      place: fc.nat(36),
      cost: fc.constantFrom(0, 1, 2, 5, NEVER),
      divisor: fc.constantFrom(1, 2, 4),
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 80 }), fc.integer({ min: 37, max: 70 }), (changes, places) => {
        const tree = new CostTree();
        const values = new Array<number>(places).fill(Infinity);
        tree.clear(places);
        tree.settle();
        for (const { place, cost, divisor } of changes) {
          tree.update(place, cost, divisor);
          values[place] = cost === NEVER ? Infinity : cost / divisor;
          const least = Math.min(...values);
          expect(tree.first()).toBe(least === Infinity ? -1 : values.lastIndexOf(least));
        }
      }),
    );
  });
});
