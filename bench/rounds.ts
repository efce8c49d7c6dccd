/**
 * Rounds: every piece of work is done once a round, one after the other, so that a slow spell of the machine meets all of
 * them alike; figures are medians over the rounds, and comparisons are made within a round.
 */
import { median, rate, type Measurement } from './measurement.js';

/** One piece of work over all rounds. */
export interface Series {
  readonly name: string;
  readonly unit: string;
  readonly digest: string;
  readonly meanNs: number;
  /** Units a CPU second, by round. */
  readonly rates: readonly number[];
}

/**
 * Does every piece of work once a round.
 * @param count number of rounds
 * @param works pieces of work; each must take the same steps every time
 * @param onDone told after each one
 * @throws Error when a digest changes from one round to the next
 */
export function inRounds(count: number, works: readonly (() => Measurement)[], onDone: () => void): Series[] {
  const byWork: Measurement[][] = works.map(() => []);
  for (let round = 0; round < count; round++) {
    works.forEach((work, i) => {
      byWork[i]!.push(work());
      onDone();
    });
  }
  return byWork.map((measurements) => {
    const { name, unit, digest, meanNs } = measurements[0]!;
    const other = measurements.find((measurement) => measurement.digest !== digest);
    if (other !== undefined) throw new Error(`${name}: digest ${digest} in one round, ${other.digest} in another`);
    return { name, unit, digest, meanNs, rates: measurements.map(rate) };
  });
}

/** Median over the rounds of how many times as fast one piece of work was as another in the same round. */
export function ratio(series: Series, base: Series): number {
  return median(series.rates.map((value, round) => value / base.rates[round]!));
}
