/** The files that the kubelet writes into a container: resolver and hosts. */
import { describe, expect, test } from 'vitest';
import {
  addressesInHosts,
  hostsEntries,
  hostsFileText,
  LEGACY_RESOLV_CONF_LIMITS,
  parseResolvConf,
  podHostname,
  podResolvConf,
  resolvConfText,
  resolverSettings,
  type HostsFilePod,
  type KubeletDns,
  type ResolvingPod,
} from '../../../src/kube/index.js';
import { formatIp } from '../../../src/net/index.js';

const HOST = { nameservers: ['192.0.2.1'], searches: ['dc.test'], options: ['rotate'] };
const KUBELET: KubeletDns = { clusterDns: ['10.96.0.10'], clusterDomain: 'cluster.test', hostResolvConf: HOST };
const POD: ResolvingPod = { namespace: 'shop', hostNetwork: false };
const CLUSTER_SEARCH = ['shop.svc.cluster.test', 'svc.cluster.test', 'cluster.test', 'dc.test'];

describe('the resolver file of a pod', () => {
  test.each<[string, Partial<ResolvingPod>, string[], string[], string[]]>([
    ['that says nothing', {}, ['10.96.0.10'], CLUSTER_SEARCH, ['ndots:5']],
    ['in its node’s network', { hostNetwork: true }, ['192.0.2.1'], ['dc.test'], ['rotate']],
    [
      'in its node’s network that wants the cluster’s',
      { hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' },
      ['10.96.0.10'],
      CLUSTER_SEARCH,
      ['ndots:5'],
    ],
    ['that wants its node’s', { dnsPolicy: 'Default' }, ['192.0.2.1'], ['dc.test'], ['rotate']],
    [
      'with nothing but its own',
      { dnsPolicy: 'None', dnsConfig: { nameservers: ['192.0.2.9'], options: [{ name: 'edns0' }] } },
      ['192.0.2.9'],
      [],
      ['edns0'],
    ],
    [
      'with more of its own',
      {
        dnsConfig: {
          nameservers: ['192.0.2.9', '10.96.0.10'],
          searches: ['dc.test', 'shop.test'],
          options: [
            { name: 'timeout', value: '1' },
            { name: 'ndots', value: '1' },
          ],
        },
      },
      ['10.96.0.10', '192.0.2.9'],
      [...CLUSTER_SEARCH, 'shop.test'],
      ['ndots:1', 'timeout:1'],
    ],
  ])('%s', (_, pod, nameservers, searches, options) => {
    expect(podResolvConf({ ...POD, ...pod }, KUBELET)).toEqual({ nameservers, searches, options, events: [] });
  });

  test('without cluster DNS is the node’s, with an event', () => {
    const { nameservers, events } = podResolvConf(POD, { ...KUBELET, clusterDns: [] });
    expect(nameservers).toEqual(['192.0.2.1']);
    expect(events.map(({ reason }) => reason)).toEqual(['MissingClusterDNS']);
  });

  test('without a file on the node is the machine itself', () => {
    const kubelet: KubeletDns = { ...KUBELET, hostResolvConf: undefined, nodeFamilies: [6, 4] };
    expect(podResolvConf({ ...POD, dnsPolicy: 'Default' }, kubelet)).toMatchObject({
      ...{ nameservers: ['::1', '127.0.0.1'], searches: ['.'], options: [] },
    });
  });

  test('has limits', () => {
    const searches = Array.from({ length: 40 }, (_, i) => `d${i}.test`);
    const pod: ResolvingPod = { ...POD, dnsConfig: { nameservers: ['1.1.1.1', '2.2.2.2', '3.3.3.3'], searches } };
    const now = podResolvConf(pod, KUBELET);
    expect([now.nameservers.length, now.searches.length]).toEqual([3, 32]);
    expect(now.events.map(({ reason }) => reason)).toEqual(['DNSConfigForming', 'DNSConfigForming']);
    const before = podResolvConf(pod, { ...KUBELET, limits: LEGACY_RESOLV_CONF_LIMITS });
    expect(before.searches).toEqual([...CLUSTER_SEARCH, 'd0.test', 'd1.test']);
    const long = `${'x'.repeat(60)}.test`;
    const wide = { ...POD, dnsConfig: { searches: [1, 2, 3].map((i) => `${i}${long}`) } };
    // 65 characters each: the fourth domain of the cluster's own list leaves room for two.
    expect(
      podResolvConf(wide, { ...KUBELET, limits: LEGACY_RESOLV_CONF_LIMITS }).searches.join(' ').length,
    ).toBeLessThan(257);
    const endless = { ...POD, dnsConfig: { searches: ['y'.repeat(254), 'z.test'] } };
    expect(podResolvConf(endless, KUBELET).searches).toEqual([...CLUSTER_SEARCH, 'z.test']);
  });

  test('is read and written', () => {
    const text =
      'search b.test\n# x\noptions debug ndots:7\nnameserver 192.0.2.1\nsearch a.test. .\nnameserver ::1\noptions rotate ndots:2\n';
    const conf = parseResolvConf(text);
    expect(conf).toEqual({
      nameservers: ['192.0.2.1', '::1'],
      searches: ['a.test', '.'],
      options: ['debug', 'ndots:2', 'rotate'],
    });
    expect(parseResolvConf(resolvConfText(conf))).toEqual(conf);
    expect(resolverSettings(parseResolvConf(''))).toMatchObject({ nameservers: ['127.0.0.1'], ndots: 1, attempts: 2 });
  });

  test('is read by libraries without nameservers that are no addresses', () => {
    const nameservers = ['dns.test', '192.0.2.1', 'fe80::1%eth0', '192.0.2.300', '192.0.2.2', '192.0.2.3'];
    const conf = { nameservers, searches: [], options: [] };
    for (const library of ['glibc', 'musl'] as const) {
      expect(resolverSettings(conf, library).nameservers).toEqual(['192.0.2.1', 'fe80::1%eth0', '192.0.2.2']);
    }
    expect(resolverSettings({ ...conf, nameservers: ['dns.test'] }).nameservers).toEqual(['127.0.0.1']);
  });
});

describe('the hosts file of a pod', () => {
  const pod: HostsFilePod = {
    ...{ namespace: 'shop', name: 'db-0', hostname: 'db-0', subdomain: 'db', hostNetwork: false },
    addresses: ['10.244.0.5', 'fd00:244::5'],
    hostAliases: [{ ip: '192.0.2.8', hostnames: ['old', 'old.test'] }],
  };

  test('names the pod below its Service, and what it wants to be named', () => {
    const lines = hostsFileText(pod, 'cluster.test').split('\n');
    expect(lines.slice(0, 2)).toEqual(['# Kubernetes-managed hosts file.', '127.0.0.1\tlocalhost']);
    expect(lines.slice(7)).toEqual([
      '10.244.0.5\tdb-0.db.shop.svc.cluster.test\tdb-0',
      'fd00:244::5\tdb-0.db.shop.svc.cluster.test\tdb-0',
      '',
      '# Entries added by HostAliases.',
      '192.0.2.8\told\told.test',
      '',
    ]);
  });

  test('without a subdomain or aliases is shorter', () => {
    const text = hostsFileText({ ...pod, subdomain: '', hostname: '', hostAliases: [] }, 'cluster.test');
    expect(text.endsWith('ip6-allrouters\n10.244.0.5\tdb-0\nfd00:244::5\tdb-0\n')).toBe(true);
  });

  test('in the node’s network is the node’s, with the aliases', () => {
    const text = hostsFileText({ ...pod, hostNetwork: true }, 'cluster.test', '127.0.0.1\tlocalhost\n');
    expect(text.split('\n').slice(0, 2)).toEqual([
      '# Kubernetes-managed hosts file (host network).',
      '127.0.0.1\tlocalhost',
    ]);
    expect(text).toContain('192.0.2.8\told\told.test\n');
  });

  test('gives addresses by whole names', () => {
    const entries = hostsEntries(
      `${hostsFileText(pod, 'cluster.test')}192.0.2.9 both # comment\n2001:db8::9 Both\nno address\n`,
    );
    const found = (name: string, ...families: (4 | 6)[]) => addressesInHosts(entries, name, families).map(formatIp);
    expect(found('OLD.test', 4, 6)).toEqual(['192.0.2.8']);
    expect(found('both.', 4, 6)).toEqual(['192.0.2.9', '2001:db8::9']);
    expect(found('both', 6)).toEqual(['2001:db8::9']);
    expect(found('localhost', 4, 6)).toEqual(['127.0.0.1', '::1']);
    expect(found('tes', 4, 6)).toEqual([]);
  });

  test('a long name of a pod is cut, not in the middle of a dash', () => {
    expect(podHostname({ name: 'x'.repeat(70), hostname: '' })).toBe('x'.repeat(63));
    expect(podHostname({ name: `${'x'.repeat(62)}-${'y'.repeat(9)}`, hostname: '' })).toBe('x'.repeat(62));
    expect(podHostname({ name: 'pod', hostname: 'own' })).toBe('own');
  });
});
