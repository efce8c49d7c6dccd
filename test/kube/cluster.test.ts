/** The cluster: made up and from objects, complete at time 0, and changing afterwards. */
import { describe, expect, test } from 'vitest';
import { Cluster, ClusterError, type ClusterObjects, type EndpointSlice, type Pod } from '../../src/kube/index.js';
import { formatIpv4 } from '../../src/net/index.js';
import { RandomStream, SECOND, Simulation } from '../../src/sim/index.js';
import { setup } from './cluster-setup.js';
import { endpoint, ip, pod, service, slice } from './objects.js';

const TIMING = { startupNs: SECOND, terminationNs: SECOND, spread: 0.5 };

function objects(changes: Partial<ClusterObjects>): ClusterObjects {
  return { services: [], pods: [], podSets: [], slices: [], nodes: [], ...changes };
}

const podSet = {
  metadata: { namespace: 'test', name: 'web', labels: {} },
  kind: 'Deployment' as const,
  replicas: 2,
  podLabels: { app: 'foo' },
  ports: [],
};

const place = (one: Pod) => `${one.metadata.name} ${one.node} ${formatIpv4(one.ip)}`;

describe('made up', () => {
  test('everything has its address, pods go to the nodes in turn, slices are packed', () => {
    const cluster = new Cluster(setup({ endpoints: 2, maxEndpointsPerSlice: 1 }));
    expect(cluster.nodes.map((node) => formatIpv4(node.ip))).toEqual(['192.168.0.1', '192.168.0.2', '192.168.0.3']);
    expect(cluster.services.map((one) => formatIpv4(one.clusterIp))).toEqual(['10.96.1.1', '10.96.1.2']);
    expect([...cluster.pods()].map(place)).toEqual([
      'svc-0-0 0 10.244.0.2',
      'svc-0-1 1 10.244.1.2',
      'svc-1-0 2 10.244.2.2',
      'svc-1-1 0 10.244.0.3',
    ]);
    expect(cluster.slices.of('default/svc-0').map((one) => one.endpoints.length)).toEqual([1, 1]);
    expect(cluster.endpointSlices.writes).toEqual({ create: 4, update: 0, delete: 0 });
  });

  test('a Service without endpoints stays, with a placeholder', () => {
    const cluster = new Cluster(setup({ endpoints: 0, serviceType: 'NodePort' }));
    expect(cluster.services[1]?.ports[0]?.nodePort).toBe(30087);
    expect(cluster.slices.of('default/svc-1')).toMatchObject([{ endpoints: [], ports: [] }]);
  });

  test('the first Services have the sizes of their groups', () => {
    const sizes = [
      { count: 1, endpoints: 5 },
      { count: 2, endpoints: 0 },
    ];
    const cluster = new Cluster(setup({ services: 4, endpoints: 1, sizes }));
    expect(cluster.services.map((one) => cluster.podsOf(one).length)).toEqual([5, 0, 0, 1]);
  });

  test('500 pods scaled to 50 leave fragments', () => {
    const simulation = new Simulation();
    const cluster = new Cluster(setup({ services: 1, endpoints: 500, nodes: 10 }));
    cluster.start(simulation, new RandomStream('1', 'pods'));
    simulation.run(SECOND);
    cluster.scale(0, 50, TIMING);
    simulation.run(60 * SECOND);
    const sizes = cluster.slices.of('default/svc-0').map((one) => one.endpoints.length);
    expect(sizes).toHaveLength(5);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(50);
  });

  test('hosts of the underlay come after the nodes, clients are placed like pods', () => {
    const cluster = new Cluster(setup({ services: 0 }));
    expect(formatIpv4(cluster.nextHostAddress())).toBe('192.168.0.4');
    expect(cluster.placeClient()).toEqual({ node: 0, ip: ip('10.244.0.2'), secondIp: 0 });
    expect(cluster.placeClient(2)).toEqual({ node: 2, ip: ip('10.244.2.2'), secondIp: 0 });
  });

  test.each([
    [{ podCidr: { address: ip('10.244.0.0'), bits: 23 } }, 'pod CIDR 10.244.0.0/23 has 2 node subnets of /24, 3 are'],
    [{ endpoints: 400 }, 'pod CIDR 10.244.0.0/16 has 759 pod addresses for 3 nodes'],
    [
      { serviceCidr: { address: ip('10.96.0.0'), bits: 31 } },
      'service CIDR 10.96.0.0/31 has 0 addresses, 3 are needed',
    ],
    [{ nodeCidr: { address: ip('192.168.0.0'), bits: 30 } }, 'node CIDR 192.168.0.0/30 has 2 addresses, 3 are needed'],
    [{ services: 3000, endpoints: 0, serviceType: 'NodePort' as const }, 'has 2768 ports, 3000 are needed'],
  ])('ranges too small are refused: %j', (changes, message) => {
    expect(() => new Cluster(setup(changes))).toThrow(message);
    expect(() => new Cluster(setup(changes))).toThrow(ClusterError);
  });

  test('host bits in a prefix do not matter', () => {
    const cluster = new Cluster(setup({ podCidr: { address: ip('10.244.3.7'), bits: 16 } }));
    expect(formatIpv4(cluster.podAddresses.subnet(0).address)).toBe('10.244.0.0');
  });
});

describe('from objects', () => {
  test('given pods keep node, address and readiness where they can, and say which subnet a node has', () => {
    const pods = [
      pod(1, { node: 2, ip: ip('10.244.0.9') }),
      pod(2, { node: 0, ip: ip('172.17.0.4') }),
      pod(3, { node: -1, ip: 0, phase: 'Pending', ready: false }),
      pod(4, { phase: 'Failed' }),
    ];
    const metadata = { ...podSet.metadata, name: 'pod' };
    const podSets = [{ ...podSet, metadata }];
    const cluster = new Cluster(setup({ objects: objects({ services: [service()], pods, podSets }) }));
    expect([...cluster.pods()].map(place)).toEqual(['pod-1 2 10.244.0.9', 'pod-2 0 10.244.1.2', 'pod-3 0 10.244.1.3']);
    const endpoints = cluster.slices.of('test/foo')[0]?.endpoints ?? [];
    expect(endpoints.map((one) => [formatIpv4(one.address), one.ready])).toEqual([
      ['10.244.0.9', true],
      ['10.244.1.2', true],
      ['10.244.1.3', false],
    ]);
  });

  test('a set gets pods beside one of its labels and another name', () => {
    const pods = [pod(1, { metadata: { ...pod(1).metadata, name: 'debug' } })];
    const cluster = new Cluster(setup({ objects: objects({ services: [service()], pods, podSets: [podSet] }) }));
    expect([...cluster.pods()].map((one) => one.metadata.name)).toEqual(['debug', 'web-0', 'web-1']);
  });

  test('a set without pods gets them', () => {
    const cluster = new Cluster(setup({ objects: objects({ services: [service()], podSets: [podSet] }) }));
    expect([...cluster.pods()].map((one) => one.metadata.name)).toEqual(['web-0', 'web-1']);
    expect(cluster.slices.of('test/foo')[0]?.endpoints).toHaveLength(2);
  });

  test('slices tell of pods where none are known', () => {
    const named = service({ ports: [{ name: '', protocol: 6, port: 80, targetPort: 'http', nodePort: 0 }] });
    const given = [slice('other', [endpoint(1), endpoint(2, { ready: false, serving: false })], 9090)];
    const cluster = new Cluster(setup({ objects: objects({ services: [named], slices: given }) }));
    const [made] = cluster.slices.of('test/foo');
    expect(made?.ports).toEqual([{ name: '', protocol: 6, port: 9090 }]);
    expect(made?.endpoints.map((one) => [one.target, one.ready])).toEqual([
      ['test/pod-1', true],
      ['test/pod-2', false],
    ]);
    expect(cluster.podsOf(named)).toHaveLength(2);
  });

  test('slices of a Service without selector are taken as they are, with the addresses that their pods have now', () => {
    const byHand: EndpointSlice = slice('by-hand', [
      endpoint(1, { address: ip('172.17.0.4'), node: 0 }),
      endpoint(2, { address: ip('203.0.113.1'), node: -1, target: '' }),
    ]);
    const pods = [pod(1, { ip: ip('172.17.0.4') })];
    const cluster = new Cluster(
      setup({ objects: objects({ services: [service({ selector: null })], pods, slices: [byHand] }) }),
    );
    const addresses = cluster.slices.of('test/foo')[0]?.endpoints.map((one) => formatIpv4(one.address));
    expect(addresses).toEqual(['10.244.0.2', '203.0.113.1']);
    expect(cluster.endpointSlices.writes.create).toBe(0);
    expect(() => cluster.scale(0, 1, TIMING)).toThrow('Service test/foo has no selector');
  });

  test('nodes keep their names', () => {
    const nodes = [{ name: 'worker-a', index: 0, ip: ip('10.0.0.5'), secondIp: 0, zone: 'z1' }];
    const cluster = new Cluster(setup({ objects: objects({ nodes }) }));
    expect(cluster.nodes.map((node) => node.name)).toEqual(['worker-a', 'node-1', 'node-2']);
    expect(cluster.nodes[0]?.zone).toBe('z1');
  });

  test('bare pods behind a Service can be scaled and rolled', () => {
    const cluster = new Cluster(setup({ objects: objects({ services: [service()], pods: [pod(1), pod(2)] }) }));
    const simulation = new Simulation();
    cluster.start(simulation, new RandomStream('1', 'pods'));
    cluster.scale(0, 4, TIMING);
    simulation.run(10 * SECOND);
    expect(cluster.podsOf(service())).toHaveLength(4);
    cluster.rollingUpdate(0, { maxSurge: 0.25, maxUnavailable: 0.25, ...TIMING });
    simulation.run(60 * SECOND);
    expect([...cluster.pods()].some((one) => one.metadata.name.startsWith('pod-'))).toBe(false);
    expect(cluster.podsOf(service())).toHaveLength(4);
    expect(() => cluster.scale(1, 4, TIMING)).toThrow('there is no Service 1: the cluster has 1');
  });
});

test('pods change only after the start', () => {
  expect(() => new Cluster(setup()).scale(0, 1, TIMING)).toThrow('cluster-started');
});

describe('pods of sets of one name', () => {
  const stateful = { ...podSet, kind: 'StatefulSet' as const, podLabels: { app: 'bar' } };
  const names = (changes: Partial<ClusterObjects>): readonly string[] => {
    const cluster = new Cluster(setup({ objects: objects({ services: [service()], ...changes }) }));
    return [...cluster.pods()].map(({ metadata }) => `${metadata.name} ${metadata.labels['app'] ?? ''}`).sort();
  };

  test.each([
    ['first', [podSet, stateful]],
    ['last', [stateful, podSet]],
  ])('a Deployment leaves the names of a StatefulSet to it, %s of both', (_, podSets) => {
    expect(names({ podSets })).toEqual(['web-0 bar', 'web-1 bar', 'web-2 foo', 'web-3 foo']);
  });

  test('a Deployment passes over the names of other pods, a StatefulSet waits for them', () => {
    const other = pod(9, { metadata: { namespace: 'test', name: 'web-1', labels: { app: 'other' } } });
    expect(names({ pods: [other], podSets: [podSet] })).toEqual(['web-0 foo', 'web-1 other', 'web-2 foo']);
    expect(names({ pods: [other], podSets: [stateful] })).toEqual(['web-0 bar', 'web-1 other']);
  });
});
