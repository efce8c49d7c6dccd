/** Units of work by the names of the cost profile. */
import { WORK_NAMES } from '../../kernel/index.js';

/** Units by name, those that are 0 left out. */
export function workNamed(counts: Float64Array): Record<string, number> {
  const named: Record<string, number> = {};
  WORK_NAMES.forEach((name, kind) => {
    // Loads are fractions, and a difference of sums of fractions has an end that means nothing.
    const units = Math.round(counts[kind]! * 1e6) / 1e6;
    if (units !== 0) named[name] = units;
  });
  return named;
}
