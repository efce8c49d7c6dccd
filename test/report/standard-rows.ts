/**
 * Made-up rows of a made-up run, in the shape that the harness writes: what every report is tried on.
 * The figures follow simple formulas, so that the golden files can be checked by eye.
 */
import { METRICS, unitOf } from '../../src/measure/index.js';
import type { Aggregate, Row, Statistic } from '../../src/measure/index.js';
import type { ReportInput } from '../../src/report/index.js';

const SEEDS = ['1', '1.2', '1.3'];

interface Setting {
  readonly mode: string;
  readonly scheduler: string;
  readonly services: number;
}

const SETTINGS: readonly Setting[] = [
  ...sizes('iptables'),
  ...sizes('nftables'),
  ...['rr', 'sh'].flatMap((scheduler) => sizes('ipvs', scheduler)),
  ...sizes('userspace'),
];

function sizes(mode: string, scheduler = ''): Setting[] {
  return [10, 1000, 10_000].map((services) => ({ mode, scheduler, services }));
}

/** What a mode does to a first packet and a request: rules on the client's node and elsewhere, extra time, CPU time of a request. */
function costs(mode: string, services: number) {
  if (mode === 'iptables') return { rules: 12 + services / 2, elsewhere: 4, extraNs: 0, requestCpuNs: 80_000 };
  if (mode === 'userspace') return { rules: 3 + services / 2, elsewhere: 6, extraNs: 20_000, requestCpuNs: 140_000 };
  return { rules: mode === 'ipvs' ? 14 : 20, elsewhere: mode === 'ipvs' ? 4 : 2, extraNs: 0, requestCpuNs: 85_000 };
}

/** What a mode has in place. */
function inPlace(mode: string, services: number): Record<string, { value: number }> {
  const [iptables, nftables, ipvs] = ['iptables', 'nftables', 'ipvs'].map((name) => (name === mode ? 1 : 0));
  return {
    rules_total: { value: iptables! ? services * 8 + 20 : mode === 'userspace' ? services * 2 : ipvs! * 20 },
    nft_rules_total: { value: nftables! * (services * 6 + 23) },
    nft_elements_total: { value: nftables! * (services * 2 + 1) },
    set_entries: { value: ipvs! * services * 3 },
    virtual_servers: { value: ipvs! * services },
    real_servers: { value: ipvs! * services * 3 },
  };
}

/** Figures of one case with one seed; `wobble` is the part that chance plays. */
function figures(
  { mode, scheduler, services }: Setting,
  wobble: number,
): Record<string, Partial<Record<Statistic, number>>> {
  const { rules, elsewhere, extraNs, requestCpuNs } = costs(mode, services);
  const latencyNs = 41_000 + rules * 20 + wobble * 100 + extraNs;
  const troubled = mode === 'iptables' && services === 10_000;
  return {
    first_packet_latency_ns: { count: 5000, mean: latencyNs * 1.1, p50: latencyNs, p99: latencyNs * 1.5 },
    connect_latency_ns: { p50: latencyNs * 2, p99: latencyNs * 3 },
    request_latency_ns: { mean: latencyNs * 3.2, p50: latencyNs * 3, p99: latencyNs * 4 },
    request_rate_per_s: { value: 5000 + wobble },
    requests_scheduled: { total: 5000 },
    requests_completed: { total: troubled ? 4988 : 5000 },
    requests_timed_out: { total: troubled ? 12 : 0 },
    first_packet_rules: { mean: rules },
    first_packet_path_rules: { mean: rules * (1 + elsewhere), max: rules * (2 + elsewhere) },
    established_packet_rules: { mean: { iptables: 4, ipvs: 6, nftables: 4, userspace: 1 }[mode] ?? 0 },
    first_packet_cpu_ns: { mean: 9000 + rules * 20 },
    cpu_per_packet_ns: { mean: 4200 + rules },
    cpu_per_request_ns: { mean: requestCpuNs + rules * 20 },
    endpoint_load_jain: { value: scheduler === 'sh' ? 0.71 : mode.endsWith('tables') ? 0.985 : 1 },
    endpoint_requests: { mean: 5000 / 3 },
    endpoint_load_max_over_mean: { value: scheduler === 'sh' ? 2.3 : 1.1 },
    packets_dropped: { total: troubled ? 40 : 0 },
    packets_dropped_cpu_backlog: { total: troubled ? 40 : 0 },
    connections_relayed: { total: mode === 'userspace' ? 5000 : 0 },
    ...inPlace(mode, services),
    full_sync_duration_ns: {
      value: mode === 'userspace' ? services * services * 4e4 : services * (mode === 'ipvs' ? 6e4 : 8e4),
    },
    endpoint_slices: { value: services },
  };
}

/** The rows, in the order of plan, metric list and statistics. */
export const standardRows: readonly Row[] = SETTINGS.flatMap((setting) =>
  SEEDS.flatMap((seed, wobble) => {
    const { mode, scheduler, services } = setting;
    const found = figures(setting, wobble);
    return METRICS.flatMap(({ name, statistics }) =>
      statistics.flatMap((statistic): Row[] => {
        const value = found[name]?.[statistic];
        if (value === undefined) return [];
        const caseId = `mode=${mode}${scheduler === '' ? '' : `,scheduler=${scheduler}`},services=${services}`;
        const labels = {
          scenario: 'modes',
          caseId,
          mode,
          scheduler,
          nodes: 4,
          services,
          endpoints: 3,
          workload: 'new-connection',
        };
        return [
          { runId: 'modes-0123abcd', ...labels, seed, metric: name, unit: unitOf(name, statistic), statistic, value },
        ];
      }),
    );
  }),
);

/** Their aggregates, made here without the harness: mean and range, and a made-up interval. */
export const standardAggregates: readonly Aggregate[] = standardRows
  .filter((row) => row.seed === '1')
  .map(({ seed: _seed, value: _value, ...labels }) => {
    const same = standardRows.filter(
      (row) => row.caseId === labels.caseId && row.metric === labels.metric && row.statistic === labels.statistic,
    );
    const values = same.map((row) => row.value ?? 0);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const [min, max] = [Math.min(...values), Math.max(...values)];
    return { ...labels, seeds: values.length, mean, halfWidth: (max - min) / 2, min, max };
  });

/** Everything that a report is given. */
export const standardInput: ReportInput = {
  scenario: 'modes',
  question: 'Which mode of kube-proxy costs a new connection less, and from how many services on does it matter?',
  runId: 'modes-0123abcd',
  programVersion: '1.2.3',
  seeds: SEEDS,
  rows: standardRows,
  aggregates: standardAggregates,
  warnings: ['p99.9 of case a stands on 5 samples: make the run longer.'],
  files: [
    { path: 'results/modes-0123abcd/summary.csv', what: 'mean, interval and range of every metric' },
    { path: 'results/modes-0123abcd/rows.csv', what: 'every value with every seed' },
  ],
  complete: true,
};
