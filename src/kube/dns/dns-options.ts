/** What a cluster's DNS server is told: the kubernetes plugin's part of a Corefile, and who is asked for the rest. */
import type { IpAddress } from '../../net/index.js';
import type { Rcode } from './message.js';
import type { DnsRecord, RecordType } from './record.js';

/** What somebody else answers. */
export interface UpstreamReply {
  readonly rcode: Rcode;
  readonly answer: readonly DnsRecord[];
  /** The zone's start, where there is no answer. */
  readonly authority?: readonly DnsRecord[];
  readonly truncated: boolean;
}

/** Whom the server asks for names that are not its own; undefined: no answer came. */
export type Upstream = (name: string, type: RecordType) => UpstreamReply | undefined;

/** Settings of the server. */
export interface ClusterDnsOptions {
  /** Zones that it answers for, fully qualified. The first one that is no reverse zone is the cluster's. */
  readonly zones: readonly string[];
  /** TTL of records in seconds, 0 to 3600. The plugin's default is 5; kubeadm writes 30. */
  readonly ttlSeconds: number;
  /** Records under `pod`: none, whatever is asked, or those of Pods that there are. */
  readonly pods: 'disabled' | 'insecure' | 'verified';
  /** Namespaces that are answered for; empty: all. */
  readonly namespaces: readonly string[];
  /** `ignore empty_service`: a Service with cluster IP without a ready endpoint does not exist. */
  readonly ignoreEmptyService: boolean;
  /** `endpoint_pod_names`: an endpoint without hostname is called after its Pod, not after its address. */
  readonly endpointPodNames: boolean;
  /** `zonal`: names of topology zones. */
  readonly zonal: boolean;
  /** `fallthrough`: in these zones, names that do not exist are asked of the upstream. */
  readonly fallthrough: readonly string[];
  /** The server's own addresses, for the zone's NS records. */
  readonly localAddresses: readonly IpAddress[];
  /** undefined: names outside of the zones are refused. */
  readonly upstream: Upstream | undefined;
}

/** The defaults of the plugin itself for the zone `cluster.local`. */
export const DNS_DEFAULTS: ClusterDnsOptions = {
  zones: ['cluster.local.'],
  ttlSeconds: 5,
  pods: 'disabled',
  namespaces: [],
  ignoreEmptyService: false,
  endpointPodNames: false,
  zonal: false,
  fallthrough: [],
  localAddresses: [],
  upstream: undefined,
};

/** The server block that kubeadm writes, without its cache: `kubernetes cluster.local in-addr.arpa ip6.arpa { pods insecure ... ttl 30 }`. */
export const KUBEADM_DNS: ClusterDnsOptions = {
  ...DNS_DEFAULTS,
  zones: ['cluster.local.', 'in-addr.arpa.', 'ip6.arpa.'],
  ttlSeconds: 30,
  pods: 'insecure',
  fallthrough: ['in-addr.arpa.', 'ip6.arpa.'],
};
