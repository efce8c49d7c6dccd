/** The gate's decision table: exact, simulated with few and with many seeds, direction, zero, missing values, limits. */
import { describe, expect, test } from 'vitest';
import { gate, gateReport } from '../../src/harness/index.js';
import type { GateOptions, MetricPair } from '../../src/harness/index.js';

type Values = readonly (number | null)[];

const EXACT = 'first_packet_rules mean';
const LATENCY = 'request_latency_ns p99';
const RATE = 'request_rate_per_s value';
const NEUTRAL = 'packets_sent total';

function pair(figure: string, baseline: Values, candidate: Values): MetricPair {
  const [metric = '', statistic = ''] = figure.split(' ');
  return { caseId: 'a', metric, statistic: statistic as MetricPair['statistic'], baseline, candidate };
}

function ask(figure: string, baseline: Values, candidate: Values, options?: GateOptions) {
  return gate([pair(figure, baseline, candidate)], options).findings[0];
}

/** Six seeds around 100, and the same shifted by a share with some disagreement between the seeds. */
const six = [95, 98, 100, 100, 103, 104];
function shifted(share: number, spread: number): number[] {
  return six.map((value, i) => value * (1 + share + (i % 2 === 0 ? spread : -spread)));
}

describe('the gate answers', () => {
  test.each<[string, string, Values, Values, string, string]>([
    ['exact, equal', EXACT, [512, 513], [512, 513], 'passed', 'unchanged'],
    ['exact, one more on one seed', EXACT, [512, 513], [512, 514], 'failed', 'changed'],
    ['exact, fewer: a change all the same', EXACT, [512], [500], 'failed', 'changed'],
    ['one seed, equal', LATENCY, [100], [100], 'passed', 'unchanged'],
    ['one seed, 4 % slower', LATENCY, [100], [104], 'passed', 'within the limit'],
    ['one seed, 6 % slower', LATENCY, [100], [106], 'failed', 'worse than the limit'],
    ['one seed, faster', LATENCY, [100], [50], 'passed', 'better'],
    ['one seed, higher is better, 6 % less', RATE, [100], [94], 'failed', 'worse than the limit'],
    ['one seed, higher is better, 50 % more', RATE, [100], [150], 'passed', 'better'],
    ['three seeds, all 10 % slower', LATENCY, [100, 200, 50], [110, 220, 55], 'failed', 'on every seed'],
    ['three seeds that disagree', LATENCY, [100, 200, 50], [110, 200, 50], 'not-enough-data', 'the 3 seeds disagree'],
    ['three seeds, two a little slower', LATENCY, [100, 200, 50], [101, 203, 50], 'passed', 'within the limit'],
    ['six seeds, 1 % slower', LATENCY, six, shifted(0.01, 0.01), 'passed', 'within the limit'],
    ['six seeds, 20 % slower', LATENCY, six, shifted(0.2, 0.05), 'failed', 'worse than the limit'],
    ['six seeds, 20 % less of the better', RATE, six, shifted(-0.2, 0.05), 'failed', 'worse than the limit'],
    ['six seeds, 20 % faster', LATENCY, six, shifted(-0.2, 0.05), 'passed', 'better'],
    ['six seeds, 4 % slower but uncertain', LATENCY, six, shifted(0.04, 0.1), 'not-enough-data', 'would tell'],
    ['six seeds, 6 % slower but uncertain', LATENCY, six, shifted(0.06, 0.5), 'not-enough-data', 'would tell'],
    ['from zero to something worse', 'cpu_busy_ratio max', [0], [0.1], 'failed', 'worse than the limit'],
    ['from zero to something better', RATE, [0], [5], 'passed', 'better'],
    ['zero on both sides', RATE, [0, 0], [0, 0], 'passed', 'unchanged'],
    ['drops where there were none', 'packets_dropped total', [0], [1], 'failed', 'changed'],
    ['no value in the new run', LATENCY, [100, 100], [100, null], 'failed', 'no value in the new run'],
    ['no value in the baseline', LATENCY, [null, 100], [100, 100], 'not-enough-data', 'no value in the baseline'],
  ])('%s', (_name, figure, baseline, candidate, answer, reason) => {
    const finding = ask(figure, baseline, candidate);
    expect(finding?.answer).toBe(answer);
    expect(finding?.reason).toContain(reason);
  });

  test.each<[string, string, Values, Values]>([
    ['a metric without a better direction', NEUTRAL, [100], [300]],
    ['how many samples there were', 'request_latency_ns count', [100], [300]],
    ['what neither side has', LATENCY, [null], [null]],
    ['a metric that the list does not know', 'gone value', [1], [2]],
  ])('nothing about %s', (_name, figure, baseline, candidate) => {
    expect(ask(figure, baseline, candidate)).toBeUndefined();
  });
});

describe('limits', () => {
  test('for all simulated metrics', () => {
    expect(ask(LATENCY, [100], [140], { limit: 0.5 })?.answer).toBe('passed');
    expect(ask(LATENCY, [100], [103], { limit: 0.02 })?.answer).toBe('failed');
    expect(ask(EXACT, [100], [101], { limit: 0.5 })?.answer).toBe('failed');
  });

  test('for one metric go before that one, and make an exact metric relative', () => {
    const limits = { request_latency_ns: 0.5, first_packet_rules: 0.1 };
    expect(ask(LATENCY, [100], [140], { limit: 0.01, limits })?.answer).toBe('passed');
    expect(ask(EXACT, [100], [109], { limits })?.answer).toBe('passed');
    expect(ask(EXACT, [100], [111], { limits })).toMatchObject({ answer: 'failed', rule: 'simulated', limit: '10 %' });
  });

  test('for a metric without a better direction hold both ways', () => {
    const limits = { packets_sent: 0.1 };
    expect(ask(NEUTRAL, [100], [109], { limits })?.answer).toBe('passed');
    expect(ask(NEUTRAL, [100], [111], { limits })?.answer).toBe('failed');
    expect(ask(NEUTRAL, [100], [89], { limits })?.answer).toBe('failed');
    expect(ask(NEUTRAL, six, shifted(-0.3, 0.02), { limits })?.answer).toBe('failed');
  });
});

describe('a finding', () => {
  test('holds means, change and interval', () => {
    const finding = ask(LATENCY, six, shifted(0.2, 0.05));
    expect(finding).toMatchObject({ baseline: 100, rule: 'simulated', limit: '5 %', seeds: 6 });
    expect(finding?.change).toBeCloseTo(0.2, 1);
    expect(finding?.interval?.[0]).toBeGreaterThan(0.1);
    expect(finding?.interval?.[1]).toBeLessThan(0.3);
  });

  test('is the same at every call', () => {
    expect(ask(LATENCY, six, shifted(0.04, 0.1))).toEqual(ask(LATENCY, six, shifted(0.04, 0.1)));
  });
});

test('one failure fails the gate; without one, one open answer leaves it open; nothing to judge does too', () => {
  const passed = pair(EXACT, [1], [1]);
  const failed = pair(EXACT, [1], [2]);
  const open = pair(LATENCY, [null], [1]);
  expect(gate([passed, open, failed]).answer).toBe('failed');
  expect(gate([passed, open]).answer).toBe('not-enough-data');
  expect(gate([passed, passed]).answer).toBe('passed');
  expect(gateReport([]).answer).toBe('not-enough-data');
});
