/** Findings and notes: each holds for all the data that it speaks of, and is missing where the seeds cannot tell. */
import { describe, expect, test } from 'vitest';
import type { Aggregate, Statistic } from '../../src/measure/index.js';
import { unitOf } from '../../src/measure/index.js';
import { reports, summaryReport } from '../../src/report/index.js';
import { standardInput } from './standard-rows.js';

interface Place {
  readonly mode: string;
  readonly scheduler?: string;
  readonly services?: number;
  readonly endpoints?: number;
  readonly variant?: string;
}

/** Mean, half of the interval and largest value. */
type Figure = number | readonly [mean: number, halfWidth: number, max?: number];

/** Aggregates of one case, from `metric statistic` and figures. */
function one(place: Place, figures: Readonly<Record<string, Figure>>): Aggregate[] {
  const { mode, scheduler = '', services = 10, endpoints = 10, variant = '' } = place;
  const caseId = [`mode=${mode}${scheduler}`, `size=${services}x${endpoints}`, ...(variant === '' ? [] : [variant])];
  return Object.entries(figures).map(([name, figure]) => {
    const [metric, statistic] = name.split(' ') as [string, Statistic];
    const [mean, halfWidth, max = mean + halfWidth] = typeof figure === 'number' ? [figure, 0] : figure;
    const labels = { runId: 'r', scenario: 's', caseId: `services=${caseId.join(',endpoints=')}`, mode, scheduler };
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

function summary(...aggregates: readonly (readonly Aggregate[])[]): string {
  const input = { ...standardInput, aggregates: aggregates.flat(), warnings: [], files: [] };
  for (const item of reports) expect(item.render(input)).not.toMatch(/NaN|undefined|Infinity|infinite/);
  return summaryReport.render(input).replace(/\s+/g, ' ');
}

/** Both modes at one size, with the mean latency of a first packet in each. */
function pair(iptables: Figure, ipvs: Figure, place: Omit<Place, 'mode'> = {}): Aggregate[] {
  const name = 'first_packet_latency_ns mean';
  return [
    ...one({ ...place, mode: 'iptables' }, { [name]: iptables, 'first_packet_rules mean': 100 }),
    ...one({ ...place, mode: 'ipvs', scheduler: 'rr' }, { [name]: ipvs, 'first_packet_rules mean': 10 }),
  ];
}

describe('latencies of modes', () => {
  const none = 'there is no difference that the seeds can tell';

  test('are compared when the intervals are narrow and apart', () => {
    expect(summary(pair([200, 5], [100, 5]))).toContain(
      '200 ns on average to reach its endpoint in iptables mode and 100 ns',
    );
    expect(summary(pair([200, 5], [100, 5]))).toContain('2 times as long');
    expect(summary(pair([100, 1], [200, 5]))).toContain('in iptables mode and 200 ns in ipvs mode.');
  });

  test('are not when one is wide or both overlap', () => {
    for (const text of [summary(pair([200, 50], [100, 5])), summary(pair([104, 5], [100, 5]))]) {
      expect(text).toContain(none);
      expect(text).not.toContain('on average');
    }
  });

  test('name the scheduler that a ratio is against', () => {
    const slow = one({ mode: 'ipvs', scheduler: 'lc' }, { 'first_packet_latency_ns mean': 125 });
    const text = summary(pair(250, 100), slow);
    expect(text).toContain('100 ns (rr) to 125 ns (lc) in ipvs mode: 2 times as long as with lc.');
  });

  test('cross at every pair of sizes from which on all larger ones are slower', () => {
    const sizes = [
      pair(100, 100, { services: 100, endpoints: 10 }),
      pair(120, 100, { services: 1000, endpoints: 10 }),
      pair(120, 100, { services: 100, endpoints: 300 }),
    ];
    expect(summary(...sizes)).toContain(
      'in ipvs mode at 100 services with 300 endpoints each and at 1,000 services with 10 endpoints each.',
    );
    expect(summary(...sizes, pair(300, 100, { services: 10_000, endpoints: 10 }))).toContain(
      'from 1,000 services with 10 endpoints each on.',
    );
    expect(summary(...sizes, pair(100, 100, { services: 10_000, endpoints: 10 }))).toContain(
      'at 1,000 services with 10 endpoints each, though not at every larger size.',
    );
    expect(summary(...sizes, pair([300, 90], 100, { services: 10_000, endpoints: 10 }))).toContain(
      'the seeds cannot tell at 10,000 services with 10 endpoints each.',
    );
  });
});

test('changes and syncs are the longest of all cases and seeds of a mode', () => {
  const text = summary(
    one({ mode: 'ipvs', services: 10 }, { 'change_live_ns max': [500, 0, 900], 'sync_duration_ns max': 7 }),
    one({ mode: 'ipvs', services: 20 }, { 'change_live_ns max': [600, 0, 700], 'sync_duration_ns max': 9 }),
  );
  expect(text).toContain('live on every node after 900 ns in ipvs mode (10 services) at most');
  expect(text).toContain("longest sync of a node's rules took 9.00 ns in ipvs mode (20 services)");
});

describe('schedulers', () => {
  const scheduler = (name: string, p99: Figure, jain = 1, requests = 1000): Aggregate[] =>
    one(
      { mode: 'ipvs', scheduler: name },
      { 'request_latency_ns p99': p99, 'endpoint_load_jain value': jain, 'endpoint_requests mean': requests },
    );

  test('are ranked by the p99 of requests where the seeds tell them apart', () => {
    const text = summary(scheduler('rr', [100, 5]), scheduler('lc', [104, 5]), scheduler('dh', [500, 20]));
    expect(text).toContain(
      'shortest with rr and lc alike (100 ns to 104 ns) and longest with dh (500 ns): 5 times as long',
    );
    const wild = summary(scheduler('rr', [100, 5]), scheduler('dh', [500, 200]));
    expect(wild).toContain('longest with dh (300 ns to 700 ns over the seeds).');
    expect(summary(scheduler('rr', 100), scheduler('dh', [150, 60]))).not.toContain('p99 of requests is');
  });

  test('are called alike only with enough requests', () => {
    expect(summary(scheduler('rr', 1), scheduler('lc', 1))).toContain('spread the load alike');
    expect(summary(scheduler('rr', 1, 1, 20), scheduler('lc', 1, 1, 20))).not.toContain('alike');
  });
});

describe('losses', () => {
  const requests = (lost: Readonly<Record<string, number>>, place: Place): Aggregate[] =>
    one(place, { 'requests_scheduled total': 1000, 'request_latency_ns p99': 5, ...lost });

  test('count every request without an answer', () => {
    const text = summary(
      requests({ 'requests_without_port total': 30.4, 'packets_dropped_ipvs_drop total': 7 }, { mode: 'ipvs' }),
      requests({ 'requests_unfinished total': 0.3 }, { mode: 'iptables' }),
    );
    expect(text).toContain(
      'Of 2,000 requests (all cases, mean over seeds) 30 found no source port, less than 1 were unfinished when the run ended',
    );
    expect(text).not.toContain('all were answered');
    expect(text).toMatch(/no port unfinished ipvs drop/);
    expect(text).toContain('Latencies are of answered requests only: in 1 case more than 1 % were not answered (3 %,');
  });

  test('are put down to full connection tracking tables only where they were full', () => {
    const full = { 'requests_timed_out total': 400, 'conntrack_drops total': 900 };
    const text = summary(
      requests(full, { mode: 'ipvs', services: 20 }),
      requests({ 'conntrack_early_drops total': 5 }, { mode: 'ipvs', services: 10 }),
      requests({}, { mode: 'ipvs', services: 5 }),
    );
    expect(text).toContain('Findings - A connection tracking table filled in 2 of 3 cases');
    expect(text).toContain('With a full table 40 % of the requests were not answered at 20 services.');
    expect(text).toContain('99 % of the requests or more were answered at 10 services.');
    expect(summary(requests({}, { mode: 'ipvs' }))).not.toContain('tracking');
  });
});

test('the table marks times on which the seeds disagree, and says where intervals are widest', () => {
  const text = summary(one({ mode: 'ipvs' }, { 'request_latency_ns p99': [500, 400] }));
  expect(text).toContain('~500');
  expect(text).toContain('~: the seeds disagree');
  expect(text).toMatch(/±80 %, of request p99 at services=mode=ipvs/);
  expect(summary(one({ mode: 'ipvs' }, { 'request_latency_ns p99': [500, 40] }))).not.toContain('~');
});

test('the tables of a run with changes keep to 120 columns', () => {
  const changes = {
    'change_live_ns p50': 5e8,
    'change_live_ns max': 1e9,
    'syncs total': 250,
    'rules_written mean': 1059,
  };
  const syncs = { 'sync_duration_ns mean': 4e8, 'sync_duration_ns max': 5e8, 'full_sync_duration_ns value': 1e9 };
  const tables = { 'rules_total value': 62_009, 'virtual_servers value': 1000, 'real_servers value': 20_020 };
  const slices = { 'endpoint_slices value': 1000, 'endpoint_slice_writes total': 41, 'conntrack_entries max': 4785 };
  const figures = { ...changes, ...syncs, ...tables, ...slices };
  const aggregates = ['termination=200ms', 'termination=2s'].flatMap((variant) => [
    ...one({ mode: 'iptables', services: 10, variant }, figures),
    ...one({ mode: 'ipvs', scheduler: 'rr', services: 1000, variant }, figures),
  ]);
  const text = summaryReport.render({ ...standardInput, aggregates });
  for (const line of text.split('\n')) expect(line.length, line).toBeLessThanOrEqual(120);
  expect(text).toContain('change live');
});

test('captions are there for shown columns only', () => {
  const text = summary(one({ mode: 'ipvs' }, { 'request_latency_ns p99': 5 }));
  expect(text).toContain('request: from the scheduled time');
  expect(text).not.toMatch(/Jain:|CPU|rules, 1st:/);
});
