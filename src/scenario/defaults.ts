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
    zones: 0,
    cores: 4,
    overlay: 'vxlan',
    flannelMasquerade: 'iptables',
    // IPv4; with manifests, the families that their objects have.
    ipFamilies: 'auto',
    podCidr: '10.244.0.0/16',
    podCidr6: 'fd00:10:244::/48',
    nodeSubnet: '/24',
    nodeSubnet6: '/64',
    serviceCidr: '10.96.0.0/12',
    serviceCidr6: 'fd00:10:96::/112',
    nodeCidr: '10.50.0.0/16',
    nodeCidr6: 'fd00:10:50::/64',
    // Ranges for benchmarks (RFC 2544, RFC 5180), which nobody else uses.
    loadBalancerCidr: '198.18.0.0/15',
    loadBalancerCidr6: '2001:2::/48',
    link: { bandwidth: '10Gbit/s', delay: '10us', queue: 1000 },
    conntrack: {
      // kube-proxy: 32768 a core, at least 131072; the kernel keeps a quarter as many hash chains.
      max: 'auto',
      maxPerCore: 32_768,
      min: 131_072,
      buckets: 'auto',
      tcpEstablished: '24h',
      tcpCloseWait: '1h',
      tcpTimeWait: '120s',
      udp: '30s',
      udpStream: '120s',
    },
    // net.ipv4.icmp_* and net.ipv6.icmp.*
    icmp: { ratelimit: '1s', ratelimit6: '100ms', msgsPerSecond: 1000, msgsBurst: 50 },
    ipvs: { loadFactor: 256, connTabBits: 12, connReuseMode: 1, connReuseRules: 'linux-6.1' },
    backlog: 1000,
    // kubeadm has two replicas; times are assumed: 33,000 queries a second of a pod with two cores.
    dns: { replicas: 2, serverTime: '60us', concurrency: 2, upstreamDelay: '20ms' },
    // ingress-nginx: 320 idle connections (upstream-keepalive-connections), 0.3 syncs a second (--sync-rate-limit); times are assumed.
    ingress: {
      class: 'any',
      replicas: 2,
      exposure: 'load-balancer',
      externalTrafficPolicy: 'Cluster',
      serverTime: '30us',
      concurrency: 4,
      keepalive: 320,
      syncInterval: '3333ms',
      useProxyProtocol: false,
    },
    // Google's cloud provider; one check that is passed brings a node back. The delay of pods as targets is assumed.
    loadBalancer: {
      healthInterval: '8s',
      unhealthyThreshold: 3,
      forwards: 'packets',
      targets: 'nodes',
      targetDelay: '1s',
      proxyProtocol: 'none',
    },
    ecmp: { hashing: 'modulo' },
    services: {
      count: 100,
      endpoints: 3,
      sizes: [],
      type: 'ClusterIP',
      protocol: 'TCP',
      ipFamilyPolicy: 'SingleStack',
      sessionAffinity: 'None',
      affinityTimeout: '3h',
      internalTrafficPolicy: 'Cluster',
      externalTrafficPolicy: 'Cluster',
      trafficDistribution: 'none',
      externalIps: 0,
      sourceRanges: [],
    },
    maxEndpointsPerSlice: 100,
    api: {
      fanout: false,
      encoding: 'protobuf',
      endpoints: 'none',
      bytesPerEndpoint: 'measured',
      bytesPerObject: '0B',
      // Kubernetes: 20 and 30.
      requestsPerSecond: 0,
      requestsBurst: 30,
      informerLag: '0s',
      batchPeriod: '0s',
    },
  },
  proxy: {
    mode: 'iptables',
    scheduler: 'rr',
    detectLocalMode: 'ClusterCIDR',
    bridgeInterface: 'cni0',
    interfaceNamePrefix: 'cni',
    masqueradeAll: false,
    masqueradeBit: 14,
    nodePortAddresses: [],
    localhostNodePorts: true,
    nfacctCounters: false,
    randomFully: true,
    conntrackTcpBeLiberal: false,
    strictArp: false,
    excludeCidrs: [],
    ipvsTcpTimeout: '0s',
    ipvsTcpFinTimeout: '0s',
    ipvsUdpTimeout: '0s',
    ipvs: 'available',
    onMissing: 'error',
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
    ipFamily: 'auto',
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
    // net.ipv4.ip_local_port_range
    ephemeralPorts: '32768-60999',
    // Names in workload dns, addresses in the others.
    lookup: 'auto',
    // ndots is the kubelet's, the rest glibc's.
    resolver: { library: 'glibc', ndots: 5, searches: [], families: 'both', options: [], outside: 'none' },
    server: {
      distribution: 'constant',
      time: '100us',
      concurrency: 16,
      factors: [1],
      slowEndpoints: 0,
      slowFactor: 1,
      useProxyProtocol: false,
    },
  },
  churn: [],
  run: { duration: '1s', warmup: '100ms', drain: '1s', seeds: 1, seed: '1' },
  profile: 'reference-2026',
} as const;

/** Defaults of the entries of `spec.churn`, by their kind. The fractions are those of a Deployment's strategy; times are assumed. */
export const DEFAULT_CHURN: Readonly<Record<string, Readonly<Record<string, string | number | readonly string[]>>>> = {
  'proxy-restart': { down: '5s', nodes: 'all' },
  'node-join': {},
  'next-hops': {},
  'endpoints-edit': { ready: [], notReady: [] },
  'sudden-scale': {},
  // The API's defaults of a probe.
  'pod-failure': { pods: 1, lasts: '1m', period: '10s', timeout: '1s', failureThreshold: 3, successThreshold: 1 },
  'sudden-replace': { pods: 'all', interval: '1ms' },
  scale: { startup: '2s', termination: '1s', spread: '50%' },
  'rolling-update': { maxSurge: '25%', maxUnavailable: '25%', startup: '1s', termination: '1s', spread: '50%' },
};

/** Largest number of pods on a node that `nodes: auto` plans with (the kubelet's default), and its least number of nodes. */
export const AUTO_NODES = { podsPerNode: 110, least: 4 } as const;

/** The kernel's sizing of the conntrack table: entries a hash chain. */
export const AUTO_CONNTRACK = { perBucket: 4 } as const;
