/** Ingresses that an API server takes and refuses. */
import { describe, expect, test } from 'vitest';
import { DEFAULT_GATES } from '../../../src/kube/validation/feature-gates.js';
import { refusals, written } from './written.js';

type Fields = Readonly<Record<string, unknown>>;

const BACKEND = { service: { name: 'web', port: { number: 80 } } };
const rule = (path: Fields, host = 'shop.example') => ({
  host,
  http: { paths: [{ path: '/', pathType: 'Prefix', backend: BACKEND, ...path }] },
});
const ingress = (spec: Fields, metadata: Fields = {}) => written('Ingress', { spec }, metadata);
const refused = (spec: Fields, metadata: Fields = {}) => refusals({ kind: 'Ingress', object: ingress(spec, metadata) });

const PATH = 'spec.rules[0].http.paths[0]';

describe('what is refused', () => {
  test.each<[string, Fields, readonly string[]]>([
    [
      'neither rules nor backend',
      {},
      ['spec: Invalid value: []: either `defaultBackend` or `rules` must be specified'],
    ],
    [
      'no path type',
      { rules: [rule({ pathType: undefined })] },
      [`${PATH}.pathType: Required value: pathType must be specified`],
    ],
    [
      'a path type',
      { rules: [rule({ pathType: 'Regex' })] },
      [`${PATH}.pathType: Unsupported value: "Regex": supported values: "Exact", "ImplementationSpecific", "Prefix"`],
    ],
    [
      'every bad part of a path',
      { rules: [rule({ path: 'a//b/./%2F/..' })] },
      [
        'must be an absolute path',
        "must not contain '//'",
        "must not contain '/./'",
        "must not contain '%2F'",
        "cannot end with '/..'",
      ].map((detail) => `${PATH}.path: Invalid value: "a//b/./%2F/..": ${detail}`),
    ],
    [
      'no backend',
      { rules: [rule({ backend: {} })] },
      [`${PATH}.backend: Invalid value: "": resource or service backend is required`],
    ],
    [
      'a backend without port',
      { defaultBackend: { service: { name: 'web' } } },
      ['spec.defaultBackend: Required value: port name or number is required'],
    ],
    [
      'a backend with two ports',
      { defaultBackend: { service: { name: 'web', port: { name: 'a', number: 1 } } } },
      ['spec.defaultBackend: Invalid value: "": cannot set both port name & port number'],
    ],
    [
      'a backend without name',
      { defaultBackend: { service: { port: { number: 70_000 } } } },
      [
        'spec.defaultBackend.service.name: Required value',
        'spec.defaultBackend.service.port.number: Invalid value: 70000: must be between 1 and 65535, inclusive',
      ],
    ],
    [
      'a resource without kind',
      { defaultBackend: { resource: { name: 'a/b' } } },
      [
        'spec.defaultBackend.resource.kind: Required value: kind is required',
        `spec.defaultBackend.resource.name: Invalid value: "a/b": may not contain '/'`,
      ],
    ],
    [
      'a host that is an address',
      { rules: [rule({}, '10.0.0.1')] },
      ['spec.rules[0].host: Invalid value: "10.0.0.1": must be a DNS name, not an IP address'],
    ],
    [
      'a class that is no name',
      { defaultBackend: BACKEND, ingressClassName: 'A' },
      [expect.stringMatching(/^spec.ingressClassName: Invalid value: "A"/)],
    ],
    [
      'a secret that is no name',
      { defaultBackend: BACKEND, tls: [{ secretName: 'A', hosts: ['*.a.b', 'A'] }] },
      [expect.stringMatching(/^spec.tls\[0\].hosts\[1\]/), expect.stringMatching(/^spec.tls\[0\].secretName/)],
    ],
  ])('%s', (_, spec, expected) => expect(refused(spec)).toEqual(expected));

  test('two classes that differ, at a path without metadata', () => {
    const annotations = { 'kubernetes.io/ingress.class': 'a' };
    expect(refused({ defaultBackend: BACKEND, ingressClassName: 'b' }, { annotations })).toEqual([
      'annotations.kubernetes.io/ingress.class: Invalid value: "a": must match `ingressClassName` when both are specified',
    ]);
  });
});

describe('what an object has already', () => {
  const held = (spec: Fields) => ingress(spec, { resourceVersion: '1' });
  const again = (spec: Fields, gates = DEFAULT_GATES) =>
    refusals({ kind: 'Ingress', object: held(spec), before: held(spec), gates });

  test('a bad secret name and a bad rule of a wildcard host stay', () => {
    expect(again({ defaultBackend: BACKEND, tls: [{ secretName: 'A' }] })).toEqual([]);
    expect(again({ rules: [rule({ path: 'x' }, '*.a.b')] })).toEqual([]);
    expect(again({ rules: [rule({ path: 'x' }, 'a.b')] })).toHaveLength(1);
  });

  test('a name of a Service with a digit in front stays without its gate', () => {
    const spec = { defaultBackend: { service: { name: '1a', port: { number: 80 } } } };
    expect(again(spec, new Set())).toEqual([]);
    expect(refusals({ kind: 'Ingress', object: ingress(spec), gates: new Set() })).toHaveLength(1);
  });
});
