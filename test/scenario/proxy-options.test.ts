/** From a case to the options of one family: prefixes by family, one detector for each way to tell pods. */
import { describe, expect, test } from 'vitest';
import { formatIpPrefix, parseIpPrefix, type IpPrefix } from '../../src/net/index.js';
import { proxyOptions } from '../../src/scenario/index.js';
import { expanded, scenarioText } from './made-up-scenario.js';

const prefix = (text: string): IpPrefix => parseIpPrefix(text) ?? { address: 0, bits: 0 };
const SUBNETS = [prefix('10.244.0.0/24'), prefix('10.244.1.0/24')];

function options(family: 4 | 6, proxy: string) {
  const [own] = expanded(scenarioText('  cluster: { ipFamilies: [IPv4, IPv6] }', `  proxy: { ${proxy} }`)).cases;
  if (own === undefined) throw new Error('no case');
  return proxyOptions(family, own, SUBNETS);
}

describe('prefixes', () => {
  const written = 'nodePortAddresses: [10.0.0.0/8, "fd00::/8"], excludeCidrs: ["fd01::/16", 10.9.0.0/16]';

  test.each([
    [4, ['10.0.0.0/8'], ['10.9.0.0/16'], ['10.96.0.0/12']],
    [6, ['fd00::/8'], ['fd01::/16'], ['fd00:10:96::/112']],
  ] as const)('of IPv%d', (family, addresses, excluded, services) => {
    const own = options(family, written);
    expect(own.nodePortAddresses.map(formatIpPrefix)).toEqual(addresses);
    expect(own.excludeCidrs.map(formatIpPrefix)).toEqual(excluded);
    expect(own.serviceCidrs.map(formatIpPrefix)).toEqual(services);
  });

  test('of primary addresses are the node range', () => {
    const primary = 'nodePortAddresses: primary';
    expect(options(4, primary).nodePortAddresses.map(formatIpPrefix)).toEqual(['10.50.0.0/16']);
    expect(options(6, primary).nodePortAddresses.map(formatIpPrefix)).toEqual(['fd00:10:50::/64']);
  });
});

describe('detector', () => {
  test.each([
    ['ClusterCIDR', 4, { kind: 'source', prefix: prefix('10.244.0.0/16') }],
    ['ClusterCIDR', 6, { kind: 'source', prefix: prefix('fd00:10:244::/48') }],
    ['NodeCIDR', 4, SUBNETS.map((own) => ({ kind: 'source', prefix: own }))],
    ['BridgeInterface', 6, { kind: 'interface', name: 'cni0' }],
    ['InterfaceNamePrefix', 4, { kind: 'interface', name: 'cni+' }],
    ['None', 4, { kind: 'none' }],
  ] as const)('%s of IPv%d', (mode, family, expected) => {
    expect(options(family, `detectLocalMode: ${mode}`).detector).toEqual(expected);
  });
});
