/**
 * Who an ICMP port unreachable comes from: by icmp_send and icmp6_send (Linux 6.x), the packet's destination where that is the node's own address,
 * else the address of the device by which the way back to the sender leads. Asked of a kernel (6.x) too, REJECT in FORWARD behind a bridge, in both families.
 */
import { expect, test } from 'vitest';
import { formatIpv4 } from '../../../src/net/index.js';
import { TwoNodes, ip } from './two-nodes.js';

test.each([
  ['a pod of the node', '10.244.1.4', '10.96.0.1', '10.244.1.1'],
  ['a pod of another node, over the tunnel', '10.244.2.4', '10.96.0.1', '10.244.1.0'],
  ['a machine outside', '10.50.0.200', '10.96.0.1', '10.50.0.1'],
  ['the node itself', '10.50.0.1', '10.96.0.1', '10.50.0.1'],
  ['the loopback address', '127.0.0.1', '10.96.0.1', '127.0.0.1'],
  ["anybody, about the node's address", '10.244.1.4', '10.50.0.1', '10.50.0.1'],
  ["anybody, about cni0's address", '10.50.0.200', '10.244.1.1', '10.244.1.1'],
])('to %s', (_, sender, destination, source) => {
  const { addresses } = new TwoNodes().base.nodes[0]!.ipv4!;
  expect(formatIpv4(addresses.errorSource(ip(sender), ip(destination)))).toBe(source);
});
