/** Cases and results for tests of the harness, which never looks inside of a case beyond its labels. */
import type { CaseResult, MetricValue } from '../../src/measure/index.js';
import type { Case } from '../../src/scenario/case.js';
import { smallCase } from '../testbed/small-case.js';

/** A case that differs from others in its number of services and its mode only. */
export function madeUpCase(services: number, mode = 'iptables'): Case {
  const id = `mode=${mode},services=${services}`;
  return { ...smallCase({ id, cluster: { nodes: 2, services }, proxy: { mode } }), scenario: 'made-up' };
}

/** A result of a case, with the given figures. */
export function madeUpResult(caseId: string, seed: string, values: readonly MetricValue[]): CaseResult {
  return { caseId, seed, values, digest: '0123456789abcdef', histograms: {}, warnings: [] };
}
