/**
 * Service ports and their usable endpoints, as kube-proxy's maps hold them (pkg/proxy, v1.30, IPv4).
 *
 * Both are immutable records: while nothing visible changes, the same object (`===`) stands for them in every revision.
 * Endpoint lists are typed columns. They are in the order in which kube-proxy sorts them: as text of `ip:port`, so
 * `10.1.1.11:11` comes before `10.1.1.1:11`. Traffic policies Local and topology are left out.
 */

/** The endpoints that new connections may go to, in kube-proxy's order. */
export interface EndpointList {
  readonly length: number;
  readonly address: Uint32Array;
  readonly port: Uint16Array;
  /** Index of the node that an endpoint runs on; -1 outside of the cluster. */
  readonly node: Int32Array;
}

/** One port of one Service. */
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
  readonly clusterIp: number;
  readonly port: number;
  /** 0 when the port has none. */
  readonly nodePort: number;
  /** Timeout of ClientIP session affinity in seconds; 0 without affinity. */
  readonly affinitySeconds: number;
  /** Ready endpoints; where there are none, those serving and terminating. */
  readonly endpoints: EndpointList;
}

/** kube-proxy's name of a service port. */
export function servicePortDisplayName(namespace: string, service: string, portName: string): string {
  return portName === '' ? `${namespace}/${service}` : `${namespace}/${service}:${portName}`;
}
