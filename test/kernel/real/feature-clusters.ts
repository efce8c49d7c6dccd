/**
 * Clusters of one Service each, one for each combination of Service features that kube-proxy treats in a way of its own.
 *
 * A row says what differs from a ClusterIP Service over TCP with one port and an endpoint on this node and one elsewhere, on a node
 * whose proxy has kube-proxy's defaults and tells pods by their source.
 */
import { Protocol, type IpFamily } from '../../../src/net/index.js';
import {
  clusterOf,
  type ClusterPlan,
  type EndpointPlan,
  type PlannedCluster,
  type ServicePlan,
} from '../../planned-cluster.js';

/** What a row says. */
interface Row {
  readonly service?: Partial<ServicePlan>;
  readonly proxy?: Partial<Omit<ClusterPlan, 'services' | 'family'>>;
}

const HERE: EndpointPlan = { place: 'here', state: 'ready', zone: '' };
const THERE: EndpointPlan = { ...HERE, place: 'there' };
const HOST: EndpointPlan = { ...HERE, place: 'host' };
const DRAINING_HERE: EndpointPlan = { ...HERE, state: 'draining' };
const DRAINING_THERE: EndpointPlan = { ...THERE, state: 'draining' };
const GONE_HERE: EndpointPlan = { ...HERE, state: 'gone' };
const UNREADY_THERE: EndpointPlan = { ...THERE, state: 'unready' };

const CLUSTER_IP = { type: 'ClusterIP' } as const;
const NODE_PORT = { type: 'NodePort' } as const;
const BALANCED = { type: 'LoadBalancer' } as const;
const LOCAL_IN = { internalLocal: true } as const;
const LOCAL_OUT = { externalLocal: true } as const;
const UDP = { protocol: Protocol.udp } as const;
const AFFINITY = { affinity: true } as const;
const NOBODY = { endpoints: [] } as const;
const ONLY_THERE = { endpoints: [THERE, THERE] } as const;
const NO_DETECTOR = { detector: 'none' } as const;

const ROWS: Readonly<Record<string, Row>> = {
  // Types and endpoints.
  ClusterIP: {},
  'ClusterIP over UDP': { service: UDP },
  'ClusterIP with two ports': { service: { ports: 2 } },
  'ClusterIP without endpoints': { service: NOBODY },
  'ClusterIP over UDP without endpoints': { service: { ...UDP, ...NOBODY } },
  'ClusterIP, an endpoint of the host network': { service: { endpoints: [HOST, THERE] } },
  'ClusterIP, one endpoint unready': { service: { endpoints: [HERE, UNREADY_THERE] } },
  'ClusterIP, endpoints that drain beside a ready one': { service: { endpoints: [DRAINING_HERE, THERE] } },
  'ClusterIP, only endpoints that drain': { service: { endpoints: [DRAINING_HERE, DRAINING_THERE] } },
  'ClusterIP, only endpoints that are gone': { service: { endpoints: [GONE_HERE, UNREADY_THERE] } },
  'ClusterIP with affinity': { service: { ...CLUSTER_IP, ...AFFINITY } },
  'ClusterIP, hints for both zones': {
    service: {
      endpoints: [
        { ...HERE, zone: 'b' },
        { ...THERE, zone: 'a' },
      ],
    },
  },
  'ClusterIP, hints for the other zone only': {
    service: {
      endpoints: [
        { ...HERE, zone: 'b' },
        { ...THERE, zone: 'b' },
      ],
    },
  },
  // Internal traffic policy.
  'ClusterIP, internal Local': { service: LOCAL_IN },
  'ClusterIP, internal Local, endpoints elsewhere': { service: { ...LOCAL_IN, ...ONLY_THERE } },
  'ClusterIP, internal Local, no endpoints': { service: { ...LOCAL_IN, ...NOBODY } },
  'ClusterIP, internal Local, the local one drains': { service: { ...LOCAL_IN, endpoints: [DRAINING_HERE, THERE] } },
  'NodePort, internal Local, endpoints elsewhere': { service: { ...NODE_PORT, ...LOCAL_IN, ...ONLY_THERE } },
  // External IPs.
  'external IP': { service: { external: true } },
  'external IP without endpoints': { service: { external: true, ...NOBODY } },
  'external IP, external Local, endpoints elsewhere': {
    service: { ...NODE_PORT, external: true, ...LOCAL_OUT, ...ONLY_THERE },
  },
  // Node ports.
  NodePort: { service: NODE_PORT },
  'NodePort over UDP with two ports': { service: { ...NODE_PORT, ...UDP, ports: 2 } },
  'NodePort without endpoints': { service: { ...NODE_PORT, ...NOBODY } },
  'NodePort with affinity': { service: { ...NODE_PORT, ...AFFINITY } },
  'NodePort, an endpoint of the host network': { service: { ...NODE_PORT, endpoints: [HOST] } },
  'NodePort, external Local': { service: { ...NODE_PORT, ...LOCAL_OUT } },
  'NodePort, external Local, endpoints elsewhere': { service: { ...NODE_PORT, ...LOCAL_OUT, ...ONLY_THERE } },
  'NodePort, external Local, no endpoints': { service: { ...NODE_PORT, ...LOCAL_OUT, ...NOBODY } },
  'NodePort, external Local, the local one drains': {
    service: { ...NODE_PORT, ...LOCAL_OUT, endpoints: [DRAINING_HERE, THERE] },
  },
  'NodePort, external Local, no detector': {
    service: { ...NODE_PORT, ...LOCAL_OUT, ...ONLY_THERE },
    proxy: NO_DETECTOR,
  },
  'NodePort, both Local, with affinity': { service: { ...NODE_PORT, ...LOCAL_IN, ...LOCAL_OUT, ...AFFINITY } },
  'NodePort on some addresses': { service: NODE_PORT, proxy: { nodePortAddresses: ['nodePorts'] } },
  'NodePort on some addresses without endpoints': {
    service: { ...NODE_PORT, ...NOBODY },
    proxy: { nodePortAddresses: ['nodeRange'] },
  },
  'NodePort not on loopback': { service: NODE_PORT, proxy: { localhostNodePorts: false } },
  // Load balancers.
  LoadBalancer: { service: BALANCED },
  'LoadBalancer without endpoints': { service: { ...BALANCED, ...NOBODY } },
  'LoadBalancer, external Local': { service: { ...BALANCED, ...LOCAL_OUT } },
  'LoadBalancer, external Local, endpoints elsewhere': { service: { ...BALANCED, ...LOCAL_OUT, ...ONLY_THERE } },
  'LoadBalancer, external Local, no detector': { service: { ...BALANCED, ...LOCAL_OUT }, proxy: NO_DETECTOR },
  'LoadBalancer with affinity': { service: { ...BALANCED, ...AFFINITY, ...LOCAL_OUT } },
  'LoadBalancer for a range': { service: { ...BALANCED, ranges: ['range'] } },
  'LoadBalancer for the pods': { service: { ...BALANCED, ranges: ['podRange'] } },
  'LoadBalancer for the nodes': { service: { ...BALANCED, ranges: ['nodeRange'] } },
  'LoadBalancer for a range, external Local': {
    service: { ...BALANCED, ...LOCAL_OUT, ranges: ['range', 'nodeRange'] },
  },
  'LoadBalancer for a range without endpoints': { service: { ...BALANCED, ...NOBODY, ranges: ['range'] } },
  'LoadBalancer over UDP with an external IP': { service: { ...BALANCED, ...UDP, external: true, ranges: ['range'] } },
  // Masquerading.
  'ClusterIP, no detector': { proxy: NO_DETECTOR },
  'ClusterIP, masqueradeAll': { proxy: { masqueradeAll: true } },
  'ClusterIP, masqueradeAll, no detector': { proxy: { masqueradeAll: true, ...NO_DETECTOR } },
  'NodePort, masqueradeAll, external Local': {
    service: { ...NODE_PORT, ...LOCAL_OUT },
    proxy: { masqueradeAll: true },
  },
};

/** Names of all of them. */
export const FEATURES: readonly string[] = Object.keys(ROWS);

/** Options of proxies, by what is special about them. */
export const PROXIES: Readonly<Record<string, Row['proxy']>> = {
  defaults: {},
  'no detector': NO_DETECTOR,
  masqueradeAll: { masqueradeAll: true },
  'not on loopback': { localhostNodePorts: false },
  'node ports on some addresses': { nodePortAddresses: ['nodePorts'] },
};

/** Services that are for the tools only: a test would need sockets of SCTP to try them. */
const OVER_SCTP: readonly Partial<ServicePlan>[] = [NODE_PORT, { ...BALANCED, ...LOCAL_OUT, ranges: ['range'] }];

/** A cluster with the Services of all rows and some over SCTP, by the name of a proxy. */
export function everyFeature(family: IpFamily, proxy = 'defaults'): PlannedCluster {
  const services = [
    ...Object.values(ROWS).map(({ service }) => ({ ...SERVICE, ...service })),
    ...OVER_SCTP.map((service) => ({ ...SERVICE, ...service, protocol: Protocol.sctp })),
  ];
  return clusterOf({ ...PROXY, ...PROXIES[proxy], family, services });
}

/** The cluster of a name. */
export function featureCluster(name: string, family: IpFamily): PlannedCluster {
  const { service, proxy } = ROWS[name]!;
  return clusterOf({ ...PROXY, ...proxy, family, services: [{ ...SERVICE, ...service }] });
}

const PROXY: Omit<ClusterPlan, 'services' | 'family'> = {
  detector: 'source',
  masqueradeAll: false,
  localhostNodePorts: true,
  nodePortAddresses: [],
};

/** What a row starts from. */
export const SERVICE: ServicePlan = {
  type: 'ClusterIP',
  protocol: Protocol.tcp,
  ports: 1,
  endpoints: [HERE, THERE],
  external: false,
  ranges: [],
  internalLocal: false,
  externalLocal: false,
  affinity: false,
};
