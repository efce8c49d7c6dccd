/**
 * The metrics of nodes and their proxies: connection tables, rules in place, and what syncs write. Part of the list in `metric-list.ts`.
 */
import { area, type MetricEntry } from './metric-area.js';
import type { Metric } from './metric.js';

const VALUE: MetricEntry[4] = ['value'];
const TOTAL: MetricEntry[4] = ['total'];

/** Metrics of nodes and proxies, in display order. */
export const NODE_METRICS: readonly Metric[] = [
  ...area('connection tables', [
    [
      'conntrack_entries',
      '1',
      'simulated',
      'lower',
      ['max', 'end'],
      'Connection tracking entries of one node: the largest number on any node, and the largest at the end.',
    ],
    ['conntrack_early_drops', '1', 'exact', 'lower', TOTAL, 'Entries thrown out to make room in a full table.'],
    ['conntrack_drops', '1', 'exact', 'lower', TOTAL, 'Packets turned away by a full connection tracking table.'],
    ['ipvs_connections', '1', 'simulated', 'lower', ['max'], 'Largest number of ip_vs connections on any node.'],
    [
      'ipvs_drain_ns',
      'ns',
      'simulated',
      'lower',
      ['count', 'min', 'mean', 'max'],
      'How long ip_vs servers with connections stayed, with weight 0, once their endpoint was gone: one value for each server and node that got rid of it.',
    ],
    ['ipvs_servers_draining', '1', 'simulated', 'lower', ['end'], 'Such servers that were still there, on all nodes.'],
    [
      'connections_relayed',
      '1',
      'simulated',
      'none',
      TOTAL,
      'Connections and UDP clients that the proxies took in and dialled a backend for (userspace mode).',
    ],
  ]),
  ...area('rules in place', [
    ['rules_total', '1', 'exact', 'lower', VALUE, 'iptables rules of kube-proxy on one node, nat and filter together.'],
    ['chains_total', '1', 'exact', 'lower', VALUE, 'iptables chains of kube-proxy on one node.'],
    ['nft_chains_total', '1', 'exact', 'lower', VALUE, 'nftables chains of kube-proxy on one node.'],
    ['nft_rules_total', '1', 'exact', 'lower', VALUE, 'nftables rules of kube-proxy on one node.'],
    [
      'nft_elements_total',
      '1',
      'exact',
      'lower',
      VALUE,
      "Elements of kube-proxy's nftables sets and maps on one node.",
    ],
    ['virtual_servers', '1', 'exact', 'none', VALUE, 'ip_vs virtual servers on one node.'],
    ['real_servers', '1', 'exact', 'none', VALUE, 'ip_vs real servers on one node, over all virtual servers.'],
    ['set_entries', '1', 'exact', 'none', VALUE, 'ipset entries on one node.'],
  ]),
  ...area('control plane', [
    ['syncs', '1', 'simulated', 'lower', TOTAL, 'Syncs of kube-proxy on all nodes.'],
    ['full_syncs', '1', 'simulated', 'lower', TOTAL, 'Those of them that wrote everything anew.'],
    ['rules_written', '1', 'exact', 'lower', ['total', 'mean', 'max'], 'iptables rules written by a sync.'],
    [
      'nft_operations',
      '1',
      'exact',
      'lower',
      ['total', 'mean', 'max'],
      "Operations of a sync's nftables transaction: chains and elements added or deleted, chains flushed, rules.",
    ],
    [
      'conntrack_entries_dumped',
      '1',
      'simulated',
      'lower',
      TOTAL,
      'Connection tracking entries read by syncs in search of stale ones (UDP Services only).',
    ],
    [
      'conntrack_entries_deleted',
      '1',
      'simulated',
      'none',
      TOTAL,
      'Stale connection tracking entries deleted by syncs.',
    ],
    ['sync_duration_ns', 'ns', 'simulated', 'lower', ['mean', 'p50', 'max'], 'How long a sync took on a node.'],
    [
      'sync_busy_ratio',
      '1',
      'simulated',
      'lower',
      VALUE,
      'Share of the run that a kube-proxy spent in syncs, mean over nodes; of both families together.',
    ],
    [
      'proxy_start_live_ns',
      'ns',
      'simulated',
      'lower',
      ['count', 'mean', 'max'],
      'From the start of a kube-proxy, on a new node or again, until the rules of its first sync are in place.',
    ],
    [
      'full_sync_duration_ns',
      'ns',
      'exact',
      'lower',
      VALUE,
      'How long the first sync of node 0 takes, which writes everything; it is over before the run begins, unless the node joins later.',
    ],
    [
      'change_live_ns',
      'ns',
      'simulated',
      'lower',
      ['count', 'min', 'p50', 'p99', 'max'],
      'From a change of the API objects to the rules of a node that carry it, over nodes and changes.',
    ],
    [
      'network_programming_latency_ns',
      'ns',
      'simulated',
      'lower',
      ['count', 'mean', 'p50', 'p90', 'p99', 'max'],
      'From a pod turning ready or not ready, or a Service being made, until a node has programmed it, over changes and nodes, as kube-proxy observes it.',
    ],
    [
      'changes_pending',
      '1',
      'simulated',
      'lower',
      TOTAL,
      'Changes not yet carried by the rules of a node at the end of the run, over nodes; change_live_ns lacks them.',
    ],
    ['endpoint_slices', '1', 'exact', 'lower', VALUE, 'EndpointSlices at the end of the run.'],
    [
      'endpoint_slice_writes',
      '1',
      'exact',
      'lower',
      TOTAL,
      'EndpointSlices created, updated or deleted during the run.',
    ],
    ['endpoints_ready', '1', 'exact', 'none', VALUE, 'Ready endpoints at the end of the run, over all Services.'],
  ]),
];
