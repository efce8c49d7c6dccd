/** Worlds in userspace mode: what clients and servers see when the proxy relays their connections. */
import { describe, expect, test } from 'vitest';
import { runCase } from '../../src/testbed/index.js';
import { World } from '../../src/testbed/world.js';
import { MS, S, US, drops, figure, outcomes, pricesOf, smallCase, type Changes } from './small-case.js';

function userspace(changes: Changes = {}, seed = '1') {
  return runCase(smallCase({ ...changes, proxy: { mode: 'userspace', ...changes.proxy } }), seed);
}

/** A world whose run is over, and the addresses that its servers saw. */
function lookedInto(changes: Changes) {
  const plan = smallCase({ ...changes, proxy: { mode: 'userspace', ...changes.proxy } });
  const world = new World(plan, '1');
  const seen = new Set<number>();
  const { stations } = world;
  const take = stations.take.bind(stations);
  stations.take = (server, handle, sequence) => {
    seen.add(world.base.transport.peerAddress(handle));
    take(server, handle, sequence);
  };
  world.traffic.start();
  world.base.simulation.run(plan.run.durationNs + plan.run.drainNs);
  world.base.checkConservation();
  return { world, seen };
}

describe('requests reach servers through the relay', () => {
  test.each(['new-connection', 'keepalive', 'udp'])('%s', (kind) => {
    const result = userspace({ workload: { kind } });
    const completed = figure(result, 'requests_completed');
    expect(completed).toBeGreaterThan(400);
    expect(outcomes(result)).toEqual({ completed });
    expect(drops(result)).toEqual({});
  });

  test('from outside, through a node port', () => {
    const result = userspace({
      cluster: { serviceType: 'NodePort' },
      workload: { placement: 'external', frontend: 'node-port' },
    });
    expect(outcomes(result)).toEqual({ completed: figure(result, 'requests_completed') });
    expect(figure(result, 'requests_completed')).toBeGreaterThan(400);
  });

  test('in IPv6', () => {
    const result = userspace({ cluster: { ipFamilies: [6] }, workload: { ipFamily: 6 } });
    expect(outcomes(result)).toEqual({ completed: figure(result, 'requests_completed') });
    expect(figure(result, 'requests_completed')).toBeGreaterThan(400);
  });

  test('in turns, so that load is even', () => {
    expect(
      figure(userspace({ cluster: { nodes: 1 }, workload: { clientNodes: 1 } }), 'endpoint_load_jain', 'value'),
    ).toBeGreaterThan(0.999);
  });
});

test('servers see the node, not the client', () => {
  const { world, seen } = lookedInto({ cluster: { nodes: 2 }, workload: { clientNodes: 2 } });
  const { podAddresses, nodes } = world.cluster;
  // A pod's node reaches its own pods from cni0 and others from flannel.1.
  const own = nodes.flatMap(({ index }) => [podAddresses.gateway(index), podAddresses.subnet(index).address]);
  expect([...seen].sort((a, b) => a - b)).toEqual(own.sort((a, b) => a - b));
});

test('sessions end with their connections', () => {
  const kinds = ['new-connection', 'keepalive', 'udp'];
  for (const kind of kinds) {
    const { relays, transport } = lookedInto({ workload: { kind } }).world.base;
    const sessions = relays.tcp.porter.sessions.inUse + relays.udp.porter.sessions.inUse;
    if (kind !== 'keepalive') expect(sessions).toBe(0);
    // Clients keep some connections open to the end: each is a conversation with the relay, and one of the relay with a server.
    else expect(transport.open).toBe(2 * sessions);
  }
});

describe('the latency of a request', () => {
  const latency = (prices: Record<string, number>, kind: string): number => {
    const result = userspace({
      // One node: on a wire, packets would wait for each other.
      cluster: { nodes: 1 },
      workload: { kind, clients: 1, clientNodes: 1, target: 'last', arrivals: 'constant', ratePerSecond: 1000 },
      server: { distribution: 'constant', meanNs: 50 * US },
      run: { durationNs: 1 * MS },
      profile: pricesOf(prices),
    });
    expect(figure(result, 'requests_completed')).toBe(1);
    return figure(result, 'request_latency_ns', 'max');
  };

  test('holds every wake-up: accepting, connecting, and each message', () => {
    const free = latency({}, 'new-connection');
    expect(latency({ relayWake: 1000 }, 'new-connection') - free).toBe(4000);
    const freeUdp = latency({}, 'udp');
    // A datagram is a message and nothing else.
    expect(latency({ relayWake: 1000 }, 'udp') - freeUdp).toBe(2000);
  });

  test('holds two copies of every byte each way', () => {
    expect(latency({ relayByte: 10 }, 'new-connection') - latency({}, 'new-connection')).toBe(2 * (100 + 400) * 10);
  });
});

describe('the first packet of a relayed connection', () => {
  /** One request on one node. */
  const single = (kind: string, prices: Record<string, number>) =>
    userspace({
      cluster: { nodes: 1 },
      workload: { kind, clients: 1, clientNodes: 1, target: 'last', arrivals: 'constant', ratePerSecond: 1000 },
      server: { distribution: 'constant', meanNs: 50 * US },
      run: { durationNs: 1 * MS },
      profile: pricesOf(prices),
    });

  test.each(['new-connection', 'udp'])('has the rules of both connections: %s', (kind) => {
    const result = single(kind, { rule: 1 });
    const own = figure(result, 'first_packet_rules', 'max');
    const path = figure(result, 'first_packet_path_rules', 'max');
    // Of four Services the client dials the last; what the relay sends is compared with all four.
    expect(own).toBeGreaterThan(4);
    expect(path).toBeGreaterThan(own + 4);
    // Nothing else costs anything, and nobody waits.
    expect(figure(result, 'first_packet_cpu_ns', 'mean')).toBe(path);
  });

  test.each(['new-connection', 'udp'])('waits for the proxy to wake up, which the handshake does not: %s', (kind) => {
    const [free, dear] = [single(kind, {}), single(kind, { relayWake: 1000 })];
    const gain = (metric: string, statistic: string): number =>
      figure(dear, metric, statistic) - figure(free, metric, statistic);
    expect(gain('first_packet_latency_ns', 'max')).toBe(1000);
    expect(gain('first_packet_cpu_ns', 'mean')).toBe(1000);
    if (kind !== 'udp') expect(gain('connect_latency_ns', 'max')).toBe(0);
  });

  test('is not over when the client has its handshake', () => {
    const result = single('new-connection', { relayWake: 1000, socketSend: 100 });
    expect(figure(result, 'first_packet_latency_ns', 'max')).toBeGreaterThan(
      figure(result, 'connect_latency_ns', 'max'),
    );
  });

  test('is that of every connection, once each', () => {
    for (const kind of ['new-connection', 'udp', 'keepalive']) {
      const result = userspace({ workload: { kind } });
      const count = figure(result, 'first_packet_latency_ns', 'count');
      expect(count).toBe(figure(result, 'connections_relayed'));
      expect(count).toBeGreaterThan(kind === 'new-connection' ? 400 : 10);
    }
  });

  test('is that of the dial that arrives', () => {
    const result = userspace(SHRUNK, '2');
    expect(drops(result)).toEqual({ no_route: 2 });
    expect(figure(result, 'first_packet_latency_ns', 'count')).toBe(figure(result, 'requests_completed'));
    const slowest = figure(result, 'first_packet_latency_ns', 'max');
    expect(slowest).toBeGreaterThan(250 * MS);
    expect(slowest).toBeLessThan(260 * MS);
  });
});

test('a request of a relayed connection costs the CPU time of both ends', () => {
  const each = (mode: string): number =>
    figure(runCase(smallCase({ proxy: { mode } }), '1'), 'cpu_per_request_ns', 'mean');
  expect(each('userspace')).toBeGreaterThan(1.5 * each('iptables'));
  expect(figure(runCase(smallCase({}), '1'), 'connections_relayed')).toBe(0);
  // Messages count with both legs, copying included.
  const later = (relayByte: number): number =>
    figure(userspace({ profile: pricesOf({ relayByte }) }), 'established_packet_cpu_ns', 'mean');
  expect(later(0)).toBe(0);
  // Of three later packets of a client (handshake, request of 100 bytes, end) one is relayed, with two copies.
  expect(later(3)).toBe((2 * 100 * 3) / 3);
});

/** Half of the pods of a Service end at once; nodes hear of it a few milliseconds later. */
const SHRUNK: Changes = {
  cluster: { services: 1, endpoints: 4 },
  workload: { clients: 4, ratePerSecond: 4000, requestTimeoutNs: 4 * S },
  churn: [{ kind: 'scale', atNs: 50 * MS, service: 0, replicas: 2, startupNs: 0, terminationNs: 0, spread: 0 }],
};

describe('a backend that is gone', () => {
  test('costs a try of 250 ms, and another one answers', () => {
    const result = userspace(SHRUNK, '2');
    expect(drops(result)).toEqual({ no_route: 2 });
    expect(outcomes(result)).toEqual({ completed: figure(result, 'requests_completed') });
    const slowest = figure(result, 'request_latency_ns', 'max');
    expect(slowest).toBeGreaterThan(250 * MS);
    expect(slowest).toBeLessThan(260 * MS);
    // In a mode that only rewrites packets, nobody tries again elsewhere.
    expect(figure(runCase(smallCase(SHRUNK), '2'), 'requests_timed_out')).toBeGreaterThan(0);
  });

  test('holds up others that come to the same port of the node', () => {
    expect(figure(userspace(SHRUNK, '2'), 'request_latency_ns', 'p90')).toBeGreaterThan(100 * MS);
    expect(figure(userspace({ ...SHRUNK, churn: [] }, '2'), 'request_latency_ns', 'p90')).toBeLessThan(MS);
  });
});

test('a proxy that starts again breaks what it relays, and refuses what comes before its first sync', () => {
  const restart = { kind: 'proxy-restart', atNs: 50 * MS, downNs: 5 * MS, nodes: [0, 1, 2] } as const;
  const workload = { kind: 'keepalive', ratePerSecond: 20_000 };
  const found = outcomes(userspace({ workload, server: { meanNs: 1 * MS }, churn: [restart] }));
  const { completed = 0, refused = 0, reset = 0 } = found;
  expect(found).toEqual({ completed, refused, reset });
  expect([completed > 500, refused > 0, reset > 0]).toEqual([true, true, true]);
});

test('the same seed gives the same figures', () => {
  expect(userspace(SHRUNK)).toEqual(userspace(SHRUNK));
});
