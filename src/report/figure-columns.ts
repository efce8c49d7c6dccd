/** The columns of the summary's tables: which figure stands under which heading. */
import { DROP_CAUSES } from '../measure/index.js';
import type { FigureColumn } from './case-table.js';

const FIRST_PACKET = '1st packet: client to endpoint.';
const CONNECT = 'connect: from the scheduled time to the handshake.';
const REQUEST = 'request: from the scheduled time to the whole answer.';

/** What a client notices, and what it costs. */
export const TRAFFIC: readonly FigureColumn[] = [
  {
    ...figure('rules', '1st', 'first_packet_rules', 'mean'),
    caption: "rules, 1st: compared with a connection's first packet on the client's node.",
  },
  {
    ...figure('rules', 'path', 'first_packet_path_rules', 'mean'),
    caption: "path: on its whole way, as the tunnel's outer packet and the endpoint's node walk the rules too.",
  },
  {
    ...figure('rules', 'later', 'established_packet_rules', 'mean'),
    spare: 4,
    caption: "later: with a later packet on the client's node.",
  },
  { ...time('1st packet', 'mean', 'first_packet_latency_ns', 'mean'), caption: FIRST_PACKET },
  { ...time('1st packet', 'p50', 'first_packet_latency_ns', 'p50'), spare: 3, caption: FIRST_PACKET },
  { ...time('1st packet', 'p99', 'first_packet_latency_ns', 'p99'), caption: FIRST_PACKET },
  { ...time('connect', 'p50', 'connect_latency_ns', 'p50'), spare: 2, caption: CONNECT },
  { ...time('connect', 'p99', 'connect_latency_ns', 'p99'), spare: 7, caption: CONNECT },
  { ...time('request', 'p50', 'request_latency_ns', 'p50'), spare: 6, caption: REQUEST },
  { ...time('request', 'p99', 'request_latency_ns', 'p99'), caption: REQUEST },
  { ...figure('requests', 'per s', 'request_rate_per_s', 'value'), spare: 1 },
  { ...time('CPU', '1st', 'first_packet_cpu_ns', 'mean'), caption: 'CPU, 1st: of a first packet on its whole way.' },
  {
    ...time('CPU', 'request', 'cpu_per_request_ns', 'mean'),
    spare: 5,
    caption: 'CPU, request: of all packets, for each request that was answered.',
  },
  {
    ...figure('load', 'Jain', 'endpoint_load_jain', 'value'),
    unit: 'ratio',
    caption: 'Jain: 1 is an even load of the endpoints.',
  },
];

/** What kube-proxy and the controllers do. */
export const CONTROL_PLANE: readonly FigureColumn[] = [
  {
    ...figure('in place on a node', 'rules', 'rules_total', 'value'),
    plus: 'nft_rules_total',
    caption: 'rules: of iptables and nftables.',
  },
  {
    ...figure('in place on a node', 'elements', 'nft_elements_total', 'value'),
    plus: 'set_entries',
    caption: 'elements: of nftables sets and maps, and of ipsets.',
  },
  {
    ...figure('in place on a node', 'virtual', 'virtual_servers', 'value'),
    spare: 5,
    caption: 'virtual, real: servers of ip_vs.',
  },
  { ...figure('in place on a node', 'real', 'real_servers', 'value'), caption: 'virtual, real: servers of ip_vs.' },
  time('full sync', 'takes', 'full_sync_duration_ns', 'value'),
  // Without changes a short run sees a forced sync or none, by chance: such columns would say nothing.
  { ...figure('syncs', 'count', 'syncs', 'total'), onlyWith: 'change_live_ns' },
  {
    ...figure('syncs', 'writes', 'rules_written', 'mean'),
    plus: 'nft_operations',
    onlyWith: 'change_live_ns',
    spare: 4,
    caption: 'syncs, writes: rules of iptables or operations of nftables, each sync on average.',
  },
  { ...time('sync', 'mean', 'sync_duration_ns', 'mean'), onlyWith: 'change_live_ns', spare: 2 },
  { ...time('sync', 'max', 'sync_duration_ns', 'max'), onlyWith: 'change_live_ns' },
  time('change live', 'p50', 'change_live_ns', 'p50'),
  time('change live', 'max', 'change_live_ns', 'max'),
  { ...time('ip_vs drain', 'min', 'ipvs_drain_ns', 'min'), spare: 3 },
  {
    ...time('ip_vs drain', 'max', 'ipvs_drain_ns', 'max'),
    caption: 'ip_vs drain: how long servers with connections stayed, with weight 0, once their endpoint was gone.',
  },
  {
    ...figure('ip_vs drain', 'left', 'ipvs_servers_draining', 'end'),
    onlyWith: 'ipvs_drain_ns',
    caption: 'left: such servers at the end, on all nodes.',
  },
  { ...figure('slices', 'count', 'endpoint_slices', 'value'), spare: 1 },
  { ...figure('slices', 'writes', 'endpoint_slice_writes', 'total'), spare: 3 },
  { ...figure('conntrack', 'peak', 'conntrack_entries', 'max'), spare: 6 },
];

/** What went wrong; shown only for the cases in which something did. */
export const LOSSES: readonly FigureColumn[] = [
  figure('requests', 'refused', 'requests_refused', 'total'),
  figure('requests', 'timed out', 'requests_timed_out', 'total'),
  figure('requests', 'reset', 'requests_reset', 'total'),
  figure('requests', 'no port', 'requests_without_port', 'total'),
  figure('requests', 'unfinished', 'requests_unfinished', 'total'),
  figure('packets dropped', 'all', 'packets_dropped', 'total'),
  ...DROP_CAUSES.map((cause) =>
    figure('packets dropped', cause.replaceAll('_', ' '), `packets_dropped_${cause}`, 'total'),
  ),
  figure('conntrack', 'early drops', 'conntrack_early_drops', 'total'),
  figure('ICMP', 'suppressed', 'icmp_errors_suppressed', 'total'),
];

function figure(group: string, heading: string, metric: string, statistic: FigureColumn['statistic']): FigureColumn {
  return { group, heading, metric, statistic, unit: 'number' };
}

function time(group: string, heading: string, metric: string, statistic: FigureColumn['statistic']): FigureColumn {
  return { group, heading, metric, statistic, unit: 'time' };
}
