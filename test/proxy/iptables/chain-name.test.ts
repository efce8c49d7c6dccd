/** Chain names against published hashes, and the hash against node's own. */
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { endpointChainName, serviceChainName } from '../../../src/proxy/modes/iptables/chain-name.js';
import { sha256 } from '../../../src/proxy/sha256.js';
import { ip } from './fixture.js';

test('names of the upstream tests', () => {
  expect(serviceChainName('KUBE-SVC-', 'ns1/svc1:p80', 6)).toBe('KUBE-SVC-XPGD46QRK7WJZT7O');
  expect(serviceChainName('KUBE-EXT-', 'ns2/svc2:p80', 6)).toBe('KUBE-EXT-GNZBNJ2PO5MGZ6GT');
  expect(endpointChainName('ns1/svc1:p80', 6, ip('10.180.0.1'), 80)).toBe('KUBE-SEP-SXIVWICOYRO3J4NJ');
});

test('the digest is SHA-256 at every length around a block, and of UTF-8', () => {
  const texts = Array.from({ length: 140 }, (_, length) => 'k'.repeat(length));
  for (const text of [...texts, 'größe/端点']) {
    expect(Buffer.from(sha256(text)).toString('hex')).toBe(createHash('sha256').update(text).digest('hex'));
  }
});
