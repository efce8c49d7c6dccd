/** Families, features of Services, kube-proxy's options and restarts: from a scenario's words to its case. */
import { describe, expect, test } from 'vitest';
import { formatIpPrefix, parseIpPrefix } from '../../src/net/index.js';
import { expandScenario, parseScenario, readManifests, type Case } from '../../src/scenario/index.js';
import { expanded, plainProfile, problemsOf, scenarioText } from './made-up-scenario.js';

function only(cases: readonly Case[]): Case {
  const [own] = cases;
  if (own === undefined) throw new Error('no case');
  return own;
}

const caseOf = (...spec: readonly string[]): Case => only(expanded(scenarioText(...spec)).cases);

function caseWith(manifests: readonly object[], ...spec: readonly string[]): Case {
  const text = JSON.stringify({ kind: 'List', items: manifests });
  const { objects } = readManifests([{ file: 'm.json', text }]);
  return only(expandScenario(parseScenario(scenarioText(...spec), 's.yaml'), { objects, profile: plainProfile }).cases);
}

const service = (spec: object) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web' },
  spec: { selector: { app: 'web' }, ports: [{ port: 80 }], ...spec },
});

const node = (...addresses: readonly string[]) => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'n' },
  status: { addresses: addresses.map((address) => ({ type: 'InternalIP', address })) },
});

test('without a word of it a case is a cluster of IPv4 and plain Services', () => {
  const own = caseOf('  question: any');
  expect(own.cluster).toMatchObject({
    ipFamilies: [4],
    zones: 0,
    flannelMasquerade: 'iptables',
    serviceType: 'ClusterIP',
    externalIps: 0,
    serviceFeatures: {
      ipFamilyPolicy: 'SingleStack',
      affinitySeconds: 0,
      sourceRanges: [],
      internalTrafficPolicy: 'Cluster',
      externalTrafficPolicy: 'Cluster',
      trafficDistribution: '',
    },
  });
  expect(own.proxy).toMatchObject({
    fellBackFrom: '',
    detectLocalMode: 'ClusterCIDR',
    localInterface: '',
    masqueradeBit: 14,
    nodePortAddresses: [],
    localhostNodePorts: true,
    nfacctCounters: false,
    randomFully: true,
    conntrackTcpBeLiberal: false,
    strictArp: false,
    excludeCidrs: [],
  });
  expect(own.workload).toMatchObject({ placement: 'pods', frontend: 'cluster-ip', ipFamily: 4 });
});

test('features of made-up Services', () => {
  const { cluster } = caseOf(
    '  cluster:',
    '    zones: 3',
    '    loadBalancerCidr: 203.0.113.0/24',
    '    services:',
    '      { type: LoadBalancer, sessionAffinity: ClientIP, affinityTimeout: 2m, internalTrafficPolicy: Local,',
    '        externalTrafficPolicy: Local, trafficDistribution: PreferSameNode, externalIps: 1, sourceRanges: [10.0.0.0/8] }',
  );
  expect(cluster).toMatchObject({
    zones: 3,
    serviceType: 'LoadBalancer',
    externalIps: 1,
    serviceFeatures: {
      affinitySeconds: 120,
      internalTrafficPolicy: 'Local',
      externalTrafficPolicy: 'Local',
      trafficDistribution: 'PreferSameNode',
      sourceRanges: [parseIpPrefix('10.0.0.0/8')],
    },
  });
  expect(formatIpPrefix(cluster.loadBalancerCidr)).toBe('203.0.113.0/24');
});

describe('families', () => {
  test('as written, and traffic in the primary one', () => {
    const { cluster, workload } = caseOf(
      '  cluster: { ipFamilies: [IPv6, IPv4], podCidr6: "fd01::/40", nodeSubnet6: /56 }',
    );
    expect([cluster.ipFamilies, workload.ipFamily]).toEqual([[6, 4], 6]);
    expect([formatIpPrefix(cluster.podCidr6), cluster.nodeSubnetBits6]).toEqual(['fd01::/40', 56]);
  });

  test('traffic in the other one, where Services have it', () => {
    const text = '  cluster: { ipFamilies: [IPv4, IPv6], services: { ipFamilyPolicy: PreferDualStack } }';
    expect(caseOf(text, '  workload: { ipFamily: IPv6 }').workload.ipFamily).toBe(6);
  });

  test.each<[string, readonly object[], readonly number[]]>([
    ['IPv4', [service({ clusterIP: '10.96.0.9' })], [4]],
    ['IPv6', [service({ clusterIP: 'fd00:10:96::9' })], [6]],
    ['both', [service({ ipFamilyPolicy: 'RequireDualStack', ipFamilies: ['IPv6', 'IPv4'] })], [4, 6]],
    ['either', [service({ ipFamilyPolicy: 'PreferDualStack' })], [4]],
    ['what nodes have', [service({}), node('fd00:10:50::9', '10.50.0.9')], [6, 4]],
  ])('of manifests that need %s', (_, manifests, families) => {
    expect(caseWith(manifests, '  question: any').cluster.ipFamilies).toEqual(families);
  });

  test('that manifests need and the scenario rules out', () => {
    const manifests = [service({ ipFamilies: ['IPv6'] })];
    expect(problemsOf(() => caseWith(manifests, '  cluster: { ipFamilies: [IPv4] }'))).toEqual([
      's.yaml:5:26 spec.cluster.ipFamilies: Service default/web wants IPv6, the cluster has IPv4 only; auto takes the families of the manifests',
    ]);
  });
});

describe('kube-proxy', () => {
  test('has the options that are written', () => {
    const { proxy } = caseOf(
      '  proxy:',
      '    { mode: ipvs, detectLocalMode: InterfaceNamePrefix, interfaceNamePrefix: veth, masqueradeBit: 0, strictArp: true,',
      '      nodePortAddresses: primary, excludeCidrs: [192.0.2.0/24], nfacctCounters: true, conntrackTcpBeLiberal: true }',
    );
    expect(proxy).toMatchObject({
      detectLocalMode: 'InterfaceNamePrefix',
      localInterface: 'veth',
      masqueradeBit: 0,
      strictArp: true,
      nodePortAddresses: 'primary',
      excludeCidrs: [parseIpPrefix('192.0.2.0/24')],
      nfacctCounters: true,
      conntrackTcpBeLiberal: true,
    });
  });

  test('falls back from ipvs where that is asked for and ipvs is missing', () => {
    const modes = ['missing', 'available'].map((ipvs) => {
      const { proxy } = caseOf(`  proxy: { mode: ipvs, ipvs: ${ipvs}, onMissing: fallback, scheduler: lc }`);
      return [proxy.mode, proxy.fellBackFrom, proxy.scheduler];
    });
    expect(modes).toEqual([
      ['iptables', 'ipvs', ''],
      ['ipvs', '', 'lc'],
    ]);
  });

  test('leaves timeouts of ip_vs alone, or sets them in whole seconds', () => {
    const timeouts = (...fields: readonly string[]) => caseOf(`  proxy: { ${fields.join(', ')} }`).proxy.ipvsTimeouts;
    expect(timeouts('mode: ipvs')).toEqual({ tcpSeconds: 0, tcpFinSeconds: 0, udpSeconds: 0 });
    expect(timeouts('ipvsTcpTimeout: 2h', 'ipvsTcpFinTimeout: 30s', 'ipvsUdpTimeout: 2m')).toEqual({
      tcpSeconds: 7200,
      tcpFinSeconds: 30,
      udpSeconds: 120,
    });
  });

  test('is started again on all nodes, or on some', () => {
    const { churn } = caseOf(
      '  cluster: { nodes: 3 }',
      '  churn: [{ kind: proxy-restart, at: 10ms }, { kind: proxy-restart, at: 20ms, down: 0, nodes: [2, 0] }]',
    );
    expect(churn).toEqual([
      { kind: 'proxy-restart', atNs: 10e6, downNs: 5e9, nodes: [0, 1, 2] },
      { kind: 'proxy-restart', atNs: 20e6, downNs: 0, nodes: [0, 2] },
    ]);
  });

  test('starts a proxy on nodes that had none', () => {
    const { churn } = caseOf(
      '  cluster: { nodes: 3 }',
      '  churn: [{ kind: node-join, at: 0s, nodes: [2, 1] }, { kind: node-join, at: 5ms, nodes: all }]',
    );
    expect(churn).toEqual([
      { kind: 'node-join', atNs: 0, nodes: [1, 2] },
      { kind: 'node-join', atNs: 5e6, nodes: [0, 1, 2] },
    ]);
  });

  test('sizes the conntrack table by core, with a floor', () => {
    const text = (conntrack: string) =>
      caseOf(`  cluster: { cores: 2, conntrack: { ${conntrack} } }`).cluster.conntrack.max;
    expect([text('maxPerCore: 1000, min: 500'), text('maxPerCore: 1000, min: 5000'), text('max: 7')]).toEqual([
      2000, 5000, 7,
    ]);
  });
});

test("the kernel's ip_vs is that of 6.1.176, or what is written", () => {
  expect(caseOf('  question: any').cluster.ipvs).toMatchObject({ loadFactor: 256, tableBits: 12, connReuseMode: 1 });
  const written = caseOf('  cluster: { ipvs: { loadFactor: 257, connTabBits: 20, connReuseMode: 0 } }').cluster.ipvs;
  expect(written).toMatchObject({ loadFactor: 257, tableBits: 20, connReuseMode: 0 });
});

test('groups of Services have sizes of their own, which count for the number of nodes', () => {
  const { cluster } = caseOf(
    '  cluster: { services: { count: 30, endpoints: 10, sizes: [{ count: 1, endpoints: 1000 }, { count: 2, endpoints: 0 }] } }',
    '  workload: { clients: 30 }',
  );
  expect(cluster).toMatchObject({ services: 30, endpoints: 10, nodes: Math.ceil((1000 + 27 * 10 + 30) / 110) });
  expect(cluster.sizes).toEqual([
    { count: 1, endpoints: 1000 },
    { count: 2, endpoints: 0 },
  ]);
  expect(caseOf('  question: any').cluster).not.toHaveProperty('sizes');
});
