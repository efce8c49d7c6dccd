/** Samples kept in full, Jain's index, and taking a metric's statistics from them. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  Histogram,
  MetricValues,
  SampleSummary,
  jainIndex,
  maxOverMean,
  statisticOf,
} from '../../src/measure/index.js';

describe('a sample', () => {
  test('has its figures whatever the order', () => {
    const summary = new SampleSummary([30, 10, 20, 40]);
    expect([summary.count, summary.sum, summary.min, summary.mean, summary.max]).toEqual([4, 100, 10, 25, 40]);
    expect([summary.quantile(0.5), summary.quantile(0.99)]).toEqual([20, 40]);
  });

  test('without values has none', () => {
    const empty = new SampleSummary([]);
    expect([empty.count, empty.sum]).toEqual([0, 0]);
    expect([empty.min, empty.mean, empty.max, empty.quantile(0.5)]).toEqual([NaN, NaN, NaN, NaN]);
  });

  test('has no value or end', () => {
    expect(() => statisticOf(new SampleSummary([1]), 'end')).toThrow(/end/);
  });
});

describe("Jain's index", () => {
  test.each([
    [[5, 5, 5, 5], 1, 1],
    [[12, 0, 0, 0], 0.25, 4],
    [[6, 6, 0, 0], 0.5, 2],
    [[1, 2, 3], 36 / 42, 1.5],
  ])('of %j', (loads, index, ratio) => {
    expect(jainIndex(loads)).toBeCloseTo(index, 12);
    expect(maxOverMean(loads)).toBeCloseTo(ratio, 12);
  });

  test('does not exist without load', () => {
    expect([jainIndex([0, 0]), maxOverMean([]), jainIndex([])]).toEqual([NaN, NaN, NaN]);
  });

  test('lies between 1/n and 1, and does not depend on the unit', () => {
    const loads = fc.array(fc.integer({ min: 0, max: 10_000 }), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(loads, (values) => {
        fc.pre(values.some((load) => load > 0));
        expect(jainIndex(values)).toBeGreaterThanOrEqual(1 / values.length - 1e-12);
        expect(jainIndex(values)).toBeLessThanOrEqual(1 + 1e-12);
        expect(jainIndex(values.map((load) => load * 1024))).toBe(jainIndex(values));
      }),
    );
  });
});

describe('the figures of a run', () => {
  test('come in the order of the metric list with the statistics that it promises', () => {
    const latency = new Histogram();
    for (const value of [100, 200]) latency.record(value);
    const values = new MetricValues();
    values.single('rules_total', 42);
    values.sample('rules_written', [10, 30]);
    values.set('conntrack_entries', 'end', 3);
    values.set('conntrack_entries', 'max', 9);
    values.histogram('connect_latency_ns', latency);
    expect(values.list().map(({ metric, statistic, value }) => `${metric} ${statistic} ${value}`)).toEqual([
      'connect_latency_ns count 2',
      'connect_latency_ns min 100',
      'connect_latency_ns mean 150',
      'connect_latency_ns p50 100',
      'connect_latency_ns p90 200',
      'connect_latency_ns p99 200',
      'connect_latency_ns p99.9 200',
      'connect_latency_ns max 200',
      'conntrack_entries max 9',
      'conntrack_entries end 3',
      'rules_total value 42',
      'rules_written total 40',
      'rules_written mean 20',
      'rules_written max 30',
    ]);
    expect(Object.keys(values.histograms)).toEqual(['connect_latency_ns']);
  });

  test('refuse what the list does not know', () => {
    const values = new MetricValues();
    expect(() => values.single('rules', 1)).toThrow('no metric is called rules');
    expect(() => values.set('rules_total', 'p99', 1)).toThrow('rules_total has no statistic p99');
    expect(() => values.single('rules_written', 1)).toThrow(/several/);
  });
});
