/**
 * Kubernetes objects as plain read-only records: what the API holds of them as far as Service networking needs it.
 *
 * Field names are the API's (v1, discovery.k8s.io/v1). Addresses are numbers of either family (net's `IpAddress`), so that a million
 * endpoints need no text; nodes are named by their index in the cluster. A changed object is a new record.
 */

import { familyOf, type IpAddress, type IpFamily, type IpPrefix } from '../net/index.js';
import type { IngressRule } from './ingress/ingress-match.js';

/** Transport protocols of Service ports, as IP protocol numbers (6, 17, 132). */
export type ProtocolNumber = number;

/** What every namespaced object has. */
export interface ObjectMeta {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Those that something looks at; absent for none. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** Tells two objects of one name apart; absent where nothing depends on it. */
  readonly uid?: string;
  /** creationTimestamp, in nanoseconds of the run; absent for one that lies before it. */
  readonly createdNs?: number;
  /** Whether it has a deletionTimestamp, where the object has no field of its own for it. */
  readonly deleting?: boolean;
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
  /** A hint for whoever speaks at the port, copied to the slices; absent for none. */
  readonly appProtocol?: string;
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
  /** spec.externalName, of type ExternalName. */
  readonly externalName?: string;
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

/** The part of a Pod's spec that says how its containers find others; what is absent has the API's default. */
export interface PodDiscovery {
  readonly dnsPolicy?: DnsPolicy;
  readonly dnsConfig?: PodDnsConfig;
  readonly hostAliases?: readonly HostAlias[];
  readonly enableServiceLinks?: boolean;
}

/** spec.dnsPolicy; ClusterFirst is the default. */
export type DnsPolicy = 'ClusterFirst' | 'ClusterFirstWithHostNet' | 'Default' | 'None';

/** spec.dnsConfig. */
export interface PodDnsConfig {
  readonly nameservers?: readonly string[];
  readonly searches?: readonly string[];
  readonly options?: readonly { readonly name: string; readonly value?: string }[];
}

/** One of spec.hostAliases: a line of the hosts file. */
export interface HostAlias {
  readonly ip: string;
  readonly hostnames: readonly string[];
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
  /** Last transition of its Ready condition, in nanoseconds of the run; absent for one that lies before it. */
  readonly readySinceNs?: number;
  /** Whether it has a deletionTimestamp. */
  readonly terminating: boolean;
  /** Ports of its containers, those of sidecars (init containers that are always restarted) last. */
  readonly ports: readonly ContainerPort[];
  /** spec.hostname; absent for none. */
  readonly hostname?: string;
  /** spec.subdomain; absent for none. */
  readonly subdomain?: string;
  /** How it finds others, where the spec says something about it. */
  readonly discovery?: PodDiscovery;
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
  /** status.allocatable.cpu in thousandths; absent where nothing is written. */
  readonly cpuMillis?: number;
  /** Whether it has a label of the control plane's role; absent for no. */
  readonly controlPlane?: boolean;
  /** Whether its condition Ready is not True; absent for no. */
  readonly notReady?: boolean;
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
  /** UID of that Pod; absent where the Pod has none. */
  readonly targetUid?: string;
  /** Name of the endpoint below its Service in DNS; absent for none. */
  readonly hostname?: string;
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
  /** Absent for none. */
  readonly appProtocol?: string;
}

/** An EndpointSlice of address type IPv4 or IPv6. */
export interface EndpointSlice {
  readonly metadata: ObjectMeta;
  readonly family: IpFamily;
  /** Name of the Service in the same namespace (label kubernetes.io/service-name). */
  readonly service: string;
  readonly ports: readonly EndpointPort[];
  readonly endpoints: readonly Endpoint[];
  /** UID of the Service that owns it; absent: whichever has its name. */
  readonly owner?: string;
  /** Annotation endpoints.kubernetes.io/last-change-trigger-time, in nanoseconds of the run; absent for none. */
  readonly triggerNs?: number;
}

/** An EndpointSlice of an address type that proxies pass over: FQDN, and IP of old versions. */
export interface OtherSlice {
  readonly metadata: ObjectMeta;
  readonly addressType: 'FQDN' | 'IP';
  /** As in `EndpointSlice`. */
  readonly service: string;
  readonly ports: readonly EndpointPort[];
  readonly endpoints: readonly OtherEndpoint[];
}

/** An endpoint of such a slice. */
export interface OtherEndpoint {
  /** Names, or addresses as text. */
  readonly addresses: readonly string[];
  readonly ready: boolean;
}

/** A Deployment or StatefulSet, as far as it says which Pods there shall be. */
export interface PodSet {
  readonly metadata: ObjectMeta;
  readonly kind: 'Deployment' | 'StatefulSet';
  readonly replicas: number;
  readonly podLabels: Readonly<Record<string, string>>;
  readonly ports: readonly ContainerPort[];
  /** Of its Pods, all alike: but a StatefulSet's have their own names as hostnames, and its Service as subdomain. Absent for none. */
  readonly hostname?: string;
  readonly subdomain?: string;
  readonly discovery?: PodDiscovery;
}

/** Where an Ingress sends requests: a port of a Service in its own namespace. */
export interface IngressBackend {
  readonly service: string;
  /** Number or name of the Service's port. */
  readonly port: number | string;
}

/** An Ingress. */
export interface Ingress {
  readonly metadata: ObjectMeta;
  /** spec.ingressClassName, else the annotation kubernetes.io/ingress.class; empty for none. */
  readonly className: string;
  /** Hosts and paths in their order; null: a backend that is no Service, which nothing here stands for. */
  readonly rules: readonly IngressRule<IngressBackend | null>[];
  /** Where requests go that no rule fits; absent for none. */
  readonly defaultBackend?: IngressBackend | null;
}

/** An IngressClass. */
export interface IngressClass {
  readonly name: string;
  /** Annotation ingressclass.kubernetes.io/is-default-class: Ingresses without a class get this one. */
  readonly isDefault: boolean;
}

/** Objects that a manifest held. */
export interface ClusterObjects {
  readonly services: readonly Service[];
  readonly pods: readonly Pod[];
  readonly podSets: readonly PodSet[];
  readonly slices: readonly EndpointSlice[];
  readonly nodes: readonly Node[];
  /** Slices of names; absent for none. */
  readonly otherSlices?: readonly OtherSlice[];
  /** Absent for none. */
  readonly ingresses?: readonly Ingress[];
  /** Absent for none. */
  readonly ingressClasses?: readonly IngressClass[];
}
