/**
 * A case: one fully expanded point of a scenario's matrix, in base units, everything decided.
 *
 * This is what the testbed builds a world from. It is plain data: it can be sent to a worker (together with the thread's IPv6
 * addresses, see net's `adoptIpv6`) and be hashed (`caseContent`, which has addresses as text).
 */
import type { CostProfile } from '../kernel/cost.js';
import type { ClusterObjects, Service } from '../kube/api.js';
import type { IpFamily, IpPrefix } from '../net/index.js';

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
  /** Packets that may wait for one core (net.core.netdev_max_backlog). */
  readonly backlogPackets: number;
  /** Made-up services, all alike; with `objects`, the number of Services there that have an address. */
  readonly services: number;
  /** Endpoints of each made-up service. */
  readonly endpoints: number;
  readonly serviceType: 'ClusterIP' | 'NodePort' | 'LoadBalancer';
  readonly protocol: number;
  readonly serviceFeatures: MadeUpFeatures;
  /** External addresses of each made-up service, in each of its families; out of `loadBalancerCidr`. */
  readonly externalIps: number;
  readonly maxEndpointsPerSlice: number;
  /** Real objects in place of made-up ones. */
  readonly objects: ClusterObjects | null;
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
  /** Where the traffic goes in: cluster address, node port of a node, load-balancer address, external address. */
  readonly frontend: 'cluster-ip' | 'node-port' | 'load-balancer' | 'external-ip';
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
  readonly server: ServerOptions;
}

/** How long pods take to come and to go. */
export interface PodTimes {
  /** From the Pod's creation to Ready, in the mean. */
  readonly startupNs: number;
  /** From deletion to the end of the process, in the mean: it goes on serving until then. */
  readonly terminationNs: number;
  /** Each pod's times lie between 1 - spread and 1 + spread times these; 0 to 1. */
  readonly spread: number;
}

/** One thing that happens to the pods behind a Service. */
export type PodChurnOptions = PodTimes & { readonly atNs: number; readonly service: number } & (
    | { readonly kind: 'scale'; readonly replicas: number }
    | {
        readonly kind: 'rolling-update';
        /** Fractions of the replicas, as in a Deployment's strategy. */
        readonly maxSurge: number;
        readonly maxUnavailable: number;
      }
  );

/** kube-proxy ends and is started again; its rules stay meanwhile. */
export interface ProxyRestart {
  readonly kind: 'proxy-restart';
  readonly atNs: number;
  /** From its end to its start. */
  readonly downNs: number;
  /** Indices of the nodes on which it happens, ascending. */
  readonly nodes: readonly number[];
}

/** One thing that happens to the cluster during the run. */
export type ChurnOptions = PodChurnOptions | ProxyRestart;

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
