/**
 * What holds where a scenario says nothing, in the scenario's own words. This is the only place with defaults.
 *
 * Kubernetes and Linux defaults are those of kubeadm, flannel, kube-proxy 1.34 and Linux 6.18; the conntrack timeouts are
 * kube-proxy's (established 24 h, close wait 1 h) and the kernel's (time wait 120 s, UDP 30 s and 120 s).
 */

/** Defaults of `spec`. */
export const DEFAULT_SPEC = {
  cluster: {
    // Enough for the pods, at least 4; with manifests, the nodes that they list.
    nodes: 'auto',
    cores: 4,
    overlay: 'vxlan',
    podCidr: '10.244.0.0/16',
    nodeSubnet: '/24',
    serviceCidr: '10.96.0.0/12',
    nodeCidr: '10.50.0.0/16',
    link: { bandwidth: '10Gbit/s', delay: '10us', queue: 1000 },
    conntrack: {
      // kube-proxy: 32768 a core, at least 131072; the kernel keeps a quarter as many hash chains.
      max: 'auto',
      buckets: 'auto',
      tcpEstablished: '24h',
      tcpCloseWait: '1h',
      tcpTimeWait: '120s',
      udp: '30s',
      udpStream: '120s',
    },
    backlog: 1000,
    services: { count: 100, endpoints: 3, type: 'ClusterIP', protocol: 'TCP' },
    maxEndpointsPerSlice: 100,
  },
  proxy: {
    mode: 'iptables',
    scheduler: 'rr',
    masqueradeAll: false,
    minSyncPeriod: 'default',
    syncPeriod: '30s',
    burst: 2,
    lookup: 'index',
  },
  workload: {
    kind: 'new-connection',
    clients: 16,
    clientNodes: 'all',
    placement: 'pods',
    frontend: 'cluster-ip',
    load: 'open',
    rate: '1k/s',
    arrivals: 'poisson',
    concurrency: 1,
    thinkTime: '0s',
    target: 'uniform',
    zipfExponent: 1,
    requestSize: '100B',
    responseSize: '1000B',
    requestsPerConnection: 100,
    requestTimeout: '5s',
    server: {
      distribution: 'constant',
      time: '100us',
      concurrency: 16,
      factors: [1],
      slowEndpoints: 0,
      slowFactor: 1,
    },
  },
  churn: [],
  run: { duration: '1s', warmup: '100ms', drain: '1s', seeds: 1, seed: '1' },
  profile: 'reference-2026',
} as const;

/** Defaults of the entries of `spec.churn`, by their kind. The fractions are those of a Deployment's strategy; times are assumed. */
export const DEFAULT_CHURN: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  scale: { startup: '2s', termination: '1s', spread: '50%' },
  'rolling-update': { maxSurge: '25%', maxUnavailable: '25%', startup: '1s', termination: '1s', spread: '50%' },
};

/** Largest number of pods on a node that `nodes: auto` plans with (the kubelet's default), and its least number of nodes. */
export const AUTO_NODES = { podsPerNode: 110, least: 4 } as const;

/** kube-proxy's sizing of the conntrack table: entries a core, least number of entries, entries a hash chain. */
export const AUTO_CONNTRACK = { perCore: 32_768, least: 131_072, perBucket: 4 } as const;
