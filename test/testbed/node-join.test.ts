/** A node whose kube-proxy starts during the run: what its clients lose, and what is measured of the first sync. */
import { expect, test } from 'vitest';
import { runCase } from '../../src/testbed/run-case.js';
import { drops, figure, MS, outcomes, S, smallCase } from './small-case.js';

const STARTS_NS = 50 * MS;

test.each(['iptables', 'ipvs', 'nftables'])('%s: what is sent before there are rules is lost', (mode) => {
  // All clients are on node 0, and give up before they send a first packet again, after a second.
  const workload = { clientNodes: 1, ratePerSecond: 1000, requestTimeoutNs: 900 * MS };
  const churn = [{ kind: 'node-join', atNs: STARTS_NS, nodes: [0] }] as const;
  const run = { durationNs: 1 * S, drainNs: 5 * S };
  const result = runCase(smallCase({ proxy: { mode }, workload, churn, run }), '1');
  const startLiveNs = figure(result, 'proxy_start_live_ns', 'mean');
  expect(figure(result, 'proxy_start_live_ns', 'count')).toBe(1);
  expect(figure(result, 'full_sync_duration_ns', 'value')).toBeGreaterThanOrEqual(startLiveNs);
  expect([figure(result, 'syncs'), figure(result, 'full_syncs')]).toEqual([1, 1]);
  const lost = figure(result, 'requests_timed_out');
  expect(Object.keys(drops(result))).toEqual(['no_route']);
  expect(outcomes(result)).toEqual({ completed: figure(result, 'requests_scheduled') - lost, timed_out: lost });
  // A thousand a second come by chance, for as long as there are no rules.
  const withoutRules = (STARTS_NS + startLiveNs) / MS;
  expect(lost).toBeGreaterThan(0.5 * withoutRules);
  expect(lost).toBeLessThan(1.5 * withoutRules);
});

test('nodes that have their proxies from the start are not disturbed', () => {
  const workload = { clientNodes: 1 };
  const churn = [{ kind: 'node-join', atNs: STARTS_NS, nodes: [2] }] as const;
  const result = runCase(smallCase({ workload, churn }), '1');
  expect(outcomes(result)).toEqual({ completed: figure(result, 'requests_scheduled') });
  expect(figure(result, 'proxy_start_live_ns', 'count')).toBe(1);
  expect(figure(result, 'sync_busy_ratio', 'value')).toBeGreaterThan(0);
});
