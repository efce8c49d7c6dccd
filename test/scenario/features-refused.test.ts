/** What a user is told about families, features of Services and options of kube-proxy that mean nothing together. */
import { expect, test } from 'vitest';
import { expanded, problemsOf, scenarioText } from './made-up-scenario.js';

test.each<[string, readonly string[], unknown]>([
  [
    'a scheduler for a mode that has none',
    ['  matrix: { proxy: [{ mode: iptables, scheduler: lc }] }'],
    's.yaml:5:50 spec.proxy.scheduler: a scheduler means nothing in iptables mode',
  ],
  [
    'a mode that the kernel cannot run',
    ['  proxy: { mode: ipvs, ipvs: missing }'],
    expect.stringMatching(
      /^s\.yaml:5:18 spec\.proxy\.mode: kube-proxy ends with: .*; with onMissing: fallback it takes another mode/,
    ),
  ],
  [
    'a family that the cluster does not have',
    ['  workload: { ipFamily: IPv6 }'],
    's.yaml:5:25 spec.workload.ipFamily: the cluster has IPv4 only (cluster.ipFamilies)',
  ],
  [
    'a family that the Services do not have',
    ['  cluster: { ipFamilies: [IPv4, IPv6] }', '  workload: { ipFamily: IPv6 }'],
    "s.yaml:6:25 spec.workload.ipFamily: the Services have the cluster's primary family only (cluster.services.ipFamilyPolicy)",
  ],
  [
    'both families in a cluster of one',
    ['  cluster: { ipFamilies: [IPv6], services: { ipFamilyPolicy: RequireDualStack } }'],
    's.yaml:5:62 spec.cluster.services.ipFamilyPolicy: RequireDualStack needs a cluster of both families (cluster.ipFamilies)',
  ],
  [
    'a family twice',
    ['  cluster: { ipFamilies: [IPv6, IPv6] }'],
    's.yaml:5:26 spec.cluster.ipFamilies: expected auto, or a list of IPv4, IPv6 or both, the primary one first, found a list',
  ],
  [
    'an IPv6 range where IPv4 is meant',
    ['  cluster: { podCidr: "fd00::/48" }'],
    's.yaml:5:23 spec.cluster.podCidr: expected an IPv4 network such as 10.244.0.0/16, written with its first address, found "fd00::/48"',
  ],
  [
    'IPv6 ranges that overlap',
    ['  cluster: { ipFamilies: [IPv6], nodeCidr6: "fd00:10:244:1::/64" }'],
    's.yaml:5:45 spec.cluster.nodeCidr6: fd00:10:244:1::/64 overlaps podCidr6 (fd00:10:244::/48)',
  ],
  [
    'numbers that the kernel does not know of ip_vs',
    ['  cluster: { ipvs: { loadFactor: 255, connTabBits: 7, connReuseMode: 2 } }'],
    [
      's.yaml:5:34 spec.cluster.ipvs.loadFactor: expected 256 or 257, found 255',
      's.yaml:5:52 spec.cluster.ipvs.connTabBits: expected a whole number from 8 to 27, found 7',
      's.yaml:5:70 spec.cluster.ipvs.connReuseMode: expected 0 or 1, found 2',
    ].join('\n'),
  ],
  [
    'parts of seconds for ip_vs',
    ['  proxy: { ipvsUdpTimeout: 1500ms }'],
    's.yaml:5:28 spec.proxy.ipvsUdpTimeout: expected a duration in whole seconds such as 900s, or 0s, found "1500ms"',
  ],
  [
    'a traffic policy without an entrance',
    ['  cluster: { services: { externalTrafficPolicy: Local } }'],
    's.yaml:5:49 spec.cluster.services.externalTrafficPolicy: Local needs Services of type NodePort or LoadBalancer, or externalIps',
  ],
  [
    'source ranges without a load balancer',
    ['  cluster: { services: { type: NodePort, sourceRanges: [10.0.0.0/8] } }'],
    's.yaml:5:56 spec.cluster.services.sourceRanges: source ranges need Services of type LoadBalancer',
  ],
  [
    'zones that nodes do not have',
    ['  cluster: { services: { trafficDistribution: PreferClose } }'],
    's.yaml:5:47 spec.cluster.services.trafficDistribution: PreferClose needs nodes with zones (cluster.zones)',
  ],
  [
    'more zones than nodes',
    ['  cluster: { nodes: 2, zones: 3 }'],
    's.yaml:5:31 spec.cluster.zones: expected at most the number of nodes (2), found 3',
  ],
  [
    'a frontend that Services do not have',
    ['  workload: { frontend: external-ip }'],
    's.yaml:5:25 spec.workload.frontend: external-ip needs Services of external addresses (cluster.services.externalIps)',
  ],
  [
    'a restart of a node that is not there',
    ['  cluster: { nodes: 4 }', '  churn: [{ kind: proxy-restart, at: 100ms, nodes: [1, 4] }]'],
    's.yaml:6:52 spec.churn[0].nodes: expected numbers of nodes from 0 to 3, found 4',
  ],
  [
    'a node that is to join and is not there',
    ['  cluster: { nodes: 4 }', '  churn: [{ kind: node-join, at: 0s, nodes: [4] }]'],
    's.yaml:6:45 spec.churn[0].nodes: expected numbers of nodes from 0 to 3, found 4',
  ],
  [
    'groups of more Services than there are',
    ['  cluster: { services: { count: 3, sizes: [{ count: 2, endpoints: 1 }, { count: 2, endpoints: 1 }] } }'],
    's.yaml:5:43 spec.cluster.services.sizes: expected groups of at most 3 Services in all (cluster.services.count), found 4',
  ],
])('%s', (_, spec, message) => {
  expect(problemsOf(() => expanded(scenarioText(...spec))).join('\n')).toEqual(message);
});
