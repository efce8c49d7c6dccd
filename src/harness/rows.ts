/** Results as rows in long form: one value a row, labelled with its case, in the order of plan, metric list, statistic. */
import { compareMetrics, unitOf } from '../measure/index.js';
import type { CaseLabels, CaseResult, Row } from '../measure/index.js';
import type { Case } from '../scenario/case.js';
import type { Plan } from './plan.js';

/**
 * The rows of a run.
 * @param plan what was run
 * @param results its results, in any order
 * @throws Error when a result is of no case of the plan, or holds a metric that is not in the list
 */
export function toRows(plan: Plan, results: readonly CaseResult[]): Row[] {
  const labels = new Map(plan.cases.map((item) => [item.id, caseLabels(item)]));
  const place = new Map(plan.jobs.map((job) => [job.id, job.index]));
  const order = (result: CaseResult): number => place.get(`${result.caseId}#${result.seed}`) ?? Infinity;
  return [...results]
    .sort((a, b) => order(a) - order(b))
    .flatMap((result) => {
      const label = labels.get(result.caseId);
      if (label === undefined) throw new Error(`result of an unknown case ${result.caseId}`);
      return [...result.values].sort(compareMetrics).map(({ metric, statistic, value }): Row => {
        const finite = Number.isFinite(value) ? value : null;
        const unit = unitOf(metric, statistic);
        return { runId: plan.runId, ...label, seed: result.seed, metric, unit, statistic, value: finite };
      });
    });
}

/** What tells a case apart in tables. */
export function caseLabels({ scenario, id, cluster, proxy, workload }: Case): CaseLabels {
  return {
    scenario,
    caseId: id,
    mode: proxy.mode,
    scheduler: proxy.scheduler,
    nodes: cluster.nodes,
    services: cluster.services,
    endpoints: cluster.objects === null ? cluster.endpoints : null,
    workload: workload.kind,
  };
}
