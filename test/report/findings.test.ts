/** Findings about changes, schedulers, load and losses, and notes: each holds for all the data that it speaks of. */
import { describe, expect, test } from 'vitest';
import type { Aggregate } from '../../src/measure/index.js';
import { summaryReport } from '../../src/report/index.js';
import { one, summary } from './made-up-cases.js';
import type { Figure, Place } from './made-up-cases.js';
import { standardInput } from './standard-rows.js';

describe('changes', () => {
  test('are the longest of all cases and seeds of a mode', () => {
    const text = summary(
      one({ mode: 'ipvs', services: 10 }, { 'change_live_ns max': [500, 0, 900] }),
      one({ mode: 'ipvs', services: 20 }, { 'change_live_ns max': [600, 0, 700] }),
    );
    expect(text).toContain('live on every node after 900 ns in ipvs mode (10 services) at most');
    expect(text).not.toContain('a sync');
  });

  test('cost syncs, whose time is shared among them', () => {
    const figures = (mean: number, syncs: number) => ({
      'change_live_ns max': 900,
      'change_live_ns count': 40,
      'syncs total': syncs,
      'sync_duration_ns mean': mean,
    });
    const text = summary(
      one({ mode: 'iptables' }, { ...figures(400, 20), 'rules_written mean': 1059.2, 'nft_operations mean': 0 }),
      one({ mode: 'nftables' }, { ...figures(300, 40), 'rules_written mean': 0, 'nft_operations mean': 1 }),
      one({ mode: 'userspace' }, { 'change_live_ns max': 100, 'change_live_ns count': 40, 'syncs total': 0 }),
    );
    expect(text).toContain(
      'a sync of a node takes on average 400 ns in iptables mode (writing 1,059 rules) and 300 ns in nftables mode (writing 1 operation); ' +
        'together they come to 200 ns in iptables mode and 300 ns in nftables mode for each change and node.',
    );
  });

  test('that are not live at the end are counted', () => {
    const pending = (count: number): string =>
      summary(one({ mode: 'ipvs' }, { 'change_live_ns max': 900, 'changes_pending total': count }));
    expect(pending(0.4)).toContain('1 change in ipvs mode was not yet live');
    expect(pending(3)).toContain('3 changes in ipvs mode were not yet live');
    expect(pending(0)).not.toContain('not yet live');
  });

  test('that are not live at the end are left out of the longest time, and it says so', () => {
    const text = summary(
      one({ mode: 'ipvs' }, { 'change_live_ns max': 900, 'changes_pending total': 0 }),
      one({ mode: 'userspace' }, { 'change_live_ns max': 400, 'changes_pending total': 20 }),
    );
    expect(text).toContain('after 900 ns in ipvs mode and 400 ns in userspace mode (of those that came live) at most');
    expect(text).toContain('20 changes in userspace mode were not yet live');
  });
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
    expect(summary(scheduler('rr', 1), scheduler('lc', 1))).toContain('The schedulers spread the load alike');
    expect(summary(scheduler('rr', 1, 1, 20), scheduler('lc', 1, 1, 20))).not.toContain('alike');
  });
});

describe('load', () => {
  const load = (mode: string, jain: Figure, requests = 1000): Aggregate[] =>
    one({ mode }, { 'endpoint_load_jain value': jain, 'endpoint_requests mean': requests });

  test('is told of all modes, by how even it is', () => {
    expect(summary(load('iptables', 0.985), load('nftables', 0.985), load('userspace', 1))).toContain(
      'the load is spread most evenly by userspace (Jain index 1.000) and least evenly by iptables and nftables alike (Jain index 0.985).',
    );
    expect(summary(load('iptables', 0.999), load('userspace', 1))).toContain('The modes spread the load alike');
    expect(summary(load('iptables', 0.999, 20), load('userspace', 1, 20))).not.toContain('spread');
    expect(summary(load('iptables', [0.9, 0.1]), load('userspace', 1))).not.toContain('spread');
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
      'Of 2,000 requests (all cases, mean over seeds) 30 found no source port, less than 1 was unfinished when the run ended',
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
