/** Cluster addresses and node ports: bands, what is kept, and the words when a range is too small. */
import { describe, expect, test } from 'vitest';
import { BandAllocator, checkNodePorts, clusterIpAllocator, nodePortAllocator } from '../../src/kube/ipam.js';
import { withAddresses } from '../../src/kube/service-addresses.js';
import { formatIpv4 } from '../../src/net/index.js';
import { ip, service } from './objects.js';

const CIDR = { address: ip('10.96.0.0'), bits: 24 };
const RANGES = [{ family: 4, serviceCidr: CIDR, loadBalancerCidr: null }] as const;

function services(count: number, type: 'ClusterIP' | 'NodePort' = 'ClusterIP') {
  return Array.from({ length: count }, (_, i) =>
    service({ metadata: { namespace: 'test', name: `s${i}`, labels: {} }, clusterIp: 0, type }),
  );
}

describe('bands', () => {
  test.each([
    [28, '10.96.0.1'],
    [27, '10.96.0.17'],
    [24, '10.96.0.17'],
    [20, '10.96.1.1'],
    [12, '10.96.1.1'],
  ])('of a /%i begin to be allocated at %s', (bits, first) => {
    const allocator = clusterIpAllocator({ address: ip('10.96.0.0'), bits });
    expect(formatIpv4(allocator.next() ?? 0)).toBe(first);
  });

  test('the upper one is used up before the lower one, and nothing is given out twice', () => {
    const allocator = new BandAllocator(1, 4, 6);
    allocator.take(5);
    expect([1, 2, 3, 4, 5, 6].map(() => allocator.next())).toEqual([4, 6, 1, 2, 3, undefined]);
  });

  test('node ports begin after 86 reserved ones', () => {
    expect(nodePortAllocator().next()).toBe(30086);
    expect(nodePortAllocator().capacity).toBe(2768);
  });
});

describe('Services', () => {
  test('keep what is written and get what is missing', () => {
    const written = service({ clusterIp: ip('10.96.0.16') });
    const made = withAddresses([...services(2), written], RANGES);
    expect(made.map((one) => formatIpv4(one.clusterIp))).toEqual(['10.96.0.17', '10.96.0.18', '10.96.0.16']);
  });

  test('without a cluster address get none', () => {
    const headless = service({ headless: true, clusterIp: 0 });
    const external = service({ type: 'ExternalName', clusterIp: 0 });
    expect(withAddresses([headless, external], RANGES).map((one) => one.clusterIp)).toEqual([0, 0]);
  });

  test('share a node port between TCP and UDP of one number only', () => {
    const port = (protocol: number, number: number) => ({
      name: `${protocol}-${number}`,
      protocol,
      port: number,
      targetPort: number,
      nodePort: 0,
    });
    const [made] = withAddresses(
      [service({ type: 'NodePort', ports: [port(6, 53), port(17, 53), port(6, 54)] })],
      RANGES,
    );
    expect(made?.ports.map((one) => one.nodePort)).toEqual([30086, 30086, 30087]);
  });

  test('cannot have the address or node port of another one', () => {
    const other = service({ metadata: { namespace: 'test', name: 'bar', labels: {} } });
    expect(() => withAddresses([service(), other], RANGES)).toThrow(
      'Service test/bar has cluster IP 10.96.0.10, which another Service has too',
    );
    const ports = [{ name: '', protocol: 6, port: 80, targetPort: 80, nodePort: 30000 }];
    const twice = services(2, 'NodePort').map((one) => ({ ...one, ports }));
    expect(() => withAddresses(twice, RANGES)).toThrow('node port 30000');
  });
});

describe('a range too small', () => {
  test('fits its last address and refuses one more', () => {
    const serviceCidr = { address: ip('10.96.0.0'), bits: 28 };
    const small = [{ family: 4, serviceCidr, loadBalancerCidr: null }] as const;
    const made = withAddresses(services(13), small).map((one) => formatIpv4(one.clusterIp));
    expect(new Set(made).size).toBe(13);
    expect(made).not.toContain('10.96.0.1');
    expect(made).not.toContain('10.96.0.15');
    expect(() => withAddresses(services(14), small)).toThrow(
      'service CIDR 10.96.0.0/28 has 14 addresses, 15 are needed ' +
        '(14 Services, and one kept for the Service kubernetes): use a /27 or larger',
    );
  });

  test('of node ports is named with its size', () => {
    expect(() => checkNodePorts(2768)).not.toThrow();
    expect(() => checkNodePorts(2769)).toThrow('node port range 30000-32767 has 2768 ports, 2769 are needed');
  });
});
