/**
 * The columns of tables that only some runs have: of those that count what changes cost on their way to the nodes, look names up, have ingress
 * proxies, or are about source addresses.
 */
import type { CaseView } from './case-view.js';
import type { FigureColumn } from './case-table.js';
import { bytes, number, share, time } from './figure-column.js';
import { PROXY_ERRORS, endsAtIngress, passesBalancer } from './outcome.js';
import { settingsOf } from './setting.js';

/** One of these tables. */
export interface AreaTable {
  readonly title: string;
  readonly columns: readonly FigureColumn[];
  /** Which cases are in it; none where the run is not about that. */
  readonly of: (views: readonly CaseView[]) => readonly CaseView[];
}

/** The tables, in the order in which they are shown. */
export const AREA_TABLES: readonly AreaTable[] = [
  {
    title: 'Changes on their way to the nodes',
    of: (views) => having(views, 'slice_watch_events', 'total'),
    columns: [
      number('EndpointSlices', 'writes', 'endpoint_slice_writes', 'total'),
      {
        ...number('EndpointSlices', 'events', 'slice_watch_events', 'total'),
        caption: 'events: writes times the nodes that watch.',
      },
      { ...bytes('EndpointSlices', 'bytes', 'slice_watch_bytes', 'total'), caption: 'bytes: of all events.' },
      { ...bytes('EndpointSlices', 'largest', 'slice_largest_bytes', 'value'), spare: 2 },
      number('Endpoints', 'writes', 'endpoints_writes', 'total'),
      number('Endpoints', 'events', 'endpoints_watch_events', 'total'),
      bytes('Endpoints', 'bytes', 'endpoints_watch_bytes', 'total'),
      {
        ...bytes('Endpoints', 'largest', 'endpoints_largest_bytes', 'value'),
        spare: 1,
        caption: 'Endpoints: had every node watched these objects, as before EndpointSlices.',
      },
    ],
  },
  {
    title: 'Lookups',
    of: (views) => having(views, 'lookups', 'total'),
    columns: [
      number('queries a lookup', 'mean', 'queries_per_lookup', 'mean'),
      { ...number('queries a lookup', 'max', 'queries_per_lookup', 'max'), spare: 2 },
      {
        ...share('NXDOMAIN', '% of queries', 'dns_answers_nxdomain', 'dns_queries'),
        caption: 'NXDOMAIN: answers that there is no such name, as for a name tried with a search domain.',
      },
      { ...time('lookup', 'p50', 'lookup_latency_ns', 'p50'), caption: 'lookup: from its beginning to the address.' },
      { ...time('lookup', 'p99', 'lookup_latency_ns', 'p99'), caption: 'lookup: from its beginning to the address.' },
      { ...number('lookups', 'all', 'lookups', 'total'), spare: 1 },
      number('lookups', 'not found', 'lookups_not_found', 'total'),
      number('queries', 'unanswered', 'dns_queries_unanswered', 'total'),
      number('queries', 'over TCP', 'dns_queries_tcp', 'total'),
    ],
  },
  {
    title: 'Proxies in front',
    of: (views) => views.filter((view) => endsAtIngress(view) || passesBalancer(view)),
    columns: [
      {
        ...number('ingress proxies', 'requests', 'ingress_requests_sent', 'total'),
        caption: 'requests: sent on to endpoints, further tries included.',
      },
      {
        ...number('ingress proxies', 'connections', 'ingress_connections_opened', 'total'),
        caption: 'connections: opened to endpoints.',
      },
      number('ingress proxies', 'retries', 'ingress_retries', 'total'),
      ...PROXY_ERRORS.map(([code, metric]) => ({
        ...number('errors', code, metric, 'total'),
        caption: 'errors: requests that a proxy answered itself.',
      })),
      number('balancer', 'opened', 'balancer_connections_opened', 'total'),
      {
        ...number('balancer', 'broken', 'balancer_connections_broken', 'total'),
        caption: "balancer, broken: clients' connections that it broke off.",
      },
    ],
  },
  {
    title: 'Whom the endpoints see',
    of: (views) => (seenDiffer(views) ? having(views, 'source_client_ratio', 'value') : []),
    columns: [
      part('client', 'source_client_ratio'),
      part('proxy', 'source_proxy_ratio'),
      part('node', 'source_node_ratio'),
      part('flannel.1', 'source_tunnel_ratio'),
      part('cni0', 'source_bridge_ratio'),
      {
        ...part('client known', 'client_known_ratio'),
        group: '% with',
        caption: "client known: by the packet's source address, a PROXY header or X-Forwarded-For.",
      },
    ],
  },
];

function having(views: readonly CaseView[], ...figure: Parameters<CaseView['mean']>): readonly CaseView[] {
  return views.filter((view) => view.mean(...figure) !== undefined);
}

/** A share of the requests, by the address that they came from. */
function part(heading: string, metric: string): FigureColumn {
  return {
    ...number('% of the requests from', heading, metric, 'value'),
    unit: 'share',
    caption: 'Requests by the address that they came from.',
  };
}

/** From so much on a difference between two ways is none of chance. */
const APART = 0.05;

/** Whether the ways to the endpoints differ in the addresses seen at their ends: within one mode, as modes differ in that anyway. */
function seenDiffer(views: readonly CaseView[]): boolean {
  const modes = new Set(views.map(({ modeName }) => modeName));
  return [...modes].some((mode) => {
    const known = settingsOf(views.filter(({ modeName }) => modeName === mode)).flatMap(([view]) => view ?? []);
    return ['source_client_ratio', 'source_proxy_ratio', 'source_node_ratio'].some((metric) => {
      const shares = known.flatMap((view) => view.mean(metric, 'value') ?? []);
      return (
        shares.length > 1 &&
        new Set(known.map(({ variant }) => variant)).size > 1 &&
        Math.max(...shares) - Math.min(...shares) > APART
      );
    });
  });
}
