/** Arrivals: constant ones to the nanosecond, Poisson ones by mean, variance and independence, none after the end. */
import { describe, expect, test } from 'vitest';
import { RandomStreams, SECOND, Simulation } from '../../src/sim/index.js';
import { Arrivals } from '../../src/workload/index.js';

/** Times of arrivals until the end, by client. */
function arrivals(clients: number, ratePerSecond: number, untilNs: number, seed?: string): number[][] {
  const simulation = new Simulation();
  const times = Array.from({ length: clients }, (): number[] => []);
  const streams = seed === undefined ? undefined : new RandomStreams(seed);
  const chance = streams && times.map((_, n) => streams.stream(`client/${n}`));
  const generator = new Arrivals(
    simulation,
    { clients, ratePerSecond, untilNs, chance },
    { arrive: (client) => times[client]!.push(simulation.now) },
  );
  generator.start();
  simulation.run(10 * untilNs);
  return times;
}

describe('constant arrivals', () => {
  test('are equally spaced, the clients shifted against each other', () => {
    expect(arrivals(4, 4000, 2_000_000)).toEqual([
      [0, 1_000_000],
      [250_000, 1_250_000],
      [500_000, 1_500_000],
      [750_000, 1_750_000],
    ]);
  });

  test('do not drift, where the spacing is no whole number either', () => {
    // Every 3333.33... ns for one second.
    const [times] = arrivals(1, 300_000, SECOND) as [number[]];
    expect(times.length).toBe(300_000);
    const worst = times.reduce((worst, time, n) => Math.max(worst, Math.abs(time - (n * 10_000) / 3)), 0);
    expect(worst).toBeLessThan(0.51);
  });

  test.each([
    [1, 1000],
    [3, 1000],
    [7, 12_345],
    [100, 50],
  ])('of %i clients together are %i a second', (clients, rate) => {
    const all = arrivals(clients, rate, 2 * SECOND).flat();
    expect(Math.abs(all.length - 2 * rate)).toBeLessThanOrEqual(1);
  });
});

test('nothing is due from the end on', () => {
  expect(arrivals(1, 1000, 3_000_000)).toEqual([[0, 1_000_000, 2_000_000]]);
  expect(arrivals(1, 1000, 3_000_001)).toEqual([[0, 1_000_000, 2_000_000, 3_000_000]]);
  expect(Math.max(...arrivals(5, 1000, SECOND, 'a').flat())).toBeLessThan(SECOND);
});

describe('Poisson arrivals', () => {
  const RATE = 100_000;
  const all = arrivals(4, RATE, 2 * SECOND, 'poisson');
  const merged = all.flat().sort((a, b) => a - b);

  test('come at the rate, each client at its part of it', () => {
    // Counts of mean n have a standard deviation of the root of n: 447 of 200,000, 224 of 50,000.
    expect(Math.abs(merged.length - 2 * RATE)).toBeLessThan(4 * 447);
    for (const times of all) expect(Math.abs(times.length - RATE / 2)).toBeLessThan(4 * 224);
  });

  test('are spaced exponentially: the standard deviation is the mean, and 1/e of the gaps are longer', () => {
    const [times] = all as [number[]];
    const gaps = times.slice(1).map((time, n) => time - times[n]!);
    const mean = gaps.reduce((a, b) => a + b) / gaps.length;
    const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length;
    expect(mean / 40_000).toBeCloseTo(1, 1);
    expect(Math.abs(Math.sqrt(variance) / mean - 1)).toBeLessThan(0.02);
    expect(gaps.filter((gap) => gap > mean).length / gaps.length).toBeCloseTo(1 / Math.E, 1.5);
  });

  test('of all clients together are counted like a Poisson process: in 1 ms the variance is the mean', () => {
    const counts = new Array<number>(2000).fill(0);
    for (const time of merged) counts[Math.floor(time / 1_000_000)]!++;
    const mean = merged.length / counts.length;
    const variance = counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / counts.length;
    // The variance of 2000 samples has a standard deviation of 3.2 %.
    expect(Math.abs(variance / mean - 1)).toBeLessThan(0.13);
  });

  test('are the same for the same seed, and differ between clients', () => {
    expect(arrivals(2, 1000, SECOND, 's')).toEqual(arrivals(2, 1000, SECOND, 's'));
    const [first, second] = arrivals(2, 1000, SECOND, 's');
    expect(first).not.toEqual(second);
    expect(arrivals(2, 1000, SECOND, 't')[0]).not.toEqual(first);
  });
});
