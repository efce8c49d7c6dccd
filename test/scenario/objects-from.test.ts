/** Objects as a kube-proxy sees them: every field of Services, slices and nodes, and what an API server would have refused. */
import { describe, expect, test } from 'vitest';
import { SERVICE_DEFAULTS, type Service } from '../../src/kube/index.js';
import { formatIp, formatIpPrefix, parseIp } from '../../src/net/index.js';
import { objectsFrom, readManifests } from '../../src/scenario/index.js';
import { objectsIn } from '../../src/scenario/manifest/raw-object.js';
import { readRawObjects } from '../../src/scenario/manifest/read.js';
import { manifestsOf } from '../../src/scenario/manifest/write.js';
import { problemsOf } from './made-up-scenario.js';

const PORT = { name: 'http', protocol: 'TCP', port: 80, targetPort: 8080, nodePort: 3001 };

const service = (spec: object, status: object = {}) => {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' }, spec: { ports: [PORT], ...spec }, status };
};

const slice = (fields: object) => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name: 'web-1', labels: { 'kubernetes.io/service-name': 'web' } },
  addressType: 'IPv4',
  ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
  ...fields,
});

const from = (...manifests: readonly unknown[]) => objectsFrom(manifests, { nodeNames: ['a', 'b'] });

function serviceFrom(spec: object, status?: object): Service {
  const [own] = from(service(spec, status)).services;
  if (own === undefined) throw new Error('no Service');
  return own;
}

describe('a Service', () => {
  test('says everything about its traffic', () => {
    const own = serviceFrom(
      {
        type: 'LoadBalancer',
        clusterIP: 'fd00::7',
        clusterIPs: ['fd00::7', '10.96.0.7'],
        ipFamilyPolicy: 'RequireDualStack',
        externalIPs: ['192.0.2.4'],
        loadBalancerSourceRanges: ['203.0.113.0/24'],
        allocateLoadBalancerNodePorts: false,
        internalTrafficPolicy: 'Local',
        externalTrafficPolicy: 'Local',
        healthCheckNodePort: 30900,
        trafficDistribution: 'PreferClose',
        sessionAffinity: 'ClientIP',
      },
      {
        loadBalancer: {
          ingress: [{ ip: '198.51.100.1', ipMode: 'VIP' }, { ip: '198.51.100.2', ipMode: 'Proxy' }, { hostname: 'x' }],
        },
      },
    );
    expect(own).toMatchObject({
      type: 'LoadBalancer',
      clusterIp: parseIp('fd00::7'),
      ipFamilies: [6, 4],
      ipFamilyPolicy: 'RequireDualStack',
      allocateNodePorts: false,
      internalTrafficPolicy: 'Local',
      externalTrafficPolicy: 'Local',
      healthCheckNodePort: 30900,
      trafficDistribution: 'PreferClose',
      affinitySeconds: 10_800,
      loadBalancerAssigned: true,
    });
    expect(own.clusterIps.map(formatIp)).toEqual(['fd00::7', '10.96.0.7']);
    expect(own.externalIps.map(formatIp)).toEqual(['192.0.2.4']);
    expect(own.loadBalancerVips.map(formatIp)).toEqual(['198.51.100.1']);
    expect(own.sourceRanges.map(formatIpPrefix)).toEqual(['203.0.113.0/24']);
  });

  test.each([
    [{ clusterIP: '172.30.0.041' }, ['172.30.0.41']],
    [{ clusterIP: ' 10.0.0.1 ' }, ['10.0.0.1']],
    [{ clusterIP: '::ffff:10.0.0.1' }, ['10.0.0.1']],
    [{ clusterIP: '' }, []],
    [{ clusterIP: 'None' }, []],
    [{ type: 'ExternalName', clusterIP: '10.0.0.1' }, []],
  ])('%j has the addresses %j', (spec, addresses) => {
    expect(serviceFrom(spec).clusterIps.map(formatIp)).toEqual(addresses);
  });

  test('may have blanks, leading zeros and host bits in its prefixes', () => {
    const own = serviceFrom({ type: 'LoadBalancer', loadBalancerSourceRanges: [' 203.0.113.077/25 ', 'fd00::1/64'] });
    expect(own.sourceRanges.map(formatIpPrefix)).toEqual(['203.0.113.0/25', 'fd00::/64']);
  });

  test('without status may ask for an address in a file; kube-proxy looks at the status alone', () => {
    const asking = service({ type: 'LoadBalancer', loadBalancerIP: '198.51.100.9' });
    const { objects } = readManifests([{ file: 'a', text: JSON.stringify(asking) }]);
    expect(objects.services).toMatchObject([
      { loadBalancerVips: [parseIp('198.51.100.9')], loadBalancerAssigned: false },
    ]);
    expect(from(asking).services).toMatchObject([{ loadBalancerVips: [], loadBalancerAssigned: false }]);
  });

  test('that an API server would refuse is taken from it all the same, and refused in a file', () => {
    const spec = { healthCheckNodePort: 10000, ports: [PORT, { ...PORT, port: 81 }] };
    expect(serviceFrom(spec)).toMatchObject({ healthCheckNodePort: 10000, ports: [{ nodePort: 3001 }, { port: 81 }] });
    expect(problemsOf(() => readManifests([{ file: 'a.json', text: JSON.stringify(service(spec)) }]))).toEqual([
      "a.json:1:151 Service.spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'",
      'a.json:1:165 Service.spec.ports[1].name: Duplicate value: "http"',
      "a.json:1:228 Service.spec.ports[1].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'",
      'a.json:1:228 Service.spec.ports[1].nodePort: Duplicate value: 3001',
      'a.json:1:257 Service.spec.healthCheckNodePort: Invalid value: 10000: ' +
        "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
    ]);
  });
});

describe('a slice', () => {
  test('knows nodes by the names given, and others not', () => {
    const endpoints = ['a', 'b', 'c', undefined].map((nodeName, i) => ({ addresses: [`10.0.0.${i}`], nodeName }));
    expect(from(slice({ endpoints })).slices[0]?.endpoints.map(({ node }) => node)).toEqual([0, 1, -1, -1]);
  });

  test.each([
    [undefined, [true, true, false]],
    [{ ready: null, serving: null, terminating: null }, [true, true, false]],
    [{ ready: false }, [false, true, false]],
    [{ ready: false, serving: false, terminating: true }, [false, false, true]],
  ])('with conditions %j', (conditions, expected) => {
    const [own] = from(slice({ endpoints: [{ addresses: ['10.0.0.1'], conditions }] })).slices;
    expect(own?.endpoints.map(({ ready, serving, terminating }) => [ready, serving, terminating])).toEqual([expected]);
  });

  test('has hints for zones and nodes; equal ones are one object', () => {
    const hints = { forZones: [{ name: 'z' }], forNodes: [{ name: 'b' }, { name: 'gone' }] };
    const [own] = from(
      slice({
        endpoints: [
          { addresses: ['10.0.0.1'], hints },
          { addresses: ['10.0.0.2'], hints: { ...hints } },
          { addresses: ['10.0.0.3'], hints: { forZones: [] } },
        ],
      }),
    ).slices;
    expect(own?.endpoints[0]?.hints).toEqual({ zones: ['z'], nodes: [1, -1] });
    expect(own?.endpoints[1]?.hints).toBe(own?.endpoints[0]?.hints);
    expect(own?.endpoints[2]?.hints).toBeNull();
  });

  test('counts with the first address of an endpoint, and with ports that have name and number', () => {
    const ports = [
      { name: 'http', port: 80 },
      { name: null, port: 81 },
      { name: 'x', port: null },
      { name: '', port: 82 },
    ];
    const [own] = from(slice({ ports, endpoints: [{ addresses: ['10.0.0.1', '10.0.0.2'] }] })).slices;
    expect(own?.ports.map(({ name, port }) => [name, port])).toEqual([
      ['http', 80],
      ['', 82],
    ]);
    expect(own?.endpoints.map(({ address }) => formatIp(address))).toEqual(['10.0.0.1']);
  });

  test('of IPv6 has IPv6 addresses', () => {
    const six = slice({ addressType: 'IPv6', endpoints: [{ addresses: ['FD00:0::1'] }] });
    expect(from(six).slices[0]).toMatchObject({ family: 6, endpoints: [{ address: parseIp('fd00::1') }] });
    const mixed = slice({ addressType: 'IPv6', endpoints: [{ addresses: ['10.0.0.1'] }] });
    expect(problemsOf(() => from(mixed))).toEqual([
      'objects:1:1 EndpointSlice.endpoints[0].addresses[0]: expected an IPv6 address, as addressType says',
    ]);
    expect(from(slice({ addressType: 'FQDN', endpoints: [{ addresses: ['x.example'] }] })).slices).toEqual([]);
  });
});

test('nodes are those that are named, with what their objects say', () => {
  const labels = { 'topology.kubernetes.io/zone': 'z1' };
  const addresses = [
    { type: 'ExternalIP', address: '203.0.113.1' },
    { type: 'InternalIP', address: '10.0.0.1' },
    { type: 'InternalIP', address: 'fd00::1' },
    { type: 'Hostname', address: 'b' },
  ];
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'b', labels }, status: { addresses } };
  expect(from(node, { ...node, metadata: { name: 'other' } }).nodes).toEqual([
    { name: 'a', index: 0, ip: 0, secondIp: 0, zone: '' },
    { name: 'b', index: 1, ip: parseIp('10.0.0.1'), secondIp: parseIp('fd00::1'), zone: 'z1' },
  ]);
});

test('pods have their addresses and their network', () => {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p' },
    spec: { nodeName: 'b', hostNetwork: true },
    status: { podIP: '10.0.0.9', podIPs: [{ ip: '10.0.0.9' }, { ip: 'fd00::9' }] },
  };
  expect(from(pod).pods).toMatchObject([
    { ip: parseIp('10.0.0.9'), secondIp: parseIp('fd00::9'), hostNetwork: true, node: 1 },
  ]);
});

test('written as manifests and read again, all of it is the same', () => {
  const spec = {
    type: 'LoadBalancer',
    clusterIPs: ['fd00::7', '10.96.0.7'],
    ipFamilyPolicy: 'PreferDualStack',
    externalIPs: ['192.0.2.4'],
    loadBalancerSourceRanges: ['203.0.113.0/24'],
    allocateLoadBalancerNodePorts: false,
    externalTrafficPolicy: 'Local',
    internalTrafficPolicy: 'Local',
    healthCheckNodePort: 30900,
    trafficDistribution: 'PreferSameNode',
    publishNotReadyAddresses: true,
  };
  const endpoints = [
    { addresses: ['10.0.0.1'], nodeName: 'n', hints: { forZones: [{ name: 'z' }], forNodes: [{ name: 'n' }] } },
    { addresses: ['10.0.0.2'], conditions: { ready: false, serving: true, terminating: true } },
  ];
  const ingress = [{ ip: '198.51.100.1' }, { hostname: 'x' }];
  const items = [service(spec, { loadBalancer: { ingress } }), slice({ endpoints })];
  const { objects } = readManifests([{ file: 'a', text: JSON.stringify({ kind: 'List', items }) }]);
  expect(objects.slices).toHaveLength(1);
  const place = { file: 'again', line: 1, column: 1 };
  const raws = manifestsOf(objects).flatMap((manifest) => objectsIn(manifest, () => place));
  expect(readRawObjects(raws).objects).toEqual(objects);
});

test('a Service of which nothing is said has the defaults', () => {
  expect(serviceFrom({})).toMatchObject(SERVICE_DEFAULTS);
});
