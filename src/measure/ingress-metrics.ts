/**
 * The metrics of ingress proxies and of what stands in front of nodes, in runs that have them, and of source addresses. Parts of the list in
 * `metric-list.ts`.
 */
import { area, type MetricEntry } from './metric-area.js';
import type { Metric } from './metric.js';

const TOTAL: MetricEntry[4] = ['total'];
const VALUE: MetricEntry[4] = ['value'];

/** In display order. */
export const INGRESS_METRICS: readonly Metric[] = area('ingress', [
  [
    'ingress_requests_sent',
    '1',
    'simulated',
    'none',
    TOTAL,
    'Requests that ingress proxies sent on to endpoints, further tries included.',
  ],
  [
    'ingress_connections_opened',
    '1',
    'simulated',
    'lower',
    TOTAL,
    'Connections to endpoints that ingress proxies opened; a request over an idle one needs none.',
  ],
  [
    'ingress_retries',
    '1',
    'simulated',
    'lower',
    TOTAL,
    'Times that a proxy tried another endpoint after one had refused, reset or not answered.',
  ],
  [
    'ingress_answers_404',
    '1',
    'simulated',
    'lower',
    TOTAL,
    'Requests answered by a proxy itself: no Ingress has them.',
  ],
  [
    'ingress_answers_502',
    '1',
    'simulated',
    'lower',
    TOTAL,
    'Requests answered by a proxy itself: endpoints refused or reset, and tries were used up.',
  ],
  [
    'ingress_answers_503',
    '1',
    'simulated',
    'lower',
    TOTAL,
    'Requests answered by a proxy itself: the proxy knows no endpoint of the backend.',
  ],
  [
    'ingress_answers_504',
    '1',
    'simulated',
    'lower',
    TOTAL,
    'Requests answered by a proxy itself: endpoints did not answer in time, and tries were used up.',
  ],
  ['ingress_syncs', '1', 'simulated', 'none', TOTAL, 'Times that the proxies took up changed endpoints.'],
]);

/** In display order. */
export const SOURCE_METRICS: readonly Metric[] = area('source address', [
  [
    'source_client_ratio',
    '1',
    'simulated',
    'none',
    VALUE,
    "Share of the requests at the Services' servers that came from the client's own address (clients that are pods or outside).",
  ],
  [
    'source_proxy_ratio',
    '1',
    'simulated',
    'none',
    VALUE,
    'Those that came from the address of an ingress proxy, or of a load balancer that ends connections.',
  ],
  ['source_node_ratio', '1', 'simulated', 'none', VALUE, "Those that came from the address of a node's uplink."],
  ['source_tunnel_ratio', '1', 'simulated', 'none', VALUE, "Those that came from the address of a node's flannel.1."],
  ['source_bridge_ratio', '1', 'simulated', 'none', VALUE, "Those that came from the address of a node's cni0."],
  [
    'client_known_ratio',
    '1',
    'simulated',
    'higher',
    VALUE,
    "Share of the requests whose server knows the client's address, by the packet, a PROXY header or X-Forwarded-For; where a proxy is in front.",
  ],
]);

/** In display order. */
export const WAY_IN_METRICS: readonly Metric[] = area('way in', [
  [
    'balancer_connections_opened',
    '1',
    'simulated',
    'none',
    TOTAL,
    'Connections to targets that a load balancer opened which ends those of clients.',
  ],
  [
    'balancer_connections_broken',
    '1',
    'simulated',
    'lower',
    TOTAL,
    "Clients' connections that it broke off: no target, no source port left, or the target refused or reset.",
  ],
  ['proxy_header_bytes', 'B', 'simulated', 'none', TOTAL, 'Bytes of PROXY protocol headers that it sent.'],
  [
    'ecmp_flows_moved',
    '1',
    'simulated',
    'lower',
    TOTAL,
    'Times that packets of a connection came to another node than those before, in runs in which next hops change.',
  ],
]);
