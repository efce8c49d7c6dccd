/** The part of a case that says who looks names up, how, and at which servers. */
import type { IpFamily } from '../net/index.js';

/** The cluster's DNS servers: CoreDNS in pods behind kube-system/kube-dns, as kubeadm sets it up. */
export interface DnsOptions {
  /** Pods, unless manifests have a kube-dns of their own. */
  readonly replicas: number;
  /** What a query costs a pod. */
  readonly serverNs: number;
  /** Queries that a pod works on at a time. */
  readonly concurrency: number;
  /** How long the upstream takes to answer about a name outside of the cluster. */
  readonly upstreamDelayNs: number;
}

/** How clients look names up. */
export interface LookupOptions {
  /**
   * How much of a Service's name they write: `svc-0` (and its namespace where that is another one), `svc-0.default`, `svc-0.default.svc`,
   * `svc-0.default.svc.cluster.local`, the same with a dot at the end.
   */
  readonly form: 'name' | 'namespace' | 'svc' | 'fqdn' | 'absolute';
  /** A name outside of the cluster that is looked up in place of the Services' names; empty for none. */
  readonly outside: string;
  /** Families that are asked for at once: A and AAAA in this order, or one. */
  readonly families: readonly IpFamily[];
  readonly resolver: {
    readonly library: 'glibc' | 'musl';
    readonly ndots: number;
    /** Search domains behind those of the cluster. */
    readonly searches: readonly string[];
    /** Further options of resolv.conf, such as `timeout:2`. */
    readonly options: readonly string[];
  };
}
