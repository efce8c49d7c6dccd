/** Absolute limits on the values of one run: each must hold in every case and with every seed. */
import { keepsThreshold } from '../measure/index.js';
import type { Finding, Row, Threshold } from '../measure/index.js';

/**
 * Checks limits against rows.
 * @param rows rows of one run
 * @param thresholds the limits
 * @returns one finding per limit and case that has the metric; it shows the value of the worst seed
 */
export function checkThresholds(rows: readonly Row[], thresholds: readonly Threshold[]): Finding[] {
  return thresholds.flatMap((threshold) => {
    const groups = new Map<string, Row[]>();
    for (const row of rows) {
      if (row.metric !== threshold.metric || row.statistic !== threshold.statistic) continue;
      groups.set(row.caseId, [...(groups.get(row.caseId) ?? []), row]);
    }
    return [...groups].map(([caseId, group]) => check(caseId, group, threshold));
  });
}

function check(caseId: string, group: readonly Row[], threshold: Threshold): Finding {
  const values = group.map((row) => row.value).filter((value) => value !== null);
  const broken = values.filter((value) => !keepsThreshold(value, threshold));
  const head = {
    caseId,
    metric: threshold.metric,
    statistic: threshold.statistic,
    rule: 'threshold' as const,
    baseline: null,
    candidate: worst(broken.length > 0 ? broken : values, threshold),
    change: null,
    interval: null,
    limit: threshold.text,
    seeds: group.length,
  };
  if (broken.length > 0) {
    return { ...head, answer: 'failed', reason: `broken with ${broken.length} of ${group.length} seeds` };
  }
  if (values.length < group.length) return { ...head, answer: 'not-enough-data', reason: 'no value in the new run' };
  return { ...head, answer: 'passed', reason: 'kept with every seed' };
}

/** The value farthest on the wrong side: the largest for an upper limit, the smallest for a lower one. */
function worst(values: readonly number[], { operator }: Threshold): number | null {
  if (values.length === 0) return null;
  return operator.startsWith('>') ? Math.min(...values) : Math.max(...values);
}
