/** What a reconcile case puts in, read. */
import type { EndpointPort } from '../../../src/kube/index.js';
import type { IpFamily } from '../../../src/net/index.js';

/** A slice that there is already. */
export interface ExistingSlice {
  readonly name: string;
  readonly addressType: string;
  readonly ports: readonly EndpointPort[];
  readonly pods: readonly number[];
  /** Members whose stored attributes differ from the wanted ones. */
  readonly stale: ReadonlySet<number>;
  readonly owned: boolean;
  readonly labelsMatch: boolean;
  readonly placeholder: boolean;
}

/** Pods that resolve to the same ports. */
export interface DesiredGroup {
  readonly ports: readonly EndpointPort[];
  readonly pods: readonly number[];
  readonly excluded: ReadonlySet<number>;
  /** Of the pods' addresses. */
  readonly families: readonly IpFamily[];
}

/** What a case says of one pod. */
export interface PodDetails {
  readonly name: string | undefined;
  readonly ips: readonly string[];
  readonly hostname: string | undefined;
  readonly subdomain: string | undefined;
  readonly ready: boolean;
  readonly terminating: boolean;
  readonly nodeName: string | undefined;
  readonly nodeZone: string | undefined;
}

/** A whole case. */
export interface ReconcileInput {
  readonly limit: number;
  readonly name: string;
  readonly namespace: string;
  readonly families: readonly IpFamily[];
  readonly deleting: boolean;
  /** As written; None for a headless Service, nothing for one without address. */
  readonly clusterIps: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly publishNotReady: boolean;
  readonly existing: readonly ExistingSlice[];
  readonly desired: readonly DesiredGroup[];
  readonly notReady: ReadonlySet<number>;
  readonly missingNode: ReadonlySet<number>;
  readonly details: ReadonlyMap<number, PodDetails>;
}
