/** Targets: fixed ones, and drawn ones as often as they should be. */
import { describe, expect, test } from 'vitest';
import { RandomStream } from '../../src/sim/index.js';
import { Targets, type TargetChoice } from '../../src/workload/index.js';

const DRAWS = 100_000;

/** How often each target is drawn, as shares. */
function shares(choice: TargetChoice, count: number, exponent: number): number[] {
  const targets = new Targets(choice, count, exponent, new RandomStream('1', 'targets'));
  const seen = new Array<number>(count).fill(0);
  for (let n = 0; n < DRAWS; n++) seen[targets.next()]!++;
  return seen.map((times) => times / DRAWS);
}

/** The shares by rank: the largest first. */
function byShare(drawn: readonly number[]): number[] {
  return [...drawn].sort((a, b) => b - a);
}

test.each([
  ['first', 1, 0],
  ['first', 10, 0],
  ['middle', 1, 0],
  ['middle', 2, 1],
  ['middle', 9, 4],
  ['middle', 10, 5],
  ['last', 1, 0],
  ['last', 10, 9],
] as const)('the %s of %i is %i, always', (choice, count, expected) => {
  const seen = shares(choice, count, 1);
  expect(seen.map((share, n) => (share > 0 ? n : -1)).filter((n) => n >= 0)).toEqual([expected]);
});

/** Whether shares of that many draws fit probabilities: no target further off than 4.5 standard deviations. */
function fits(seen: readonly number[], probabilities: readonly number[]): boolean {
  return seen.every((share, n) => {
    const p = probabilities[n]!;
    return Math.abs(share - p) <= 4.5 * Math.sqrt((p * (1 - p)) / DRAWS);
  });
}

test('uniform draws each alike', () => {
  for (const count of [1, 2, 37])
    expect(fits(shares('uniform', count, 1), new Array<number>(count).fill(1 / count))).toBe(true);
});

describe('zipf draws its targets in proportion to i^-s, i the rank', () => {
  test.each([0, 0.5, 1, 1.2, 2])('s = %d', (exponent) => {
    for (const count of [1, 2, 50]) {
      const weights = Array.from({ length: count }, (_, n) => 1 / (n + 1) ** exponent);
      const sum = weights.reduce((a, b) => a + b);
      const expected = weights.map((weight) => weight / sum);
      expect(fits(byShare(shares('zipf', count, exponent)), expected)).toBe(true);
    }
  });

  test('which target has which rank is shuffled: popular ones are not the first ones', () => {
    const drawn = shares('zipf', 50, 1.2);
    const place = drawn.indexOf(Math.max(...drawn));
    expect(byShare(drawn)).not.toEqual(drawn);
    expect(place).not.toBe(0);
  });

  test('the check of this test tells exponents apart', () => {
    const weights = Array.from({ length: 50 }, (_, n) => 1 / (n + 1));
    const sum = weights.reduce((a, b) => a + b);
    const expected = weights.map((weight) => weight / sum);
    expect(fits(byShare(shares('zipf', 50, 1.05)), expected)).toBe(false);
  });
});
