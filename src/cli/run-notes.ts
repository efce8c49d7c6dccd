/** What to know about a run as a whole that its figures do not show. */
import type { Scenario } from '../scenario/index.js';

/** Notes for the head of a summary, one sentence each. */
export function runNotes({ cases }: Scenario): string[] {
  const isDual = cases.some(({ cluster }) => cluster.ipFamilies.length > 1);
  const [family, ...others] = new Set(cases.map(({ workload }) => workload.ipFamily));
  if (!isDual || family === undefined || others.length > 0) return [];
  return [`The cluster is dual-stack; traffic is IPv${family} only. workload.ipFamily chooses its family.`];
}
