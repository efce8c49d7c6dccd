/** Pod subnets and addresses, and the words when they run out. */
import { describe, expect, test } from 'vitest';
import { PodAddresses, PodNetwork } from '../../src/kube/index.js';
import { Placement } from '../../src/kube/placement.js';
import { formatIpv4 } from '../../src/net/index.js';
import { ip } from './objects.js';

const PLAN = { podCidr: { address: ip('10.244.0.0'), bits: 16 }, nodeSubnetBits: 24, nodes: 3, claims: new Map() };

describe('subnets', () => {
  test('go to the nodes in order, with the bridge at the first address', () => {
    const addresses = new PodAddresses(PLAN);
    expect(formatIpv4(addresses.subnet(2).address)).toBe('10.244.2.0');
    expect(formatIpv4(addresses.gateway(2))).toBe('10.244.2.1');
    expect(addresses.nodeOf(ip('10.244.1.77'))).toBe(1);
    expect(addresses.nodeOf(ip('10.244.3.1'))).toBe(-1);
    expect(addresses.nodeOf(ip('10.1.0.1'))).toBe(-1);
  });

  test('are where known pods say they are', () => {
    const claims = new Map([
      [0, ip('10.244.2.9')],
      [1, ip('10.244.2.10')],
      [2, ip('10.99.0.1')],
    ]);
    const addresses = new PodAddresses({ ...PLAN, claims });
    const subnets = [0, 1, 2].map((node) => formatIpv4(addresses.subnet(node).address));
    expect(subnets).toEqual(['10.244.2.0', '10.244.0.0', '10.244.1.0']);
  });

  test('must be as many as there are nodes', () => {
    expect(() => new PodAddresses({ ...PLAN, nodes: 256 })).not.toThrow();
    expect(() => new PodAddresses({ ...PLAN, nodes: 300 })).toThrow(
      'pod CIDR 10.244.0.0/16 has 256 node subnets of /24, 300 are needed, one for each node: use a /15 or larger',
    );
    expect(() => new PodAddresses({ ...PLAN, nodeSubnetBits: 15, nodes: 1 })).toThrow('has 0 node subnets of /15');
  });
});

describe('addresses', () => {
  test('begin after the bridge, go on after the last one, and come round to those given back', () => {
    const addresses = new PodAddresses({ ...PLAN, nodeSubnetBits: 29 });
    const given = [1, 2, 3].map(() => formatIpv4(addresses.next(1)));
    expect(given).toEqual(['10.244.0.10', '10.244.0.11', '10.244.0.12']);
    addresses.release(ip('10.244.0.10'));
    const more = [1, 2, 3].map(() => formatIpv4(addresses.next(1)));
    expect(more).toEqual(['10.244.0.13', '10.244.0.14', '10.244.0.10']);
    expect(addresses.free(1)).toBe(0);
    expect(() => addresses.next(1)).toThrow('node 1 has room for 5 pods in its subnet 10.244.0.8/29');
  });

  test('are taken once, and in the node’s subnet only', () => {
    const addresses = new PodAddresses(PLAN);
    expect(addresses.take(0, ip('10.244.0.2'))).toBe(true);
    expect(addresses.take(0, ip('10.244.0.2'))).toBe(false);
    expect(addresses.take(0, ip('10.244.1.2'))).toBe(false);
    expect(addresses.take(0, ip('10.244.0.1'))).toBe(false);
    expect(addresses.take(0, ip('10.244.0.255'))).toBe(false);
    expect(formatIpv4(addresses.next(0))).toBe('10.244.0.3');
  });

  test('are counted before they run out', () => {
    const addresses = new PodAddresses(PLAN);
    expect(() => addresses.checkRoom(3 * 253)).not.toThrow();
    expect(() => addresses.checkRoom(1000)).toThrow(
      "pod CIDR 10.244.0.0/16 has 759 pod addresses for 3 nodes (253 in each node's /24), 1000 are needed: " +
        'use node subnets of /23 in a pod CIDR of /21 or larger, or more nodes',
    );
  });
});

test('pods go to the nodes in turn; a full node is passed over', () => {
  const addresses = new PodAddresses({ ...PLAN, nodeSubnetBits: 29 });
  const placement = new Placement(new PodNetwork([addresses]), 3);
  for (let i = 0; i < 5; i++) addresses.next(1);
  expect([1, 2, 3, 4].map(() => placement.node())).toEqual([0, 2, 0, 2]);
  for (const node of [0, 2]) while (addresses.free(node) > 0) addresses.next(node);
  expect(() => placement.node()).toThrow('no node has a free pod address: 3 nodes with 5 each are full');
});
