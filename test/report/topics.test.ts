/** What a run is about beside the mode: tables and findings that only some runs have, and comparisons along what the matrix varies. */
import { describe, expect, test } from 'vitest';
import type { Aggregate } from '../../src/measure/index.js';
import { markdownReport, summaryReport } from '../../src/report/index.js';
import { one, summary } from './made-up-cases.js';
import type { Figure } from './made-up-cases.js';
import { standardInput } from './standard-rows.js';

type Figures = Readonly<Record<string, Figure>>;

/** Cases of one mode, by variant. */
function variants(figures: Readonly<Record<string, Figures>>, mode = 'iptables'): Aggregate[] {
  return Object.entries(figures).flatMap(([variant, values]) => one({ mode, variant }, values));
}

/** The cost of changes, as slices and as Endpoints. */
function costs(slices: number, endpoints?: number): Figures {
  const objects =
    endpoints === undefined ? {} : { 'endpoints_writes total': 7, 'endpoints_watch_bytes total': endpoints };
  return {
    'endpoint_slice_writes total': 20_000,
    'slice_watch_events total': 1e8,
    'slice_watch_bytes total': slices,
    ...objects,
  };
}

describe('changes on their way to the nodes', () => {
  test('are a table, in units for people', () => {
    const text = summary(variants({ 'case=a': costs(1e12, 200e12), 'case=b': costs(5e6) }));
    expect(text).toContain('writes events bytes writes bytes');
    expect(text).toContain('case=a iptables 20,000 100,000,000 1.00 TB 7 200 TB');
    expect(text).toContain('case=b iptables 20,000 100,000,000 5.00 MB - -');
    expect(summary(one({ mode: 'ipvs' }, { 'endpoint_slice_writes total': 7 }))).not.toContain('on their way');
  });

  test('are compared as slices and as Endpoints, and by what varies', () => {
    const text = summary(variants({ 'case=a': costs(1e12, 200e12), 'case=b': costs(5e6, 5e6) }));
    expect(text).toContain(
      'At case=a changes cost 1.00 TB (20,000 writes and 100,000,000 watch events) as EndpointSlices and 200 TB (7 writes) as Endpoints objects: 200 times as much for Endpoints.',
    );
    expect(text).toContain('They differ least at case=b: 5.00 MB and 5.00 MB.');
    expect(text).toContain('5.00 MB with b and 1.00 TB with a: 200,000 times as much, in iptables mode.');
    expect(summary(variants({ 'case=a': costs(9) }))).not.toContain('as Endpoints objects');
  });
});

test('the table of syncs keeps to its width where ids, sizes and times are long', () => {
  const figures: Figures = {
    'rules_total value': 60_013,
    'full_sync_duration_ns value': 1.325e9,
    'syncs total': 5000,
    'sync_duration_ns max': 1.11e9,
    'change_live_ns p50': 1.111e9,
    'change_live_ns max': 1.112e9,
  };
  const place = (endpoints: number, variant: string) => ({ mode: 'ipvs', scheduler: 'rr', endpoints, variant });
  const aggregates = [
    ...one({ ...place(5000, 'case=kep-one-slices-of-1'), services: 100_000 }, figures),
    ...one(place(20_000, 'case=kep-one'), {
      ...figures,
      'full_sync_duration_ns value': 4.96e8,
      'sync_duration_ns max': 2.82e8,
      'change_live_ns p50': 2.83e8,
      'change_live_ns max': 2.84e8,
    }),
  ];
  const text = summaryReport.render({ ...standardInput, aggregates, warnings: [], files: [] });
  expect(text).toContain('change live, ms');
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(118);
});

describe('lookups', () => {
  const lookups = (queries: number, p99: Figure, unknown: number): Figures => ({
    'lookups total': 100,
    'queries_per_lookup mean': queries,
    'lookup_latency_ns p99': p99,
    'dns_queries total': 100 * queries,
    'dns_answers_nxdomain total': unknown,
  });

  test('are a table with queries a lookup and the share of NXDOMAIN', () => {
    const text = summary(variants({ 'name=own': lookups(2, 200, 0), 'name=outside': lookups(8, 400, 600) }));
    expect(text).toContain('queries a lookup NXDOMAIN lookup, ns lookups case mode mean % of queries p99 all');
    expect(text).toContain('name=own iptables 2 0 200 100 name=outside iptables 8 75.0 400 100');
    expect(text).toContain(
      'By name, the number of queries a lookup is 2 with own and 8 with outside: 4 times as many,',
    );
    expect(text).toContain('By name, the p99 of lookups is 200 ns with own and 400 ns with outside: 2 times as long,');
  });
});

describe('a kube-proxy that starts', () => {
  const started = (mean: Figure): Figures => ({ 'proxy_start_live_ns mean': mean, 'proxy_start_live_ns max': mean });

  test('has its column, and a sentence for each way of starting, where it takes longest', () => {
    const text = summary(
      one({ mode: 'ipvs', services: 100, variant: 'start=new' }, started(1e9)),
      one({ mode: 'iptables', services: 100, variant: 'start=new' }, started(2e9)),
      one({ mode: 'iptables', services: 10, variant: 'start=new' }, started(1e8)),
      one({ mode: 'iptables', services: 10, variant: 'start=again' }, started(3e8)),
    );
    expect(text).toContain(
      'rules in place after 2.00 s in iptables mode and 1.00 s in ipvs mode on average, at 100 services, start=new.',
    );
    expect(text).toContain('rules in place after 300 ms in iptables mode on average, at 10 services, start=again.');
    expect(text).toMatch(/started, ms .* started: from the start of a kube-proxy/);
    expect(summary(one({ mode: 'ipvs' }, { 'full_sync_duration_ns value': 5 }))).not.toContain('starts');
  });
});

describe('what the matrix varies', () => {
  const ways = (node: Figure, proxy: Figure, mode?: string): Aggregate[] =>
    variants(
      { 'way=node-port': { 'request_latency_ns mean': node }, 'way=ingress': { 'request_latency_ns mean': proxy } },
      mode,
    );

  test('is compared within the mode in which it matters most, and told of the others', () => {
    expect(summary(ways(100, 150), ways(100, 200, 'ipvs'))).toContain(
      'By way, the mean request is 100 ns with node-port and 200 ns with ingress: 2 times as long, in ipvs mode (1.50 times in iptables mode).',
    );
  });

  test('is not where seeds or values are too close', () => {
    expect(summary(ways(100, 105))).not.toContain('By way');
    expect(summary(ways([100, 9], [118, 11]))).not.toContain('By way');
  });

  test('leaves out what the seeds disagree about, and says so', () => {
    const text = summary(ways(100, 150), variants({ 'way=other': { 'request_latency_ns mean': [500, 400] } }));
    expect(text).toContain(
      '150 ns with ingress: 1.50 times as long, in iptables mode; the seeds disagree about other.',
    );
  });

  test('tells what is small beyond doubt, without saying how many times', () => {
    const lost = (count: Figure): Figures => ({ 'requests_scheduled total': 1000, 'requests_reset total': count });
    const text = summary(variants({ 'hashing=modulo': lost([50, 1]), 'hashing=resilient': lost([4, 2]) }));
    expect(text).toContain('is 0.4 % with resilient and 5.0 % with modulo, in iptables mode.');
    const wide = summary(variants({ 'hashing=modulo': lost([50, 1]), 'hashing=resilient': lost([40, 20]) }));
    expect(wide).not.toContain('By hashing');
  });

  test('may be several things, each with the others alike', () => {
    const figures = (ns: number): Figures => ({ 'request_latency_ns mean': ns });
    const text = summary(
      variants({ 'a=x,b=1': figures(100), 'a=y,b=1': figures(200), 'a=x,b=2': figures(130), 'a=y,b=2': figures(220) }),
    );
    expect(text).toContain(
      'By a, the mean request is 100 ns with x and 200 ns with y: 2 times as long, in iptables mode, b=1.',
    );
    expect(text).toContain(
      'By b, the mean request is 100 ns with b=1 and 130 ns with b=2: 1.30 times as long, in iptables mode, a=x.',
    );
  });

  test('is compared by losses where there are some, and by delays where there are changes', () => {
    const lost = (count: Figure): Figures => ({ 'requests_scheduled total': 1000, 'requests_reset total': count });
    expect(summary(variants({ 'hashing=modulo': lost(50), 'hashing=resilient': lost(10) }))).toContain(
      'By hashing, the share of requests without an answer is 1.0 % with resilient and 5.0 % with modulo: 5 times as large,',
    );
    expect(summary(variants({ 'hashing=modulo': lost(50), 'hashing=resilient': lost(0) }))).toContain(
      'is 0 % with resilient and 5.0 % with modulo, in iptables mode.',
    );
    expect(summary(variants({ 'hashing=modulo': lost(5), 'hashing=resilient': lost(0) }))).not.toContain('By hashing');
    const late = (ns: number): Figures => ({ 'change_live_ns p50': ns, 'request_latency_ns mean': ns });
    const text = summary(variants({ 'period=1s': late(1e9), 'period=3s': late(3e9) }));
    expect(text).toContain(
      'the median time until a change is live is 1.00 s with 1s and 3.00 s with 3s: 3 times as long',
    );
    expect(text).not.toContain('By period, the mean request');
  });

  test('names only the ends of a long list', () => {
    const many = Object.fromEntries(
      Array.from({ length: 12 }, (_, i) => [`v=w${i}`, { 'request_latency_ns mean': 100 + 10 * i }]),
    );
    expect(summary(variants(many))).toContain('the mean request is 100 ns with w0 and 210 ns with w11: 2.10 times');
  });
});

describe('whom the endpoints see', () => {
  const seen = (client: number): Figures => ({
    'source_client_ratio value': client,
    'source_node_ratio value': 1 - client,
  });

  test('is a table where ways differ in it, and not where modes do', () => {
    const ways = summary(variants({ 'way=a': seen(1), 'way=b': seen(0) }));
    expect(ways).toContain('% of the requests from case mode client node way=a iptables 100 0 way=b iptables 0 100');
    expect(summary(one({ mode: 'ipvs' }, seen(1)), one({ mode: 'userspace' }, seen(0)))).not.toContain('requests from');
    expect(summary(variants({ 'way=a': seen(1), 'way=b': seen(0.99) }))).not.toContain('requests from');
  });
});

describe('proxies in front', () => {
  test('have a table with their errors, and none without proxies', () => {
    const figures = { 'ingress_requests_sent total': 90, 'ingress_retries total': 0, 'ingress_answers_503 total': 10 };
    const text = summary(one({ mode: 'ipvs' }, { 'requests_completed total': 100, ...figures }));
    expect(text).toContain('Proxies in front ingress proxies errors mode requests 503 ipvs 90 10');
    expect(summary(one({ mode: 'ipvs' }, { 'ingress_requests_sent total': 0 }))).not.toContain('Proxies');
  });
});

test('notes on the whole run stand in its head', () => {
  const input = { ...standardInput, notes: ['Traffic is IPv4 only.'], complete: false };
  expect(summaryReport.render(input)).toMatch(/simulated\. Widest[^]*\nTraffic is IPv4 only\.\n\nTraffic\n/);
  expect(markdownReport.render(input)).toContain(
    '\n\n**The run was broken off: these are partial results.**\n\nTraffic is IPv4 only.\n',
  );
});

test('Markdown has these tables too', () => {
  const aggregates = variants({
    'case=a': { ...costs(1e12, 200e12), 'lookups total': 5, 'dns_queries total': 8, 'dns_answers_nxdomain total': 6 },
  });
  const text = markdownReport.render({ ...standardInput, aggregates });
  expect(text).toMatch(/### Changes on their way to the nodes\n\n\| case [^]*\| +1\.00 TB \|[^]*events: writes times/);
  expect(text).toMatch(/### Lookups\n\n\| case [^]*NXDOMAIN % of queries[^]*\| +75\.0 \|/);
  expect(markdownReport.render(standardInput)).not.toContain('###');
});

test('all of these keep to 120 columns', () => {
  const figures = {
    ...costs(1.234e12, 200.3e12),
    'slice_largest_bytes value': 30_123,
    'endpoints_largest_bytes value': 1.5e6,
  };
  const lookups = {
    'lookups total': 123_456,
    'lookups_not_found total': 5,
    'queries_per_lookup mean': 14,
    'lookup_latency_ns p99': 5e9,
  };
  const started = {
    'proxy_start_live_ns mean': 9e9,
    'proxy_start_live_ns max': 1e10,
    'full_sync_duration_ns value': 1e11,
  };
  const events = {
    'endpoints_watch_events total': 1e8,
    'dns_queries_unanswered total': 7,
    'ingress_requests_sent total': 5e6,
  };
  const aggregates = ['case=kep-rolling', 'case=kep-rolling-slices-of-1'].flatMap((variant) => [
    ...one(
      { mode: 'iptables', services: 1, endpoints: 20_000, variant },
      { ...figures, ...lookups, ...started, ...events },
    ),
    ...one(
      { mode: 'ipvs', scheduler: 'rr', services: 10_000, variant },
      { ...figures, ...lookups, ...started, ...events },
    ),
  ]);
  for (const line of summaryReport.render({ ...standardInput, aggregates }).split('\n'))
    expect(line.length, line).toBeLessThanOrEqual(120);
});
