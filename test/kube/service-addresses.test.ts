/** Addresses of Services: families by policy, the load balancer's pool, health-check and other node ports. */
import { describe, expect, test } from 'vitest';
import type { Service } from '../../src/kube/index.js';
import { withAddresses } from '../../src/kube/service-addresses.js';
import { formatIp } from '../../src/net/index.js';
import { ip, service } from './objects.js';

const range = (text: string, bits: number) => ({ address: ip(text), bits });
const IPV4 = { family: 4, serviceCidr: range('10.96.0.0', 24), loadBalancerCidr: range('198.18.0.0', 29) } as const;
const IPV6 = { family: 6, serviceCidr: range('fd00::', 112), loadBalancerCidr: range('2001:2::', 120) } as const;

function completed(changes: Partial<Service>, ranges: Parameters<typeof withAddresses>[1] = [IPV4, IPV6]): Service {
  const [own] = withAddresses([service({ clusterIp: 0, ...changes })], ranges);
  if (own === undefined) throw new Error('no Service');
  return own;
}

describe('families', () => {
  test.each<[string, Partial<Service>, readonly number[]]>([
    ['the primary one alone', {}, [4]],
    ['both, when preferred', { ipFamilyPolicy: 'PreferDualStack' }, [4, 6]],
    ['the written one first', { ipFamilyPolicy: 'PreferDualStack', ipFamilies: [6] }, [6, 4]],
    ['the written one alone', { ipFamilies: [6] }, [6]],
    ['that of a written address', { clusterIps: [ip('fd00::7')], clusterIp: ip('fd00::7') }, [6]],
    ['both for a headless Service without selector', { headless: true, selector: null }, [4, 6]],
    ['one for a headless Service with selector', { headless: true }, [4]],
    ['none for a name', { type: 'ExternalName' }, []],
  ])('%s', (_, changes, families) => {
    const own = completed(changes);
    expect(own.ipFamilies).toEqual(families);
    expect(own.clusterIps).toHaveLength(own.headless || own.type === 'ExternalName' ? 0 : families.length);
    expect(own.clusterIp).toBe(own.clusterIps[0] ?? 0);
  });

  test('a missing address is added behind a written one', () => {
    const own = completed({ ipFamilyPolicy: 'RequireDualStack', clusterIps: [ip('fd00::7')] });
    expect(own.clusterIps.map(formatIp)).toEqual(['fd00::7', '10.96.0.17']);
  });
});

describe('a load balancer', () => {
  test('has an address of each family out of the pool, and node ports', () => {
    const own = completed({ type: 'LoadBalancer', ipFamilyPolicy: 'PreferDualStack' });
    expect(own.loadBalancerVips.map(formatIp)).toEqual(['198.18.0.1', '2001:2::1']);
    expect(own).toMatchObject({ ports: [{ nodePort: 30086 }], healthCheckNodePort: 0 });
  });

  test('has a node port for health checks with policy Local', () => {
    const own = completed({ type: 'LoadBalancer', externalTrafficPolicy: 'Local' });
    expect(own).toMatchObject({ ports: [{ nodePort: 30086 }], healthCheckNodePort: 30087 });
    const written = completed({ type: 'LoadBalancer', externalTrafficPolicy: 'Local', healthCheckNodePort: 30086 });
    expect(written).toMatchObject({ ports: [{ nodePort: 30087 }], healthCheckNodePort: 30086 });
    expect(completed({ type: 'NodePort', externalTrafficPolicy: 'Local' }).healthCheckNodePort).toBe(0);
  });

  test('keeps its status, with addresses or without', () => {
    const vips = [ip('203.0.113.1')];
    const type = 'LoadBalancer';
    expect(completed({ type, loadBalancerVips: vips, loadBalancerAssigned: true }).loadBalancerVips).toEqual(vips);
    expect(completed({ type, loadBalancerAssigned: true }).loadBalancerVips).toEqual([]);
  });

  test('may do without node ports, and has no address without a pool', () => {
    const own = completed({ type: 'LoadBalancer', allocateNodePorts: false }, [{ ...IPV4, loadBalancerCidr: null }]);
    expect(own).toMatchObject({ ports: [{ nodePort: 0 }], loadBalancerVips: [] });
  });

  test('says when the pool is used up', () => {
    const many = Array.from({ length: 7 }, (_, i) =>
      service({ type: 'LoadBalancer', clusterIp: 0, metadata: { namespace: 'test', name: `s${i}`, labels: {} } }),
    );
    expect(withAddresses(many.slice(1), [IPV4]).at(-1)?.loadBalancerVips.map(formatIp)).toEqual(['198.18.0.6']);
    expect(() => withAddresses(many, [IPV4])).toThrow(
      'load-balancer CIDR 198.18.0.0/29 has 8 addresses, and more are needed',
    );
  });
});

test('external addresses come out of the pool, where none are written', () => {
  const [first, second] = withAddresses(
    [
      service({ clusterIp: 0 }),
      service({ clusterIp: 0, externalIps: [ip('192.0.2.1')], metadata: { namespace: 'test', name: 'b', labels: {} } }),
    ],
    [IPV4],
    2,
  );
  expect([first, second].map((own) => own?.externalIps.map(formatIp))).toEqual([
    ['198.18.0.1', '198.18.0.2'],
    ['192.0.2.1'],
  ]);
});

test('a written address of either family belongs to one Service', () => {
  const own = service({ clusterIps: [ip('fd00::7')] });
  const other = { ...own, metadata: { ...own.metadata, name: 'bar' } };
  expect(() => withAddresses([own, other], [IPV4, IPV6])).toThrow(
    'Service test/bar has cluster IP fd00::7, which another Service has too',
  );
});
