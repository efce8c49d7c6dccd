/** Ways in at random: whatever stands in front, every request ends, packets and bytes are accounted for, and the same seed gives the same run. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { LoadBalancerOptions } from '../../src/scenario/case.js';
import { World } from '../../src/testbed/world.js';
import { runCase } from '../../src/testbed/index.js';
import { MS, S, figure, smallCase, type Changes } from './small-case.js';

const FEATURES = smallCase().cluster.serviceFeatures;

/** Everything that may be in front, and what happens meanwhile. */
const changes: fc.Arbitrary<Changes> = fc
  .record({
    mode: fc.constantFrom('iptables', 'ipvs', 'nftables', 'userspace'),
    frontend: fc.constantFrom('load-balancer', 'ingress', 'ecmp'),
    exposure: fc.constantFrom('node-port', 'load-balancer', 'host-network', 'outside'),
    policy: fc.constantFrom('Cluster', 'Local'),
    version: fc.constantFrom(0, 1, 2),
    ends: fc.boolean(),
    toPods: fc.boolean(),
    delayMs: fc.constantFrom(0, 1, 30),
    kind: fc.constantFrom('new-connection', 'keepalive', 'udp'),
    load: fc.constantFrom('open', 'closed'),
    ipFamily: fc.constantFrom(4, 6),
    overlay: fc.constantFrom('vxlan', 'host-gw'),
    hashing: fc.constantFrom('modulo', 'resilient'),
    endpoints: fc.integer({ min: 0, max: 4 }),
    keepalive: fc.constantFrom(0, 2, 320),
    queuePackets: fc.constantFrom(3, 1000),
    timeoutMs: fc.constantFrom(1, 8, 2000),
    requestBytes: fc.constantFrom(1, 100),
    churn: fc.subarray(['scale', 'rolling-update', 'sudden-replace', 'next-hops', 'proxy-restart'] as const),
  })
  .map((own) => {
    const { mode, frontend, kind, exposure, policy, ipFamily, version } = own;
    const isTcp = kind !== 'udp';
    const podTargets = own.toPods ? { podTargets: { delayNs: own.delayMs * MS } } : {};
    const connections = own.ends && isTcp ? { connections: { proxyProtocol: version } } : {};
    const isBalanced = frontend === 'load-balancer' || (frontend === 'ingress' && exposure === 'load-balancer');
    const times = { service: 0, startupNs: 5 * MS, terminationNs: 5 * MS, spread: 0.5 };
    const events = {
      scale: { kind: 'scale', atNs: 10 * MS, replicas: 1, ...times },
      'rolling-update': { kind: 'rolling-update', atNs: 12 * MS, maxSurge: 0.5, maxUnavailable: 0.5, ...times },
      'sudden-replace': { kind: 'sudden-replace', atNs: 15 * MS, service: 1, pods: 2, intervalNs: MS },
      'next-hops': { kind: 'next-hops', atNs: 8 * MS, nodes: [0, 2] },
      'proxy-restart': { kind: 'proxy-restart', atNs: 6 * MS, downNs: 10 * MS, nodes: [1] },
    } as const;
    return {
      proxy: { mode },
      cluster: {
        serviceType: 'LoadBalancer',
        services: 3,
        endpoints: own.endpoints,
        ipFamilies: [ipFamily],
        overlay: own.overlay,
        serviceFeatures: { ...FEATURES, externalTrafficPolicy: policy },
        ...(own.hashing === 'resilient' && { ecmpHashing: 'resilient' }),
      },
      link: { queuePackets: own.queuePackets },
      workload: {
        placement: 'external',
        frontend,
        kind: frontend === 'ingress' && !isTcp ? 'keepalive' : kind,
        ipFamily,
        load: own.load,
        clients: 3,
        ratePerSecond: 4_000,
        thinkNs: 300_000,
        requestsPerConnection: 3,
        requestTimeoutNs: own.timeoutMs * MS,
        requestBytes: own.requestBytes,
      },
      ingress: { exposure, keepalive: own.keepalive, externalTrafficPolicy: policy },
      ...(isBalanced && { loadBalancer: { ...podTargets, ...connections } satisfies Partial<LoadBalancerOptions> }),
      churn: own.churn.map((name) => events[name]),
      run: { durationNs: 30 * MS, warmupNs: 5 * MS, drainNs: 10 * S },
    } satisfies Changes;
  });

const ENDS = ['completed', 'refused', 'timed_out', 'reset', 'without_port', 'unfinished'];

test('all requests end and are counted once, and a run repeats', () => {
  fc.assert(
    fc.property(changes, (own) => {
      const plan = smallCase(own);
      const result = runCase(plan, '7');
      const ended = ENDS.reduce((sum, name) => sum + figure(result, `requests_${name}`), 0);
      expect(ended).toBe(figure(result, 'requests_scheduled'));
      expect(figure(result, 'requests_unfinished')).toBe(0);
      expect(runCase(plan, '7').values).toEqual(result.values);
      const walk = runCase({ ...plan, proxy: { ...plan.proxy, lookup: 'walk' } }, '7');
      expect(walk.values).toEqual(result.values);
    }),
    { numRuns: 12 },
  );
});

test('nothing is left open when nobody asks any more', () => {
  fc.assert(
    fc.property(changes, (own) => {
      const plan = smallCase({
        ...own,
        link: {},
        // A reset that comes to another node than its connection leaves one half open.
        churn: own.churn?.filter(({ kind }) => kind !== 'next-hops') ?? [],
        ingress: { ...own.ingress, keepalive: 0 },
        workload: { ...own.workload, kind: 'new-connection' },
      });
      const world = new World(plan, '7');
      world.traffic.start();
      world.base.simulation.run(200 * S);
      world.base.checkConservation();
      expect(world.traffic.unfinished).toBe(0);
      expect(world.ingress?.active ?? 0).toBe(0);
      expect(world.wayIn.balancer?.active ?? 0).toBe(0);
      expect(world.base.relays.tcp.porter.sessions.inUse).toBe(0);
      expect(world.base.transport.open).toBe(0);
    }),
    { numRuns: 12 },
  );
});
