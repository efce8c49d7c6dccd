/** Load balancers in front of the cluster: those that end connections, with and without PROXY protocol, and those that send to pods past kube-proxy. */
import { describe, expect, test } from 'vitest';
import { CtStatus } from '../../src/kernel/index.js';
import { runCase } from '../../src/testbed/index.js';
import { World } from '../../src/testbed/world.js';
import { MS, S, drops, figure, outcomes, smallCase, type Changes } from './small-case.js';

const MODES = ['iptables', 'ipvs', 'nftables', 'userspace'];
const LOCAL = { ...smallCase().cluster.serviceFeatures, externalTrafficPolicy: 'Local' } as const;
const PODS = { podTargets: { delayNs: 2 * MS } };
const SHORT = { durationNs: 40 * MS };
const ends = (proxyProtocol: 0 | 1 | 2) => ({ connections: { proxyProtocol } });

function balanced(changes: Changes) {
  return smallCase({
    ...changes,
    run: { ...SHORT, ...changes.run },
    cluster: { serviceType: 'LoadBalancer', ...changes.cluster },
    workload: { placement: 'external', frontend: 'load-balancer', ...changes.workload },
  });
}

function throughIngress(changes: Changes) {
  const ingress = { exposure: 'load-balancer', ...changes.ingress } as const;
  return smallCase({
    ...changes,
    run: { ...SHORT, ...changes.run },
    ingress,
    workload: { placement: 'external', frontend: 'ingress', ...changes.workload },
  });
}

function finished(plan: ReturnType<typeof smallCase>): World {
  const world = new World(plan, '1');
  world.traffic.start();
  world.base.simulation.run(plan.run.durationNs + plan.run.drainNs);
  world.base.checkConservation();
  return world;
}

/** Sizes of the requests as they reach hosts, by who has dialled. */
function requestSizes(plan: ReturnType<typeof smallCase>): readonly number[][] {
  const world = new World(plan, '1');
  const { bridge, transport } = world.base;
  const sizes: number[][] = [];
  const requested = bridge.requested.bind(bridge);
  bridge.requested = (handle, host, sequence) => {
    (sizes[sequence] ??= []).push(transport.requestBytes(handle));
    requested(handle, host, sequence);
  };
  world.traffic.start();
  world.base.simulation.run(plan.run.durationNs);
  return sizes;
}

const ratio = (result: ReturnType<typeof runCase>, name: string): number => figure(result, name, 'value');

describe.each(MODES)('%s: a balancer that ends connections', (mode) => {
  const proxy = { mode };

  test.each([
    ['to nodes', {}],
    ['to pods', PODS],
  ])('%s answers every request, and names the client only by a header', (_, targets) => {
    for (const version of [0, 1, 2] as const) {
      const result = runCase(balanced({ proxy, loadBalancer: { ...targets, ...ends(version) } }), '1');
      const completed = figure(result, 'requests_completed');
      expect(completed).toBeGreaterThan(100);
      expect(outcomes(result)).toEqual({ completed });
      expect(drops(result)).toEqual({});
      expect(figure(result, 'balancer_connections_opened')).toBe(completed);
      expect(ratio(result, 'source_client_ratio')).toBe(0);
      expect(ratio(result, 'client_known_ratio')).toBe(version === 0 ? 0 : 1);
      const bytes = figure(result, 'proxy_header_bytes') / completed;
      if (version === 1) expect(bytes).toBeGreaterThan('PROXY TCP4 192.168.0.1 203.0.113.1 1 80'.length);
      else expect(bytes).toBe(version === 0 ? 0 : 28);
    }
  });

  test('in front of ingress proxies has them tell the servers whom they have learnt of', () => {
    const known = (version: 0 | 1 | 2): number => {
      const result = runCase(throughIngress({ proxy, loadBalancer: ends(version) }), '1');
      expect(outcomes(result)).toEqual({ completed: figure(result, 'requests_completed') });
      expect(ratio(result, 'source_proxy_ratio')).toBe(1);
      return ratio(result, 'client_known_ratio');
    };
    expect([known(0), known(1), known(2)]).toEqual([0, 1, 1]);
  });
});

describe('without headers an ingress proxy knows', () => {
  const known = (changes: Changes): number => ratio(runCase(throughIngress(changes), '1'), 'client_known_ratio');

  test('nobody behind a masquerade, everybody with policy Local or at its own machine', () => {
    expect(known({ loadBalancer: {} })).toBe(0);
    expect(known({ loadBalancer: {}, ingress: { externalTrafficPolicy: 'Local', replicas: 3 } })).toBe(1);
    expect(known({ ingress: { exposure: 'host-network' } })).toBe(1);
    expect(known({ ingress: { exposure: 'outside' } })).toBe(1);
  });

  test("a node in place of a pod of the cluster, where flannel masquerades what leaves the pods' network", () => {
    expect(known({ ingress: { exposure: 'outside' }, workload: { placement: 'pods' } })).toBe(0);
  });
});

test('a first packet goes on with what the balancer dials, as with relays', () => {
  const result = runCase(balanced({ loadBalancer: ends(0) }), '1');
  expect(figure(result, 'first_packet_latency_ns', 'count')).toBe(figure(result, 'requests_completed'));
  // Three ways to the balancer for the handshake, and one or two from there on.
  expect(figure(result, 'first_packet_latency_ns', 'min')).toBeGreaterThan(
    2 * figure(result, 'connect_latency_ns', 'min') * 0.9,
  );
  expect(figure(result, 'first_packet_path_rules', 'mean')).toBeGreaterThan(10);
});

describe('the header', () => {
  test('stands once, before the first message of a connection', () => {
    const plan = balanced({ workload: { kind: 'keepalive', requestsPerConnection: 3 }, loadBalancer: ends(2) });
    const sizes = requestSizes(plan);
    expect(sizes.map((own) => [...new Set(own)])).toEqual([undefined, [128], [100], [100]].slice(0, sizes.length));
    expect(sizes).toHaveLength(4);
  });

  test('is taken off by ingress proxies', () => {
    for (const mode of MODES) {
      const sizes = requestSizes(throughIngress({ proxy: { mode }, ingress: { keepalive: 0 }, loadBalancer: ends(2) }));
      // One reaches the proxy, one the server.
      expect(new Set(sizes[1])).toEqual(new Set([128, 100]));
    }
  });

  test('is 24 bytes longer in IPv6', () => {
    const plan = balanced({ cluster: { ipFamilies: [6] }, workload: { ipFamily: 6 }, loadBalancer: ends(2) });
    const result = runCase(plan, '1');
    expect(figure(result, 'proxy_header_bytes')).toBe(52 * figure(result, 'requests_completed'));
  });
});

describe('a balancer that ends connections', () => {
  test('breaks them off where nobody is behind it', () => {
    for (const targets of [{}, PODS]) {
      const result = runCase(balanced({ cluster: { endpoints: 0 }, loadBalancer: { ...targets, ...ends(0) } }), '1');
      expect(figure(result, 'requests_completed')).toBe(0);
      // Nodes refuse by ICMP, which they send at a limited rate.
      expect(figure(result, 'balancer_connections_broken')).toBeGreaterThan(targets === PODS ? 100 : 10);
    }
  });

  test('takes nodes in turn, and only those with endpoints of a Local Service', () => {
    const cluster = { nodes: 5, serviceFeatures: LOCAL, services: 1, endpoints: 2 } as const;
    const world = finished(balanced({ cluster, loadBalancer: ends(0) }));
    expect(world.base.nodes.map(({ conntrack }) => conntrack.peak > 20).filter(Boolean)).toHaveLength(2);
    expect(world.base.probes.requests.timedOut).toBe(0);
  });

  test('leaves nothing open', () => {
    for (const targets of [{}, PODS]) {
      const plan = balanced({
        workload: { kind: 'keepalive', requestsPerConnection: 2 },
        loadBalancer: { ...targets, ...ends(1) },
      });
      expect(finished(plan).wayIn.balancer?.active).toBeLessThan(5);
    }
  });
});

/** Connections of all nodes that some rule has translated. */
function translated(world: World): number {
  let count = 0;
  for (const { conntrack } of world.base.nodes) {
    conntrack.entries((entry) => {
      if ((conntrack.tuples.status(entry) & (CtStatus.sourceNat | CtStatus.destinationNat)) !== 0) count++;
    });
  }
  return count;
}

/** kube-proxy is nowhere started while there is traffic. */
const WITHOUT_PROXY: Changes = {
  churn: [{ kind: 'node-join', atNs: 60 * S, nodes: [0, 1, 2] }],
};

describe.each(MODES)('%s: past kube-proxy', (mode) => {
  const ways: readonly (readonly [string, (changes: Changes) => ReturnType<typeof smallCase>])[] = [
    ['packets to pods', (changes) => balanced({ ...changes, loadBalancer: PODS })],
    ['connections to pods', (changes) => balanced({ ...changes, loadBalancer: { ...PODS, ...ends(0) } })],
    ['ingress proxies outside', (changes) => throughIngress({ ...changes, ingress: { exposure: 'outside' } })],
  ];

  test.each(ways)('%s need no rule of it and meet none', (_, plan) => {
    const proxy = { mode };
    const world = finished(plan({ proxy }));
    const { completed, scheduled } = world.base.probes.requests;
    expect(completed).toBeGreaterThan(100);
    expect(completed).toBe(scheduled);
    expect(translated(world)).toBe(0);
    const bare = finished(plan({ ...WITHOUT_PROXY, proxy })).base.probes.requests;
    expect(bare.completed).toBeGreaterThan(100);
    expect(bare.completed).toBe(bare.scheduled);
  });

  test('a node port needs them', () => {
    const bare = finished(balanced({ ...WITHOUT_PROXY, proxy: { mode }, loadBalancer: ends(0) })).base.probes.requests;
    expect(bare.completed).toBe(0);
    expect(translated(finished(balanced({ proxy: { mode }, loadBalancer: {} })))).toBeGreaterThan(100);
  });
});

describe('packets passed on to pods', () => {
  test.each(['vxlan', 'host-gw'] as const)("keep the client's address (%s)", (overlay) => {
    for (const flannelMasquerade of ['iptables', 'nftables'] as const) {
      const result = runCase(balanced({ cluster: { overlay, flannelMasquerade }, loadBalancer: PODS }), '1');
      expect(ratio(result, 'source_client_ratio')).toBe(1);
    }
  });

  test('may be datagrams, and IPv6', () => {
    for (const ipFamily of [4, 6] as const) {
      const plan = balanced({
        cluster: { ipFamilies: [4, 6], serviceFeatures: { ...LOCAL, ipFamilyPolicy: 'RequireDualStack' } },
        workload: { kind: 'udp', ipFamily },
        loadBalancer: PODS,
      });
      const result = runCase(plan, '1');
      expect(outcomes(result)).toEqual({ completed: figure(result, 'requests_completed') });
      expect(ratio(result, 'source_client_ratio')).toBe(1);
    }
  });

  test('find nobody where there is no endpoint', () => {
    const result = runCase(balanced({ cluster: { endpoints: 0 }, loadBalancer: PODS }), '1');
    expect(outcomes(result)).toEqual({ timed_out: figure(result, 'requests_scheduled') });
  });

  test('reach a pod of its own for each flow', () => {
    const result = runCase(
      balanced({ cluster: { services: 1, endpoints: 6 }, workload: { clients: 1 }, loadBalancer: PODS }),
      '1',
    );
    expect(ratio(result, 'endpoint_load_jain')).toBeGreaterThan(0.9);
  });
});

describe('when pods go', () => {
  const update = (delayNs: number, more: object = {}): Changes => ({
    cluster: { services: 1, endpoints: 4 },
    workload: { ratePerSecond: 2_000 },
    loadBalancer: { podTargets: { delayNs }, ...more },
    churn: [
      {
        kind: 'rolling-update',
        atNs: 20 * MS,
        service: 0,
        maxSurge: 0.5,
        maxUnavailable: 0,
        startupNs: 10 * MS,
        terminationNs: 10 * MS,
        spread: 0,
      },
    ],
    run: { durationNs: 200 * MS, drainNs: 3 * S },
  });
  const failed = (changes: Changes): number => {
    const result = runCase(balanced(changes), '1');
    return figure(result, 'requests_scheduled') - figure(result, 'requests_completed');
  };

  test.each([
    ['packets', {}],
    ['connections', ends(0)],
  ])('a balancer (%s) that learns of it before they are gone loses nothing, a late one does', (_, more) => {
    expect(failed(update(1 * MS, more))).toBe(0);
    expect(failed(update(100 * MS, more))).toBeGreaterThan(10);
  });
});

test('machines outside dial pods of both families', () => {
  for (const ipFamily of [4, 6] as const) {
    const cluster = {
      ipFamilies: [4, 6],
      serviceFeatures: { ...smallCase().cluster.serviceFeatures, ipFamilyPolicy: 'RequireDualStack' },
    } as const;
    const result = runCase(throughIngress({ cluster, workload: { ipFamily }, ingress: { exposure: 'outside' } }), '1');
    expect(figure(result, 'requests_completed')).toBeGreaterThan(100);
    expect(figure(result, 'ingress_answers_502')).toBe(0);
    expect(ratio(result, 'source_proxy_ratio')).toBe(1);
  }
});
