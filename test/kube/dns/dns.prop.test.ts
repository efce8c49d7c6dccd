/** Properties of names and lookups: addresses lead back to their names, queries can be counted beforehand, sizes are those of the bytes. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ClusterDns,
  DNS_DEFAULTS,
  KUBEADM_DNS,
  ListedSource,
  lookUp,
  plainBytes,
  replyBytes,
  resolverSettings,
  reverseName,
  sentReply,
  type DnsEndpoint,
  type DnsReply,
  type DnsService,
  type ListedCluster,
} from '../../../src/kube/index.js';
import { Protocol } from '../../../src/net/index.js';
import { ip } from './shop.js';

const label = fc.stringMatching(/^[a-z]([a-z0-9-]{0,6}[a-z0-9])?$/);

interface MadeUp {
  readonly name: string;
  readonly isHeadless: boolean;
  readonly endpoints: readonly { readonly hostname: string; readonly isIpv6: boolean }[];
}

const madeUp = fc.uniqueArray(
  fc.record({
    name: label,
    isHeadless: fc.boolean(),
    endpoints: fc.array(fc.record({ hostname: fc.oneof(fc.constant(''), label), isIpv6: fc.boolean() }), {
      maxLength: 4,
    }),
  }),
  { maxLength: 6, selector: ({ name }) => name },
);

/** A cluster in which every address belongs to one Service or endpoint. */
function clusterOf(services: readonly MadeUp[]): ListedCluster {
  const ports = [{ name: 'p', protocol: Protocol.tcp, port: 80 }];
  return {
    services: services.map(({ name, isHeadless }, i): DnsService => {
      const clusterIps = isHeadless ? [] : [ip(`10.96.0.${i + 1}`)];
      const kind = isHeadless ? 'Headless' : 'ClusterIP';
      return { namespace: 'ns', name, kind, clusterIps, externalName: '', ports };
    }),
    slices: services.map(({ name, endpoints }, i) => ({
      ...{ namespace: 'ns', service: name, ports },
      endpoints: endpoints.map(({ hostname, isIpv6 }, j): DnsEndpoint => {
        const address = ip(isIpv6 ? `fd00::${i}:${j + 1}` : `10.244.${i}.${j + 1}`);
        return { address, hostname, podName: '', zone: '' };
      }),
    })),
  };
}

const targetsOf = ({ answer }: DnsReply): string[] =>
  answer.flatMap((record) => ('target' in record ? [record.target] : []));
const addressesOf = ({ answer }: DnsReply): number[] =>
  answer.flatMap((record) => ('address' in record ? [record.address] : []));

describe('names and addresses', () => {
  test('every address leads to a name that leads back to it', () => {
    fc.assert(
      fc.property(madeUp, (services) => {
        const dns = new ClusterDns(new ListedSource(clusterOf(services)), KUBEADM_DNS);
        for (const { name } of services) {
          for (const type of ['A', 'AAAA'] as const) {
            for (const address of addressesOf(dns.answer({ name: `${name}.ns.svc.cluster.local.`, type }))) {
              const names = targetsOf(dns.answer({ name: reverseName(address), type: 'PTR' }));
              expect(names).toHaveLength(1);
              expect(names[0]).toMatch(new RegExp(`(^|\\.)${name}\\.ns\\.svc\\.cluster\\.local\\.$`));
              expect(addressesOf(dns.answer({ name: names[0]!, type }))).toContain(address);
            }
          }
        }
      }),
    );
  });

  test('every place of a Service has its addresses beside it', () => {
    fc.assert(
      fc.property(madeUp, (services) => {
        const dns = new ClusterDns(new ListedSource(clusterOf(services)), DNS_DEFAULTS);
        for (const { name } of services) {
          const reply = dns.answer({ name: `_p._tcp.${name}.ns.svc.cluster.local.`, type: 'SRV' });
          const beside = new Set(reply.additional.map((record) => record.name));
          expect(new Set(targetsOf(reply))).toEqual(beside);
          const unbroken = new Set(targetsOf(reply));
          expect(unbroken.size).toBe(reply.answer.length);
        }
      }),
    );
  });

  test('a negative answer has the zone’s start, a positive one has none', () => {
    fc.assert(
      fc.property(madeUp, fc.array(label, { minLength: 1, maxLength: 4 }), (services, labels) => {
        const dns = new ClusterDns(new ListedSource(clusterOf(services)), DNS_DEFAULTS);
        const names = [...services.map(({ name }) => name), ...labels, labels.join('.')];
        for (const name of names) {
          const { answer, authority } = dns.answer({ name: `${name}.ns.svc.cluster.local.`, type: 'A' });
          expect(authority.length).toBe(answer.length === 0 ? 1 : 0);
        }
      }),
    );
  });
});

describe('queries', () => {
  /** Names tried for a name with some dots that only exists as `searches[found]`, or as it stands. */
  function expected(dots: number, ndots: number, searches: number, found: number): number {
    const first = dots >= ndots ? 1 : 0;
    if (found === searches) return first === 1 ? 1 : searches + 1;
    return first + found + 1;
  }

  test('are as many as dots, ndots and the search list say, times two', () => {
    const searches = ['a.test', 'b.test', 'c.test', 'd.test'];
    fc.assert(
      fc.property(fc.nat(6), fc.nat(7), fc.nat(4), fc.nat(4), (dots, ndots, count, place) => {
        const own = searches.slice(0, count);
        const name = Array.from({ length: dots + 1 }, (_, i) => `l${i}`).join('.');
        const found = Math.min(place, count);
        const existing = found === count ? `${name}.` : `${name}.${own[found] ?? ''}.`;
        const settings = resolverSettings({ nameservers: ['192.0.2.1'], searches: own, options: [`ndots:${ndots}`] });
        const result = lookUp({
          ...{ name, types: ['A', 'AAAA'], settings, hosts: [] },
          ask: (question) => ({
            ...{
              question,
              rcode: question.name === existing ? 'NOERROR' : 'NXDOMAIN',
              authoritative: true,
              truncated: false,
            },
            answer: question.name === existing ? [{ name: existing, ttlSeconds: 5, type: 'CNAME', target: 'x.' }] : [],
            ...{ authority: [], additional: [] },
          }),
        });
        expect(result.outcome).toBe('found');
        expect(result.queries).toBe(2 * expected(dots, ndots, count, found));
      }),
    );
  });
});

describe('sizes', () => {
  test('counted are those of what is written', () => {
    fc.assert(
      fc.property(madeUp, fc.constantFrom('A', 'AAAA', 'SRV', 'SOA', 'TXT', 'NS', 'PTR'), (services, type) => {
        const options = { ...KUBEADM_DNS, localAddresses: [ip('192.0.2.3'), ip('2001:db8::3')] };
        const dns = new ClusterDns(new ListedSource(clusterOf(services)), options);
        const names = services.map(({ name }) => `${name}.ns.svc.cluster.local.`);
        for (const name of [...names, 'cluster.local.', 'dns-version.cluster.local.', '1.0.96.10.in-addr.arpa.', '.']) {
          const reply = dns.answer({ name, type });
          expect(plainBytes(reply)).toBe(replyBytes(reply).length);
        }
      }),
    );
  });

  test('a reply that is sent fits, says so where it is cut, and is a beginning of what was to be sent', () => {
    fc.assert(
      fc.property(fc.nat(120), fc.option(fc.integer({ min: 0, max: 4096 })), (count, offered) => {
        const endpoints = Array.from({ length: count }, (_, i): DnsEndpoint => {
          return { address: ip(`10.0.${i >> 6}.${i & 63}`), hostname: `h${i}`, podName: '', zone: '' };
        });
        const ports = [{ name: 'p', protocol: Protocol.tcp, port: 80 }];
        const source = new ListedSource({
          services: [{ namespace: 'ns', name: 'db', kind: 'Headless', clusterIps: [], externalName: '', ports }],
          slices: [{ namespace: 'ns', service: 'db', ports, endpoints }],
        });
        const reply = new ClusterDns(source, DNS_DEFAULTS).answer({ name: 'db.ns.svc.cluster.local.', type: 'SRV' });
        const edns = offered === null ? {} : { ednsBytes: offered };
        const { reply: sent, bytes, compressed } = sentReply(reply, { protocol: 'udp', family: 4, ...edns });
        expect(bytes).toBeLessThanOrEqual(Math.max(512, offered ?? 512));
        expect(bytes).toBe(replyBytes(sent, { compress: compressed, ...edns }).length);
        const kept = [sent.answer.length, sent.additional.length];
        expect(sent.truncated).toBe(kept[0]! < reply.answer.length || kept[1]! < reply.additional.length);
        expect(sent.answer).toEqual(reply.answer.slice(0, kept[0]));
        expect(sent.additional).toEqual(reply.additional.slice(0, kept[1]));
      }),
    );
  });
});
