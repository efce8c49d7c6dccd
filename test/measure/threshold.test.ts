/** Limits in k6's grammar: what they mean, and what is said about wrong ones. */
import { describe, expect, test } from 'vitest';
import { keepsThreshold, parseThreshold } from '../../src/measure/index.js';

describe('a limit', () => {
  test.each([
    ['request_latency_ns', 'p(99)<2ms', 'p99', '<', 2e6],
    ['request_latency_ns', ' p(99.9) <= 1.5s ', 'p99.9', '<=', 1.5e9],
    ['request_latency_ns', 'avg<250us', 'mean', '<', 250e3],
    ['request_latency_ns', 'med<250\u00b5s', 'p50', '<', 250e3],
    ['request_latency_ns', 'p(0)>=0', 'min', '>=', 0],
    ['request_latency_ns', 'p(100)<1m', 'max', '<', 60e9],
    ['request_latency_ns', 'count>10k', 'count', '>', 10_000],
    ['request_rate_per_s', 'rate>=5k/s', 'value', '>=', 5000],
    ['endpoint_load_jain', 'value>95%', 'value', '>', 0.95],
    ['packets_dropped', 'total==0', 'total', '==', 0],
    ['conntrack_entries', 'end!=7', 'end', '!=', 7],
  ])('%s %s', (metric, text, statistic, operator, bound) => {
    expect(parseThreshold(metric, text)).toEqual({ metric, statistic, operator, bound, text });
  });

  test.each([
    ['latency', 'p(99)<2ms', 'no metric is called latency'],
    ['request_latency_ns', 'fast', 'expected <aggregate> <operator> <value> such as p(99)<2ms, found fast'],
    ['request_latency_ns', 'p(99)~2ms', 'expected <aggregate> <operator> <value>'],
    ['request_latency_ns', 'p(95)<2ms', 'has no p95, only count, min, mean, p50, p90, p99, p99.9, max'],
    ['request_latency_ns', 'p(99)<2', 'expected a value such as 2ms for request_latency_ns, found 2'],
    ['request_latency_ns', 'constructor<2ms', 'expected avg, min, med'],
    ['packets_dropped', 'total<2ms', 'expected a value such as 100, 5k or 95%'],
  ])('%s %s is refused', (metric, text, problem) => {
    expect(parseThreshold(metric, text)).toContain(problem);
  });

  test.each([
    ['<', [true, false, false]],
    ['<=', [true, true, false]],
    ['>', [false, false, true]],
    ['>=', [false, true, true]],
    ['==', [false, true, false]],
    ['!=', [true, false, true]],
  ])('%s is kept below, at and above its bound: %j', (operator, kept) => {
    const threshold = parseThreshold('rules_total', `value${operator}10`);
    if (typeof threshold === 'string') throw new Error(threshold);
    expect([9, 10, 11].map((value) => keepsThreshold(value, threshold))).toEqual(kept);
  });
});
