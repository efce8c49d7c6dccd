/**
 * Kubernetes objects as plain read-only records: what the API holds of them as far as Service networking needs it.
 *
 * Field names are the API's (v1, discovery.k8s.io/v1). Addresses are numbers of either family (net's `IpAddress`), so that a million
 * endpoints need no text; nodes are named by their index in the cluster. A changed object is a new record.
 */

import { familyOf, type IpAddress, type IpFamily, type IpPrefix } from '../net/index.js';

/** Transport protocols of Service ports, as IP protocol numbers (6, 17, 132). */
export type ProtocolNumber = number;

/** What every namespaced object has. */
export interface ObjectMeta {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** One port of a Service. */
export interface ServicePortSpec {
  /** Empty when the Service has one unnamed port. */
  readonly name: string;
  readonly protocol: ProtocolNumber;
  readonly port: number;
  /** Number, or name of a container port. */
  readonly targetPort: number | string;
  /** 0 when the Service has none. */
  readonly nodePort: number;
}

/** A Service. */
export interface Service {
  readonly metadata: ObjectMeta;
  readonly type: 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName';
  /** The first of `clusterIps`; 0 for a headless Service, ExternalName, and one that has not got an address yet. */
  readonly clusterIp: IpAddress;
  /** Cluster addresses, at most one a family, the primary one first. */
  readonly clusterIps: readonly IpAddress[];
  /** Families that it is wanted in, the primary one first; empty: the cluster's first one. */
  readonly ipFamilies: readonly IpFamily[];
  readonly ipFamilyPolicy: 'SingleStack' | 'PreferDualStack' | 'RequireDualStack';
  readonly headless: boolean;
  /** null: a Service without selector, whose slices somebody else writes. */
  readonly selector: Readonly<Record<string, string>> | null;
  readonly ports: readonly ServicePortSpec[];
  /** Timeout of ClientIP session affinity in seconds; 0 without affinity. */
  readonly affinitySeconds: number;
  readonly publishNotReadyAddresses: boolean;
  readonly externalIps: readonly IpAddress[];
  /** Addresses in status.loadBalancer.ingress that proxies program: entries with `ip` and ipMode VIP or none. */
  readonly loadBalancerVips: readonly IpAddress[];
  /** spec.loadBalancerSourceRanges; empty: everybody. */
  readonly sourceRanges: readonly IpPrefix[];
  readonly internalTrafficPolicy: TrafficPolicy;
  readonly externalTrafficPolicy: TrafficPolicy;
  /** 0 for none. */
  readonly healthCheckNodePort: number;
  /** spec.trafficDistribution; empty for none. */
  readonly trafficDistribution: '' | 'PreferClose' | 'PreferSameZone' | 'PreferSameNode';
  /** spec.allocateLoadBalancerNodePorts: whether a LoadBalancer's ports get node ports that are not written. */
  readonly allocateNodePorts: boolean;
  /** Whether status.loadBalancer is written, with addresses for proxies or without: then none is allotted. */
  readonly loadBalancerAssigned: boolean;
}

/** Which endpoints a kind of traffic may go to: all, or those of the node only. */
export type TrafficPolicy = 'Cluster' | 'Local';

/** What a Service has where nothing is written; spread before the fields that are. */
export const SERVICE_DEFAULTS = {
  clusterIps: [],
  ipFamilies: [],
  ipFamilyPolicy: 'SingleStack',
  affinitySeconds: 0,
  publishNotReadyAddresses: false,
  externalIps: [],
  loadBalancerVips: [],
  sourceRanges: [],
  internalTrafficPolicy: 'Cluster',
  externalTrafficPolicy: 'Cluster',
  healthCheckNodePort: 0,
  trafficDistribution: '',
  allocateNodePorts: true,
  loadBalancerAssigned: false,
} as const satisfies Partial<Service>;

/** A container port, for named target ports. */
export interface ContainerPort {
  readonly name: string;
  readonly protocol: ProtocolNumber;
  readonly port: number;
}

/** A Pod. */
export interface Pod {
  readonly metadata: ObjectMeta;
  /** Primary address; 0 until it has one. */
  readonly ip: IpAddress;
  /** Address of the other family in a dual-stack cluster; 0 without. */
  readonly secondIp: IpAddress;
  /** Whether it runs in its node's network, with its node's addresses. */
  readonly hostNetwork: boolean;
  /** Index of its node; -1 until it is scheduled. */
  readonly node: number;
  readonly phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed';
  readonly ready: boolean;
  /** Whether it has a deletionTimestamp. */
  readonly terminating: boolean;
  readonly ports: readonly ContainerPort[];
}

/** A Node. */
export interface Node {
  readonly name: string;
  readonly index: number;
  /** Primary address of its uplink. */
  readonly ip: IpAddress;
  /** Address of the other family in a dual-stack cluster; 0 without. */
  readonly secondIp: IpAddress;
  /** Label topology.kubernetes.io/zone; empty for none. */
  readonly zone: string;
  /** spec.podCIDRs: its pods' subnets, at most one a family; absent where nothing is written. */
  readonly podCidrs?: readonly IpPrefix[];
}

/** A pod's or node's address of a family; 0 when it has none. */
export function addressIn(owner: Pick<Pod, 'ip' | 'secondIp'>, family: IpFamily): IpAddress {
  if (owner.ip !== 0 && familyOf(owner.ip) === family) return owner.ip;
  return owner.secondIp !== 0 && familyOf(owner.secondIp) === family ? owner.secondIp : 0;
}

/** Hints of an endpoint: for whom it is meant. */
export interface EndpointHints {
  readonly zones: readonly string[];
  /** Indices of nodes; -1 for one that the cluster does not have. */
  readonly nodes: readonly number[];
}

/** One endpoint in a slice. */
export interface Endpoint {
  readonly address: IpAddress;
  readonly node: number;
  /** Namespace and name of the Pod behind it; empty when none is known. */
  readonly target: string;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
  /** null without hints; equal hints should be one object. */
  readonly hints: EndpointHints | null;
}

/** One port of a slice, resolved to a number. */
export interface EndpointPort {
  readonly name: string;
  readonly protocol: ProtocolNumber;
  readonly port: number;
}

/** An EndpointSlice of address type IPv4 or IPv6. */
export interface EndpointSlice {
  readonly metadata: ObjectMeta;
  readonly family: IpFamily;
  /** Name of the Service in the same namespace (label kubernetes.io/service-name). */
  readonly service: string;
  readonly ports: readonly EndpointPort[];
  readonly endpoints: readonly Endpoint[];
}

/** A Deployment or StatefulSet, as far as it says which Pods there shall be. */
export interface PodSet {
  readonly metadata: ObjectMeta;
  readonly kind: 'Deployment' | 'StatefulSet';
  readonly replicas: number;
  readonly podLabels: Readonly<Record<string, string>>;
  readonly ports: readonly ContainerPort[];
}

/** Objects that a manifest held. */
export interface ClusterObjects {
  readonly services: readonly Service[];
  readonly pods: readonly Pod[];
  readonly podSets: readonly PodSet[];
  readonly slices: readonly EndpointSlice[];
  readonly nodes: readonly Node[];
}
