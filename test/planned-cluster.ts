/**
 * Small clusters with every Service feature, made from plans that say little: what tests of flows, made up or drawn at random, feed on.
 * One node is looked at; the others exist as places where endpoints run.
 */
import { SERVICE_DEFAULTS, type Endpoint, type EndpointSlice, type Service } from '../src/kube/api.js';
import { parseIp, parseIpPrefix, type IpAddress, type IpFamily, type IpPrefix } from '../src/net/index.js';
import type { ProxyOptions } from '../src/proxy/proxier.js';

/** A cluster as one node's proxy sees it. */
export interface PlannedCluster {
  readonly family: IpFamily;
  readonly node: {
    readonly name: string;
    readonly zone: string;
    readonly ip: IpAddress;
    /** Loopback included. */
    readonly localIps: readonly IpAddress[];
  };
  readonly services: readonly Service[];
  readonly slices: readonly EndpointSlice[];
  readonly options: Partial<ProxyOptions>;
}

/** Names of addresses, written for IPv4 and IPv6. */
export const PLACES = {
  4: {
    node: '192.168.0.2',
    second: '192.168.1.2',
    loopback: '127.0.0.1',
    localPods: '10.244.1.',
    remotePods: '10.244.2.',
    clusterIps: '10.96.0.',
    externalIps: '192.0.2.',
    vips: '203.0.113.',
    inRange: '198.51.100.5',
    outside: '172.20.0.9',
    pods: '10.244.0.0/16',
    range: '198.51.100.0/24',
    podRange: '10.244.1.0/24',
    nodeRange: '192.168.0.0/24',
    serviceRange: '10.96.0.0/12',
    nodePorts: '192.168.1.0/24',
  },
  6: {
    node: 'fd00:192:168::2',
    second: 'fd00:192:168:1::2',
    loopback: '::1',
    localPods: 'fd00:10:244:1::',
    remotePods: 'fd00:10:244:2::',
    clusterIps: 'fd00:10:96::',
    externalIps: 'fd00:192:2::',
    vips: 'fd00:203:113::',
    inRange: 'fd00:198:51:100::5',
    outside: 'fd00:172:20::9',
    pods: 'fd00:10:244::/48',
    range: 'fd00:198:51:100::/64',
    podRange: 'fd00:10:244:1::/64',
    nodeRange: 'fd00:192:168::/64',
    serviceRange: 'fd00:10:96::/108',
    nodePorts: 'fd00:192:168:1::/64',
  },
} as const;

const ip = (text: string): IpAddress => parseIp(text)!;
const prefix = (text: string): IpPrefix => parseIpPrefix(text)!;

/** Endpoints of a Service, at most. */
export const MOST_ENDPOINTS = 4;

/** An endpoint to be. */
export interface EndpointPlan {
  /** On the node looked at, on the node itself (host network), or on another node. */
  readonly place: 'here' | 'host' | 'there';
  /** `draining` serves while it ends, `gone` ends and does not serve, `unready` does neither. */
  readonly state: 'ready' | 'draining' | 'gone' | 'unready';
  /** Zone of its hint; the node is in zone a. Empty: no hint. */
  readonly zone: '' | 'a' | 'b';
}

/** A Service to be. */
export interface ServicePlan {
  readonly type: 'ClusterIP' | 'NodePort' | 'LoadBalancer';
  readonly protocol: number;
  /** How many ports. */
  readonly ports: number;
  readonly endpoints: readonly EndpointPlan[];
  /** Whether it has an external IP. */
  readonly external: boolean;
  /** Source ranges of a LoadBalancer, by the names below. */
  readonly ranges: readonly ('range' | 'podRange' | 'nodeRange')[];
  readonly internalLocal: boolean;
  readonly externalLocal: boolean;
  readonly affinity: boolean;
}

/** A cluster to be, and the options of its proxies. */
export interface ClusterPlan {
  readonly family: IpFamily;
  readonly services: readonly ServicePlan[];
  readonly detector: 'source' | 'none';
  readonly masqueradeAll: boolean;
  readonly localhostNodePorts: boolean;
  readonly nodePortAddresses: readonly ('nodePorts' | 'nodeRange')[];
}

/** The cluster of a plan. */
export function clusterOf({ family, services, detector, nodePortAddresses, ...rest }: ClusterPlan): PlannedCluster {
  const at = PLACES[family];
  return {
    family,
    node: { name: 'node-0', zone: 'a', ip: ip(at.node), localIps: [at.loopback, at.node, at.second].map(ip) },
    services: services.map((plan, index) => serviceOf(plan, index, family)),
    slices: services.map((plan, index) => sliceOf(plan, index, family)),
    options: {
      ...rest,
      detector: detector === 'none' ? { kind: 'none' } : { kind: 'source', prefix: prefix(at.pods) },
      nodePortAddresses: nodePortAddresses.map((name) => prefix(at[name])),
      serviceCidrs: [prefix(at.serviceRange)],
    },
  };
}

function serviceOf(plan: ServicePlan, index: number, family: IpFamily): Service {
  const at = PLACES[family];
  const clusterIp = ip(`${at.clusterIps}${index + 10}`);
  const isOutside = plan.type !== 'ClusterIP';
  const isBalanced = plan.type === 'LoadBalancer';
  return {
    ...SERVICE_DEFAULTS,
    metadata: { namespace: 'ns', name: `svc${index}`, labels: {} },
    type: plan.type,
    clusterIp,
    clusterIps: [clusterIp],
    ipFamilies: [family],
    headless: false,
    selector: null,
    ports: Array.from({ length: plan.ports }, (_, number) => ({
      name: `p${number}`,
      protocol: plan.protocol,
      port: 80 + number,
      targetPort: 8080 + number,
      nodePort: isOutside ? 30_000 + index * 10 + number : 0,
    })),
    affinitySeconds: plan.affinity ? 10_800 : 0,
    externalIps: plan.external ? [ip(`${at.externalIps}${index + 10}`)] : [],
    loadBalancerVips: isBalanced ? [ip(`${at.vips}${index + 10}`)] : [],
    sourceRanges: isBalanced ? plan.ranges.map((name) => prefix(at[name])) : [],
    internalTrafficPolicy: plan.internalLocal ? 'Local' : 'Cluster',
    externalTrafficPolicy: isOutside && plan.externalLocal ? 'Local' : 'Cluster',
    healthCheckNodePort: isBalanced && plan.externalLocal ? 31_000 + index : 0,
  };
}

function sliceOf(plan: ServicePlan, index: number, family: IpFamily): EndpointSlice {
  const at = PLACES[family];
  // Hints count only when all ready endpoints have them, so they are given to all or none.
  const hinted = plan.endpoints.every(({ zone }) => zone !== '');
  return {
    metadata: { namespace: 'ns', name: `svc${index}-1`, labels: {} },
    family,
    service: `svc${index}`,
    ports: Array.from({ length: plan.ports }, (_, number) => ({
      name: `p${number}`,
      protocol: plan.protocol,
      port: 8080 + number,
    })),
    endpoints: plan.endpoints.map(({ place, state, zone }, number): Endpoint => {
      const host = index * MOST_ENDPOINTS + number + 10;
      return {
        address: ip(place === 'host' ? at.node : `${place === 'here' ? at.localPods : at.remotePods}${host}`),
        node: place === 'there' ? 1 : 0,
        target: '',
        ready: state === 'ready',
        serving: state === 'ready' || state === 'draining',
        terminating: state === 'draining' || state === 'gone',
        hints: hinted ? { zones: [zone], nodes: [] } : null,
      };
    }),
  };
}
