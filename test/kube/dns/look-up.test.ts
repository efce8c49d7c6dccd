/** A whole lookup of a container: addresses as they stand, the hosts file, then DNS. */
import { describe, expect, test } from 'vitest';
import { hostsEntries, lookUp, resolverSettings, type RecordType } from '../../../src/kube/index.js';
import { formatIp } from '../../../src/net/index.js';
import { shopDns } from './shop.js';

const searches = ['shop.svc.cluster.local', 'svc.cluster.local', 'cluster.local'];
const settings = resolverSettings({ nameservers: ['10.96.0.10'], searches, options: ['ndots:5'] });
const dns = shopDns({ upstream: () => ({ rcode: 'NXDOMAIN', answer: [], truncated: false }) });

function found(name: string, types: readonly RecordType[] = ['A', 'AAAA'], hosts = '') {
  const request = { name, types, settings, hosts: hostsEntries(hosts) };
  const { outcome, source, addresses, queries } = lookUp({ ...request, ask: (question) => dns.answer(question) });
  return [outcome, source, addresses.map(formatIp).join(), queries];
}

describe('a lookup', () => {
  test.each<[string, readonly RecordType[], unknown[]]>([
    ['cart', ['A', 'AAAA'], ['found', 'dns', '10.96.1.1', 2]],
    ['both.shop', ['A', 'AAAA'], ['found', 'dns', '10.96.1.2,fd00:96::2', 4]],
    ['cart', ['AAAA'], ['no-address', 'dns', '', 4]],
    ['192.0.2.1', ['A', 'AAAA'], ['found', 'literal', '192.0.2.1', 0]],
    ['192.0.2.1', ['AAAA'], ['no-address', 'literal', '', 0]],
    ['_http._tcp.cart', ['SRV'], ['found', 'dns', '', 1]],
  ])('of %s', (name, types, expected) => expect(found(name, types)).toEqual(expected));

  test('goes to the hosts file first, for addresses alone', () => {
    const hosts = '192.0.2.9\tcart\n';
    expect(found('cart', ['A', 'AAAA'], hosts)).toEqual(['found', 'hosts', '192.0.2.9', 0]);
    expect(found('cart', ['AAAA'], hosts)).toEqual(['no-address', 'dns', '', 4]);
    expect(found('cart', ['SRV'], hosts)).toEqual(['found', 'dns', '', 1]);
  });

  test('that nobody answers ends, each query sent as often as is set', () => {
    const silent = lookUp({ name: 'x.', types: ['A', 'AAAA'], settings, hosts: [], ask: () => undefined });
    expect([silent.outcome, silent.queries]).toEqual(['try-again', 4]);
  });
});
