/** Findings over made-up runs of all kinds: whatever the figures are, sentences are whole, agree with their numbers, and hold. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Aggregate } from '../../src/measure/index.js';
import { numberText } from '../../src/report/number-text.js';
import { summaryReport } from '../../src/report/index.js';
import { one, summary } from './made-up-cases.js';
import { standardInput } from './standard-rows.js';

const MODES = ['iptables', 'nftables', 'ipvs rr', 'ipvs lc', 'userspace'];
const SIZES = [1, 10, 100, 1000];

function place(label: string, services: number) {
  const [mode = '', scheduler = ''] = label.split(' ');
  return { mode, scheduler, services };
}

/** Figures that sentences are made of. */
const FIGURES = [
  'first_packet_latency_ns mean',
  'request_latency_ns mean',
  'request_latency_ns p99',
  'cpu_per_request_ns mean',
  'first_packet_rules mean',
  'first_packet_path_rules mean',
  'established_packet_rules mean',
  'first_packet_servers_walked mean',
  'full_sync_duration_ns value',
  'change_live_ns max',
  'change_live_ns count',
  'changes_pending total',
  'syncs total',
  'sync_duration_ns mean',
  'rules_written mean',
  'nft_operations mean',
  'endpoint_load_jain value',
  'endpoint_requests mean',
  'conntrack_early_drops total',
  'conntrack_drops total',
  'requests_scheduled total',
  'requests_reset total',
  'packets_dropped total',
  'connections_relayed total',
  'requests_completed total',
  'ingress_requests_sent total',
  'ingress_answers_503 total',
  'balancer_connections_opened total',
  'proxy_start_live_ns mean',
  'slice_watch_events total',
  'slice_watch_bytes total',
  'endpoints_watch_bytes total',
  'endpoints_writes total',
  'lookups total',
  'queries_per_lookup mean',
  'lookup_latency_ns p99',
  'sync_busy_ratio value',
] as const;

/** Small numbers are the ones that grammar stumbles over. */
const value = fc.oneof(
  fc.constantFrom(0, 0.3, 1, 1, 2),
  fc.integer({ min: 0, max: 50_000 }),
  fc.double({ min: 0.001, max: 1e10, noNaN: true }),
);

/** What a matrix may vary beside modes and sizes. */
const VARIANTS = ['', 'way=a', 'way=b', 'way=a,n=3'];

/** Some cases, each with some of the figures; widths of intervals as shares of the value. */
const run = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...MODES), fc.constantFrom(...SIZES), fc.constantFrom(...VARIANTS)), {
    minLength: 1,
    maxLength: 12,
    selector: (parts) => parts.join(' '),
  })
  .chain((cases) =>
    fc.tuple(
      ...cases.map(([mode, services, variant]) =>
        fc
          .dictionary(fc.constantFrom(...FIGURES), fc.tuple(value, fc.constantFrom(0, 0.05, 0.2, 0.8)), { minKeys: 1 })
          .map((figures): Aggregate[] => {
            const pairs = Object.entries(figures).map(([name, [mean, share]]) => [name, [mean, mean * share]] as const);
            return one({ ...place(mode, services), endpoints: 1, variant }, Object.fromEntries(pairs));
          }),
      ),
    ),
  )
  .map((cases) => cases.flat());

test('nothing is broken, and words agree with their numbers', () => {
  fc.assert(
    fc.property(run, (aggregates) => {
      const findings = summary(aggregates).replace(/^[^]*?(Findings|$)/, '');
      expect(findings).not.toMatch(
        /(?<![\d.,]|to )1 (rule|operation|change|service|server|request|endpoint|packet|case)s\b/,
      );
      expect(findings).not.toMatch(
        /(\d\d|[02-9]) (rule|operation|change|service|server|request|endpoint|packet|case)\b/,
      );
      expect(findings).not.toMatch(/ {2}|\(\)| [,;.:]|\bin mode\b/);
      const text = summaryReport.render({ ...standardInput, aggregates, warnings: [], files: [] });
      for (const line of text.split('\n')) expect(line.length, line).toBeLessThanOrEqual(120);
    }),
    { numRuns: 40 },
  );
});

/** Sizes that a clause names: `from 10 services on`, `at 1 service and 100 services, though not at every larger size`. */
function sizesIn(clause: string): number[] {
  if (clause.startsWith('at every size')) return SIZES;
  if (clause.startsWith('at no size')) return [];
  return SIZES.filter((size) => {
    const name = `${numberText(size)} service${size === 1 ? '' : 's'}`;
    const isNamed = new RegExp(`(?<![\\d,])${name}`).test(clause);
    return (
      isNamed ||
      SIZES.some(
        (from) => from < size && clause.includes(`from ${numberText(from)} service${from === 1 ? '' : 's'} on`),
      )
    );
  });
}

test('a mode is said to be slower at the sizes at which it is, and as many times', () => {
  const times = fc.integer({ min: 80, max: 160 });
  const sizes = fc.tuple(times, times, times, times);
  fc.assert(
    fc.property(fc.record({ a: sizes, b: sizes, c: sizes }), (figures) => {
      const aggregates = Object.entries(figures).flatMap(([mode, means]) =>
        means.flatMap((mean, i) => one({ mode, services: SIZES[i]! }, { 'first_packet_latency_ns mean': mean })),
      );
      const text = summary(aggregates);
      const [, than = '', clauses = ''] =
        /The mean first packet is more than 10 % slower than in (\w) mode: (.*?)\. - /.exec(text) ?? [];
      const base = figures[than as keyof typeof figures];
      const told = new Map<string, string>();
      for (const part of clauses.split('; ')) {
        const [, who = '', clause = ''] = /^in ((?:\w mode)(?: and \w mode)?) (.*)$/.exec(part) ?? [];
        for (const mode of who.matchAll(/(\w) mode/g)) told.set(mode[1]!, clause);
      }
      expect([...told.keys(), than].sort()).toEqual(['a', 'b', 'c']);
      for (const [mode, clause] of told) {
        const means = figures[mode as keyof typeof figures];
        const slower = SIZES.filter((_, i) => means[i]! / base[i]! > 1.1);
        expect(sizesIn(clause), text).toEqual(slower);
        const most = Math.max(...means.map((mean, i) => mean / base[i]!));
        if (slower.length > 0) expect(clause).toContain(`${numberText(most)} times as long`);
        const faster = SIZES.some((_, i) => base[i]! / means[i]! > 1.1);
        expect(
          text.includes(`In ${than} mode the mean first packet is more than 10 % slower than in ${mode} mode`),
        ).toBe(faster);
      }
    }),
    { numRuns: 60 },
  );
});
