/** Changes of Services that an API server takes and refuses, with what it does to the object before. */
import { describe, expect, test } from 'vitest';
import { preparedToUpdate } from '../../../src/kube/validation/prepare-service.js';
import { refusals, service } from './written.js';

type Fields = Readonly<Record<string, unknown>>;

const HELD = { uid: 'u-1', resourceVersion: '7', creationTimestamp: '2026-01-01T00:00:00Z' };
const SINGLE = {
  clusterIP: '10.96.0.9',
  clusterIPs: ['10.96.0.9'],
  ipFamilies: ['IPv4'],
  ipFamilyPolicy: 'SingleStack',
};
const DUAL = {
  clusterIP: '10.96.0.9',
  clusterIPs: ['10.96.0.9', 'fd00::9'],
  ipFamilies: ['IPv4', 'IPv6'],
  ipFamilyPolicy: 'RequireDualStack',
};

/** What is refused of a change, given what stands in `spec` before and after. */
function refused(before: Fields, after: Fields, metadata: Fields = {}): readonly string[] {
  const object = service(after, { ...HELD, ...metadata });
  return refusals({ kind: 'Service', object, before: service(before, HELD) });
}

describe('metadata', () => {
  test.each<[string, Fields, readonly string[]]>([
    ['the name', { name: 'other' }, ['metadata.name: Invalid value: "other": field is immutable']],
    ['the identity', { uid: 'u-2' }, ['metadata.uid: Invalid value: "u-2": field is immutable']],
    [
      'the time of creation',
      { creationTimestamp: undefined },
      ['metadata.creationTimestamp: Invalid value: null: field is immutable'],
    ],
    [
      'a version that is missing',
      { resourceVersion: '' },
      ['metadata.resourceVersion: Invalid value: "": must be specified for an update'],
    ],
  ])('%s', (_, metadata, expected) => expect(refused(SINGLE, SINGLE, metadata)).toEqual(expected));
});

describe('cluster addresses', () => {
  test.each<[string, Fields, Fields, readonly string[]]>([
    [
      'stay',
      SINGLE,
      { ...SINGLE, clusterIP: '10.96.0.8', clusterIPs: ['10.96.0.8'] },
      ['spec.clusterIPs[0]: Invalid value: ["10.96.0.8"]: may not change once set'],
    ],
    ['need not be written again', SINGLE, {}, []],
    [
      'of an old client are changed by clusterIP alone',
      SINGLE,
      { ...SINGLE, clusterIP: '10.96.0.8' },
      ['spec.clusterIPs[0]: Invalid value: ["10.96.0.8"]: may not change once set'],
    ],
    ['may become two', SINGLE, DUAL, []],
    ['may become one, with a policy that says so', DUAL, { ...SINGLE, ipFamilies: ['IPv4'] }, []],
    [
      'may not become one otherwise',
      DUAL,
      { ...DUAL, clusterIPs: ['10.96.0.9'], ipFamilies: ['IPv4'] },
      [
        `spec.ipFamilyPolicy: Invalid value: "RequireDualStack": must be set to 'SingleStack' when releasing the secondary clusterIP`,
        `spec.ipFamilyPolicy: Invalid value: "RequireDualStack": must be set to 'SingleStack' when releasing the secondary ipFamily`,
      ],
    ],
    [
      'the first family stays',
      SINGLE,
      { ...SINGLE, ipFamilies: ['IPv6'] },
      [
        'spec.ipFamilies[0]: Invalid value: ["IPv6"]: may not change once set',
        'spec.clusterIPs[0]: Invalid value: "10.96.0.9": expected an IPv6 value as indicated by `ipFamilies[0]`',
      ],
    ],
    [
      'None cannot be given up',
      { clusterIP: 'None', clusterIPs: ['None'] },
      { clusterIP: '10.96.0.9' },
      ['spec.clusterIPs[0]: Invalid value: ["10.96.0.9"]: may not change once set'],
    ],
    ['go with the type', SINGLE, { ...SINGLE, type: 'ExternalName', externalName: 'a.b', ports: [] }, []],
    [
      'do not go with the type when somebody changes them',
      SINGLE,
      { ...SINGLE, clusterIP: '10.96.0.8', type: 'ExternalName', externalName: 'a.b' },
      ['spec.clusterIPs: Forbidden: may not be set for ExternalName services'],
    ],
  ])('%s', (_, before, after, expected) => expect(refused(before, after)).toEqual(expected));
});

describe('load balancers', () => {
  const LOCAL = { ...SINGLE, type: 'LoadBalancer', externalTrafficPolicy: 'Local', healthCheckNodePort: 30900 };

  test('keep their health check', () => {
    expect(refused(LOCAL, { ...LOCAL, healthCheckNodePort: 30901 })).toEqual([
      'spec.healthCheckNodePort: Forbidden: field is immutable',
    ]);
    expect(refused(LOCAL, { ...LOCAL, healthCheckNodePort: 0 })).toEqual([]);
  });

  test('keep their class', () => {
    const [a, b] = ['a.b/c', 'a.b/d'].map((loadBalancerClass) => ({ ...LOCAL, loadBalancerClass }));
    expect(refused(a ?? {}, b ?? {})).toEqual([
      'spec.loadBalancerClass: Invalid value: "a.b/d": may not change once set',
    ]);
    expect(refused(SINGLE, a ?? {})).toEqual([]);
  });

  test('that are none any more lose what only load balancers have', () => {
    const ports = [{ port: 80, nodePort: 30080 }];
    const before = { ...LOCAL, ports, allocateLoadBalancerNodePorts: true, loadBalancerClass: 'a.b/c' };
    expect(refused(before, { ...before, type: 'ClusterIP' })).toEqual([]);
    expect(refused(before, { ...before, type: 'ClusterIP', loadBalancerClass: 'a.b/d' })).toEqual([
      "spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'",
    ]);
  });
});

describe('node ports', () => {
  const port = (name: string, nodePort?: number) => ({
    name,
    port: nodePort ?? 80,
    ...(nodePort === undefined ? {} : { nodePort }),
  });
  const spec = (...ports: readonly object[]) => ({ spec: { type: 'NodePort', ports } }) as never;

  test('that are left out stay by the name of their port', () => {
    const kept = preparedToUpdate(spec(port('b'), port('a')), spec(port('a', 30001), port('b', 30002)));
    expect(kept.spec?.ports?.map(({ nodePort }) => nodePort)).toEqual([30002, 30001]);
  });

  test('that another port has taken do not', () => {
    const kept = preparedToUpdate(spec(port('a'), port('b', 30001)), spec(port('a', 30001)));
    expect(kept.spec?.ports?.map(({ nodePort }) => nodePort)).toEqual([undefined, 30001]);
  });
});
