/** Baselines: the document, reading it back, its faults, and whether two runs may be compared. */
import { describe, expect, test } from 'vitest';
import {
  BaselineError,
  checkThresholds,
  compareRuns,
  figuresOf,
  planRun,
  readBaseline,
  toBaseline,
  toRows,
} from '../../src/harness/index.js';
import type { RunFigures } from '../../src/harness/index.js';
import { parseThreshold } from '../../src/measure/index.js';
import type { Threshold } from '../../src/measure/index.js';
import type { Case } from '../../src/scenario/case.js';
import { madeUpCase, madeUpResult } from './made-up-case.js';

const CASES = [madeUpCase(10), madeUpCase(100)];

/** A run of some cases in which the p99 of case i with seed j is 1000 (i + 1) + j, and missing for the last of both. */
function run(cases: readonly Case[], seeds: readonly string[]) {
  const plan = planRun(cases, seeds);
  const rows = toRows(
    plan,
    plan.jobs.map(({ case: { id, cluster }, seed, index }) => {
      const value = index === plan.jobs.length - 1 ? NaN : cluster.services * 100 + Number(seed);
      return madeUpResult(id, seed, [
        { metric: 'request_latency_ns', statistic: 'p99', value },
        { metric: 'rules_total', statistic: 'value', value: cluster.services * 8 },
      ]);
    }),
  );
  return { plan, rows, figures: figuresOf(plan, rows, '0.1.0') };
}

const { figures, rows } = run(CASES, ['1', '2']);

function problems(baseline: RunFigures, candidate: RunFigures, lenient = false): readonly string[] {
  const comparison = compareRuns(baseline, candidate, { lenient });
  return comparison.comparable ? [] : comparison.problems;
}

describe('a baseline', () => {
  test('keeps one value per case, metric, statistic and seed', () => {
    expect(figures.cases.map(({ id, values }) => ({ id, values }))).toEqual([
      {
        id: 'mode=iptables,services=10',
        values: { request_latency_ns: { p99: [1001, 1002] }, rules_total: { value: [80, 80] } },
      },
      {
        id: 'mode=iptables,services=100',
        values: { request_latency_ns: { p99: [10_001, null] }, rules_total: { value: [800, 800] } },
      },
    ]);
  });

  test('is read back as it was written', () => {
    const baseline = toBaseline('main', figures);
    expect(readBaseline(JSON.parse(JSON.stringify(baseline)))).toEqual(baseline);
  });

  test.each<[string, (document: Record<string, unknown>) => unknown, string]>([
    ['nothing', () => null, 'document: '],
    ['another kind', (document) => ({ ...document, kind: 'Scenario' }), 'kind: '],
    ['another version', (document) => ({ ...document, schemaVersion: 2 }), 'schemaVersion: '],
    ['an unknown field', (document) => ({ ...document, extra: 1 }), 'document: '],
    [
      'a short hash',
      (document) => ({ ...document, scenarioHash: 'ff' }),
      'scenarioHash: expected 16 hexadecimal digits',
    ],
    ['no cases', (document) => ({ ...document, cases: [] }), 'cases: '],
    [
      'a value that is no number',
      (document) => ({
        ...document,
        cases: [{ ...figures.cases[0], values: { rules_total: { value: [80, 'many'] } } }],
      }),
      'cases[0].values.rules_total.value[1]: ',
    ],
    [
      'too few values',
      (document) => ({ ...document, cases: [{ ...figures.cases[0], values: { rules_total: { value: [80] } } }] }),
      'cases[0].values.rules_total.value: expected 2 values, one a seed, found 1',
    ],
  ])('with %s is refused', (_name, spoil, fault) => {
    let faults: readonly string[] = [];
    try {
      readBaseline(spoil({ ...toBaseline('main', figures) }));
    } catch (error) {
      if (error instanceof BaselineError) faults = error.faults;
    }
    expect(faults).toEqual([expect.stringContaining(fault)]);
  });
});

describe('two runs', () => {
  test('of the same input are paired seed by seed, in the order of the metric list', () => {
    const comparison = compareRuns(figures, run(CASES, ['1', '2']).figures);
    expect(comparison.comparable && comparison.notes).toEqual([]);
    expect(comparison.comparable && comparison.pairs).toEqual([
      ...[
        ['mode=iptables,services=10', 'request_latency_ns', 'p99', [1001, 1002]],
        ['mode=iptables,services=10', 'rules_total', 'value', [80, 80]],
        ['mode=iptables,services=100', 'request_latency_ns', 'p99', [10_001, null]],
        ['mode=iptables,services=100', 'rules_total', 'value', [800, 800]],
      ].map(([caseId, metric, statistic, values]) => {
        return { caseId, metric, statistic, baseline: values, candidate: values };
      }),
    ]);
  });

  test('are paired over the seeds that both have, and that is said', () => {
    const comparison = compareRuns(figures, run(CASES, ['3', '2']).figures);
    expect(comparison.comparable && comparison.notes).toEqual(['compared over 1 common seeds of 2 and 2']);
    expect(comparison.comparable && comparison.pairs[0]).toMatchObject({ baseline: [1002], candidate: [1002] });
  });

  test('without a common seed are not comparable', () => {
    expect(problems(figures, run(CASES, ['3']).figures)).toEqual(['the two have no seed in common: 1, 2 and 3']);
  });

  test('of changed input are not comparable, lenient or not', () => {
    const [first, second] = CASES;
    if (first === undefined || second === undefined) throw new Error('no cases');
    const changed = run([first, { ...second, run: { ...second.run, drainNs: 0 } }], ['1', '2']).figures;
    const expected = ['case mode=iptables,services=100 has another input'];
    expect(problems(figures, changed)).toEqual(expected);
    expect(problems(figures, changed, true)).toEqual(expected);
  });

  test('with missing cases are comparable only leniently', () => {
    const part = run(CASES.slice(0, 1), ['1', '2']).figures;
    expect(problems(figures, part)).toEqual(['case mode=iptables,services=100 is not in the new run']);
    expect(problems(part, figures)).toEqual(['case mode=iptables,services=100 is not in the baseline']);
    const lenient = compareRuns(figures, part, { lenient: true });
    expect(lenient.comparable && lenient.pairs.map(({ caseId }) => caseId)).toEqual([
      'mode=iptables,services=10',
      'mode=iptables,services=10',
    ]);
    expect(lenient.comparable && lenient.notes).toEqual(['case mode=iptables,services=100 is not in the new run']);
  });

  test('of other scenarios, or with nothing in common, are not comparable', () => {
    expect(problems(figures, { ...figures, scenario: 'other' })).toEqual([
      'the baseline is of scenario made-up, the new run of other',
    ]);
    expect(problems(figures, run([madeUpCase(7)], ['1']).figures, true)).toEqual(['the two have no case in common']);
  });

  test('in another order of cases are not the same scenario', () => {
    expect(problems(figures, run([...CASES].reverse(), ['1', '2']).figures)).toEqual([
      'the cases stand in another order',
    ]);
  });
});

describe('thresholds', () => {
  function threshold(metric: string, text: string): Threshold {
    const parsed = parseThreshold(metric, text);
    if (typeof parsed === 'string') throw new Error(parsed);
    return parsed;
  }

  test('hold for every case and seed, show the worst value, and stay open without one', () => {
    const found = checkThresholds(rows, [
      threshold('request_latency_ns', 'p(99)<1002ns'),
      threshold('request_latency_ns', 'p(99)<=1s'),
      threshold('rules_total', 'value>100'),
    ]);
    expect(
      found.map(({ caseId, limit, candidate, answer, reason }) => [caseId, limit, candidate, answer, reason]),
    ).toEqual([
      ['mode=iptables,services=10', 'p(99)<1002ns', 1002, 'failed', 'broken with 1 of 2 seeds'],
      ['mode=iptables,services=100', 'p(99)<1002ns', 10_001, 'failed', 'broken with 1 of 2 seeds'],
      ['mode=iptables,services=10', 'p(99)<=1s', 1002, 'passed', 'kept with every seed'],
      ['mode=iptables,services=100', 'p(99)<=1s', 10_001, 'not-enough-data', 'no value in the new run'],
      ['mode=iptables,services=10', 'value>100', 80, 'failed', 'broken with 2 of 2 seeds'],
      ['mode=iptables,services=100', 'value>100', 800, 'passed', 'kept with every seed'],
    ]);
  });
});
