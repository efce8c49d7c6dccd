/** Sizes of PROXY protocol headers. */
import { describe, expect, test } from 'vitest';
import {
  PROXY_V1_MOST_BYTES,
  PROXY_V2_IPV4_BYTES,
  PROXY_V2_IPV6_BYTES,
  proxyHeaderBytes,
  proxyV1Header,
} from '../../../src/kube/index.js';
import { parseIp } from '../../../src/net/index.js';

function connection(source: string, destination: string, sourcePort: number, destinationPort: number) {
  const [from, to] = [source, destination].map((text) => parseIp(text) ?? 0);
  return { source: from!, destination: to!, sourcePort, destinationPort };
}

describe('a header', () => {
  test('of version 1 is a line', () => {
    const own = connection('192.168.0.1', '192.168.0.11', 56324, 443);
    expect(proxyV1Header(own)).toBe('PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n');
    expect(proxyHeaderBytes(1, own)).toBe(47);
    // The longest of each family by the protocol's own count.
    expect(proxyHeaderBytes(1, connection('223.255.255.255', '223.255.255.255', 65535, 65535))).toBe(56);
    const long = 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff';
    expect(proxyHeaderBytes(1, connection(long, long, 65535, 65535))).toBe(104);
    expect(PROXY_V1_MOST_BYTES).toBe(107);
  });

  test('of version 2 is as long as its addresses', () => {
    expect(proxyHeaderBytes(2, connection('10.0.0.1', '10.0.0.2', 1, 2))).toBe(PROXY_V2_IPV4_BYTES);
    expect(proxyHeaderBytes(2, connection('fd00::1', 'fd00::2', 1, 2))).toBe(PROXY_V2_IPV6_BYTES);
    expect([PROXY_V2_IPV4_BYTES, PROXY_V2_IPV6_BYTES]).toEqual([28, 52]);
  });
});
