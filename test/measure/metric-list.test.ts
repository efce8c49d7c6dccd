/** The list of metrics: names, units, and what holds for all of them. */
import { expect, test } from 'vitest';
import { DROP_CAUSES, METRICS, STATISTICS, compareMetrics, findMetric, unitOf } from '../../src/measure/index.js';

test('no name occurs twice', () => {
  const names = METRICS.map((metric) => metric.name);
  expect(new Set(names).size).toBe(names.length);
});

test('a unit stands last in the name', () => {
  for (const { name, unit } of METRICS) {
    expect(name.endsWith('_ns'), name).toBe(unit === 'ns');
    expect(name.endsWith('_per_s'), name).toBe(unit === '1/s');
    expect(name).toMatch(/^[a-z0-9_]+$/);
  }
});

test('statistics stand in display order, and every metric has one and says what it is', () => {
  for (const { name, statistics, doc } of METRICS) {
    expect(statistics.length, name).toBeGreaterThan(0);
    expect(
      [...statistics].sort((a, b) => STATISTICS.indexOf(a) - STATISTICS.indexOf(b)),
      name,
    ).toEqual(statistics);
    expect(doc, name).toMatch(/^[A-Za-z].*\.$/);
  }
});

test('every cause of a drop has a metric', () => {
  for (const cause of DROP_CAUSES) expect(findMetric(`packets_dropped_${cause}`)?.kind).toBe('exact');
});

test('metrics are ordered as listed, unknown ones behind, then statistics', () => {
  const pairs = [
    { metric: 'zzz', statistic: 'value' },
    { metric: 'aaa', statistic: 'value' },
    { metric: 'rules_total', statistic: 'value' },
    { metric: 'connect_latency_ns', statistic: 'max' },
    { metric: 'connect_latency_ns', statistic: 'p99.9' },
  ] as const;
  expect([...pairs].sort(compareMetrics).map(({ metric, statistic }) => `${metric} ${statistic}`)).toEqual([
    'connect_latency_ns p99.9',
    'connect_latency_ns max',
    'rules_total value',
    'aaa value',
    'zzz value',
  ]);
});

test('a count of samples has no unit, whatever is counted', () => {
  expect([unitOf('connect_latency_ns', 'p99'), unitOf('connect_latency_ns', 'count')]).toEqual(['ns', '1']);
  expect(() => unitOf('latency', 'p99')).toThrow('no metric is called latency');
});
