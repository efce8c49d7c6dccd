/** Clusters of IPv6, alone and beside IPv4: addresses of nodes, pods and Services, and slices of each family. */
import { describe, expect, test } from 'vitest';
import { Cluster, SERVICE_DEFAULTS, addressIn, type ClusterSetup } from '../../src/kube/index.js';
import { formatIp } from '../../src/net/index.js';
import { RandomStreams, Simulation } from '../../src/sim/index.js';
import { setup } from './cluster-setup.js';
import { ip, pod, service, slice, endpoint } from './objects.js';

const IPV6 = {
  podCidr6: { address: ip('fd00:10:244::'), bits: 48 },
  nodeSubnetBits6: 64,
  serviceCidr6: { address: ip('fd00:10:96::'), bits: 112 },
  nodeCidr6: { address: ip('fd00:10:50::'), bits: 64 },
};

const built = (changes: Partial<ClusterSetup>) => new Cluster(setup({ ...IPV6, ipFamilies: [4, 6], ...changes }));
const both = { ...SERVICE_DEFAULTS, ipFamilyPolicy: 'RequireDualStack' } as const;
const texts = (addresses: readonly number[]) => addresses.map(formatIp);

describe('a dual-stack cluster', () => {
  test('gives nodes, pods and Services an address of each family', () => {
    const cluster = built({ serviceFeatures: both });
    expect(texts([cluster.nodes[2]!.ip, cluster.nodes[2]!.secondIp])).toEqual(['192.168.0.3', 'fd00:10:50::3']);
    const [first] = cluster.pods();
    expect(texts([first!.ip, first!.secondIp])).toEqual(['10.244.0.2', 'fd00:10:244::2']);
    expect(texts(cluster.services[1]!.clusterIps)).toEqual(['10.96.1.2', 'fd00:10:96::102']);
    expect(cluster.services[1]).toMatchObject({ clusterIp: ip('10.96.1.2'), ipFamilies: [4, 6] });
    expect(formatIp(cluster.podAddressesIn(6).gateway(1))).toBe('fd00:10:244:1::1');
    expect(formatIp(cluster.nextHostAddress(6))).toBe('fd00:10:50::4');
  });

  test('has slices of each family of a Service, with the addresses of that family', () => {
    const cluster = built({ services: 1, serviceFeatures: both });
    const slices = cluster.slices.of('default/svc-0');
    expect(slices.map(({ family, endpoints }) => [family, texts(endpoints.map(({ address }) => address))])).toEqual([
      [4, ['10.244.0.2', '10.244.1.2']],
      [6, ['fd00:10:244::2', 'fd00:10:244:1::2']],
    ]);
    expect(cluster.slices.countReady()).toBe(2);
  });

  test('has the primary family first', () => {
    const cluster = built({ ipFamilies: [6, 4] });
    const [first] = cluster.pods();
    expect(texts([first!.ip, cluster.nodes[0]!.ip])).toEqual(['fd00:10:244::2', 'fd00:10:50::1']);
    expect(cluster.services[0]?.ipFamilies).toEqual([6]);
    expect(cluster.slices.of('default/svc-0').map(({ family }) => family)).toEqual([6]);
  });

  test('keeps addresses of given pods and nodes where they lie in its ranges', () => {
    const given = pod(9, { secondIp: ip('fd00:10:244:7::9'), node: 1 });
    const node = { name: 'n', index: 0, ip: ip('192.168.9.9'), secondIp: ip('fd00:99::1'), zone: '' };
    const objects = {
      services: [service({ ...both, clusterIp: 0 })],
      pods: [given],
      podSets: [],
      slices: [],
      nodes: [node],
    };
    const cluster = built({ objects });
    expect(cluster.store.get('pod', 'test/pod-9')).toBe(given);
    expect(formatIp(cluster.podAddressesIn(6).subnet(1).address)).toBe('fd00:10:244:7::');
    expect(cluster.nodes.map((own) => texts([own.ip, own.secondIp]))).toEqual([
      ['192.168.9.9', 'fd00:10:50::1'],
      ['192.168.0.1', 'fd00:10:50::2'],
      ['192.168.0.2', 'fd00:10:50::3'],
    ]);
  });

  test('gives a pod of one family an address of the other, and slices follow pods that have moved', () => {
    const objects = {
      services: [service({ selector: null })],
      pods: [pod(9, { ip: ip('fd99::9') }), pod(8)],
      podSets: [],
      slices: [{ ...slice('a', [endpoint(9, { address: ip('fd99::9') })]), family: 6 as const }],
      nodes: [],
    };
    const cluster = built({ objects });
    const moved = cluster.store.get('pod', 'test/pod-9')!;
    expect(cluster.store.get('slice', 'test/a')?.endpoints[0]?.address).toBe(addressIn(moved, 6));
    expect(texts([moved.ip, moved.secondIp])).toEqual(['10.244.0.2', 'fd00:10:244::3']);
    expect(addressIn(cluster.store.get('pod', 'test/pod-8')!, 6)).not.toBe(0);
  });

  test('gives addresses of both families back', () => {
    const cluster = built({ services: 1, endpoints: 1, nodes: 1, serviceFeatures: both });
    const simulation = new Simulation();
    cluster.start(simulation, new RandomStreams('1').stream('pods'));
    const free = [4, 6] as const;
    const before = free.map((family) => cluster.podAddressesIn(family).free(0));
    const timing = { startupNs: 1, terminationNs: 1, spread: 0 };
    cluster.scale(0, 5, timing);
    simulation.run(10);
    expect(free.map((family) => cluster.podAddressesIn(family).free(0))).toEqual(before.map((own) => own - 4));
    cluster.scale(0, 1, timing);
    simulation.run(20);
    expect(free.map((family) => cluster.podAddressesIn(family).free(0))).toEqual(before);
  });
});

test('a cluster of IPv6 alone has IPv6 addresses only', () => {
  const cluster = built({ ipFamilies: [6] });
  const [first] = cluster.pods();
  expect([first!.secondIp, cluster.nodes[0]!.secondIp]).toEqual([0, 0]);
  expect(texts(cluster.services[0]!.clusterIps)).toEqual(['fd00:10:96::101']);
  expect(() => cluster.podAddressesIn(4)).toThrow('the cluster has no IPv4');
});

test('a cluster without IPv6 refuses Services that want it', () => {
  const wanting = (changes: object) => () =>
    built({ ipFamilies: [4], objects: { services: [service(changes)], pods: [], podSets: [], slices: [], nodes: [] } });
  expect(wanting({ ipFamilies: [6] })).toThrow('Service test/foo wants IPv6, the cluster has IPv4 only');
  expect(wanting({ clusterIps: [ip('fd00::1')] })).toThrow('wants IPv6');
  expect(wanting({ ipFamilyPolicy: 'RequireDualStack' })).toThrow('wants both families');
  expect(wanting({ ipFamilyPolicy: 'PreferDualStack' })).not.toThrow();
});

test('a host-network pod has the addresses of its node, and takes none of the pods', () => {
  const host = pod(1, { hostNetwork: true, ip: ip('172.16.0.1'), node: 2 });
  const objects = { services: [service()], pods: [host, pod(2)], podSets: [], slices: [], nodes: [] };
  const cluster = built({ objects });
  expect(cluster.store.get('pod', 'test/pod-1')).toMatchObject({
    ip: cluster.nodes[2]!.ip,
    secondIp: cluster.nodes[2]!.secondIp,
  });
  expect(cluster.podAddresses.free(2)).toBe(cluster.podAddresses.perNode);
  expect(texts(cluster.slices.of('test/foo')[0]!.endpoints.map(({ address }) => address))).toEqual([
    '192.168.0.3',
    '10.244.0.2',
  ]);
});

test('a cluster to look at keeps addresses and places that do not fit', () => {
  const far = pod(1, { ip: ip('10.42.7.1'), node: -1 });
  const host = pod(2, { ip: ip('172.18.0.2'), hostNetwork: true, node: 0 });
  const node = { name: 'n', index: 0, ip: ip('172.18.0.2'), secondIp: 0, zone: '' };
  const objects = {
    services: [service()],
    pods: [far, host, pod(3, { ip: 0 })],
    podSets: [],
    slices: [],
    nodes: [node],
  };
  const addressesOf = (keepAddresses: boolean) => {
    const cluster = new Cluster(setup({ nodes: 1, objects, keepAddresses }));
    const endpoints = cluster.slices.of('test/foo').flatMap((own) => own.endpoints);
    return [cluster.nodes[0]!.ip, ...endpoints.map(({ address }) => address)].map(formatIp);
  };
  expect(addressesOf(true)).toEqual(['172.18.0.2', '10.42.7.1', '172.18.0.2', '10.244.0.2']);
  expect(addressesOf(false)).toEqual(['192.168.0.1', '10.244.0.2', '192.168.0.1', '10.244.0.3']);
});
