/** Cases and results for tests of the harness, which never looks inside of a case beyond its labels. */
import type { CaseResult, MetricValue } from '../../src/measure/index.js';
import type { Case } from '../../src/scenario/case.js';

const NETWORK = { address: 0x0a000000, bits: 8 };
const PRICE = { ns: 1, basis: 'assumed', source: 'made up', date: '2026-11-20' } as const;

/** A case that differs from others in its number of services only. */
export function madeUpCase(services: number, mode = 'iptables'): Case {
  return {
    scenario: 'made-up',
    id: `mode=${mode},services=${services}`,
    cluster: {
      nodes: 2,
      coresPerNode: 4,
      overlay: 'vxlan',
      flannelMasquerade: 'iptables',
      ipFamilies: [4],
      podCidr: NETWORK,
      podCidr6: NETWORK,
      nodeSubnetBits: 24,
      nodeSubnetBits6: 64,
      serviceCidr: NETWORK,
      serviceCidr6: NETWORK,
      nodeCidr: NETWORK,
      nodeCidr6: NETWORK,
      loadBalancerCidr: NETWORK,
      loadBalancerCidr6: NETWORK,
      zones: 0,
      link: { bandwidthBitsPerSecond: 1e10, delayNs: 1e4, queuePackets: 1000 },
      conntrack: {
        max: 1000,
        buckets: 250,
        tcpEstablishedNs: 1e12,
        tcpCloseWaitNs: 1e12,
        tcpTimeWaitNs: 1e11,
        udpNs: 3e10,
        udpStreamNs: 1.2e11,
      },
      ipvs: { loadFactor: 256, tableBits: 12, connReuseMode: 1, reuseRules: 'linux-6.1' },
      icmp: { ratelimitNs: 1e9, ratelimit6Ns: 1e8, msgsPerSecond: 1000, msgsBurst: 50 },
      backlogPackets: 1000,
      services,
      endpoints: 3,
      serviceType: 'ClusterIP',
      protocol: 6,
      serviceFeatures: {
        ipFamilyPolicy: 'SingleStack',
        affinitySeconds: 0,
        sourceRanges: [],
        internalTrafficPolicy: 'Cluster',
        externalTrafficPolicy: 'Cluster',
        trafficDistribution: '',
      },
      externalIps: 0,
      maxEndpointsPerSlice: 100,
      objects: null,
    },
    proxy: {
      mode,
      fellBackFrom: '',
      scheduler: mode === 'ipvs' ? 'rr' : '',
      detectLocalMode: 'ClusterCIDR',
      localInterface: '',
      masqueradeAll: false,
      masqueradeBit: 14,
      nodePortAddresses: [],
      localhostNodePorts: true,
      nfacctCounters: false,
      randomFully: true,
      conntrackTcpBeLiberal: false,
      strictArp: false,
      excludeCidrs: [],
      ipvsTimeouts: { tcpSeconds: 0, tcpFinSeconds: 0, udpSeconds: 0 },
      minSyncPeriodNs: 1e9,
      syncPeriodNs: 3e10,
      burst: 2,
      lookup: 'index',
    },
    workload: {
      kind: 'new-connection',
      clients: 2,
      clientNodes: 1,
      placement: 'pods',
      frontend: 'cluster-ip',
      ipFamily: 4,
      load: 'open',
      ratePerSecond: 1000,
      arrivals: 'poisson',
      concurrency: 1,
      thinkNs: 0,
      target: 'uniform',
      zipfExponent: 1,
      requestBytes: 100,
      responseBytes: 1000,
      requestsPerConnection: 1,
      requestTimeoutNs: 1e9,
      ephemeralPorts: { first: 32_768, last: 60_999 },
      server: {
        distribution: 'constant',
        meanNs: 1e5,
        concurrency: 16,
        factors: [1],
        slowEndpoints: 0,
        slowFactor: 1,
      },
    },
    churn: [],
    run: { durationNs: 1e9, warmupNs: 0, drainNs: 1e9 },
    profile: {
      name: 'made-up',
      description: '',
      packet: { rule: PRICE },
      sync: {},
      far: { rule: { ...PRICE, beyond: 10 }, ipvsServer: { ...PRICE, beyond: 10 } },
    },
  };
}

/** A result of a case, with the given figures. */
export function madeUpResult(caseId: string, seed: string, values: readonly MetricValue[]): CaseResult {
  return { caseId, seed, values, digest: '0123456789abcdef', histograms: {}, warnings: [] };
}
