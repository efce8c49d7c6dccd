/** Lookups as packets: how many queries a name takes on the wire, who answers them, and what becomes of lookups when nobody does. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DNS_SERVICE, madeUpObjects, type ClusterObjects } from '../../src/kube/index.js';
import type { DnsOptions, LookupOptions } from '../../src/scenario/case.js';
import { PROXY_MODES } from '../../src/scenario/index.js';
import { CaseError, runCase } from '../../src/testbed/index.js';
import { World } from '../../src/testbed/world.js';
import { service } from '../kube/objects.js';
import { drops, figure, MS, outcomes, pricesOf, S, smallCase, US, type Changes } from './small-case.js';

const MODES = PROXY_MODES.map(({ name }) => name);
const FREE = pricesOf({});

function lookedUp(changes: Changes = {}, seed = '1') {
  return runCase(smallCase({ ...changes, workload: { kind: 'dns', ratePerSecond: 1000, ...changes.workload } }), seed);
}

/** Queries of a lookup that finds its name: two for each name tried. */
function expectedQueries({ form, outside, resolver, families }: LookupOptions): number {
  const domains = ['default.svc.cluster.local', 'svc.cluster.local', 'cluster.local', ...resolver.searches];
  const rest = { name: '', namespace: '.default', svc: '.default.svc', fqdn: '', absolute: '' }[form];
  const full = 'svc-0.default.svc.cluster.local';
  const service = form === 'fqdn' ? full : form === 'absolute' ? `${full}.` : `svc-0${rest}`;
  const name = outside === '' ? service : outside;
  const dots = name.split('.').length - 1;
  const searched = domains.map((domain) => `${name}.${domain}`);
  const tried = name.endsWith('.') ? [name] : dots >= resolver.ndots ? [name, ...searched] : [...searched, name];
  const wanted = outside === '' ? full : outside.replace(/\.$/, '');
  return families.length * (tried.findIndex((each) => each.replace(/\.$/, '') === wanted) + 1);
}

describe('queries on the wire', () => {
  const lookups = fc.record<LookupOptions>({
    form: fc.constantFrom('name', 'namespace', 'svc', 'fqdn', 'absolute'),
    outside: fc.constantFrom('', '', 'example.com', 'api.example.com', 'a.b.c.d.example.com', 'example.com.'),
    families: fc.constantFrom<LookupOptions['families'][]>([4], [6], [4, 6]),
    resolver: fc.record({
      library: fc.constantFrom('glibc', 'musl'),
      ndots: fc.integer({ min: 1, max: 7 }),
      searches: fc.subarray(['corp.example', 'lan.example']),
      options: fc.constant([]),
    }),
  });

  /** musl never searches for a name with enough dots, and glibc only after it was not found as it stands. */
  const isFound = (lookup: LookupOptions): boolean => {
    const { form, outside, resolver, families } = lookup;
    if (outside === '' && !families.includes(4)) return false;
    const dots = { name: 0, namespace: 1, svc: 2, fqdn: 4, absolute: 5 }[form];
    return resolver.library === 'glibc' || outside !== '' || dots < resolver.ndots || dots >= 4;
  };

  test.each(MODES)(
    '%s: a packet for each query that the search list makes of a name, and one for its answer',
    (mode) => {
      fc.assert(
        fc.property(lookups.filter(isFound), (lookup) => {
          const result = lookedUp({ lookup, proxy: { mode }, run: { durationNs: 10 * MS } });
          const expected = expectedQueries(lookup);
          const count = figure(result, 'lookups');
          expect(figure(result, 'queries_per_lookup', 'min')).toBe(expected);
          expect(figure(result, 'queries_per_lookup', 'max')).toBe(expected);
          expect(figure(result, 'dns_queries')).toBe(count * expected);
          // A relay sends each message once more.
          expect(figure(result, 'packets_sent')).toBe(count * expected * (mode === 'userspace' ? 4 : 2));
          expect(figure(result, 'dns_answers_nxdomain')).toBe(count * (expected - lookup.families.length));
          expect(outcomes(result)).toEqual({ completed: count });
        }),
        { numRuns: 12 },
      );
    },
  );
});

describe.each(MODES)('%s', (mode) => {
  const proxy = { mode };

  test.each([
    ['glibc, IPv4', {}],
    ['musl, IPv6', { cluster: { ipFamilies: [6] }, workload: { ipFamily: 6 } }],
    ['from the nodes themselves', { workload: { placement: 'nodes' } }],
  ] as const)('%s: every lookup finds its name, and the DNS pods share the queries', (_what, changes) => {
    const result = lookedUp({ ...(changes as Changes), proxy });
    expect(outcomes(result)).toEqual({ completed: figure(result, 'lookups') });
    expect(drops(result)).toEqual({});
    expect(figure(result, 'endpoint_requests', 'min')).toBeGreaterThan(0);
    expect(figure(result, 'endpoint_load_jain', 'value')).toBeGreaterThan(0.9);
  });

  test.each(['new-connection', 'keepalive', 'udp'])('%s: names are looked up before each connection', (kind) => {
    const plan = { proxy, workload: { kind, requestsPerConnection: 1 } };
    const named = runCase(smallCase({ ...plan, lookup: { form: 'namespace' } }), '1');
    const dialled = runCase(smallCase(plan), '1');
    const requests = figure(named, 'requests_scheduled');
    expect(outcomes(named)).toEqual({ completed: requests });
    expect(figure(named, 'lookups')).toBe(requests);
    expect(figure(named, 'dns_queries')).toBe(4 * requests);
    const [slow, fast] = [named, dialled].map((result) => figure(result, 'request_latency_ns', 'mean'));
    expect(slow! - fast!).toBeGreaterThan(0.9 * figure(named, 'lookup_latency_ns', 'mean') - 20 * US);
    // Their load is that of the Services, and their packets are none of the flows that are measured.
    expect(figure(named, 'endpoint_requests', 'mean') * 12).toBeCloseTo(requests, 6);
    expect(figure(named, 'first_packet_latency_ns', 'count')).toBe(requests);
  });

  test('an answer that does not fit comes over TCP, both families in one message', () => {
    const endpoints = 60;
    const made = madeUpObjects({ services: 1, endpoints, serviceType: 'ClusterIP', protocol: 6 });
    const headless = made.services.map((own) => ({ ...own, headless: true }));
    const changes = { cluster: { objects: { ...made, services: headless } }, proxy };
    const result = lookedUp(changes);
    const count = figure(result, 'lookups');
    expect(outcomes(result)).toEqual({ completed: count });
    expect(figure(result, 'dns_queries_tcp')).toBe(2 * count);
    expect(figure(result, 'queries_per_lookup', 'mean')).toBe(4);
  });
});

test('a query takes its time on the way, in the pod and at the upstream', () => {
  const near = { cluster: { nodes: 1 }, dns: { concurrency: 100 }, profile: FREE, workload: { clientNodes: 1 } };
  const inside = lookedUp(near);
  // Both queries at once, nothing on the way.
  expect(figure(inside, 'lookup_latency_ns', 'max')).toBe(40 * US);
  const outside = lookedUp({ ...near, lookup: { outside: 'api.example.com' } });
  // Three search domains one after the other, and then the upstream.
  expect(figure(outside, 'lookup_latency_ns', 'max')).toBe(4 * 40 * US + 5 * MS);
});

test('a pod that works on one query at a time answers A before AAAA', () => {
  const single = { cluster: { nodes: 1 }, dns: { concurrency: 1, replicas: 1 }, profile: FREE };
  const result = lookedUp({ ...single, workload: { clients: 1, clientNodes: 1, ratePerSecond: 100 } });
  expect(figure(result, 'lookup_latency_ns', 'min')).toBe(80 * US);
});

/** A resolver, a mode, how long the first lookup takes, what the DNS pods are like, and what else there is. */
type Silence = [library: 'glibc' | 'musl', mode: string, seconds: number, dns: Partial<DnsOptions>, changes?: Changes];

describe('nobody answers', () => {
  const SILENCES: readonly Silence[] = [
    // A connected socket hears of the refusal; with the kernel's limits only six times, and of eight queries the last two wait.
    ['glibc', 'iptables', 0, { replicas: 0 }, { icmp: { ratelimitNs: 0 } }],
    ['glibc', 'nftables', 5, { replicas: 0 }],
    // An unconnected one does not: 5 s, in two attempts.
    ['musl', 'iptables', 5, { replicas: 0 }],
    // Two names (silence ends the search, but the name as it stands is tried), twice 5 s each.
    ['glibc', 'ipvs', 20, { serverNs: 1000 * S }],
    ['musl', 'ipvs', 5, { serverNs: 1000 * S }],
  ];
  test.each(SILENCES)('%s, %s: %d s', (library, mode, seconds, dns, changes = {}) => {
    const plan = smallCase({
      ...changes,
      proxy: { mode },
      dns,
      lookup: { resolver: { library, ndots: 5, searches: [], options: [] } },
      workload: { kind: 'dns', arrivals: 'constant', ratePerSecond: 20, clients: 1, requestTimeoutNs: 60 * S },
      run: { durationNs: 100 * MS },
    });
    const world = new World(plan, '1');
    let lastEnd = 0;
    let firstBegin = -1;
    const { probes } = world.lookups!;
    const [began, ended] = [probes.began.bind(probes), probes.ended.bind(probes)];
    probes.began = (at) => {
      if (firstBegin < 0) firstBegin = at;
      began(at);
    };
    probes.ended = (at, ...rest) => {
      if (at === firstBegin) lastEnd = world.base.simulation.now;
      ended(at, ...rest);
    };
    world.traffic.start();
    world.base.simulation.run(70 * S);
    world.lookups!.check();
    expect(probes.counts.lookups).toBe(2);
    expect(world.traffic.unfinished).toBe(0);
    expect(probes.counts.found).toBe(0);
    expect(probes.counts.unanswered).toBe(probes.counts.asked);
    expect((lastEnd - firstBegin) / S).toBeGreaterThanOrEqual(seconds);
    expect((lastEnd - firstBegin) / S).toBeLessThan(seconds + 0.02);
  });
});

test('queries that are lost are asked again after the timeout, and every one is accounted for', () => {
  const result = lookedUp({
    link: { bandwidthBitsPerSecond: 3e6, queuePackets: 1 },
    workload: { ratePerSecond: 500, requestTimeoutNs: 60 * S },
    run: { drainNs: 60 * S },
  });
  expect(figure(result, 'packets_dropped_link_queue')).toBeGreaterThan(0);
  expect(figure(result, 'dns_timeouts')).toBeGreaterThan(0);
  expect(figure(result, 'dns_queries_unanswered')).toBeGreaterThan(0);
  expect(figure(result, 'lookup_latency_ns', 'max')).toBeGreaterThan(5 * S);
  const ends = outcomes(result);
  expect((ends['completed'] ?? 0) + figure(result, 'requests_unresolved')).toBe(figure(result, 'lookups'));
});

test('who gives up a lookup gives up its queries', () => {
  const result = lookedUp({
    lookup: { outside: 'api.example.com' },
    workload: { requestTimeoutNs: 3 * MS },
  });
  expect(outcomes(result)).toEqual({ timed_out: figure(result, 'lookups') });
  expect(figure(result, 'lookup_latency_ns', 'count')).toBe(0);
});

test('without a source port a lookup fails at once, and so does what it was for', () => {
  const ephemeralPorts = { first: 40_000, last: 40_001 };
  const plan = { ephemeralPorts, clients: 1, clientNodes: 1, ratePerSecond: 5000 };
  const lookups = lookedUp({ workload: plan });
  expect(figure(lookups, 'requests_without_port')).toBeGreaterThan(0);
  expect(figure(lookups, 'lookups_not_found')).toBe(figure(lookups, 'requests_without_port'));
  const connections = runCase(smallCase({ workload: plan, lookup: {} }), '1');
  expect(figure(connections, 'requests_without_port')).toBeGreaterThan(0);
});

describe('the Service kube-dns', () => {
  test('is none of those that traffic goes to, and has the tenth address', () => {
    const world = new World(smallCase({ lookup: {}, workload: { kind: 'udp' } }), '1');
    const dns = world.cluster.store.get('service', 'kube-system/kube-dns')!;
    expect(dns.clusterIp - smallCase().cluster.serviceCidr.address).toBe(10);
    expect(world.cluster.services).toHaveLength(4);
    expect(world.cluster.services).not.toContain(dns);
  });

  test('of manifests is taken as it is', () => {
    const own = (pods: number): ClusterObjects => {
      const made = madeUpObjects({ services: 1, endpoints: pods, serviceType: 'ClusterIP', protocol: 17 });
      const labels = { app: 'dns' };
      const metadata = { ...DNS_SERVICE, labels };
      const ports = [{ name: 'dns', protocol: 17, port: 53, targetPort: 53, nodePort: 0 }];
      return {
        ...made,
        services: made.services.map((each) => ({ ...each, metadata, selector: labels, ports })),
        podSets: made.podSets.map((set) => ({ ...set, metadata, podLabels: labels })),
      };
    };
    const result = lookedUp({ cluster: { objects: own(2) }, lookup: { form: 'svc' } });
    expect(outcomes(result)).toEqual({ completed: figure(result, 'lookups') });
    expect(figure(result, 'endpoints_ready', 'value')).toBe(2);
  });

  test('without an address cannot be asked', () => {
    const { namespace, name } = DNS_SERVICE;
    const headless = service({ metadata: { namespace, name, labels: {} }, headless: true, clusterIp: 0 });
    const given: ClusterObjects = { services: [headless], pods: [], podSets: [], slices: [], nodes: [] };
    const run = () => lookedUp({ cluster: { objects: given } });
    expect(run).toThrow(CaseError);
    expect(run).toThrow('kube-system/kube-dns');
  });
});
