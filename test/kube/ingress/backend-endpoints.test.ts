/** What ingress proxies know of endpoints, and when; and the controller that a cluster is given. */
import { describe, expect, test } from 'vitest';
import { BackendEndpoints, Cluster, INGRESS_SERVICE, IngressRoutes, objectKey } from '../../../src/kube/index.js';
import { RandomStreams, Simulation } from '../../../src/sim/index.js';
import { setup } from '../cluster-setup.js';

const MS = 1e6;
const controller = { replicas: 2, exposure: 'node-port', externalTrafficPolicy: 'Local' } as const;
const TIMES = { startupNs: 5 * MS, terminationNs: 5 * MS, spread: 0 };

function cluster(syncIntervalNs: number) {
  const simulation = new Simulation();
  const own = new Cluster(setup({ ingress: controller }));
  own.start(simulation, new RandomStreams('1').stream('pods'));
  const { store, slices } = own;
  const { backends } = new IngressRoutes([...store.list('ingress')]);
  const endpoints = new BackendEndpoints({ store, slices, simulation, backends, watchDelayNs: 2 * MS, syncIntervalNs });
  return { simulation, own, endpoints };
}

describe('endpoints', () => {
  test('are the ready pods of the slices', () => {
    const { own, endpoints } = cluster(0);
    const pods = [...own.pods()].filter(({ metadata }) => metadata.name.startsWith('svc-1-'));
    expect(endpoints.servers(1).addresses).toEqual(pods.map(({ ip }) => ip));
    expect(endpoints.servers(1).ports).toEqual([8080, 8080]);
    expect(endpoints.servers(2).addresses).toEqual([]);
  });

  test('are known a watch delay after they change, and not before', () => {
    const { simulation, own, endpoints } = cluster(0);
    own.scale(0, 5, TIMES);
    simulation.run(6 * MS);
    expect(endpoints.servers(0).addresses).toHaveLength(2);
    simulation.run(8 * MS);
    expect(endpoints.servers(0).addresses).toHaveLength(5);
    expect(endpoints.servers(1).addresses).toHaveLength(2);
  });

  test('are looked at no more often than allowed', () => {
    const { simulation, own, endpoints } = cluster(100 * MS);
    own.scale(0, 3, TIMES);
    simulation.run(10 * MS);
    own.scale(0, 4, TIMES);
    simulation.run(50 * MS);
    const early = endpoints.servers(0).addresses.length;
    simulation.run(150 * MS);
    expect([early, endpoints.servers(0).addresses.length]).toEqual([early, 4]);
    expect(early).toBeLessThan(4);
    expect(endpoints.syncs).toBe(2);
  });
});

describe('a controller', () => {
  const serviceOf = (own: Cluster) =>
    own.store.get('service', objectKey(INGRESS_SERVICE.namespace, INGRESS_SERVICE.name));

  test('is a Service with proxies behind it, which is none of the Services that are counted', () => {
    const own = new Cluster(setup({ ingress: controller }));
    expect(own.services).toHaveLength(2);
    expect(serviceOf(own)).toMatchObject({ type: 'NodePort', externalTrafficPolicy: 'Local' });
    expect(own.podsOf(serviceOf(own)!)).toHaveLength(2);
    expect([...own.store.list('ingress')][0]?.rules.map(({ host }) => host)).toEqual([
      'svc-0.example',
      'svc-1.example',
    ]);
  });

  test('has proxies in the networks of nodes of their own where it is asked to', () => {
    const own = new Cluster(setup({ nodes: 5, ingress: { ...controller, replicas: 3, exposure: 'host-network' } }));
    const pods = own.podsOf(serviceOf(own)!);
    expect(pods.map(({ node, ip }) => [node, ip])).toEqual([0, 1, 3].map((node) => [node, own.nodes[node]!.ip]));
  });

  test('is not made where nobody asks', () => {
    const own = new Cluster(setup());
    expect(serviceOf(own)).toBeUndefined();
    expect(own.store.count('ingress')).toBe(0);
  });
});
