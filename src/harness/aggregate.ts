/** One line per case, metric and statistic: the mean over the seeds with its 95 % confidence interval. */
import { meanInterval } from '../measure/index.js';
import type { Aggregate, Row } from '../measure/index.js';

/**
 * Aggregates rows over their seeds.
 * @param rows rows of one run
 * @returns one aggregate per case, metric and statistic, in the order in which the rows first name them
 */
export function aggregate(rows: readonly Row[]): Aggregate[] {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const key = JSON.stringify([row.caseId, row.metric, row.statistic]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return [...groups.values()].flatMap((group) => {
    const [row] = group;
    return row === undefined ? [] : [summarise(row, group)];
  });
}

function summarise({ seed: _seed, value: _value, ...labels }: Row, group: readonly Row[]): Aggregate {
  const values = group.map((row) => row.value).filter((value) => value !== null);
  const { count, mean, halfWidth } = meanInterval(values);
  return {
    ...labels,
    seeds: count,
    mean: finite(mean),
    halfWidth: finite(halfWidth),
    min: finite(Math.min(...values)),
    max: finite(Math.max(...values)),
  };
}

/** null for what has no value. */
function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
