/**
 * Kubernetes objects as plain read-only records: what the API holds of them as far as Service networking needs it.
 *
 * Field names are the API's (v1, discovery.k8s.io/v1). Addresses are unsigned 32-bit numbers here, so that a million
 * endpoints need no text; nodes are named by their index in the cluster. A changed object is a new record.
 */

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
  /** 0 for a headless Service, ExternalName, and one that has not got an address yet. */
  readonly clusterIp: number;
  readonly headless: boolean;
  /** null: a Service without selector, whose slices somebody else writes. */
  readonly selector: Readonly<Record<string, string>> | null;
  readonly ports: readonly ServicePortSpec[];
  /** Timeout of ClientIP session affinity in seconds; 0 without affinity. */
  readonly affinitySeconds: number;
  readonly publishNotReadyAddresses: boolean;
}

/** A container port, for named target ports. */
export interface ContainerPort {
  readonly name: string;
  readonly protocol: ProtocolNumber;
  readonly port: number;
}

/** A Pod. */
export interface Pod {
  readonly metadata: ObjectMeta;
  /** Address; 0 until it has one. */
  readonly ip: number;
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
  /** Address of its uplink. */
  readonly ip: number;
  readonly zone: string;
}

/** One endpoint in a slice. */
export interface Endpoint {
  readonly address: number;
  readonly node: number;
  /** Namespace and name of the Pod behind it; empty when none is known. */
  readonly target: string;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
}

/** One port of a slice, resolved to a number. */
export interface EndpointPort {
  readonly name: string;
  readonly protocol: ProtocolNumber;
  readonly port: number;
}

/** An EndpointSlice of address type IPv4. */
export interface EndpointSlice {
  readonly metadata: ObjectMeta;
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
