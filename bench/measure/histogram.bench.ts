/** Recording values of four orders of magnitude in a histogram. */
import { Histogram } from '../../src/measure/index.js';
import { RandomStream } from '../../src/sim/index.js';
import type { Micro } from '../micro.js';

const VALUES = 100_000;

/** The check is the 99 % quantile after the first call. */
export function histogramRecord(): Micro {
  const chance = new RandomStream('bench', 'values');
  const values = Float64Array.from({ length: VALUES }, () => Math.round(chance.exponential(50_000)));
  const histogram = new Histogram();
  return {
    name: 'histogram, record a value',
    operations: VALUES,
    run: () => {
      for (let i = 0; i < VALUES; i++) histogram.record(values[i]!);
      return histogram.quantile(0.99);
    },
  };
}
