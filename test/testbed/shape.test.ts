/**
 * How the work of a packet and the size of the tables depend on services and endpoints: closed forms, over a grid.
 *
 * Rules of kube-proxy are those of its source (iptables: p + j + 4 in nat PREROUTING, 7 in filter FORWARD, 2 in nat POSTROUTING,
 * with the p-th service and the j-th endpoint); flannel's stand behind them in FORWARD and POSTROUTING.
 */
import { describe, expect, test } from 'vitest';
import { PROXY_MODES, schedulers } from '../../src/scenario/index.js';
import { runCase } from '../../src/testbed/index.js';
import { drops, figure, MS, outcomes, S, smallCase, type Changes } from './small-case.js';

/** Rules of a pod's first packet to the p-th service and the j-th endpoint besides p and j, in kube-proxy's chains. */
const KUBE_PROXY = 4 + 7 + 2;
/** In flannel's: a jump and the rule for pod sources in FORWARD; a jump, the mark and the rule for traffic among pods in POSTROUTING. */
const FLANNEL = 2 + 3;
/** What ipvs mode compares for a first packet, whatever there is: PREROUTING 1 + 4, INPUT 3 + 1 + 2, OUTPUT 1, POSTROUTING 1 + 2, and flannel's 3. */
const IPVS_FIRST = 5 + 6 + 1 + 3 + 3;

const GRID = [10, 100, 1000].flatMap((services) => [1, 5, 20].map((endpoints) => [services, endpoints] as const));
const TARGETS = ['first', 'middle', 'last'] as const;

/** Room for 20,000 pods on a few nodes, and 530 requests in 25 ms. */
function sized(services: number, endpoints: number, changes: Changes = {}): Changes {
  return {
    ...changes,
    cluster: { nodeSubnetBits: 16, services, endpoints, ...changes.cluster },
    workload: { ratePerSecond: 20_000, ...changes.workload },
    run: { durationNs: 25 * MS },
  };
}

describe.each(GRID)('iptables, %i services with %i endpoints', (services, endpoints) => {
  const results = TARGETS.map((target) =>
    runCase(smallCase(sized(services, endpoints, { workload: { target } })), '1'),
  );

  test('a first packet is compared with p + j + 18 rules', () => {
    const positions = [1, (services >> 1) + 1, services];
    results.forEach((result, i) => {
      const rest = positions[i]! + KUBE_PROXY + FLANNEL;
      expect(figure(result, 'first_packet_rules', 'min')).toBe(rest + 1);
      expect(figure(result, 'first_packet_rules', 'max')).toBe(rest + endpoints);
      // The endpoint is uniform, with a standard error of E / sqrt(12 x 530).
      const mean = figure(result, 'first_packet_rules', 'mean') - rest;
      expect(Math.abs(mean - (endpoints + 1) / 2)).toBeLessThanOrEqual(endpoints / 20);
    });
  });

  test('a later packet with five', () => {
    for (const result of results) {
      expect(figure(result, 'established_packet_rules', 'min')).toBe(5);
      expect(figure(result, 'established_packet_rules', 'max')).toBe(5);
    }
  });

  test('9 + S (3E + 2) rules and 10 + S (E + 1) chains are in place', () => {
    for (const result of results) {
      expect(figure(result, 'rules_total', 'value')).toBe(9 + services * (3 * endpoints + 2));
      expect(figure(result, 'chains_total', 'value')).toBe(10 + services * (endpoints + 1));
      expect(figure(result, 'virtual_servers', 'value')).toBe(0);
    }
  });
});

describe.each(GRID)('ipvs, %i services with %i endpoints', (services, endpoints) => {
  const changes = sized(services, endpoints, { proxy: { mode: 'ipvs' } });
  const result = runCase(smallCase(changes), '1');

  test('a first packet is compared with 18 rules, a later one with 7', () => {
    for (const statistic of ['min', 'max']) {
      expect(figure(result, 'first_packet_rules', statistic)).toBe(IPVS_FIRST);
      expect(figure(result, 'established_packet_rules', statistic)).toBe(7);
    }
  });

  test('a virtual server a service, a real server an endpoint, the same 20 rules', () => {
    expect(figure(result, 'virtual_servers', 'value')).toBe(services);
    expect(figure(result, 'real_servers', 'value')).toBe(services * endpoints);
    expect(figure(result, 'rules_total', 'value')).toBe(20);
    // Cluster address, bound address, and a hairpin entry for each of the node's own endpoints, which the nodes have in turn.
    expect(figure(result, 'set_entries', 'value')).toBe(2 * services + Math.ceil((services * endpoints) / 3));
  });
});

describe('what does not depend on the size of the cluster', () => {
  /** On one node everything is local, so that no flow hash of the tunnel blurs the counts. */
  const ONE_NODE = { nodes: 1, nodeSubnetBits: 16 };
  const sizes: readonly (readonly [services: number, endpoints: number])[] = [
    [1, 1],
    [10, 20],
    [1000, 5],
  ];

  test.each(PROXY_MODES.map(({ name }) => name))('the work and the CPU time of a later packet in mode %s', (mode) => {
    // With a connection made once for each client, all but 4 packets are later ones.
    const figures = sizes.map(([services, endpoints]) => {
      const workload = { kind: 'keepalive', concurrency: 1, requestsPerConnection: 0, target: 'last' } as const;
      const changes = sized(services, endpoints, { cluster: ONE_NODE, proxy: { mode }, workload });
      // No conntrack chain of a length that counts.
      const result = runCase(smallCase({ ...changes, conntrack: { buckets: 1e12 } }), '1');
      return ['rules', 'probes', 'cpu_ns'].map((what) => figure(result, `established_packet_${what}`, 'mean'));
    });
    for (const others of figures) expect(others).toEqual(figures[0]);
  });

  test('the rules, lookups and servers of a first packet in ipvs mode', () => {
    const figures = [10, 100, 1000].map((services) => {
      const changes = sized(services, 3, { cluster: ONE_NODE, proxy: { mode: 'ipvs' }, workload: { target: 'last' } });
      const result = runCase(smallCase(changes), '1');
      return ['rules', 'probes', 'servers_walked'].map((what) => figure(result, `first_packet_${what}`, 'mean'));
    });
    for (const others of figures) expect(others).toEqual(figures[0]);
  });
});

describe('ipvs schedulers', () => {
  /** Servers looked at for a connection, at most; of `endpoints` that are idle or busy. */
  const walked = (scheduler: string, endpoints: number, server: Changes['server']): number => {
    const cluster = { services: 1, endpoints };
    const workload = { ratePerSecond: 2_000, requestTimeoutNs: 60 * S };
    const plan = smallCase({ cluster, proxy: { mode: 'ipvs', scheduler }, workload, server: server ?? {} });
    return figure(runCase(plan, '1'), 'first_packet_servers_walked', 'max');
  };
  const quick: Changes['server'] = { meanNs: 0 };
  const slow: Changes['server'] = { meanNs: 300 * MS, concurrency: 100 };

  test.each(['lc', 'wlc', 'sed', 'fo', 'ovf', 'lblc', 'lblcr'])('%s looks at every server', (scheduler) => {
    for (const endpoints of [3, 30]) expect(walked(scheduler, endpoints, quick)).toBe(endpoints);
  });

  test('nq stops at an idle server, and looks at all when none is', () => {
    for (const endpoints of [3, 30]) {
      expect(walked('nq', endpoints, quick)).toBeLessThanOrEqual(3);
      expect(walked('nq', endpoints, slow)).toBe(endpoints);
    }
  });

  test('twos sums up all weights, and looks for the two that it drew', () => {
    for (const endpoints of [3, 30]) expect(walked('twos', endpoints, quick)).toBeGreaterThan(endpoints);
    for (const endpoints of [3, 30]) expect(walked('twos', endpoints, quick)).toBeLessThanOrEqual(2 * endpoints);
  });

  test.each([
    ['rr', 1],
    ['wrr', 1],
    ['sh', 0],
    ['dh', 0],
    ['mh', 0],
  ])('%s looks at %i', (scheduler, count) => {
    for (const endpoints of [3, 30]) expect(walked(scheduler, endpoints, quick)).toBe(count);
  });

  test('are all looked at here', () => {
    expect(schedulers.map(({ name }) => name).sort()).toEqual(
      ['lc', 'wlc', 'sed', 'fo', 'ovf', 'lblc', 'lblcr', 'nq', 'twos', 'rr', 'wrr', 'sh', 'dh', 'mh'].sort(),
    );
  });
});

describe('node ports', () => {
  const changes: Changes = {
    cluster: { services: 7, endpoints: 3, serviceType: 'NodePort' },
    workload: { placement: 'external', frontend: 'node-port', target: 'last' },
  };

  test('iptables: R + q + j + 16 rules for a first packet, 9 + S (3E + 5) in place', () => {
    const result = runCase(smallCase(changes), '1');
    expect(outcomes(result)).toEqual({ completed: figure(result, 'requests_scheduled') });
    expect(figure(result, 'first_packet_rules', 'min')).toBe(7 + 7 + 1 + 16);
    expect(figure(result, 'first_packet_rules', 'max')).toBe(7 + 7 + 3 + 16);
    expect(figure(result, 'rules_total', 'value')).toBe(9 + 7 * (3 * 3 + 5));
    expect(figure(result, 'chains_total', 'value')).toBe(10 + 7 * (3 + 2));
  });

  test("ipvs: a virtual server a service on the cluster address and on each of the node's three", () => {
    const result = runCase(smallCase({ ...changes, proxy: { mode: 'ipvs' } }), '1');
    expect(outcomes(result)).toEqual({ completed: figure(result, 'requests_scheduled') });
    expect(figure(result, 'virtual_servers', 'value')).toBe(7 * 4);
    expect(figure(result, 'real_servers', 'value')).toBe(7 * 4 * 3);
    expect(figure(result, 'rules_total', 'value')).toBe(21);
  });
});

test('Services without endpoints have one REJECT rule each, with a node port two, and no chain', () => {
  // Nobody is held back by the rate of ICMP errors.
  const icmp = { ratelimitNs: 0, msgsPerSecond: 1_000_000, msgsBurst: 1_000_000 };
  const bare = runCase(smallCase({ cluster: { services: 7, endpoints: 0 }, icmp }), '1');
  expect(figure(bare, 'rules_total', 'value')).toBe(9 + 7);
  expect(figure(bare, 'chains_total', 'value')).toBe(10);
  const open = runCase(smallCase({ cluster: { services: 7, endpoints: 0, serviceType: 'NodePort' }, icmp }), '1');
  expect(figure(open, 'rules_total', 'value')).toBe(9 + 14);
  expect(drops(open)).toEqual({ rejected: figure(open, 'requests_scheduled') });
});
