/**
 * Aggregates case by case, in the order in which cases are shown: by size first, so that the modes stand side by side.
 */
import type { Aggregate, CaseLabels, Statistic } from '../measure/index.js';

/** One case and its aggregates. */
export interface CaseView extends CaseLabels {
  /** What else tells the case apart: the parts of its id that no label says, such as `target=zipf`. */
  readonly variant: string;
  /** Mode and scheduler, such as `ipvs rr`. */
  readonly modeName: string;
  /** The aggregate of one figure, if the case has it with a value. */
  find(metric: string, statistic: Statistic): (Aggregate & { readonly mean: number }) | undefined;
  /** Mean over the seeds, if there is one. */
  mean(metric: string, statistic: Statistic): number | undefined;
}

/** Names in case ids (last word of the field) that labels say already. */
const LABELLED = new Set(['mode', 'scheduler', 'nodes', 'services', 'endpoints', 'workload']);

/** The cases behind some aggregates, by nodes, services, endpoints, workload and variant, then as they came. */
export function caseViews(aggregates: readonly Aggregate[]): CaseView[] {
  const groups = new Map<string, Aggregate[]>();
  for (const item of aggregates) {
    const group = groups.get(item.caseId);
    if (group === undefined) groups.set(item.caseId, [item]);
    else group.push(item);
  }
  const views = [...groups.values()].flatMap(([first, ...rest]) => (first === undefined ? [] : [view(first, rest)]));
  const variants = [...new Set(views.map((item) => item.variant))];
  return views.sort(
    (a, b) =>
      a.nodes - b.nodes ||
      a.services - b.services ||
      (a.endpoints ?? 0) - (b.endpoints ?? 0) ||
      compareText(a.workload, b.workload) ||
      variants.indexOf(a.variant) - variants.indexOf(b.variant),
  );
}

/** Whether two cases differ in nothing but mode and scheduler. */
export function sameSetting(a: CaseView, b: CaseView): boolean {
  return (
    a.nodes === b.nodes &&
    a.services === b.services &&
    a.endpoints === b.endpoints &&
    a.workload === b.workload &&
    a.variant === b.variant
  );
}

function view(first: Aggregate, rest: readonly Aggregate[]): CaseView {
  const { scenario, caseId, mode, scheduler, nodes, services, endpoints, workload } = first;
  const byFigure = new Map([first, ...rest].map((item) => [`${item.metric} ${item.statistic}`, item]));
  const find: CaseView['find'] = (metric, statistic) => {
    const item = byFigure.get(`${metric} ${statistic}`);
    return item === undefined || item.mean === null ? undefined : { ...item, mean: item.mean };
  };
  return {
    ...{ scenario, caseId, mode, scheduler, nodes, services, endpoints, workload, find },
    variant: variantOf(caseId),
    modeName: scheduler === '' ? mode : `${mode} ${scheduler}`,
    mean: (metric, statistic) => find(metric, statistic)?.mean,
  };
}

function variantOf(caseId: string): string {
  const parts = caseId.split(',').filter((part) => part.includes('='));
  return parts.filter((part) => !LABELLED.has(part.slice(0, part.indexOf('=')).split('.').at(-1) ?? '')).join(' ');
}

function compareText(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
