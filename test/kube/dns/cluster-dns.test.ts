/** What a cluster's DNS server answers: kinds of Services, negative answers, options. */
import { describe, expect, test } from 'vitest';
import { dataText, type RecordType } from '../../../src/kube/index.js';
import { asked, endpoint, ip, service, SHOP, shopDns, short } from './shop.js';

const dns = shopDns();
const below = (name: string): string => `${name}.shop.svc.cluster.local.`;

describe('addresses', () => {
  test.each<[string, RecordType, string[]]>([
    [below('cart'), 'A', ['NOERROR', 'A 10.96.1.1']],
    [below('cart'), 'AAAA', ['NOERROR']],
    [below('both'), 'A', ['NOERROR', 'A 10.96.1.2']],
    [below('both'), 'AAAA', ['NOERROR', 'AAAA fd00:96::2']],
    // A Service without ports has an address all the same.
    [below('bare'), 'A', ['NOERROR', 'A 10.96.1.3']],
    [below('_http._tcp.cart'), 'A', ['NOERROR', 'A 10.96.1.1']],
    [below('_http._udp.cart'), 'A', ['NXDOMAIN']],
    // Endpoints of a Service with cluster IP have names too.
    [below('10-244-1-1.cart'), 'A', ['NOERROR', 'A 10.244.1.1']],
    [below('db'), 'A', ['NOERROR', 'A 10.244.2.1', 'A 10.244.2.2', 'A 10.244.2.3']],
    [below('db'), 'AAAA', ['NOERROR', 'AAAA fd00:244::10']],
    [below('db-1.db'), 'A', ['NOERROR', 'A 10.244.2.2']],
    [below('db-1.db'), 'AAAA', ['NOERROR']],
    [below('fd00-244--10.db'), 'AAAA', ['NOERROR', 'AAAA fd00:244::10']],
    [below('db-9.db'), 'A', ['NXDOMAIN']],
    [below('idle'), 'A', ['NXDOMAIN']],
    [below('nothing'), 'A', ['NXDOMAIN']],
    [below('a.b.c.cart'), 'A', ['NXDOMAIN']],
    ['cart.nowhere.svc.cluster.local.', 'A', ['NXDOMAIN']],
    ['cart.shop.services.cluster.local.', 'A', ['NXDOMAIN']],
    ['shop.svc.cluster.local.', 'A', ['NOERROR']],
    ['nowhere.svc.cluster.local.', 'A', ['NXDOMAIN']],
    ['svc.cluster.local.', 'AAAA', ['NOERROR']],
    ['pod.cluster.local.', 'A', ['NOERROR']],
    ['cluster.local.', 'A', ['NOERROR']],
  ])('%s %s', (name, type, expected) => expect(asked(dns, name, type)).toEqual(expected));

  test('an address with an end of zeros has a name that ends in a letter or digit', () => {
    const slices = [{ namespace: 'shop', service: 'db', ports: [], endpoints: [endpoint('fd00:244:1::')] }];
    const own = shopDns({}, { ...SHOP, slices });
    expect(asked(own, below('fd00-244-1--0.db'), 'AAAA')).toEqual(['NOERROR', 'AAAA fd00:244:1::']);
  });

  test('names have the letter case of the question, and so has the zone', () => {
    const { answer } = dns.answer({ name: 'Cart.SHOP.svc.Cluster.Local.', type: 'A' });
    expect(answer.map(({ name }) => name)).toEqual(['Cart.SHOP.svc.Cluster.Local.']);
    const { rcode, authority } = dns.answer({ name: 'None.SHOP.svc.Cluster.Local', type: 'A' });
    expect([rcode, authority[0]?.name]).toEqual(['NXDOMAIN', 'Cluster.Local.']);
    expect(asked(dns, 'DB-1.db.shop.svc.cluster.local.')).toEqual(['NOERROR', 'A 10.244.2.2']);
  });
});

describe('ports', () => {
  test('of a Service: the port that it offers, at its own name', () => {
    const reply = dns.answer({ name: below('_http._tcp.both'), type: 'SRV' });
    expect(short(reply)).toEqual(['NOERROR', `SRV 0 50 80 ${below('both')}`]);
    expect(reply.additional.map(dataText)).toEqual(['10.96.1.2', 'fd00:96::2']);
  });

  test('of a headless Service: one for each endpoint, by weight of all that was found', () => {
    const reply = dns.answer({ name: below('_stats._udp.db'), type: 'SRV' });
    expect(short(reply)).toEqual([
      'NOERROR',
      ...['db-0', 'db-1', '10-244-2-3', 'fd00-244--10'].map((label) => `SRV 0 20 9000 ${label}.${below('db')}`),
    ]);
    // Without a port, those of all.
    expect(dns.answer({ name: below('db'), type: 'SRV' }).answer).toHaveLength(8);
  });

  test.each([
    [below('_nothing._tcp.cart'), ['NXDOMAIN']],
    [below('bare'), ['NOERROR']],
    [below('pay'), ['NOERROR']],
  ])('%s', (name, expected) => expect(asked(dns, name, 'SRV')).toEqual(expected));

  test('a hundred answers and more weigh 1 each', () => {
    const endpoints = Array.from({ length: 150 }, (_, i) => endpoint(`10.244.5.${i}`));
    const many = shopDns(
      {},
      { ...SHOP, slices: [{ namespace: 'shop', service: 'db', ports: SHOP.slices[1]!.ports, endpoints }] },
    );
    const weights = many.answer({ name: below('_http._tcp.db'), type: 'SRV' }).answer;
    expect(new Set(weights.map((record) => dataText(record).split(' ')[1]))).toEqual(new Set(['1']));
  });
});

describe('names that stand for others', () => {
  const outside = shopDns({
    upstream: (name, type) => ({
      rcode: 'NOERROR',
      answer: type === 'A' ? [{ name, ttlSeconds: 60, type, address: ip('192.0.2.9') }] : [],
      truncated: name.startsWith('pay') && type === 'A',
    }),
  });

  test.each<[string, RecordType, string[]]>([
    ['pay', 'CNAME', ['NOERROR', 'CNAME pay.example.net.']],
    ['pay', 'A', ['NOERROR', 'CNAME pay.example.net.', 'A 192.0.2.9']],
    ['pay', 'AAAA', ['NOERROR', 'CNAME pay.example.net.']],
    ['near', 'A', ['NOERROR', 'CNAME cart.shop.svc.cluster.local.', 'A 10.96.1.1']],
    ['near', 'AAAA', ['NOERROR']],
    ['astray', 'A', ['NOERROR']],
    ['loop-a', 'A', ['NOERROR']],
    ['address', 'A', ['NXDOMAIN']],
    ['x.pay', 'CNAME', ['NXDOMAIN']],
    ['cart', 'CNAME', ['NOERROR']],
  ])('%s %s', (name, type, expected) => expect(asked(outside, below(name), type)).toEqual(expected));

  test('what the upstream cut is cut', () => {
    expect(outside.answer({ name: below('pay'), type: 'A' }).truncated).toBe(true);
  });

  test('without anybody to ask the name alone is told', () => {
    expect(asked(dns, below('pay'))).toEqual(['NOERROR', 'CNAME pay.example.net.']);
  });

  test('a chain ends after eight', () => {
    const chain = Array.from({ length: 12 }, (_, i) =>
      service(`c${i}`, { kind: 'ExternalName', externalName: below(`c${i + 1}`) }),
    );
    const end = service('c12', { clusterIps: [ip('10.96.2.2')] });
    const own = shopDns({}, { ...SHOP, services: [...chain, end] });
    expect(asked(own, below('c5'))).toHaveLength(1 + 7 + 1);
    expect(asked(own, below('c3'))).toEqual(['NOERROR']);
  });
});

describe('reverse names', () => {
  test.each([
    ['1.1.96.10.in-addr.arpa.', ['NOERROR', `PTR ${below('cart')}`]],
    ['2.2.244.10.in-addr.arpa.', ['NOERROR', `PTR ${below('db-1.db')}`]],
    // Twice the same endpoint is one name.
    ['1.2.244.10.in-addr.arpa.', ['NOERROR', `PTR ${below('db-0.db')}`]],
    ['3.2.244.10.in-addr.arpa.', ['NOERROR', `PTR ${below('10-244-2-3.db')}`]],
    ['1.9.96.10.in-addr.arpa.', ['NXDOMAIN']],
    ['96.10.in-addr.arpa.', ['NOERROR']],
    [below('cart'), ['NOERROR']],
    [below('nothing'), ['NXDOMAIN']],
  ])('%s', (name, expected) => expect(asked(dns, name, 'PTR')).toEqual(expected));

  test('have no addresses', () => {
    expect(asked(dns, '1.1.96.10.in-addr.arpa.', 'A')).toEqual(['NXDOMAIN']);
  });

  test('of a zone that is not there are refused, or asked of the upstream', () => {
    expect(asked(dns, '1.2.0.192.in-addr.arpa.', 'PTR')).toEqual(['REFUSED']);
    const zones = ['cluster.local.', 'in-addr.arpa.'];
    const upstream = () => ({ rcode: 'NXDOMAIN', answer: [], truncated: false }) as const;
    const falling = shopDns({ zones, fallthrough: ['in-addr.arpa.'], upstream });
    const { rcode, authoritative } = falling.answer({ name: '1.2.0.192.in-addr.arpa.', type: 'PTR' });
    expect([rcode, authoritative]).toEqual(['NXDOMAIN', false]);
    expect(falling.answer({ name: below('nothing'), type: 'A' }).authoritative).toBe(true);
  });
});

describe('pods', () => {
  const name = (label: string): string => `${label}.shop.pod.cluster.local.`;

  test.each([
    ['disabled', '10-244-1-1', ['NXDOMAIN']],
    ['insecure', '10-244-1-1', ['NOERROR', 'A 10.244.1.1']],
    ['insecure', '9-9-9-9', ['NOERROR', 'A 9.9.9.9']],
    ['insecure', 'web-0', ['NXDOMAIN']],
    ['verified', '10-244-1-1', ['NOERROR', 'A 10.244.1.1']],
    ['verified', '9-9-9-9', ['NXDOMAIN']],
  ] as const)('%s %s', (pods, label, expected) => expect(asked(shopDns({ pods }), name(label))).toEqual(expected));

  test('an IPv6 address has dashes for colons', () => {
    const insecure = shopDns({ pods: 'insecure' });
    expect(asked(insecure, name('fd00-244--1'), 'AAAA')).toEqual(['NOERROR', 'AAAA fd00:244::1']);
    expect(asked(insecure, 'shop.pod.cluster.local.')).toEqual(['NOERROR']);
  });
});

describe('the zone itself', () => {
  test('its start, with the serial of the last change', () => {
    const { answer } = dns.answer({ name: 'cluster.local.', type: 'SOA' });
    expect(answer.map(dataText)).toEqual(['ns.dns.cluster.local. hostmaster.cluster.local. 77 7200 1800 86400 5']);
    expect(asked(dns, below('cart'), 'SOA')).toEqual(['NOERROR']);
  });

  test('its servers: the Services in front of the server, or the server', () => {
    expect(asked(shopDns({ localAddresses: [ip('10.244.1.1')] }), 'cluster.local.', 'NS')).toEqual([
      'NOERROR',
      `NS ${below('cart')}`,
    ]);
    const alone = shopDns({ localAddresses: [ip('192.0.2.2'), ip('2001:db8::2')] });
    const reply = alone.answer({ name: 'cluster.local.', type: 'NS' });
    expect(short(reply)).toEqual(['NOERROR', 'NS ns.dns.cluster.local.']);
    expect(reply.additional.map(dataText)).toEqual(['192.0.2.2', '2001:db8::2']);
    expect(asked(alone, 'ns.dns.cluster.local.', 'AAAA')).toEqual(['NOERROR', 'AAAA 2001:db8::2']);
    expect(asked(alone, below('cart'), 'NS')).toEqual(['NOERROR']);
  });

  test('the version of its scheme', () => {
    const { answer } = dns.answer({ name: 'DNS-Version.cluster.local.', type: 'TXT' });
    expect(answer.map((record) => [record.ttlSeconds, dataText(record)])).toEqual([[28_800, '"1.1.0"']]);
    expect(asked(dns, below('cart'), 'TXT')).toEqual(['NOERROR']);
    expect(asked(dns, below('nothing'), 'TXT')).toEqual(['NXDOMAIN']);
  });

  test.each<[RecordType, string]>([
    ['AXFR', 'REFUSED'],
    ['IXFR', 'REFUSED'],
    ['MX', 'NOERROR'],
    ['HTTPS', 'NOERROR'],
  ])('%s gives %s', (type, rcode) => expect(asked(dns, below('cart'), type)).toEqual([rcode]));
});

describe('options', () => {
  test('before the cluster is read, what is not found may yet be there', () => {
    const early = shopDns({}, { ...SHOP, synced: false });
    expect(asked(early, below('nothing'))).toEqual(['SERVFAIL']);
    expect(asked(early, below('cart'))).toEqual(['NOERROR', 'A 10.96.1.1']);
  });

  test('namespaces that are not exposed do not exist, nor do their addresses', () => {
    const some = shopDns({ namespaces: ['shop'] });
    expect(asked(some, 'secret.hidden.svc.cluster.local.')).toEqual(['NXDOMAIN']);
    expect(asked(some, '9.9.96.10.in-addr.arpa.', 'PTR')).toEqual(['NXDOMAIN']);
    expect(asked(dns, '9.9.96.10.in-addr.arpa.', 'PTR')).toEqual(['NOERROR', 'PTR secret.hidden.svc.cluster.local.']);
  });

  test('empty Services may be left out; headless ones and aliases are not meant', () => {
    const full = shopDns({ ignoreEmptyService: true });
    expect(asked(full, below('both'))).toEqual(['NXDOMAIN']);
    expect(asked(full, below('cart'))).toEqual(['NOERROR', 'A 10.96.1.1']);
    expect(asked(full, below('pay'), 'CNAME')).toEqual(['NOERROR', 'CNAME pay.example.net.']);
  });

  test('endpoints may be called after their pods', () => {
    const named = shopDns({ endpointPodNames: true });
    expect(asked(named, below('db-x7.db'))).toEqual(['NOERROR', 'A 10.244.2.3']);
    expect(asked(named, below('10-244-2-3.db'))).toEqual(['NXDOMAIN']);
    expect(asked(dns, below('db-x7.db'))).toEqual(['NXDOMAIN']);
  });

  test('endpoints of a zone, and all of them where it has none and that is wanted', () => {
    const zonal = shopDns({ zonal: true });
    expect(asked(zonal, below('east.pin._zone.db'))).toEqual(['NOERROR', 'A 10.244.2.1']);
    expect(asked(zonal, below('north.pin._zone.db'))).toEqual(['NOERROR']);
    expect(asked(zonal, below('north.prefer._zone.db'))).toHaveLength(4);
    expect(asked(zonal, below('east.shun._zone.db'))).toEqual(['NXDOMAIN']);
    expect(asked(zonal, below('east.pin._zone.cart'))).toEqual(['NXDOMAIN']);
    expect(asked(dns, below('east.pin._zone.db'))).toEqual(['NXDOMAIN']);
  });

  test('records live as long as is set, the zone’s start at most five minutes', () => {
    const slow = shopDns({ ttlSeconds: 3600 });
    expect(slow.answer({ name: below('cart'), type: 'A' }).answer[0]?.ttlSeconds).toBe(3600);
    expect(slow.answer({ name: below('nothing'), type: 'A' }).authority[0]?.ttlSeconds).toBe(300);
  });

  test('names of nobody are refused without an upstream, and fail where it is silent', () => {
    expect(asked(dns, 'www.example.net.')).toEqual(['REFUSED']);
    expect(asked(shopDns({ upstream: () => undefined }), 'www.example.net.')).toEqual(['SERVFAIL']);
  });
});
