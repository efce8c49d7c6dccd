/** Ways into the cluster from outside: routers with several next hops, a load balancer with health checks, and the source addresses behind them. */
import { describe, expect, test } from 'vitest';
import { PacketPool } from '../../src/net/index.js';
import { Simulation } from '../../src/sim/index.js';
import { runCase } from '../../src/testbed/index.js';
import { CloudLoadBalancer } from '../../src/testbed/ways-in/index.js';
import { World } from '../../src/testbed/world.js';
import { S, drops, figure, outcomes, smallCase, type Changes } from './small-case.js';

const MODES = ['iptables', 'ipvs', 'nftables', 'userspace'];
const LOCAL = { ...smallCase().cluster.serviceFeatures, externalTrafficPolicy: 'Local' } as const;

function fromOutside(frontend: 'ecmp' | 'load-balancer' | 'node-port', changes: Changes = {}) {
  return smallCase({ ...changes, workload: { placement: 'external', frontend, ...changes.workload } });
}

const shares = (plan: ReturnType<typeof smallCase>): Record<string, number> => {
  const result = runCase(plan, '1');
  expect(figure(result, 'requests_completed')).toBeGreaterThan(400);
  const names = ['client', 'proxy', 'node', 'tunnel', 'bridge'];
  const all = names.map((name) => [name, figure(result, `source_${name}_ratio`, 'value')] as const);
  return Object.fromEntries(all.filter(([, share]) => share > 0));
};

describe.each(MODES)('%s: cluster addresses that routers send to all nodes', (mode) => {
  test('are reached, each flow by one node', () => {
    const result = runCase(fromOutside('ecmp', { proxy: { mode } }), '1');
    expect(outcomes(result)).toEqual({ completed: figure(result, 'requests_completed') });
    expect(drops(result)).toEqual({});
  });
});

test('flows of one client come in by several nodes', () => {
  const plan = fromOutside('ecmp', { workload: { clients: 1 } });
  const world = new World(plan, '1');
  world.traffic.start();
  world.base.simulation.run(plan.run.durationNs + plan.run.drainNs);
  expect(world.base.nodes.map(({ conntrack }) => conntrack.peak > 100)).toEqual([true, true, true]);
});

describe('servers see', () => {
  const vxlan = { overlay: 'vxlan' } as const;
  const hostGw = { overlay: 'host-gw' } as const;
  const nodePort = { serviceType: 'NodePort' } as const;

  test.each(MODES.slice(0, 3))("%s: a pod's own address behind a cluster address", (mode) => {
    expect(shares(smallCase({ proxy: { mode } }))).toEqual({ client: 1 });
  });

  test.each([
    ['over VXLAN', vxlan, ['tunnel', 'bridge']],
    ['with host-gw', hostGw, ['node', 'bridge']],
  ] as const)("a node's address %s, unless the policy is Local", (_, overlay, seen) => {
    for (const mode of MODES) {
      const proxy = { mode };
      expect(Object.keys(shares(fromOutside('ecmp', { cluster: overlay, proxy })))).toEqual(seen);
      expect(Object.keys(shares(fromOutside('node-port', { cluster: { ...overlay, ...nodePort }, proxy })))).toEqual(
        seen,
      );
    }
    const local = { ...overlay, ...nodePort, serviceFeatures: LOCAL, endpoints: 6 };
    for (const mode of MODES.slice(0, 3)) {
      expect(shares(fromOutside('node-port', { cluster: local, proxy: { mode } }))).toEqual({ client: 1 });
    }
  });
});

describe('a load balancer', () => {
  const two = { nodes: 5, serviceType: 'LoadBalancer', serviceFeatures: LOCAL, services: 1, endpoints: 2 } as const;

  test('sends only to nodes with endpoints of a Local Service; without health checks the rest is lost', () => {
    const checked = runCase(fromOutside('load-balancer', { cluster: two, loadBalancer: {} }), '1');
    expect(outcomes(checked)).toEqual({ completed: figure(checked, 'requests_completed') });
    expect(figure(checked, 'source_client_ratio', 'value')).toBe(1);
    const blind = runCase(fromOutside('load-balancer', { cluster: two, workload: { clients: 5 } }), '1');
    expect(figure(blind, 'requests_timed_out')).toBeGreaterThan(figure(blind, 'requests_completed'));
  });

  /** A pool of three nodes, of which those in `healthy` pass. */
  function pool() {
    const simulation = new Simulation();
    const healthy = new Set([0, 2]);
    const service = { healthCheckNodePort: 31000, loadBalancerVips: [77] };
    const balancer = new CloudLoadBalancer({
      simulation,
      packets: new PacketPool(),
      nodes: [10, 11, 12],
      ledger: { revision: 0, keysAt: () => [0, 1], portAt: () => service } as never,
      proxies: { healthCheckStatus: (port, node) => (port === 31000 && healthy.has(node) ? 200 : 503) },
      healthIntervalNs: 8 * S,
      unhealthyThreshold: 3,
    });
    return { simulation, healthy, members: () => balancer.members(77), others: () => balancer.members(78) };
  }

  test('knows at the start who passes, and gives other addresses to all', () => {
    const { members, others } = pool();
    expect([members(), others()]).toEqual([
      [10, 12],
      [10, 11, 12],
    ]);
  });

  test('takes a node out after three failed checks and back in after one that it passes', () => {
    const { simulation, healthy, members } = pool();
    members();
    healthy.delete(0);
    healthy.add(1);
    simulation.run(7 * S);
    expect(members()).toEqual([10, 12]);
    simulation.run(8 * S);
    expect(members()).toEqual([10, 11, 12]);
    simulation.run(23 * S);
    expect(members()).toEqual([10, 11, 12]);
    simulation.run(24 * S);
    expect(members()).toEqual([11, 12]);
    healthy.add(0);
    simulation.run(32 * S);
    expect(members()).toEqual([10, 11, 12]);
  });
});
