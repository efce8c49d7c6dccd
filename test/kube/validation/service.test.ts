/** Services that an API server takes and refuses when they are created. */
import { describe, expect, test } from 'vitest';
import { DEFAULT_GATES } from '../../../src/kube/validation/feature-gates.js';
import { refusals, refusedOf, service } from './written.js';

const LB = { type: 'LoadBalancer' };

test('a plain one of each type is taken', () => {
  expect(['ClusterIP', 'NodePort', 'LoadBalancer'].flatMap((type) => refusedOf({ type }))).toEqual([]);
  expect(refusedOf({ type: 'ExternalName', externalName: 'a.example.', ports: [] })).toEqual([]);
  expect(refusedOf({ clusterIP: 'None', ports: [] })).toEqual([]);
});

describe('fields that are refused', () => {
  test.each<[string, object, readonly string[]]>([
    [
      'a type',
      { type: 'Cluster' },
      [
        'spec.type: Unsupported value: "Cluster": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
      ],
    ],
    ['no ports', { ports: [] }, ['spec.ports: Required value']],
    [
      'headless of another type',
      { type: 'NodePort', clusterIP: 'None' },
      [`spec.clusterIPs[0]: Invalid value: "None": may not be set to 'None' for NodePort services`],
    ],
    ['no name behind a name', { type: 'ExternalName', externalName: '.' }, ['spec.externalName: Required value']],
    [
      'families of an external name',
      { type: 'ExternalName', externalName: 'a.b', ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' },
      [
        'spec.ipFamilies: Forbidden: may not be set for ExternalName services',
        'spec.ipFamilyPolicy: Forbidden: may not be set for ExternalName services',
      ],
    ],
    [
      'a family policy',
      { ipFamilyPolicy: 'Both' },
      [
        'spec.ipFamilyPolicy: Unsupported value: "Both": supported values: "PreferDualStack", "RequireDualStack", "SingleStack"',
      ],
    ],
    ['a family twice', { ipFamilies: ['IPv6', 'IPv6'] }, ['spec.ipFamilies[1]: Duplicate value: "IPv6"']],
    [
      'three addresses',
      { clusterIP: '10.0.0.1', clusterIPs: ['10.0.0.1', 'fd00::1', '10.0.0.2'] },
      ['spec.clusterIPs: Invalid value: ["10.0.0.1","fd00::1","10.0.0.2"]: may only hold up to 2 values'],
    ],
    [
      'an affinity timeout',
      { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: -1 } } },
      [
        'spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: -1: must be greater than 0 and less than 86400',
      ],
    ],
    [
      'ranges without load balancer',
      { loadBalancerSourceRanges: ['10.0.0.0/8'] },
      ["spec.LoadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer'"],
    ],
    [
      'a class without load balancer',
      { loadBalancerClass: 'a/b' },
      ["spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'"],
    ],
    [
      'a class that is no name',
      { ...LB, loadBalancerClass: '-' },
      [expect.stringMatching(/^spec.loadBalancerClass: Invalid value: "-": name part must consist/)],
    ],
    [
      'node ports without load balancer',
      { allocateLoadBalancerNodePorts: true },
      ["spec.allocateLoadBalancerNodePorts: Forbidden: may only be used when `type` is 'LoadBalancer'"],
    ],
    [
      'an internal policy',
      { internalTrafficPolicy: 'Node' },
      ['spec.internalTrafficPolicy: Unsupported value: "Node": supported values: "Cluster", "Local"'],
    ],
    [
      'an external policy where nobody comes from outside',
      { externalTrafficPolicy: 'Cluster' },
      ['spec.externalTrafficPolicy: Invalid value: "Cluster": may only be set for externally-accessible services'],
    ],
    [
      'a health check of policy Cluster',
      { ...LB, healthCheckNodePort: 30100 },
      [
        "spec.healthCheckNodePort: Invalid value: 30100: may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
      ],
    ],
    [
      'a distribution',
      { trafficDistribution: 'Nearby' },
      [
        'spec.trafficDistribution: Unsupported value: "Nearby": supported values: "PreferClose", "PreferSameNode", "PreferSameZone"',
      ],
    ],
    [
      'one name twice',
      {
        ports: [
          { name: 'a', port: 1 },
          { name: 'a', port: 2 },
        ],
      },
      ['spec.ports[1].name: Duplicate value: "a"'],
    ],
    [
      'a port name',
      { ports: [{ port: 80, targetPort: 'a--b-' }] },
      [
        'spec.ports[0].targetPort: Invalid value: "a--b-": must not contain consecutive hyphens',
        'spec.ports[0].targetPort: Invalid value: "a--b-": must not begin or end with a hyphen',
      ],
    ],
    [
      'an address of no family',
      { externalIPs: ['1.2.3'] },
      ['spec.externalIPs[0]: Invalid value: "1.2.3": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'],
    ],
  ])('%s', (_, spec, expected) => expect(refusedOf({ ...spec })).toEqual(expected));

  test('outside traffic may be local where external addresses are', () => {
    expect(refusedOf({ externalIPs: ['192.0.2.1'], externalTrafficPolicy: 'Local' })).toEqual([]);
  });

  test('a health check waits for the allocators, and not longer', () => {
    const object = service({
      ...LB,
      externalTrafficPolicy: 'Local',
      sessionAffinity: 'None',
      internalTrafficPolicy: 'Cluster',
    });
    expect(refusals({ kind: 'Service', object })).toEqual([]);
    expect(refusals({ kind: 'Service', object, defaults: false })).toContain(
      'spec.healthCheckNodePort: Required value',
    );
  });

  test('a load balancer without a word on node ports is reported without `spec`', () => {
    expect(refusals({ kind: 'Service', object: service(LB), defaults: false })).toContain(
      'allocateLoadBalancerNodePorts: Required value',
    );
  });
});

describe('metadata', () => {
  test.each<[string, object, readonly string[]]>([
    ['no name', { name: '' }, ['metadata.name: Required value: name or generateName is required']],
    ['no namespace', { namespace: '' }, ['metadata.namespace: Required value']],
    [
      'a namespace with dots',
      { namespace: 'a.b' },
      ['metadata.namespace: Invalid value: "a.b": must not contain dots'],
    ],
    [
      'a negative generation',
      { generation: -1 },
      ['metadata.generation: Invalid value: -1: must be greater than or equal to 0'],
    ],
    [
      'a label',
      { labels: { 'a/b/c': 'x' } },
      [expect.stringMatching(/^metadata.labels: Invalid value: "a\/b\/c": a valid label key/)],
    ],
    [
      'annotations of half a megabyte',
      { annotations: { a: 'é'.repeat(2 ** 17) } },
      ['metadata.annotations: Too long: may not be more than 262144 bytes'],
    ],
    [
      'an owner without identity',
      { ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'p' }] },
      ['metadata.ownerReferences.uid: Invalid value: "": must not be empty'],
    ],
    [
      'an owner of a version that cannot be',
      { ownerReferences: [{ apiVersion: 'a/b/c', kind: 'Pod', name: 'p', uid: '1' }] },
      ['metadata.ownerReferences.apiVersion: Invalid value: "a/b/c": version must not be empty'],
    ],
    [
      'finalizers without a domain',
      { finalizers: ['kubernetes', 'mine', 'example.com/mine', 'orphan'] },
      [
        'metadata.finalizers[1]: Invalid value: "mine": name is neither a standard finalizer name nor is it fully qualified',
      ],
    ],
    [
      'two finalizers that fight',
      { finalizers: ['orphan', 'foregroundDeletion'] },
      [
        'metadata.finalizers: Invalid value: ["orphan","foregroundDeletion"]: finalizer orphan and foregroundDeletion cannot be both set',
      ],
    ],
    [
      'annotations that contradict each other',
      {
        annotations: {
          'service.kubernetes.io/topology-mode': 'Auto',
          'service.kubernetes.io/topology-aware-hints': 'Disabled',
        },
      },
      [
        'metadata.annotations[service.kubernetes.io/topology-mode]: Invalid value: "Auto": must match annotations[service.kubernetes.io/topology-aware-hints] when both are specified',
      ],
    ],
    [
      'ranges in an annotation',
      { annotations: { 'service.beta.kubernetes.io/load-balancer-source-ranges': ' 10.0.0.0/8 ' } },
      [
        "metadata.annotations[service.beta.kubernetes.io/load-balancer-source-ranges]: Forbidden: may only be used when `type` is 'LoadBalancer'",
      ],
    ],
  ])('%s', (_, metadata, expected) => expect(refusedOf({}, { ...metadata })).toEqual(expected));

  test('a name beginning with a digit goes by its gate', () => {
    const object = service({}, { name: '1a' });
    const gates = new Set([...DEFAULT_GATES].filter((gate) => gate !== 'RelaxedServiceNameValidation'));
    expect(refusals({ kind: 'Service', object })).toEqual([]);
    expect(refusals({ kind: 'Service', object, gates })).toEqual([
      expect.stringMatching(/^metadata.name: Invalid value: "1a": a DNS-1035/),
    ]);
  });
});
