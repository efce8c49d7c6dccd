/** What a draw decides is found without asking about every draw. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chanceSteps } from '../../src/testbed/chance-steps.js';

const DRAWS = 2 ** 32;

/** Outcome of a draw where outcomes have these shares, in this order; and how often it was asked. */
function lottery(shares: readonly number[]): { at: (draw: number) => string; asked: () => number } {
  const total = shares.reduce((sum, share) => sum + share, 0);
  let asked = 0;
  const at = (draw: number): string => {
    asked++;
    let left = (draw / DRAWS) * total;
    for (let i = 0; i < shares.length; i++) {
      left -= shares[i]!;
      if (left < 0) return `outcome ${i}`;
    }
    return `outcome ${shares.length - 1}`;
  };
  return { at, asked: () => asked };
}

describe('equal shares', () => {
  test.each([1, 2, 3, 7, 64, 1000])('of %i outcomes are told by two questions each and a few more', (count) => {
    const { at, asked } = lottery(new Array<number>(count).fill(1));
    const steps = chanceSteps(at, (value) => value);
    expect(steps.map(({ value }) => value)).toEqual(Array.from({ length: count }, (_, i) => `outcome ${i}`));
    expect(steps.every(({ probability }) => probability === 1 / count)).toBe(true);
    expect(asked()).toBeLessThanOrEqual(2 * count + 2 * Math.ceil(Math.log2(count + 1)) + (count === 1 ? 18 : 3));
  });

  test('may be rounded as rules round them', () => {
    const at = (draw: number): number => (draw < 1_431_655_765 - 300 ? 0 : draw < 2_863_311_530 + 300 ? 1 : 2);
    expect(chanceSteps(at, String).map(({ probability }) => probability)).toEqual([1 / 3, 1 / 3, 1 / 3]);
  });
});

test('shares of any size are found exactly', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1, maxLength: 12 }), (shares) => {
      const total = shares.reduce((sum, share) => sum + share, 0);
      const steps = chanceSteps(lottery(shares).at, (value) => value);
      expect(steps.map(({ value }) => value)).toEqual(shares.map((_, i) => `outcome ${i}`));
      steps.forEach(({ probability }, i) => expect(probability).toBeCloseTo(shares[i]! / total, 6));
    }),
  );
});

test('outcomes that count as one are added up', () => {
  const { at } = lottery([1, 2, 5]);
  const steps = chanceSteps(at, (value) => (value === 'outcome 1' ? 'b' : 'a'));
  const shares = Object.fromEntries(steps.map(({ value, probability }) => [value, probability]));
  expect(Object.keys(shares)).toHaveLength(2);
  expect(shares['outcome 0']).toBeCloseTo(6 / 8, 8);
});
