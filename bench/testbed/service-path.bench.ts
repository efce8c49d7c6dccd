/**
 * Service path: client and server pods on two nodes over VXLAN, conntrack and NAT on each node crossed, a Service among many.
 *
 * A whole case as the product runs it, measurements included; only the building of the cluster is left out of the time.
 */
import { parseIpPrefix, type IpPrefix } from '../../src/net/index.js';
import type { Case } from '../../src/scenario/case.js';
import { World } from '../../src/testbed/world.js';
import { benchProfile } from '../bench-profile.js';
import { measure, type Measurement } from '../measurement.js';

/** What to run. */
export interface ServicePathOptions {
  readonly workload: 'keepalive' | 'new-connection';
  readonly mode: 'iptables' | 'ipvs' | 'nftables';
  readonly services: number;
  readonly requests: number;
}

const RATE = { keepalive: 40_000, 'new-connection': 2_000 };

function prefix(text: string): IpPrefix {
  return parseIpPrefix(text)!;
}

/** Simulated time before the measured part. */
const WARM_UP = 100_000_000;

/** The case of a service path. */
export function servicePathCase(options: ServicePathOptions): Case {
  const ratePerSecond = RATE[options.workload];
  return {
    scenario: 'bench',
    id: 'service-path',
    profile: benchProfile,
    churn: [],
    cluster: {
      nodes: 2,
      coresPerNode: 4,
      overlay: 'vxlan',
      flannelMasquerade: 'iptables',
      ipFamilies: [4],
      podCidr: prefix('10.0.0.0/8'),
      podCidr6: prefix('fd00:10::/48'),
      nodeSubnetBits: 16,
      nodeSubnetBits6: 64,
      serviceCidr: prefix('106.96.0.0/12'),
      serviceCidr6: prefix('fd00:20::/108'),
      nodeCidr: prefix('172.16.0.0/16'),
      nodeCidr6: prefix('fd00:30::/64'),
      loadBalancerCidr: prefix('203.0.113.0/24'),
      loadBalancerCidr6: prefix('fd00:40::/108'),
      zones: 0,
      link: { bandwidthBitsPerSecond: 10e9, delayNs: 10_000, queuePackets: 1000 },
      conntrack: {
        max: 4_000_000,
        buckets: 1_000_000,
        tcpEstablishedNs: 86_400e9,
        tcpCloseWaitNs: 3_600e9,
        // Short, and so is the one of the tunnel's flows: the tables stay as large as a second's traffic makes them.
        tcpTimeWaitNs: 1e9,
        udpNs: 1e9,
        udpStreamNs: 120e9,
      },
      ipvs: { loadFactor: 256, tableBits: 12, connReuseMode: 1, reuseRules: 'linux-6.1' },
      icmp: { ratelimitNs: 1e9, ratelimit6Ns: 1e8, msgsPerSecond: 1000, msgsBurst: 50 },
      backlogPackets: 1000,
      services: options.services,
      // One endpoint, on the other node: every request crosses the overlay.
      endpoints: 1,
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
      mode: options.mode,
      scheduler: options.mode === 'ipvs' ? 'rr' : '',
      fellBackFrom: '',
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
      syncPeriodNs: 30e9,
      burst: 2,
      lookup: 'index',
    },
    workload: {
      kind: options.workload,
      clients: 32,
      clientNodes: 1,
      placement: 'pods',
      frontend: 'cluster-ip',
      ipFamily: 4,
      load: 'open',
      ratePerSecond,
      arrivals: 'poisson',
      concurrency: 16,
      thinkNs: 0,
      // The last Service of an even number has its endpoint on the second node.
      target: 'last',
      zipfExponent: 1,
      requestBytes: 100,
      responseBytes: 100,
      requestsPerConnection: 0,
      requestTimeoutNs: 5e9,
      ephemeralPorts: { first: 32_768, last: 60_999 },
      server: {
        distribution: 'constant',
        meanNs: 1000,
        concurrency: 1000,
        factors: [1],
        slowEndpoints: 0,
        slowFactor: 1,
      },
    },
    run: {
      durationNs: WARM_UP + Math.round((options.requests / ratePerSecond) * 1e9),
      warmupNs: WARM_UP,
      drainNs: 1e9,
    },
  };
}

/** Runs a service path and takes the CPU time of its simulation. */
export function servicePath(options: ServicePathOptions): Measurement {
  const plan = servicePathCase(options);
  const world = new World(plan, 'bench');
  const { simulation, probes } = world.base;
  world.traffic.start();
  // At the start every client opens its connections at once: a burst that is no steady state.
  simulation.run(WARM_UP - 1);
  const eventsBefore = simulation.eventCount;
  return measure(`service-path ${options.workload} ${options.mode} ${options.services}`, () => {
    simulation.run(plan.run.durationNs + 100_000_000);
    world.base.checkConservation();
    return {
      units: probes.requests.completed,
      unit: options.workload === 'keepalive' ? 'requests' : 'connections',
      events: simulation.eventCount - eventsBefore,
      digest: simulation.digest.toString(),
      meanNs: probes.requestLatencyNs.mean,
    };
  });
}
