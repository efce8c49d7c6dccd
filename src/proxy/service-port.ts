/**
 * Service ports and their endpoints of one family, as kube-proxy's maps hold them (pkg/proxy serviceport.go, endpoint.go, 1.34-era).
 *
 * Both are immutable records: while nothing visible changes, the same object (`===`) stands for them in every revision.
 * Endpoint lists are typed columns. They are in the order in which kube-proxy sorts them: as text of `ip:port`, so
 * `10.1.1.11:11` comes before `10.1.1.1:11`. Which endpoints a node uses is decided in `endpoint-choice.ts`.
 */
import type { Endpoint, EndpointHints } from '../kube/index.js';
import type { IpAddress, IpPrefix } from '../net/index.js';

/** Conditions of an endpoint as bits. */
export const EndpointCondition = { ready: 1, serving: 2, terminating: 4 } as const;

/** The conditions of an endpoint. */
export function conditionsOf({ ready, serving, terminating }: Endpoint): number {
  return (
    (ready ? EndpointCondition.ready : 0) |
    (serving ? EndpointCondition.serving : 0) |
    (terminating ? EndpointCondition.terminating : 0)
  );
}

/** Endpoints of one service port, in kube-proxy's order. */
export interface EndpointList {
  readonly length: number;
  readonly address: Uint32Array;
  readonly port: Uint16Array;
  /** Index of the node that an endpoint runs on; -1 where it is none of the cluster's. */
  readonly node: Int32Array;
  /** Bits of `EndpointCondition`. */
  readonly conditions: Uint8Array;
  /** By endpoint; null when none has hints. */
  readonly hints: readonly (EndpointHints | null)[] | null;
}

/** One port of one Service, in one family. */
export interface ServicePort {
  /** Number of this service port in the ledger; never used again for another one. */
  readonly key: number;
  readonly namespace: string;
  readonly service: string;
  /** Empty for the only, unnamed port of a Service. */
  readonly portName: string;
  /** `namespace/name:port`, or `namespace/name` when the port has no name. */
  readonly displayName: string;
  /** IP protocol number. */
  readonly protocol: number;
  readonly clusterIp: IpAddress;
  readonly port: number;
  /** 0 when the port has none. */
  readonly nodePort: number;
  readonly externalIps: readonly IpAddress[];
  readonly loadBalancerVips: readonly IpAddress[];
  /** Who may use the load-balancer addresses; empty: everybody. */
  readonly sourceRanges: readonly IpPrefix[];
  /** Timeout of ClientIP session affinity in seconds; 0 without affinity. */
  readonly affinitySeconds: number;
  /** internalTrafficPolicy Local. */
  readonly internalLocal: boolean;
  /** externalTrafficPolicy Local, where the Service's type lets it count. */
  readonly externalLocal: boolean;
  /** 0 for none. */
  readonly healthCheckNodePort: number;
  /** All endpoints, whatever their conditions. */
  readonly endpoints: EndpointList;
}

/** Whether a service port can be reached from outside: a node port, load-balancer address or external address. */
export function isExternallyAccessible(port: ServicePort): boolean {
  return port.nodePort !== 0 || port.loadBalancerVips.length > 0 || port.externalIps.length > 0;
}

/**
 * Whether the load-balancer addresses are closed to some: a range that holds all addresses is the same as none (serviceport.go,
 * since 1.34; ipvs mode, being of 1.30, hands such a range to ipset, which refuses it).
 */
export function restrictsSources({ loadBalancerVips, sourceRanges }: ServicePort): boolean {
  return loadBalancerVips.length > 0 && sourceRanges.length > 0 && sourceRanges.every(({ bits }) => bits > 0);
}

/** kube-proxy's name of a service port. */
export function servicePortDisplayName(namespace: string, service: string, portName: string): string {
  return portName === '' ? `${namespace}/${service}` : `${namespace}/${service}:${portName}`;
}
