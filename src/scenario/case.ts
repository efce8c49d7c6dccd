/**
 * A case: one fully expanded point of a scenario's matrix, in base units, everything decided.
 *
 * This is what the testbed builds a world from. It is plain data: it can be sent to a worker (together with the thread's IPv6
 * addresses, see net's `adoptIpv6`) and be hashed (`caseContent`, which has addresses as text).
 */
import type { CostProfile } from '../kernel/cost.js';
import type { ClusterObjects, Service } from '../kube/api.js';
import type { ControllerPace } from '../kube/controllers/controller-pace.js';
import type { GivenSizes } from '../kube/watch-fanout.js';
import type { IpFamily, IpPrefix } from '../net/index.js';
import type { DnsOptions, LookupOptions } from './lookup-case.js';
import type { ChurnOptions } from './churn-case.js';

export type { DnsOptions, LookupOptions } from './lookup-case.js';
import type { IngressOptions, LoadBalancerOptions } from './case-ingress.js';

export type { IngressOptions, LoadBalancerOptions } from './case-ingress.js';

export type {
  ChurnOptions,
  NodeJoin,
  PodChurnOptions,
  PodFailure,
  PodTimes,
  ProxyRestart,
  SuddenChange,
} from './churn-case.js';

/** A wire of the underlay. */
export interface LinkOptions {
  readonly bandwidthBitsPerSecond: number;
  readonly delayNs: number;
  /** Packets that may wait for the wire; more are dropped. */
  readonly queuePackets: number;
}

/** Connection tracking of each node. */
export interface ConntrackOptions {
  /** Largest number of entries (nf_conntrack_max). */
  readonly max: number;
  /** Hash chains (nf_conntrack_buckets). */
  readonly buckets: number;
  readonly tcpEstablishedNs: number;
  readonly tcpCloseWaitNs: number;
  readonly tcpTimeWaitNs: number;
  readonly udpNs: number;
  readonly udpStreamNs: number;
}

/** Rate limits on the ICMP errors of each network namespace: of each node, and of each pod. */
export interface IcmpOptions {
  /** Time between two errors to one address, once six are spent; 0 for no limit (net.ipv4.icmp_ratelimit). */
  readonly ratelimitNs: number;
  /** The same for IPv6 (net.ipv6.icmp.ratelimit). */
  readonly ratelimit6Ns: number;
  /** Errors a second to all addresses (net.ipv4.icmp_msgs_per_sec). */
  readonly msgsPerSecond: number;
  /** Errors at once to all addresses (net.ipv4.icmp_msgs_burst). */
  readonly msgsBurst: number;
}

/** ip_vs of each node's kernel. */
export interface IpvsOptions {
  /** What an active connection weighs in the load formula: 256, or 257 (kernels from 6.1.192 and 6.12.117 on). */
  readonly loadFactor: 256 | 257;
  /** The connection table has two to the power of this hash chains (module parameter conn_tab_bits). */
  readonly tableBits: number;
  /** net.ipv4.vs.conn_reuse_mode. */
  readonly connReuseMode: 0 | 1;
  /** Which kernel's rules say what that sysctl means. */
  readonly reuseRules: 'linux-6.1' | 'linux-5.8';
}

/** What made-up Services have beside ports and endpoints; as in the API. */
export type MadeUpFeatures = Pick<
  Service,
  | 'ipFamilyPolicy'
  | 'affinitySeconds'
  | 'sourceRanges'
  | 'internalTrafficPolicy'
  | 'externalTrafficPolicy'
  | 'trafficDistribution'
>;

/** The cluster to build. IPv6 ranges are there in every case, and mean something where `ipFamilies` has 6. */
export interface ClusterOptions {
  readonly nodes: number;
  readonly coresPerNode: number;
  readonly overlay: 'vxlan' | 'host-gw';
  /** What flannel writes its masquerade rules with. */
  readonly flannelMasquerade: 'iptables' | 'nftables';
  /** Families of nodes, pods and Services, the primary one first. */
  readonly ipFamilies: readonly IpFamily[];
  readonly podCidr: IpPrefix;
  readonly podCidr6: IpPrefix;
  /** Prefix length of one node's part of the pod CIDR (24). */
  readonly nodeSubnetBits: number;
  /** The same of `podCidr6` (64). */
  readonly nodeSubnetBits6: number;
  readonly serviceCidr: IpPrefix;
  readonly serviceCidr6: IpPrefix;
  readonly nodeCidr: IpPrefix;
  readonly nodeCidr6: IpPrefix;
  /** Pool of the load balancer's addresses, and of external addresses of made-up Services. */
  readonly loadBalancerCidr: IpPrefix;
  readonly loadBalancerCidr6: IpPrefix;
  /** Zones, over which nodes are dealt out in turn; 0 for nodes without zone. Zones of manifests stay. */
  readonly zones: number;
  readonly link: LinkOptions;
  readonly conntrack: ConntrackOptions;
  readonly icmp: IcmpOptions;
  readonly ipvs: IpvsOptions;
  /** Packets that may wait for one core (net.core.netdev_max_backlog). */
  readonly backlogPackets: number;
  /** Made-up services; with `objects`, the number of Services there that have an address. */
  readonly services: number;
  /** Endpoints of each made-up service that is not among `sizes`. */
  readonly endpoints: number;
  /** The first made-up services, in groups with other numbers of endpoints; absent where there are none. */
  readonly sizes?: readonly { readonly count: number; readonly endpoints: number }[];
  readonly serviceType: 'ClusterIP' | 'NodePort' | 'LoadBalancer';
  readonly protocol: number;
  readonly serviceFeatures: MadeUpFeatures;
  /** External addresses of each made-up service, in each of its families; out of `loadBalancerCidr`. */
  readonly externalIps: number;
  readonly maxEndpointsPerSlice: number;
  /** What slows controllers down; absent: nothing does. */
  readonly pace?: ControllerPace;
  /** Whether what writes cost on their way to the nodes is counted; absent: not. `sizes` are given ones in place of measured ones. */
  readonly fanout?: { readonly encoding: 'protobuf' | 'json'; readonly sizes?: GivenSizes };
  /** Whether Endpoints are written beside slices, with at most so many addresses; absent: not. */
  readonly endpointsObjects?: { readonly capacity: number };
  /** Real objects in place of made-up ones. */
  readonly objects: ClusterObjects | null;
  /** Absent where no names are looked up. */
  readonly dns?: DnsOptions;
  /** Absent where no traffic goes through Ingresses. */
  readonly ingress?: IngressOptions;
  /** Absent where no load balancer's address is dialled; then clients outside come in by one node each. */
  readonly loadBalancer?: LoadBalancerOptions;
  /** What routers with several next hops do with a flow's hash; absent: modulo. */
  readonly ecmpHashing?: 'resilient';
}

/** How kube-proxy tells that a packet comes from a pod of its node (`detectLocalMode`); None: not at all. */
export type DetectLocalMode = 'ClusterCIDR' | 'NodeCIDR' | 'BridgeInterface' | 'InterfaceNamePrefix' | 'None';

/** kube-proxy on each node; `proxyOptions` makes the options of one family of it. */
export interface ProxyCase {
  /** The mode that runs. */
  readonly mode: string;
  /** The mode that was asked for, where the kernel lacks it and `mode` took its place; else empty. */
  readonly fellBackFrom: string;
  /** Empty in modes without schedulers. */
  readonly scheduler: string;
  readonly detectLocalMode: DetectLocalMode;
  /** Interface of BridgeInterface, prefix of InterfaceNamePrefix; else empty. */
  readonly localInterface: string;
  readonly masqueradeAll: boolean;
  readonly masqueradeBit: number;
  /** Of either family, empty for the mode's default; `primary`: the node's primary addresses. */
  readonly nodePortAddresses: readonly IpPrefix[] | 'primary';
  readonly localhostNodePorts: boolean;
  readonly nfacctCounters: boolean;
  readonly randomFully: boolean;
  readonly conntrackTcpBeLiberal: boolean;
  readonly strictArp: boolean;
  /** Timeouts that kube-proxy gives ip_vs, in seconds; 0 leaves the kernel's own. */
  readonly ipvsTimeouts: { readonly tcpSeconds: number; readonly tcpFinSeconds: number; readonly udpSeconds: number };
  /** Of either family. */
  readonly excludeCidrs: readonly IpPrefix[];
  readonly minSyncPeriodNs: number;
  readonly syncPeriodNs: number;
  readonly burst: number;
  /** How a packet's rules are looked up: by the index, or by the literal walk (the reference). */
  readonly lookup: 'index' | 'walk';
}

/** How long servers take for a request. */
export interface ServerOptions {
  readonly distribution: 'constant' | 'exponential';
  readonly meanNs: number;
  /** Requests that one endpoint serves at a time. */
  readonly concurrency: number;
  /** Factors on the mean, one an endpoint in creation order, repeated as often as needed; [1] for equal ones. */
  readonly factors: readonly number[];
  /** Number of endpoints (the first ones) that are slow, and how many times slower. */
  readonly slowEndpoints: number;
  readonly slowFactor: number;
}

/** The traffic. */
export interface WorkloadOptions {
  /** Name in the list of workloads. */
  readonly kind: string;
  /** Number of clients; they are dealt out over `clientNodes` nodes, or are hosts outside of the cluster. */
  readonly clients: number;
  readonly clientNodes: number;
  /** Clients are pods, processes of the nodes themselves (several on one node share its address), or hosts outside. */
  readonly placement: 'pods' | 'nodes' | 'external';
  /** Where traffic goes in: cluster address (ecmp: routed from outside to all nodes), node port, load-balancer or external address, Ingress. */
  readonly frontend: 'cluster-ip' | 'node-port' | 'load-balancer' | 'external-ip' | 'ecmp' | 'ingress';
  /** Family of the addresses that are dialled; one of the cluster's. */
  readonly ipFamily: IpFamily;
  readonly load: 'open' | 'closed';
  /** Open loop: requests a second of all clients together. */
  readonly ratePerSecond: number;
  readonly arrivals: 'poisson' | 'constant';
  /** Closed loop: requests that each client has under way. */
  readonly concurrency: number;
  readonly thinkNs: number;
  readonly target: 'first' | 'middle' | 'last' | 'uniform' | 'zipf';
  readonly zipfExponent: number;
  readonly requestBytes: number;
  readonly responseBytes: number;
  /** Keepalive: requests on one connection before it is closed; 0 for never. */
  readonly requestsPerConnection: number;
  /** After this a client gives up on a request. */
  readonly requestTimeoutNs: number;
  /** First and last of each client's source ports (net.ipv4.ip_local_port_range). */
  readonly ephemeralPorts: { readonly first: number; readonly last: number };
  readonly server: ServerOptions;
  /** Absent where clients dial addresses. */
  readonly lookup?: LookupOptions;
}

/** How long to run. */
export interface RunOptions {
  readonly durationNs: number;
  /** Measurements of requests scheduled before this are thrown away. */
  readonly warmupNs: number;
  /** After the last request is scheduled, how long answers are awaited. */
  readonly drainNs: number;
}

/** One case. */
export interface Case {
  readonly scenario: string;
  /** Stable and readable: the matrix values that make it, such as `mode=iptables,services=10`. */
  readonly id: string;
  readonly cluster: ClusterOptions;
  readonly proxy: ProxyCase;
  readonly workload: WorkloadOptions;
  readonly churn: readonly ChurnOptions[];
  readonly run: RunOptions;
  /** What turns work into time. */
  readonly profile: CostProfile;
}
