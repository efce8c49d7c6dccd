/** Cases made up figure by figure, and what the summary says of them. */
import { expect } from 'vitest';
import type { Aggregate, Statistic } from '../../src/measure/index.js';
import { unitOf } from '../../src/measure/index.js';
import { reports, summaryReport } from '../../src/report/index.js';
import { standardInput } from './standard-rows.js';

/** Which case. */
export interface Place {
  readonly mode: string;
  readonly scheduler?: string;
  readonly services?: number;
  readonly endpoints?: number;
  readonly variant?: string;
}

/** Mean, half of the interval and largest value. */
export type Figure = number | readonly [mean: number, halfWidth: number, max?: number];

/** Aggregates of one case, from `metric statistic` and figures. */
export function one(place: Place, figures: Readonly<Record<string, Figure>>): Aggregate[] {
  const { mode, scheduler = '', services = 10, endpoints = 10, variant = '' } = place;
  const size = [`services=${services}`, `endpoints=${endpoints}`];
  const proxy = [`mode=${mode}`, ...(scheduler === '' ? [] : [`scheduler=${scheduler}`])];
  const caseId = [...size, ...(variant === '' ? [] : [variant]), ...proxy].join(',');
  return Object.entries(figures).map(([name, figure]) => {
    const [metric, statistic] = name.split(' ') as [string, Statistic];
    const [mean, halfWidth, max = mean + halfWidth] = typeof figure === 'number' ? [figure, 0] : figure;
    const labels = { runId: 'r', scenario: 's', caseId, mode, scheduler };
    const sizes = { nodes: 4, services, endpoints, workload: 'new-connection' };
    const min = mean - halfWidth;
    return {
      ...labels,
      ...sizes,
      metric,
      unit: unitOf(metric, statistic),
      statistic,
      seeds: 3,
      mean,
      halfWidth,
      min,
      max,
    };
  });
}

/** The summary of some cases on one line; no report of them may show what is no number. */
export function summary(...aggregates: readonly (readonly Aggregate[])[]): string {
  const input = { ...standardInput, aggregates: aggregates.flat(), warnings: [], files: [] };
  for (const item of reports) expect(item.render(input)).not.toMatch(/NaN|undefined|Infinity|infinite/);
  return summaryReport.render(input).replace(/\s+/g, ' ');
}
