/**
 * What a cluster's DNS server reads of the cluster: the view that its informers keep (CoreDNS 1.14, plugin/kubernetes/object), behind one
 * interface, so that the server answers from the simulated store, from a snapshot of it, or from a list.
 */
import type { IpAddress } from '../../net/index.js';
import type { ProtocolNumber } from '../api.js';

/** A port by name. */
export interface DnsPort {
  /** Empty for an unnamed one. */
  readonly name: string;
  readonly protocol: ProtocolNumber;
  readonly port: number;
}

/** A Service. */
export interface DnsService {
  readonly namespace: string;
  readonly name: string;
  readonly kind: 'ClusterIP' | 'Headless' | 'ExternalName';
  /** Of kind ClusterIP. */
  readonly clusterIps: readonly IpAddress[];
  /** Of kind ExternalName: the name as it is written, with or without a dot at the end. */
  readonly externalName: string;
  readonly ports: readonly DnsPort[];
}

/** An endpoint that is ready. */
export interface DnsEndpoint {
  readonly address: IpAddress;
  /** `hostname` of the slice's endpoint; empty for none. */
  readonly hostname: string;
  /** Name of the Pod behind it; empty where none is known. */
  readonly podName: string;
  /** Empty for none. */
  readonly zone: string;
}

/** An EndpointSlice: its ready endpoints, and ports that all of them have. */
export interface DnsSlice {
  readonly namespace: string;
  readonly service: string;
  readonly endpoints: readonly DnsEndpoint[];
  readonly ports: readonly DnsPort[];
}

/** The cluster as the server sees it. Names in lower case. */
export interface DnsSource {
  /** Whether everything has been read for the first time. */
  readonly synced: boolean;
  /** Serial of the zones: Unix time of the last change of a Service or slice, in seconds. */
  readonly serial: number;
  /** Whether there is a Namespace of this name. */
  hasNamespace(namespace: string): boolean;
  /** A Service by its name. */
  service(namespace: string, name: string): DnsService | undefined;
  /** Slices of a Service, whether it exists or not, in a fixed order. */
  slices(namespace: string, service: string): Iterable<DnsSlice>;
  /** The Services that have a cluster IP: one in a sound cluster. */
  servicesAt(address: IpAddress): Iterable<DnsService>;
  /** The slices with a ready endpoint of an address, in a fixed order. */
  slicesWith(address: IpAddress): Iterable<DnsSlice>;
  /** Namespaces with a Pod whose primary address this is, and that is neither terminating nor done. */
  podNamespaces(address: IpAddress): Iterable<string>;
}
