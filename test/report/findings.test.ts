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

  test('are told in the measure that clusters watch too, where there is one', () => {
    const changed = { 'change_live_ns max': 900 };
    const text = summary(
      one({ mode: 'ipvs', services: 10 }, { ...changed, 'network_programming_latency_ns p99': [500, 0, 800] }),
      one({ mode: 'ipvs', services: 20 }, { ...changed, 'network_programming_latency_ns p99': 600 }),
      one({ mode: 'nftables', services: 10 }, { ...changed, 'network_programming_latency_ns p99': 300 }),
      one({ mode: 'iptables', services: 10 }, changed),
    );
    expect(text).toContain(
      'the 99th percentile is 800 ns in ipvs mode (10 services) and 300 ns in nftables mode (10 services) at most.',
    );
    expect(text).toMatch(/programmed, ns .* programmed: from a pod turning ready/);
    expect(summary(one({ mode: 'ipvs' }, changed))).not.toMatch(/programmed|own measure/);
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
  expect(text).toMatch(/±80 %, of request p99 at services=10,endpoints=10,mode=ipvs/);
  expect(summary(one({ mode: 'ipvs' }, { 'request_latency_ns p99': [500, 40] }))).not.toContain('~');
});

test('the tables of a run with changes keep to 120 columns', () => {
  const changes = {
    'change_live_ns p50': 5e8,
    'change_live_ns max': 1e9,
    'network_programming_latency_ns p99': 9e8,
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

describe('proxies and balancers in front', () => {
  const answered = (errors: Readonly<Record<string, number>>, completed = 1000): string =>
    summary(
      one(
        { mode: 'ipvs', scheduler: 'rr' },
        {
          'requests_scheduled total': 1000,
          'requests_completed total': completed,
          'request_latency_ns p99': 5,
          'ingress_requests_sent total': 0,
          ...errors,
        },
      ),
    );

  test('that answer with errors do not answer', () => {
    expect(answered({ 'ingress_answers_503 total': 1001 })).toContain(
      'Of 1,000 requests (all cases, mean over seeds) all were answered with an error by an ingress proxy, not by a server (503); no packet was dropped.',
    );
    expect(answered({ 'ingress_answers_404 total': 300, 'ingress_answers_503 total': 1 })).toContain(
      'all were answered, but 301 were answered with an error by an ingress proxy, not by a server (404: 300 and 503: 1);',
    );
    expect(answered({ 'ingress_answers_504 total': 20, 'requests_timed_out total': 5 }, 995)).toContain(
      '5 timed out, 20 were answered with an error by an ingress proxy, not by a server (504);',
    );
    expect(answered({ 'ingress_answers_504 total': 0 })).toContain('all were answered; no packet');
    expect(answered({ 'ingress_answers_504 total': 20 })).toContain(
      'errors of ingress proxies: in 1 case more than 1 % of the answers are (2 %,',
    );
  });

  test('end the way of a first packet', () => {
    const first = (figures: Readonly<Record<string, number>>): string =>
      summary(
        one({ mode: 'ipvs' }, { 'first_packet_latency_ns mean': 100, 'first_packet_path_rules mean': 5, ...figures }),
        one(
          { mode: 'iptables' },
          { 'first_packet_latency_ns mean': 200, 'first_packet_path_rules mean': 9, ...figures },
        ),
      );
    expect(first({ 'ingress_requests_sent total': 9 })).toContain(
      '100 ns in ipvs mode to reach the ingress proxy (where the connection ends): in iptables mode 2 times',
    );
    expect(first({ 'ingress_requests_sent total': 9, 'balancer_connections_opened total': 9 })).toContain(
      'to reach the ingress proxy (where the connection ends)',
    );
    expect(first({ 'balancer_connections_opened total': 9 })).toContain('to reach its endpoint');
    expect(first({ 'ingress_requests_sent total': 0 })).toContain('to reach its endpoint');
    expect(first({ 'ingress_requests_sent total': 9 })).not.toContain('its endpoint');
  });
});

describe('wording', () => {
  test('an index of 1 is not called more', () => {
    const even = (jain: number): Aggregate[] =>
      ['iptables', 'ipvs'].flatMap((mode) =>
        one({ mode }, { 'endpoint_load_jain value': jain, 'endpoint_requests mean': 1000 }),
      );
    expect(summary(even(0.99996))).toContain('alike (Jain index 1.000).');
    expect(summary(even(0.997))).toContain('alike (Jain index 0.997 or more).');
  });

  test('a scheduler is named where the run has several', () => {
    const lossy = (scheduler: string, services: number, lost: number): Aggregate[] =>
      one({ mode: 'ipvs', scheduler, services }, { 'requests_scheduled total': 100, 'requests_timed_out total': lost });
    expect(summary(lossy('rr', 10, 9), lossy('rr', 20, 1))).toContain('(9 of 100), is at 10 services in ipvs mode.');
    expect(summary(lossy('rr', 10, 9), lossy('lc', 10, 1))).toContain('(9 of 100), is in ipvs mode with rr.');
  });

  test('a variant in which nothing differs is not told of where others are', () => {
    const sized = (variant: string, slow: number): Aggregate[] =>
      [10, 1000].flatMap((services) => [
        ...one({ mode: 'ipvs', services, variant }, { 'first_packet_latency_ns mean': services === 1000 ? slow : 100 }),
        ...one({ mode: 'iptables', services, variant }, { 'first_packet_latency_ns mean': 100 }),
      ]);
    expect(summary(sized('start=new', 150), sized('start=again', 100))).toContain(
      'slower in ipvs mode than in iptables mode at 1,000 services (start=new only), 1.50 times as long.',
    );
  });
});
