/** The columns of the summary's tables: which figure stands under which heading. */
import { DROP_CAUSES } from '../measure/index.js';
import type { FigureColumn } from './case-table.js';

/** What a client notices, and what it costs. */
export const TRAFFIC: readonly FigureColumn[] = [
  figure('rules', '1st', 'first_packet_rules', 'mean'),
  { ...figure('rules', 'later', 'established_packet_rules', 'mean'), optional: true },
  time('1st packet', 'p50', 'first_packet_latency_ns', 'p50'),
  time('1st packet', 'p99', 'first_packet_latency_ns', 'p99'),
  { ...time('connect', 'p50', 'connect_latency_ns', 'p50'), optional: true },
  time('connect', 'p99', 'connect_latency_ns', 'p99'),
  { ...time('request', 'p50', 'request_latency_ns', 'p50'), optional: true },
  time('request', 'p99', 'request_latency_ns', 'p99'),
  { ...figure('requests', 'per s', 'request_rate_per_s', 'value'), optional: true },
  time('CPU', '1st', 'first_packet_cpu_ns', 'mean'),
  { ...time('CPU', 'mean', 'cpu_per_packet_ns', 'mean'), optional: true },
  { group: 'load', heading: 'Jain', metric: 'endpoint_load_jain', statistic: 'value', unit: 'ratio' },
];

/** How to read the first table. */
export const TRAFFIC_LEGEND =
  "rules: compared on the client's node by the first and by later packets of a connection. 1st packet: client to " +
  'endpoint. connect, request: from the scheduled time to handshake, to whole answer. CPU: of a first packet on its ' +
  'way, and of any packet. Jain: 1 is an even load of the endpoints.';

/** What kube-proxy and the controllers do. */
export const CONTROL_PLANE: readonly FigureColumn[] = [
  figure('in place on a node', 'rules', 'rules_total', 'value'),
  figure('in place on a node', 'virtual', 'virtual_servers', 'value'),
  figure('in place on a node', 'real', 'real_servers', 'value'),
  time('full sync', 'takes', 'full_sync_duration_ns', 'value'),
  // Without changes a short run sees a forced sync or none, by chance: such columns would say nothing.
  { ...figure('syncs', 'count', 'syncs', 'total'), onlyWith: 'change_live_ns' },
  { ...figure('syncs', 'rules each', 'rules_written', 'mean'), onlyWith: 'change_live_ns' },
  { ...time('sync', 'mean', 'sync_duration_ns', 'mean'), onlyWith: 'change_live_ns' },
  { ...time('sync', 'max', 'sync_duration_ns', 'max'), onlyWith: 'change_live_ns' },
  time('change live', 'p50', 'change_live_ns', 'p50'),
  time('change live', 'max', 'change_live_ns', 'max'),
  figure('slices', 'count', 'endpoint_slices', 'value'),
  figure('slices', 'writes', 'endpoint_slice_writes', 'total'),
  figure('conntrack', 'peak', 'conntrack_entries', 'max'),
];

/** What went wrong; shown only for the cases in which something did. */
export const LOSSES: readonly FigureColumn[] = [
  figure('requests', 'refused', 'requests_refused', 'total'),
  figure('requests', 'timed out', 'requests_timed_out', 'total'),
  figure('requests', 'reset', 'requests_reset', 'total'),
  figure('packets dropped', 'all', 'packets_dropped', 'total'),
  ...DROP_CAUSES.map((cause) =>
    figure('packets dropped', cause.replaceAll('_', ' '), `packets_dropped_${cause}`, 'total'),
  ),
  figure('conntrack', 'early drops', 'conntrack_early_drops', 'total'),
];

function figure(group: string, heading: string, metric: string, statistic: FigureColumn['statistic']): FigureColumn {
  return { group, heading, metric, statistic, unit: 'number' };
}

function time(group: string, heading: string, metric: string, statistic: FigureColumn['statistic']): FigureColumn {
  return { group, heading, metric, statistic, unit: 'time' };
}
