/** Random streams: independent by name, repeatable, and fixed for ever by check vectors. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RandomStream, RandomStreams } from '../../src/sim/index.js';

const integers = (stream: RandomStream, n: number): number[] => Array.from({ length: n }, () => stream.uint32());

test('check vectors: a change here changes the results of every run', () => {
  expect(integers(new RandomStream('1', 'client/0/arrivals'), 4)).toMatchInlineSnapshot(`
    [
      3512860474,
      3020530741,
      2497649278,
      157408835,
    ]
  `);
  expect(integers(new RandomStream('', ''), 2)).toMatchInlineSnapshot(`
    [
      2944303779,
      2454602678,
    ]
  `);
  const stream = new RandomStream('42', 'x');
  expect([stream.uniform(), stream.below(1000), stream.exponential(100)]).toMatchInlineSnapshot(`
    [
      0.5019379986915737,
      144,
      200.7451810630985,
    ]
  `);
});

describe('a stream', () => {
  test('is fixed by seed and name', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (seed, name) => {
        expect(integers(new RandomStream(seed, name), 5)).toEqual(integers(new RandomStreams(seed).stream(name), 5));
      }),
    );
  });

  test('differs from that of another seed or another name', () => {
    const firsts = [
      ...Array.from({ length: 200 }, (_, n) => new RandomStream(String(n), 'arrivals')),
      ...Array.from({ length: 200 }, (_, n) => new RandomStream('1', `client/${n}`)),
    ].map((stream) => integers(stream, 2).join());
    expect(new Set(firsts).size).toBe(400);
  });

  test('is not that of a seed and a name that only read alike together', () => {
    expect(integers(new RandomStream('1/a', 'b'), 2)).not.toEqual(integers(new RandomStream('1', 'a/b'), 2));
  });

  test('is not a sum of others: the generator is linear, so its seeds must not be', () => {
    // Names that differ in a few bits of one character gave four streams whose exclusive or was 0 at every draw.
    const sums = (streams: RandomStream[]): number[] =>
      Array.from({ length: 8 }, () => streams.reduce((sum, stream) => sum ^ stream.uint32(), 0));
    const four = ['0', '1', '2', '3'];
    expect(sums(four.map((n) => new RandomStream('1', `client/${n}`)))).not.toContain(0);
    expect(sums(four.map((seed) => new RandomStream(seed, 'arrivals')))).not.toContain(0);
  });

  test('is the same one at every call of its name', () => {
    const streams = new RandomStreams('7');
    expect(streams.stream('a')).toBe(streams.stream('a'));
    expect(streams.stream('a')).not.toBe(streams.stream('b'));
  });
});

test('a new user of chance shifts nobody: streams give what they give alone, in whatever order they are made and drawn from', () => {
  const names = ['arrivals', 'service', 'ports'];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...names, 'newcomer'), { maxLength: 100 }), (users) => {
      const streams = new RandomStreams('3');
      const drawn = new Map<string, number[]>(names.map((name) => [name, []]));
      for (const name of users) drawn.get(name)?.push(streams.stream(name).uint32());
      for (const [name, values] of drawn) expect(values).toEqual(integers(new RandomStream('3', name), values.length));
    }),
  );
});

describe('the distribution', () => {
  const DRAWS = 100_000;

  test('of below is even: chi-squared over 10 values under the 0.1 % point (27.9 at 9 degrees of freedom)', () => {
    const stream = new RandomStream('1', 'below');
    const counts = new Array<number>(10).fill(0);
    for (let n = 0; n < DRAWS; n++) counts[stream.below(10)]!++;
    const expected = DRAWS / 10;
    expect(counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)).toBeLessThan(27.9);
  });

  test('of uniform has mean 1/2 and variance 1/12', () => {
    const stream = new RandomStream('1', 'uniform');
    const draws = Array.from({ length: DRAWS }, () => stream.uniform());
    const mean = draws.reduce((sum, x) => sum + x, 0) / DRAWS;
    expect(mean).toBeCloseTo(0.5, 2);
    expect(draws.reduce((sum, x) => sum + (x - mean) ** 2, 0) / DRAWS).toBeCloseTo(1 / 12, 2);
    expect(draws.every((x) => x >= 0 && x < 1 && Number.isInteger(x * 2 ** 32))).toBe(true);
  });

  test('of exponential is never negative and has the mean, the variance and the median asked for', () => {
    const stream = new RandomStream('1', 'exponential');
    const draws = Array.from({ length: DRAWS }, () => stream.exponential(2)).sort((a, b) => a - b);
    const mean = draws.reduce((sum, x) => sum + x, 0) / DRAWS;
    // Four standard errors of the mean (2 / sqrt n) and of the median (2 / sqrt n).
    const error = (4 * 2) / Math.sqrt(DRAWS);
    expect(Math.abs(mean - 2)).toBeLessThan(error);
    expect(Math.abs(draws[DRAWS / 2]! - 2 * Math.LN2)).toBeLessThan(error);
    expect(draws.reduce((sum, x) => sum + (x - mean) ** 2, 0) / DRAWS).toBeCloseTo(4, 0);
    expect(draws[0]).toBeGreaterThanOrEqual(0);
    expect(draws.at(-1)).toBeLessThan(Infinity);
  });
});

test('a draw of a 32-bit integer is whole and unsigned', () => {
  const draws = integers(new RandomStream('1', 'integers'), 1000);
  expect(draws.every((n) => Number.isInteger(n) && n >= 0 && n < 2 ** 32)).toBe(true);
  expect(draws.some((n) => n >= 2 ** 31)).toBe(true);
});

describe('shuffle', () => {
  test('keeps what it is given', () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.string(), (items, seed) => {
        const shuffled = [...items];
        new RandomStream(seed, 'shuffle').shuffle(shuffled);
        expect(shuffled.sort((a, b) => a - b)).toEqual([...items].sort((a, b) => a - b));
      }),
    );
  });

  test('gives all six orders of three equally often', () => {
    const stream = new RandomStream('1', 'orders');
    const counts = new Map<string, number>();
    for (let n = 0; n < 12_000; n++) {
      const items = ['a', 'b', 'c'];
      stream.shuffle(items);
      counts.set(items.join(''), (counts.get(items.join('')) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    // Chi-squared at 5 degrees of freedom: 20.5 is passed once in a thousand.
    expect([...counts.values()].reduce((sum, count) => sum + (count - 2000) ** 2 / 2000, 0)).toBeLessThan(20.5);
  });
});
