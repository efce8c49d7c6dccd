/** Allocation for Services as the API writes them: what they get, what is refused, and that a refused request takes nothing. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { admitService } from '../../../src/kube/allocation/admit-service.js';
import { ServiceAllocators } from '../../../src/kube/allocation/service-allocators.js';
import { writtenNodePortErrors } from '../../../src/kube/allocation/written-node-ports.js';
import { errorBody } from '../../../src/kube/validation/field-error.js';
import { parseIpPrefix } from '../../../src/net/index.js';
import { service } from '../validation/written.js';

type Fields = Readonly<Record<string, unknown>>;

const cidr = (text: string) => parseIpPrefix(text) ?? { address: 0, bits: 0 };
const cluster = (...cidrs: readonly string[]) =>
  new ServiceAllocators({ serviceCidrs: cidrs.map(cidr), nodePorts: { first: 30_000, last: 30_019 } });
const V4 = '10.96.0.0/28';
const V6 = 'fd00:96::/112';

function create(allocators: ServiceAllocators, spec: Fields) {
  const { service: made, errors, taken } = admitService({ object: service(spec) }, allocators);
  return { spec: made.spec ?? {}, errors: errors.map((error) => `${error.field}: ${errorBody(error)}`), taken, made };
}

function update(allocators: ServiceAllocators, before: ReturnType<typeof create>['made'], spec: Fields) {
  const held = { ...before, metadata: { ...before.metadata, resourceVersion: '1' } };
  const object = service(spec, { resourceVersion: '1' });
  const { service: made, errors, taken } = admitService({ object, before: held }, allocators);
  return { spec: made.spec ?? {}, errors: errors.map((error) => `${error.field}: ${errorBody(error)}`), taken, made };
}

describe('families', () => {
  test.each<[string, Fields, readonly string[], string]>([
    ['nothing', {}, ['IPv4'], 'SingleStack'],
    ['a preference', { ipFamilyPolicy: 'PreferDualStack' }, ['IPv4', 'IPv6'], 'PreferDualStack'],
    [
      'a demand with a first family',
      { ipFamilyPolicy: 'RequireDualStack', ipFamilies: ['IPv6'] },
      ['IPv6', 'IPv4'],
      'RequireDualStack',
    ],
    ['an address', { clusterIP: 'fd00:96::5' }, ['IPv6'], 'SingleStack'],
    ['headless without selector', { clusterIP: 'None', selector: {} }, ['IPv4', 'IPv6'], 'RequireDualStack'],
    ['headless with selector', { clusterIP: 'None' }, ['IPv4'], 'SingleStack'],
  ])('of a dual-stack cluster by %s', (_, spec, ipFamilies, ipFamilyPolicy) => {
    const made = create(cluster(V4, V6), spec);
    expect(made.errors).toEqual([]);
    expect(made.spec).toMatchObject({ ipFamilies, ipFamilyPolicy });
    expect(made.spec.clusterIPs?.length).toBe(spec['clusterIP'] === 'None' ? 1 : ipFamilies.length);
  });

  test.each<[string, Fields, readonly string[]]>([
    [
      'two families',
      { ipFamilyPolicy: 'RequireDualStack' },
      [
        'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services',
      ],
    ],
    [
      'the other family',
      { ipFamilies: ['IPv6'] },
      ['spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster'],
    ],
    [
      'an address of the other family',
      { clusterIP: 'fd00::5' },
      ['spec.clusterIPs[0]: Invalid value: ["fd00::5"]: IPv6 is not configured on this cluster'],
    ],
    [
      'two addresses without a policy',
      { clusterIP: '10.96.0.5', clusterIPs: ['10.96.0.5', 'fd00::5'] },
      [
        "spec.ipFamilyPolicy: Invalid value: \"SingleStack\": must be 'RequireDualStack' or 'PreferDualStack' when multiple cluster IPs are specified",
        'spec.clusterIPs[1]: Invalid value: ["10.96.0.5","fd00::5"]: IPv6 is not configured on this cluster',
      ],
    ],
  ])('a single-stack cluster refuses %s', (_, spec, errors) => {
    expect(create(cluster(V4), spec).errors).toEqual(errors);
  });

  test('a preference is met as far as it goes, and headless ones without selector may have both anyway', () => {
    expect(create(cluster(V4), { ipFamilyPolicy: 'PreferDualStack' }).spec.ipFamilies).toEqual(['IPv4']);
    expect(create(cluster(V4), { clusterIP: 'None', selector: {} }).spec.ipFamilies).toEqual(['IPv4', 'IPv6']);
  });
});

describe('addresses', () => {
  test('out of the range and taken ones are refused', () => {
    const own = cluster(V4);
    const refusal = (clusterIP: string) => create(own, { clusterIP }).errors;
    expect(refusal('10.96.0.3')).toEqual([]);
    expect(refusal('10.96.0.3')).toEqual([
      'spec.clusterIPs: Invalid value: ["10.96.0.3"]: failed to allocate IP 10.96.0.3: provided IP is already allocated',
    ]);
    for (const ip of ['10.96.0.0', '10.96.0.15', '10.96.0.16']) {
      expect(refusal(ip)).toEqual([
        `spec.clusterIPs: Invalid value: ["${ip}"]: failed to allocate IP ${ip}: the provided IP (${ip}) is not in the valid range. ` +
          'The range of valid IPs is 10.96.0.0/28',
      ]);
    }
  });

  test('of IPv6 have no broadcast, and may stand far back in their range', () => {
    const own = cluster('fd00:96::/64');
    expect(
      ['fd00:96::ffff:ffff:ffff:ffff', 'fd00:96::', 'fd00:96:0:1::1'].map(
        (ip) => create(own, { clusterIP: ip }).errors.length,
      ),
    ).toEqual([0, 1, 1]);
  });

  test("run out with an error that is nobody's fault", () => {
    const own = cluster('10.96.0.0/30');
    expect([1, 2, 3].map(() => create(own, {}).errors)).toEqual([
      [],
      [],
      [': Internal error: failed to allocate a serviceIP: range is full'],
    ]);
  });

  test('that cannot be had for want of any name no field, but say where they were wanted', () => {
    const own = cluster('10.96.0.0/31');
    const { errors } = admitService({ object: service({}) }, own);
    expect(errors.map(({ field, path }) => ({ field, path }))).toEqual([{ field: '', path: ['spec', 'clusterIPs'] }]);
  });
});

type PortRow = readonly [port: number, protocol: string, nodePort?: number];

describe('node ports', () => {
  const ports = (...own: readonly PortRow[]) =>
    own.map(([port, protocol, nodePort], i) => ({
      name: `p${i}`,
      port,
      protocol,
      ...(nodePort === undefined ? {} : { nodePort }),
    }));

  test('are shared by ports of one number, also when the second one says which', () => {
    const made = create(cluster(V4), { type: 'NodePort', ports: ports([53, 'TCP'], [53, 'UDP', 30_007], [54, 'TCP']) });
    expect(made.errors).toEqual([]);
    expect(made.spec.ports?.slice(0, 2).map(({ nodePort }) => nodePort)).toEqual([30_007, 30_007]);
    expect(made.taken).toEqual({ clusterIps: 1, nodePorts: 2 });
  });

  test('of one number belong to ports of one number', () => {
    const made = create(cluster(V4), { type: 'NodePort', ports: ports([53, 'TCP', 30_007], [54, 'UDP', 30_007]) });
    expect(made.errors).toEqual(['spec.ports[1].nodePort: Invalid value: 30007: provided port is already allocated']);
  });

  test('of a health check come from the same range', () => {
    const own = cluster(V4);
    const spec = { type: 'LoadBalancer', externalTrafficPolicy: 'Local', healthCheckNodePort: 30_007 };
    expect(create(own, spec).taken).toEqual({ clusterIps: 1, nodePorts: 2 });
    expect(create(own, spec).errors).toEqual([
      ': Internal error: failed to allocate requested HealthCheck NodePort 30007: provided port is already allocated',
    ]);
    expect(create(own, { type: 'NodePort', ports: ports([80, 'TCP', 30_007]) }).errors).toHaveLength(1);
  });

  test('that are written are looked at alone', () => {
    const check = (...own: readonly PortRow[]) =>
      writtenNodePortErrors(service({ type: 'NodePort', ports: ports(...own) })).map(({ field }) => field);
    expect(check([80, 'TCP', 80])).toEqual(['spec.ports[0].nodePort']);
    expect(check([80, 'TCP', 30_080], [81, 'UDP', 30_080])).toEqual(['spec.ports[1].nodePort']);
    expect(check([80, 'TCP', 30_080], [80, 'UDP', 30_080])).toEqual([]);
    expect(writtenNodePortErrors({ spec: 7 })).toEqual([]);
  });
});

describe('updates', () => {
  test('give a second family and take it back', () => {
    const own = cluster(V4, V6);
    const first = create(own, {});
    const dual = update(own, first.made, { ipFamilyPolicy: 'RequireDualStack' });
    expect(dual).toMatchObject({ errors: [], taken: { clusterIps: 1, nodePorts: 0 } });
    expect(dual.spec.clusterIPs?.[0]).toBe(first.spec.clusterIP);
    const second = dual.spec.clusterIPs?.[1] ?? '';
    expect(create(own, { clusterIP: second }).errors).toHaveLength(1);
    const single = update(own, dual.made, { ipFamilyPolicy: 'SingleStack' });
    expect(single.spec).toMatchObject({ clusterIPs: [first.spec.clusterIP], ipFamilies: ['IPv4'] });
    expect(create(own, { clusterIP: second }).errors).toEqual([]);
  });

  test('to another type give back what it does not have', () => {
    const own = cluster(V4);
    const first = create(own, { type: 'LoadBalancer', externalTrafficPolicy: 'Local' });
    const { clusterIP = '', healthCheckNodePort = 0, ports: [port] = [] } = first.spec;
    const named = update(own, first.made, { type: 'ExternalName', externalName: 'a.b' });
    expect(named.errors).toEqual([]);
    const again = { type: 'NodePort', clusterIP, ports: [{ port: 80, nodePort: port?.nodePort }] };
    expect(create(own, again).errors).toEqual([]);
    expect(create(own, { type: 'NodePort', ports: [{ port: 80, nodePort: healthCheckNodePort }] }).errors).toEqual([]);
    expect(update(own, named.made, {}).taken).toEqual({ clusterIps: 1, nodePorts: 0 });
  });

  test('keep node ports by name, and give back those of ports that are gone', () => {
    const own = cluster(V4);
    const first = create(own, {
      type: 'NodePort',
      ports: [
        { name: 'a', port: 1 },
        { name: 'b', port: 2 },
      ],
    });
    const [a, b] = (first.spec.ports ?? []).map(({ nodePort }) => nodePort);
    const second = update(own, first.made, {
      type: 'NodePort',
      ports: [
        { name: 'b', port: 2 },
        { name: 'c', port: 3, nodePort: 30_019 },
      ],
    });
    expect(second.spec.ports?.map(({ nodePort }) => nodePort)).toEqual([b, 30_019]);
    expect(create(own, { type: 'NodePort', ports: [{ port: 1, nodePort: a }] }).errors).toEqual([]);
    expect(create(own, { type: 'NodePort', ports: [{ port: 1, nodePort: b }] }).errors).toHaveLength(1);
  });
});

test('whatever is created, changed and deleted, no address and no node port is given out twice', () => {
  const type = fc.constantFrom('ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName');
  const step = fc.record({
    at: fc.nat(5),
    type,
    policy: fc.constantFrom('SingleStack', 'PreferDualStack'),
    local: fc.boolean(),
    nodePort: fc.integer({ min: 30_000, max: 30_022 }),
    written: fc.boolean(),
    remove: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const own = cluster('10.96.0.0/24', V6);
      const held = new Map<number, ReturnType<typeof create>['made']>();
      for (const { at, type: kind, policy, local, nodePort, written, remove } of steps) {
        const before = held.get(at);
        if (before !== undefined && remove) {
          own.release(before);
          held.delete(at);
          continue;
        }
        const isNamed = kind === 'ExternalName';
        const spec = {
          type: kind,
          ...(isNamed ? { externalName: 'a.b' } : { ipFamilyPolicy: policy }),
          ...(kind === 'LoadBalancer' && local ? { externalTrafficPolicy: 'Local' } : {}),
          ports: [{ port: 80, ...(written && !isNamed && kind !== 'ClusterIP' ? { nodePort } : {}) }],
        };
        const result = before === undefined ? create(own, spec) : update(own, before, spec);
        if (result.errors.length === 0) held.set(at, result.made);
      }
      const specs = [...held.values()].map(({ spec = {} }) => spec);
      const ips = specs.flatMap(({ clusterIPs = [] }) => clusterIPs);
      const numbers = specs.flatMap(({ ports = [], healthCheckNodePort }) => [
        ...ports.map(({ nodePort }) => nodePort),
        healthCheckNodePort,
      ]);
      const given = numbers.filter((number) => number !== undefined && number !== 0);
      expect(new Set(ips).size).toBe(ips.length);
      expect(new Set(given).size).toBe(given.length);
      // And nothing is lost: what is held and what is free make up the range.
      let free = 0;
      while (create(own, { type: 'NodePort' }).errors.length === 0) free++;
      expect(free).toBe(20 - given.length);
    }),
    { numRuns: 60 },
  );
});
