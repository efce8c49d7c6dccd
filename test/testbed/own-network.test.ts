/** Clients and servers in the nodes' own network, frontends for outside, IPv6, dual stack, and kube-proxy that starts again. */
import { describe, expect, test } from 'vitest';
import { madeUpObjects, type ClusterObjects, type Pod } from '../../src/kube/index.js';
import { PROXY_MODES } from '../../src/scenario/index.js';
import { runCase } from '../../src/testbed/index.js';
import { World } from '../../src/testbed/world.js';
import { drops, figure, MS, outcomes, S, smallCase, type Changes } from './small-case.js';

const MODES = PROXY_MODES.map(({ name }) => name);

/** Runs a case and expects that every request is answered and nothing is lost. */
function answersAll(changes: Changes): void {
  const result = runCase(smallCase(changes), '1');
  expect(outcomes(result)).toEqual({ completed: figure(result, 'requests_scheduled') });
  expect(figure(result, 'requests_completed')).toBeGreaterThan(400);
  expect(drops(result)).toEqual({});
}

describe.each(MODES)('%s', (mode) => {
  const proxy = { mode };

  test.each([
    ['cluster address', {}],
    ['node port', { cluster: { serviceType: 'NodePort' }, workload: { frontend: 'node-port' } }],
  ] as const)('processes of nodes reach Services by %s', (_, changes: Changes) => {
    answersAll({ ...changes, proxy, workload: { ...changes.workload, placement: 'nodes' } });
  });

  test.each([
    ['load-balancer', { serviceType: 'LoadBalancer' }],
    ['external-ip', { externalIps: 2 }],
  ] as const)('clients in pods, on nodes and outside reach Services by %s', (frontend, cluster) => {
    // In userspace mode an external address is one for outside only, unless it is bound to the node.
    const inside = mode === 'userspace' && frontend === 'external-ip' ? [] : (['pods', 'nodes'] as const);
    for (const placement of [...inside, 'external'] as const) {
      answersAll({ cluster, proxy, workload: { frontend, placement } });
    }
  });

  test.each(['vxlan', 'host-gw'] as const)('IPv6 alone, %s', (overlay) => {
    for (const placement of ['pods', 'nodes', 'external'] as const) {
      const cluster = { overlay, ipFamilies: [6] as const, serviceType: 'NodePort' as const };
      answersAll({ cluster, proxy, workload: { ipFamily: 6, placement } });
      answersAll({ cluster, proxy, workload: { ipFamily: 6, placement, frontend: 'node-port' } });
    }
  });

  test.each([4, 6] as const)('dual stack, dialled by IPv%i', (ipFamily) => {
    const serviceFeatures = { ...smallCase({}).cluster.serviceFeatures, ipFamilyPolicy: 'RequireDualStack' as const };
    const cluster = { ipFamilies: [4, 6] as const, serviceFeatures };
    for (const placement of ['pods', 'nodes', 'external'] as const) {
      answersAll({ cluster, proxy, workload: { ipFamily, placement } });
    }
  });

  test('flannel with nftables of its own changes nothing for Services', () => {
    for (const placement of ['pods', 'nodes', 'external'] as const) {
      answersAll({ cluster: { flannelMasquerade: 'nftables' }, proxy, workload: { placement } });
    }
  });

  test('host-network pods serve on their nodes’ addresses', () => {
    const world = new World(smallCase({ cluster: { objects: onNodes() }, proxy }), '1');
    world.traffic.start();
    world.base.simulation.run(3 * S);
    expect(world.traffic.unfinished).toBe(0);
    expect(world.base.probes.requests).toMatchObject({ refused: 0, timedOut: 0, reset: 0, noPort: 0 });
    expect([...world.base.probes.servedBy].filter((count) => count > 0)).toHaveLength(2 * 2);
    world.base.checkConservation();
  });

  test('kube-proxy that starts again writes everything once, and nobody notices', () => {
    const churn = [{ kind: 'proxy-restart', atNs: 20 * MS, downNs: 10 * MS, nodes: [0, 2] }] as const;
    const result = runCase(smallCase({ proxy, churn, run: { drainNs: 2 * S } }), '1');
    expect([figure(result, 'syncs'), figure(result, 'full_syncs')]).toEqual([2, 2]);
    // A proxy that relays is itself on the way: its connections break.
    if (mode === 'userspace') expect(figure(result, 'requests_completed')).toBeGreaterThan(300);
    else expect(outcomes(result)).toEqual({ completed: figure(result, 'requests_scheduled') });
  });
});

/** Two Services of two host-network pods each, one pod of each Service on nodes 0 and 1. */
function onNodes(): ClusterObjects {
  const made = madeUpObjects({ services: 2, endpoints: 0, serviceType: 'ClusterIP', protocol: 6 });
  const pods = made.services.flatMap((service, s) =>
    [0, 1].map((node): Pod => {
      const { port, targetPort, name, protocol } = { ...service.ports[0]!, port: 9000 + s };
      return {
        metadata: { namespace: service.metadata.namespace, name: `host-${s}-${node}`, labels: service.selector! },
        ip: 0,
        secondIp: 0,
        hostNetwork: true,
        node,
        phase: 'Running',
        ready: true,
        terminating: false,
        ports: [{ name: typeof targetPort === 'string' ? targetPort : name, protocol, port }],
      };
    }),
  );
  const services = made.services.map((service, s) => ({
    ...service,
    ports: service.ports.map((port) => ({ ...port, targetPort: 9000 + s })),
  }));
  return { ...made, services, podSets: [], pods };
}

test('a dual-stack node has rules of both families, and syncs of both', () => {
  const serviceFeatures = { ...smallCase({}).cluster.serviceFeatures, ipFamilyPolicy: 'RequireDualStack' as const };
  const rules = (changes: Changes): number => figure(runCase(smallCase(changes), '1'), 'rules_total', 'value');
  const single = rules({});
  expect(rules({ cluster: { ipFamilies: [4, 6], serviceFeatures } })).toBeGreaterThan(2 * single - 5);
});

test('a packet that is too large for the tunnel over IPv6 is lost', () => {
  // VXLAN over IPv6 takes 70 of the underlay's 1500 bytes; headers of the answer are 60.
  const lost = (responseBytes: number): Record<string, number> => {
    const cluster = { ipFamilies: [6] as const, nodes: 2, services: 2, endpoints: 1 };
    const workload = { ipFamily: 6 as const, clientNodes: 1, target: 'last' as const, responseBytes };
    return drops(runCase(smallCase({ cluster, workload }), '1'));
  };
  expect(lost(1500 - 70 - 60)).toEqual({});
  expect(Object.keys(lost(1500 - 70 - 60 + 1))).toEqual(['mtu']);
});
