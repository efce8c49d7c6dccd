/** The columns of the summary's tables: which figure stands under which heading. */
import { DROP_CAUSES } from '../measure/index.js';
import type { FigureColumn } from './case-table.js';
import { number, time } from './figure-column.js';

const FIRST_PACKET = '1st packet: client to endpoint.';
const CONNECT = 'connect: from the scheduled time to the handshake.';
const REQUEST = 'request: from the scheduled time to the whole answer.';

/** What a client notices, and what it costs. */
export const TRAFFIC: readonly FigureColumn[] = [
  {
    ...number('rules', '1st', 'first_packet_rules', 'mean'),
    caption: "rules, 1st: compared with a connection's first packet on the client's node.",
  },
  {
    ...number('rules', 'path', 'first_packet_path_rules', 'mean'),
    caption: "path: on its whole way, as the tunnel's outer packet and the endpoint's node walk the rules too.",
  },
  {
    ...number('rules', 'later', 'established_packet_rules', 'mean'),
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
  { ...number('requests', 'per s', 'request_rate_per_s', 'value'), spare: 1 },
  { ...time('CPU', '1st', 'first_packet_cpu_ns', 'mean'), caption: 'CPU, 1st: of a first packet on its whole way.' },
  {
    ...time('CPU', 'request', 'cpu_per_request_ns', 'mean'),
    spare: 5,
    caption: 'CPU, request: of all packets, for each request that was answered.',
  },
  {
    ...number('load', 'Jain', 'endpoint_load_jain', 'value'),
    unit: 'ratio',
    caption: 'Jain: 1 is an even load of the endpoints.',
  },
];

/** What kube-proxy and the controllers do. */
export const CONTROL_PLANE: readonly FigureColumn[] = [
  {
    ...number('in place on a node', 'rules', 'rules_total', 'value'),
    plus: 'nft_rules_total',
    caption: 'rules: of iptables and nftables.',
  },
  {
    ...number('in place on a node', 'elements', 'nft_elements_total', 'value'),
    plus: 'set_entries',
    caption: 'elements: of nftables sets and maps, and of ipsets.',
  },
  {
    ...number('in place on a node', 'virtual', 'virtual_servers', 'value'),
    spare: 5,
    caption: 'virtual, real: servers of ip_vs.',
  },
  {
    ...number('in place on a node', 'real', 'real_servers', 'value'),
    spare: 7,
    caption: 'virtual, real: servers of ip_vs.',
  },
  time('full sync', 'takes', 'full_sync_duration_ns', 'value'),
  {
    ...time('started', 'mean', 'proxy_start_live_ns', 'mean'),
    caption: 'started: from the start of a kube-proxy, on a new node or again, until its rules are in place.',
  },
  { ...time('started', 'max', 'proxy_start_live_ns', 'max'), spare: 4 },
  // Without changes a short run sees a forced sync or none, by chance: such columns would say nothing.
  { ...number('syncs', 'count', 'syncs', 'total'), onlyWith: 'change_live_ns', spare: 8 },
  {
    ...number('syncs', 'writes', 'rules_written', 'mean'),
    plus: 'nft_operations',
    onlyWith: 'change_live_ns',
    spare: 4,
    caption: 'syncs, writes: rules of iptables or operations of nftables, each sync on average.',
  },
  { ...time('sync', 'mean', 'sync_duration_ns', 'mean'), onlyWith: 'change_live_ns', spare: 2 },
  { ...time('sync', 'max', 'sync_duration_ns', 'max'), onlyWith: 'change_live_ns' },
  time('change live', 'p50', 'change_live_ns', 'p50'),
  time('change live', 'max', 'change_live_ns', 'max'),
  {
    ...time('programmed', 'p99', 'network_programming_latency_ns', 'p99'),
    spare: 1,
    caption: 'programmed: from a pod turning ready or not ready to the end of the sync, as kube-proxy measures it.',
  },
  { ...time('ip_vs drain', 'min', 'ipvs_drain_ns', 'min'), spare: 3 },
  {
    ...time('ip_vs drain', 'max', 'ipvs_drain_ns', 'max'),
    caption: 'ip_vs drain: how long servers with connections stayed, with weight 0, once their endpoint was gone.',
  },
  {
    ...number('ip_vs drain', 'left', 'ipvs_servers_draining', 'end'),
    onlyWith: 'ipvs_drain_ns',
    caption: 'left: such servers at the end, on all nodes.',
  },
  { ...number('slices', 'count', 'endpoint_slices', 'value'), spare: 1 },
  { ...number('slices', 'writes', 'endpoint_slice_writes', 'total'), spare: 3 },
  { ...number('conntrack', 'peak', 'conntrack_entries', 'max'), spare: 6 },
];

/** What went wrong; shown only for the cases in which something did. */
export const LOSSES: readonly FigureColumn[] = [
  number('requests', 'refused', 'requests_refused', 'total'),
  number('requests', 'timed out', 'requests_timed_out', 'total'),
  number('requests', 'reset', 'requests_reset', 'total'),
  number('requests', 'no port', 'requests_without_port', 'total'),
  number('requests', 'unfinished', 'requests_unfinished', 'total'),
  number('packets dropped', 'all', 'packets_dropped', 'total'),
  ...DROP_CAUSES.map((cause) =>
    number('packets dropped', cause.replaceAll('_', ' '), `packets_dropped_${cause}`, 'total'),
  ),
  number('conntrack', 'early drops', 'conntrack_early_drops', 'total'),
  number('ECMP', 'flows moved', 'ecmp_flows_moved', 'total'),
  number('ICMP', 'suppressed', 'icmp_errors_suppressed', 'total'),
];
