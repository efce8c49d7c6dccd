/** Lookups of names in scenarios: what stands in the case, and what does not fit together. */
import { describe, expect, test } from 'vitest';
import { expanded, problemsOf, scenarioText } from './made-up-scenario.js';

const only = (...spec: readonly string[]) => expanded(scenarioText(...spec)).cases[0]!;

test('a case whose clients dial addresses says nothing about names', () => {
  const { cluster, workload } = only('  workload: { kind: udp }', '  cluster: { services: { protocol: UDP } }');
  expect(cluster).not.toHaveProperty('dns');
  expect(workload).not.toHaveProperty('lookup');
});

test('workload dns looks up the short names of Services, with the resolver that the kubelet sets up', () => {
  const { cluster, workload } = only('  workload: { kind: dns }');
  expect(cluster.dns).toEqual({ replicas: 2, serverNs: 60_000, concurrency: 2, upstreamDelayNs: 20e6 });
  const resolver = { library: 'glibc', ndots: 5, searches: [], options: [] };
  expect(workload.lookup).toEqual({ form: 'name', outside: '', families: [4, 6], resolver });
});

test('other workloads look up what they are told to', () => {
  const { workload } = only(
    '  workload:',
    '    lookup: fqdn',
    '    resolver: { library: musl, ndots: 2, searches: [corp.example], families: IPv4, options: [timeout:2] }',
  );
  const resolver = { library: 'musl', ndots: 2, searches: ['corp.example'], options: ['timeout:2'] };
  expect(workload.lookup).toEqual({ form: 'fqdn', outside: '', families: [4], resolver });
});

test('DNS pods need room', () => {
  const needed = (kind: string) =>
    only(`  workload: { kind: ${kind}, clients: 1 }`, '  cluster: { services: { count: 4, endpoints: 109 } }');
  expect([needed('new-connection'), needed('dns')].map(({ cluster }) => cluster.nodes)).toEqual([4, 4]);
  const many = only('  workload: { kind: dns, clients: 1 }', '  cluster: { dns: { replicas: 500 } }');
  expect(many.cluster.nodes).toBe(8);
});

describe('what does not fit', () => {
  test.each([
    [['  workload: { kind: dns, lookup: none }'], 'spec.workload.lookup: workload dns looks names up'],
    [
      [
        '  workload: { kind: dns, placement: external, frontend: node-port }',
        '  cluster: { services: { type: NodePort } }',
      ],
      'spec.workload.placement: names are looked up by pods or nodes',
    ],
    [
      ['  workload: { kind: dns, frontend: node-port }', '  cluster: { services: { type: NodePort } }'],
      "spec.workload.frontend: a Service's name stands for its cluster address: expected cluster-ip",
    ],
    [
      ['  workload: { kind: dns, ipFamily: IPv6 }', '  cluster: { ipFamilies: [IPv4, IPv6] }'],
      "spec.workload.ipFamily: kube-dns has an address of the cluster's primary family only",
    ],
    [
      ['  workload: { lookup: name, resolver: { outside: example.com } }'],
      'spec.workload.resolver.outside: a name outside of the cluster is for workload dns',
    ],
    [
      ['  workload: { kind: dns }', '  cluster: { serviceCidr: 10.96.0.0/29, services: { count: 2 } }'],
      'spec.cluster.serviceCidr: too small: 10.96.0.0/29 holds 6 addresses, 10 are needed with that of kube-dns',
    ],
    [
      ['  workload: { kind: dns, resolver: { outside: svc-0.default.svc.cluster.local } }'],
      'spec.workload.resolver.outside: expected a name outside of the cluster, or none',
    ],
    [
      ['  workload: { kind: dns, resolver: { options: [rotate] } }'],
      'spec.workload.resolver.options[0]: expected timeout:SECONDS',
    ],
  ])('%j', (spec, message) => {
    const problems = problemsOf(() => expanded(scenarioText(...spec)));
    expect(problems.map((line) => line.slice(line.indexOf(' ') + 1, line.indexOf(' ') + 1 + message.length))).toContain(
      message,
    );
  });
});
