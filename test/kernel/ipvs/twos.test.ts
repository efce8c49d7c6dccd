/** Power of two choices, by distribution: draws by weight, the less loaded of the two. */
import { describe, expect, test } from 'vitest';
import { WorkKind } from '../../../src/kernel/work.js';
import { RandomStream } from '../../../src/sim/index.js';
import { CLIENT, Director, VIP } from './ipvs-fixture.js';
import { director, rowOf, setWeight } from './scheduler-fixture.js';

const DECISIONS = 40_000;

function node(weights: readonly number[], seed = 'a'): Director {
  return director('twos', weights, 0, new Director({}, 256, { random: new RandomStream(seed, 'ipvs') }));
}

/** Share of the decisions that goes to each server; nothing is connected, so loads stay. */
function shares(director: Director, servers: number): number[] {
  const counts = new Map<number, number>();
  const service = director.service();
  for (let i = 0; i < DECISIONS; i++) {
    const row = service.pick(CLIENT, 1, VIP);
    counts.set(row, (counts.get(row) ?? 0) + 1);
  }
  return Array.from({ length: servers }, (_, n) => (counts.get(rowOf(director, n)) ?? 0) / DECISIONS);
}

/** Four standard deviations of a share. */
const spread = (share: number): number => 4 * Math.sqrt((share * (1 - share)) / DECISIONS);

function expectShares(found: readonly number[], expected: readonly number[]): void {
  expected.forEach((share, n) => expect(Math.abs(found[n]! - share)).toBeLessThanOrEqual(spread(share)));
}

describe('twos', () => {
  test('draws by weight where loads are equal, with one chance more for the first in the list', () => {
    expectShares(shares(node([1, 2, 5]), 3), [1 / 9, 2 / 9, 6 / 9]);
  });

  test('takes a loaded server only when both draws name it', () => {
    const loaded = node([1, 1, 1]);
    loaded.ipvs.servers.bind(rowOf(loaded, 0), false);
    const unlucky = 1 / 4;
    // The others win against it, and against each other by the first draw; server 2 is the first in the list.
    const rest = (own: number): number => own * (1 + unlucky);
    expectShares(shares(loaded, 3), [unlucky ** 2, rest(1 / 4), rest(2 / 4)]);
  });

  test('weighs the load by the weight', () => {
    const loaded = node([1, 3]);
    for (const [server, count] of [
      [0, 1],
      [1, 2],
    ] as const) {
      for (let i = 0; i < count; i++) loaded.ipvs.servers.bind(rowOf(loaded, server), false);
    }
    // 2 / 3 is less than 1 / 1: the heavier one wins unless both draws name the other.
    expectShares(shares(loaded, 2), [(1 / 5) ** 2, 1 - (1 / 5) ** 2]);
  });

  test('leaves drained and overloaded servers out', () => {
    const some = node([1, 1, 1, 1]);
    setWeight(some, 1, 0);
    some.service().edit(rowOf(some, 3), 1, 1);
    some.ipvs.servers.bind(rowOf(some, 3), false);
    expectShares(shares(some, 4), [1 / 3, 0, 2 / 3, 0]);
  });

  test('looks at all servers for the sum, and again up to the later draw', () => {
    const one = node([0, 0, 1]);
    one.service().pick(CLIENT, 1, VIP);
    expect(one.work.counts[WorkKind.ipvsServer]).toBe(3 + 1);
    const last = node([1, 0, 0]);
    last.service().pick(CLIENT, 1, VIP);
    expect(last.work.counts[WorkKind.ipvsServer]).toBe(3 + 3);
  });

  test('depends on the stream', () => {
    const picks = (seed: string): number[] => {
      const some = node([1, 1, 1], seed);
      return Array.from({ length: 20 }, () => some.service().pick(CLIENT, 1, VIP));
    };
    expect(picks('a')).toEqual(picks('a'));
    expect(picks('a')).not.toEqual(picks('b'));
  });
});
