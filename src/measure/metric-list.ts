/**
 * The metrics: one entry each, in the order in which they are written and shown.
 *
 * Adding one is an entry here, in `load-metrics.ts` or in `node-metrics.ts`, and a probe in the testbed. Counts of work and of things are
 * exact; whatever depends on when something happened is simulated. A drop is exact: that a packet is lost is news, however small the share.
 */
import { FANOUT_METRICS } from './fanout-metrics.js';
import { area, type MetricEntry } from './metric-area.js';
import { INGRESS_METRICS, SOURCE_METRICS, WAY_IN_METRICS } from './ingress-metrics.js';
import { LOAD_METRICS } from './load-metrics.js';
import { LOOKUP_METRICS } from './lookup-metrics.js';
import type { Metric, Statistic } from './metric.js';
import { NODE_METRICS } from './node-metrics.js';

/** Why a packet was dropped, in the order of the `packets_dropped_<cause>` metrics. */
export const DROP_CAUSES = [
  'link_queue',
  'cpu_backlog',
  'conntrack_full',
  'nat_port_exhausted',
  'rule_drop',
  'rejected',
  'no_route',
  'no_listener',
  'ttl',
  'mtu',
  'ipvs_drop',
] as const;

/** One of the causes. */
export type DropCause = (typeof DROP_CAUSES)[number];

const DROP_DOCS: Readonly<Record<DropCause, string>> = {
  link_queue: 'Packets dropped because the queue of a link was full.',
  cpu_backlog: 'Packets dropped because the backlog of a core was full (netdev_max_backlog).',
  conntrack_full: 'Packets dropped because the connection tracking table was full and nothing could be dropped early.',
  nat_port_exhausted: 'Packets dropped because masquerading found no free source port.',
  rule_drop: 'Packets dropped by a rule (DROP).',
  rejected: 'Packets answered with an error by a rule (REJECT), such as those to a Service without endpoints.',
  no_route: 'Packets dropped for want of a route or a neighbour.',
  no_listener:
    'Packets to an address of a node on which nothing listened; a closed port of a pod answers and counts as delivered.',
  ttl: 'Packets whose time to live ran out.',
  mtu: 'Packets larger than the next link takes.',
  ipvs_drop: 'Packets dropped by ip_vs because the connection that they belong to is over or has lost its server.',
};

const LATENCY: readonly Statistic[] = ['count', 'min', 'mean', 'p50', 'p90', 'p99', 'p99.9', 'max'];
const MEAN_MAX: readonly Statistic[] = ['mean', 'max'];

/** Every metric, in display order. */
export const METRICS: readonly Metric[] = [
  ...area('latency', [
    [
      'first_packet_latency_ns',
      'ns',
      'simulated',
      'lower',
      LATENCY,
      "From a connection's first packet leaving the client to its arrival at the endpoint, or at the proxy of an Ingress; of a relayed one, of both legs.",
    ],
    [
      'connect_latency_ns',
      'ns',
      'simulated',
      'lower',
      LATENCY,
      'From the scheduled time of a new connection to its end of handshake at the client: with whoever ends it (userspace mode, Ingress, balancer).',
    ],
    [
      'request_latency_ns',
      'ns',
      'simulated',
      'lower',
      LATENCY,
      'From the scheduled time of a request (open loop: not the time it could be sent) to its whole answer.',
    ],
  ]),
  ...area('requests', [
    [
      'request_rate_per_s',
      '1/s',
      'simulated',
      'higher',
      ['value'],
      'Requests completed a second of the measured time.',
    ],
    ['requests_scheduled', '1', 'simulated', 'none', ['total'], 'Requests that the clients meant to send.'],
    [
      'requests_completed',
      '1',
      'simulated',
      'higher',
      ['total'],
      'Requests that were answered; waiting for a free connection has no time limit.',
    ],
    ['requests_refused', '1', 'simulated', 'lower', ['total'], 'Requests refused: rejected by a rule or by a host.'],
    ['requests_timed_out', '1', 'simulated', 'lower', ['total'], 'Requests that the client gave up.'],
    ['requests_without_port', '1', 'simulated', 'lower', ['total'], 'Requests whose client had no source port left.'],
    ['requests_unfinished', '1', 'simulated', 'none', ['total'], 'Requests still under way when the run ended.'],
    [
      'requests_unresolved',
      '1',
      'simulated',
      'lower',
      ['total'],
      'Requests whose name was not found, or nobody said where it is; in runs with lookups only.',
    ],
    ['requests_reset', '1', 'simulated', 'lower', ['total'], 'Requests whose connection was reset.'],
  ]),
  ...area('work per packet', [
    [
      'first_packet_rules',
      '1',
      'exact',
      'lower',
      ['min', 'mean', 'p50', 'max'],
      "Rules (iptables and nftables) compared on the client's node (from outside: where it comes in) by a connection's first packet, not its outer one.",
    ],
    [
      'established_packet_rules',
      '1',
      'exact',
      'lower',
      ['min', 'mean', 'p50', 'max'],
      "Rules compared on the client's node by a later packet of the client, its outer packet not counted.",
    ],
    [
      'first_packet_path_rules',
      '1',
      'exact',
      'lower',
      MEAN_MAX,
      'Rules compared by a first packet on all nodes of its path, its outer one included; with a relaying proxy of both legs, with an Ingress up to its proxy.',
    ],
    [
      'first_packet_probes',
      '1',
      'exact',
      'lower',
      ['mean'],
      "Hash lookups of a first packet on the client's node (conntrack, ip_vs, sets and maps), its outer packet included.",
    ],
    [
      'established_packet_probes',
      '1',
      'exact',
      'lower',
      ['mean'],
      "Hash lookups of a later packet of the client on the client's node, its outer packet included.",
    ],
    [
      'first_packet_servers_walked',
      '1',
      'exact',
      'lower',
      MEAN_MAX,
      'Servers that the ip_vs scheduler looked at for a first packet.',
    ],
  ]),
  ...area('cpu', [
    [
      'first_packet_cpu_ns',
      'ns',
      'simulated',
      'lower',
      ['mean'],
      'CPU time of a first packet on all nodes of its path; with a relaying proxy that of both legs and of waking the proxy, with an Ingress up to its proxy.',
    ],
    [
      'established_packet_cpu_ns',
      'ns',
      'simulated',
      'lower',
      ['mean'],
      'CPU time of a later packet of the client on all nodes of its path; what a proxy relays counts with both legs, waking and copying.',
    ],
    ['cpu_per_packet_ns', 'ns', 'simulated', 'lower', ['mean'], 'CPU time a packet, over all packets of all kinds.'],
    [
      'cpu_per_request_ns',
      'ns',
      'simulated',
      'lower',
      ['mean'],
      'CPU time of all packets of the measured time, over the requests answered in it.',
    ],
    [
      'cpu_busy_ratio',
      '1',
      'simulated',
      'lower',
      MEAN_MAX,
      'Share of the measured time that a core was busy, over cores.',
    ],
  ]),
  ...LOOKUP_METRICS,
  ...INGRESS_METRICS,
  ...WAY_IN_METRICS,
  ...SOURCE_METRICS,
  ...LOAD_METRICS,
  ...area('packets', [
    ['packets_sent', '1', 'simulated', 'none', ['total'], 'Packets sent by clients and servers.'],
    ['packets_delivered', '1', 'simulated', 'none', ['total'], 'Packets that reached a client or a pod.'],
    ['packets_retransmitted', '1', 'simulated', 'lower', ['total'], 'Segments that clients or servers sent again.'],
    ['packets_dropped', '1', 'exact', 'lower', ['total'], 'Packets dropped, whatever the cause.'],
    ...DROP_CAUSES.map((cause): MetricEntry => [
      `packets_dropped_${cause}`,
      '1',
      'exact',
      'lower',
      ['total'],
      DROP_DOCS[cause],
    ]),
    [
      'icmp_errors_suppressed',
      '1',
      'exact',
      'lower',
      ['total'],
      "ICMP errors that nodes and pods kept back by the kernel's rate limits: the packets' senders heard nothing.",
    ],
  ]),
  ...NODE_METRICS,
  ...FANOUT_METRICS,
  ...area('simulation', [
    ['simulated_events', '1', 'exact', 'none', ['total'], 'Events that the simulator took; tells two runs apart.'],
  ]),
];
