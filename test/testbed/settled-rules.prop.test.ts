/**
 * After any sequence of changes, once everything has settled: no endpoint stands twice in a Service's slices, no slice is too long, and every
 * node's rules are those of a kube-proxy that starts now. Whole clusters, with controllers, watches and sync runners at work: rolling updates,
 * readiness probes, nodes that are lost, hints, policies, types and families that change, Endpoints that somebody edits, at any pace of the controllers.
 *
 * `KPB_PROPERTY_SEED=random KPB_PROPERTY_RUNS=300` looks further.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Cluster, ControllerPace, Endpoints, EndpointSlice, Pod, Service } from '../../src/kube/index.js';
import { parseIp } from '../../src/net/index.js';
import { programmedTexts, type NodeProxies, type ServicePort } from '../../src/proxy/index.js';
import { EventClass, InvariantError } from '../../src/sim/index.js';
import { ClusterProxies } from '../../src/testbed/cluster-proxies.js';
import { Foundation } from '../../src/testbed/foundation.js';
import { SyncProbe } from '../../src/testbed/sync-probe.js';
import { World } from '../../src/testbed/world.js';
import { MS, S, smallCase } from './small-case.js';

const SERVICES = 4;
const NODES = 3;
const LIMIT = 3;
/** The last node's kube-proxy starts so late. */
const JOINS_NS = 2 * S;
/** Longest time until the last pod has come or gone, every sync is over and ip_vs has let go of servers. */
const SETTLED_NS = 300 * S;

/** Addresses of a Service whose Endpoints somebody edits. */
const BY_HAND_IPS = ['172.16.200.1', 'fd00:20::c8'].map((text) => parseIp(text) ?? 0);

const RUNS = fc.readConfigureGlobal().numRuns ?? 8;
const MILLISECONDS_PER_RUN = 2000;

const service = fc.nat(SERVICES - 1);
const node = fc.nat(NODES - 1);
const change = fc.oneof(
  fc.record({ kind: fc.constant('scale' as const), service, replicas: fc.nat(8) }),
  fc.record({ kind: fc.constant('update' as const), service }),
  fc.record({ kind: fc.constant('ready' as const), pod: fc.nat(20), ready: fc.boolean() }),
  fc.record({ kind: fc.constant('remove' as const), service }),
  fc.record({
    kind: fc.constant('service' as const),
    service,
    spec: fc.record({
      internalTrafficPolicy: fc.constantFrom<Service['internalTrafficPolicy']>('Cluster', 'Local'),
      externalTrafficPolicy: fc.constantFrom<Service['externalTrafficPolicy']>('Cluster', 'Local'),
      trafficDistribution: fc.constantFrom<Service['trafficDistribution']>('', 'PreferSameZone', 'PreferSameNode'),
      affinitySeconds: fc.constantFrom(0, 0, 10),
      publishNotReadyAddresses: fc.constantFrom(false, false, true),
      type: fc.constantFrom<Service['type']>('NodePort', 'NodePort', 'ClusterIP', 'ExternalName'),
    }),
    byCpu: fc.boolean(),
    families: fc.constantFrom(1, 2, 2),
  }),
  fc.record({
    kind: fc.constant('fail' as const),
    service,
    pods: fc.integer({ min: 1, max: 4 }),
    lastsNs: fc.constantFrom(1 * S, 5 * S, 20 * S),
    failureThreshold: fc.integer({ min: 1, max: 3 }),
  }),
  fc.record({
    kind: fc.constant('edit' as const),
    ready: fc.array(fc.nat(20), { maxLength: LIMIT - 1 }),
    notReady: fc.array(fc.nat(20), { maxLength: 1 }),
  }),
  fc.record({ kind: fc.constant('lose' as const), node }),
  fc.record({ kind: fc.constant('return' as const), node }),
  fc.record({ kind: fc.constant('restart' as const), node, downNs: fc.constantFrom(0, 500 * MS) }),
);
const pace: fc.Arbitrary<ControllerPace> = fc.record(
  {
    batchPeriodNs: fc.constantFrom(0, 200 * MS, 2 * S),
    informerLagNs: fc.constantFrom(5 * MS, 300 * MS),
    requests: fc.record({ perSecond: fc.constantFrom(2, 20), burst: fc.constantFrom(1, 30) }),
  },
  { requiredKeys: [] },
);
const steps = fc.array(
  fc.record({ change, pauseNs: fc.constantFrom(0, 1 * MS, 30 * MS, 400 * MS, 1500 * MS, 3 * S) }),
  { maxLength: 25 },
);

type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;
type ServiceChange = Extract<Change, { readonly kind: 'service' }>;

function caseOf(mode: string, ipFamilies: readonly (4 | 6)[], own: ControllerPace) {
  return smallCase({
    cluster: {
      ...{ nodes: NODES, zones: 2, services: SERVICES, endpoints: 2, maxEndpointsPerSlice: LIMIT, ipFamilies },
      serviceType: 'NodePort',
      pace: own,
      serviceFeatures: {
        ipFamilyPolicy: 'PreferDualStack',
        affinitySeconds: 0,
        sourceRanges: [],
        internalTrafficPolicy: 'Cluster',
        externalTrafficPolicy: 'Cluster',
        trafficDistribution: '',
      },
    },
    proxy: { mode },
    workload: { clients: 1, clientNodes: 1, ratePerSecond: 1 },
    churn: [{ kind: 'node-join', atNs: JOINS_NS, nodes: [NODES - 1] }],
    run: { durationNs: SETTLED_NS, warmupNs: 0, drainNs: 0 },
  });
}

function apply({ cluster, proxies }: World, own: Change): void {
  const timing = { startupNs: 300 * MS, terminationNs: 800 * MS, spread: 0.5 };
  if (own.kind === 'scale') cluster.scale(own.service, own.replicas, timing);
  else if (own.kind === 'update')
    cluster.rollingUpdate(own.service, { ...timing, maxSurge: 0.25, maxUnavailable: 0.5 });
  else if (own.kind === 'restart') proxies.restart([own.node], own.downNs);
  else if (own.kind === 'ready') setReady(cluster, own.pod, own.ready);
  else if (own.kind === 'fail') {
    const { failureThreshold, lastsNs, pods } = own;
    const probe = { periodNs: 1 * S, timeoutNs: 500 * MS, failureThreshold, successThreshold: 1 };
    cluster.failPods(own.service, { pods, lastsNs, probe });
  } else if (own.kind === 'edit') edit(cluster, own);
  else if (own.kind === 'lose') loseNode(cluster, own.node);
  else if (own.kind === 'return') cluster.store.put('node', cluster.nodes[own.node]!);
  else if (own.kind === 'service') changeService(cluster, own);
  else {
    const { namespace, name } = cluster.services[own.service]!.metadata;
    cluster.store.remove('service', `${namespace}/${name}`);
  }
}

function changeService({ store, services }: Cluster, { service: place, spec, byCpu, families }: ServiceChange): void {
  const given = services[place]!;
  const annotations = { 'service.kubernetes.io/topology-mode': 'Auto' };
  store.put('service', {
    ...given,
    ...spec,
    metadata: byCpu ? { ...given.metadata, annotations } : given.metadata,
    ipFamilies: given.ipFamilies.slice(0, families),
    clusterIps: given.clusterIps.slice(0, families),
    ipFamilyPolicy: families === 1 ? 'SingleStack' : given.ipFamilyPolicy,
  });
}

/** A Service without selector, of all families, and Endpoints without addresses that somebody wrote for it. */
function addByHand({ store, services }: Cluster): void {
  const [{ metadata, ...rest }] = services as [Service];
  const own = { ...metadata, name: 'by-hand' };
  const ports = rest.ports.map((port) => ({ ...port, nodePort: 0 }));
  const clusterIps = BY_HAND_IPS.slice(0, rest.clusterIps.length);
  const clusterIp = clusterIps[0] ?? 0;
  const made: Service = { ...rest, metadata: own, selector: null, type: 'ClusterIP', ports, clusterIp, clusterIps };
  (services as Service[]).push(made);
  store.put('service', made);
  const subset = { ports: [{ name: ports[0]!.name, protocol: ports[0]!.protocol, port: 80 }], ready: [], notReady: [] };
  store.put('endpoints', { metadata: own, subsets: [subset], truncated: false });
}

/** Somebody writes addresses of pods, of all their families, into the Endpoints; one may stand in both lists. */
function edit(cluster: Cluster, { ready, notReady }: Extract<Change, { readonly kind: 'edit' }>): void {
  const pods = [...cluster.store.list('pod')];
  const addresses = (places: readonly number[]): number[] => {
    const chosen = places.flatMap((place) => pods[place % Math.max(1, pods.length)] ?? []);
    return [...new Set(chosen.flatMap(({ ip, secondIp }) => [ip, secondIp].filter((address) => address !== 0)))];
  };
  cluster.editEndpoints(SERVICES, { ready: addresses(ready), notReady: addresses(notReady) });
}

/** A node stops reporting: its pods are not ready any more, and the Node object goes. */
function loseNode({ store, nodes }: Cluster, index: number): void {
  for (const pod of [...store.list('pod')]) if (pod.node === index) store.put('pod', { ...pod, ready: false });
  store.remove('node', nodes[index]!.name);
}

function setReady({ store }: Cluster, place: number, ready: boolean): void {
  const pods: Pod[] = [...store.list('pod')].filter(({ terminating }) => !terminating);
  const pod = pods[place % Math.max(1, pods.length)];
  if (pod !== undefined) store.put('pod', { ...pod, ready });
}

/** Runs all changes, each after its pause, and on until nothing happens any more. */
function settle(world: World, list: readonly { readonly change: Change; readonly pauseNs: number }[]): void {
  const { simulation } = world.base;
  addByHand(world.cluster);
  const kind = simulation.register('test-change', EventClass.control, {
    fire: (index) => apply(world, list[index]!.change),
  });
  let at = 1 * S;
  list.forEach(({ pauseNs }, index) => simulation.schedule((at += pauseNs), kind, index));
  simulation.run(SETTLED_NS);
  expect(world.proxies.pendingChanges()).toBe(0);
  // What a sync leaves for the next one to delete.
  for (const { proxies } of world.proxies.families) {
    for (let place = 0; place < NODES; place++) {
      while (!synced(proxies, place)) simulation.run(simulation.now + 100 * MS);
    }
  }
}

/** Syncs a node, unless one of its periodic syncs is under way. */
function synced(proxies: NodeProxies, place: number): boolean {
  try {
    proxies.syncNow(place);
    return true;
  } catch (error) {
    if (error instanceof InvariantError && error.invariant === 'one-sync') return false;
    throw error;
  }
}

/** What every node has in place, by family and tool; lines of ip_vs and ipset have no order that matters to a fresh start. */
function rulesOf({ families }: ClusterProxies): string[] {
  return families.flatMap(({ family, nodes, ledger }) => {
    const ports = (): ServicePort[] =>
      ledger
        .keysAt(ledger.revision)
        .map((key) => ledger.portAt(key, ledger.revision))
        .filter((port) => port !== undefined);
    return nodes.flatMap((node) =>
      programmedTexts(node, family, ports).map(({ tool, pieces }) => {
        const text = [...pieces()].join('');
        const lines = text.split('\n').map(withoutDrawn).sort();
        return `${node.name} IPv${family} ${tool}\n${lines.join('\n')}`;
      }),
    );
  });
}

/** The ports on which a proxy in user space listens are drawn, and a port that is still taken is passed over. */
function withoutDrawn(line: string): string {
  if (!/KUBE-(PORTALS|NODEPORT)-/.test(line)) return line;
  const opened = line.includes('KUBE-NODEPORT-NON-LOCAL') ? line.replace(/--dport \d+/, '--dport drawn') : line;
  return opened.replace(/--to-ports \d+$/, '--to-ports drawn').replace(/(--to-destination \S+):\d+$/, '$1:drawn');
}

/** Every address that somebody wrote stands in a slice; one in both lists is not ready. */
function checkMirrored(slices: readonly EndpointSlice[], { subsets: [subset] }: Endpoints): void {
  const notReady = [...subset!.notReady].map(({ address }) => address);
  const ready = [...subset!.ready].map(({ address }) => address).filter((address) => !notReady.includes(address));
  const endpoints = slices.flatMap((own) => own.endpoints);
  const mirrored = (isReady: boolean): number[] =>
    endpoints.filter((own) => own.ready === isReady).map(({ address }) => address);
  expect(new Set(mirrored(true))).toEqual(new Set(ready));
  expect(new Set(mirrored(false))).toEqual(new Set(notReady));
}

function checkSlices({ store, slices }: Cluster): void {
  for (const [key] of store.entries('service')) {
    const own = slices.of(key);
    const addresses = own.flatMap(({ endpoints, ports }) =>
      endpoints.flatMap(({ address }) => ports.map(({ name, protocol }) => `${address} ${name} ${protocol}`)),
    );
    expect(addresses).toEqual([...new Set(addresses)]);
    for (const { endpoints } of own) expect(endpoints.length).toBeLessThanOrEqual(LIMIT);
    if (key.endsWith('/by-hand')) checkMirrored(own, store.get('endpoints', key)!);
  }
}

describe.each([
  ['iptables', [4] as const],
  ['iptables', [4, 6] as const],
  ['ipvs', [4] as const],
  ['ipvs', [4, 6] as const],
  ['nftables', [4] as const],
  ['nftables', [4, 6] as const],
  ['userspace', [4] as const],
])('%s, families %j', (mode, families) => {
  test(
    'every node has the rules of a fresh start',
    () => {
      fc.assert(
        fc.property(steps, pace, (list, own) => {
          const plan = caseOf(mode, families, own);
          const world = new World(plan, '1');
          settle(world, list);
          checkSlices(world.cluster);
          const base = new Foundation({ seed: '1', profile: plan.profile, fromNs: 0, untilNs: 1 });
          const fresh = new ClusterProxies(base, world.cluster, plan, new SyncProbe(base.simulation));
          fresh.syncAll();
          expect(rulesOf(world.proxies)).toEqual(rulesOf(fresh));
        }),
        { numRuns: RUNS },
      );
    },
    RUNS * MILLISECONDS_PER_RUN,
  );
});
