/** Endpoints and EndpointSlices that an API server takes and refuses. */
import { describe, expect, test } from 'vitest';
import { refusals, written } from './written.js';

describe('Endpoints', () => {
  const endpoints = (...subsets: readonly object[]) => written('Endpoints', { subsets });
  const refused = (...subsets: readonly object[]) => refusals({ kind: 'Endpoints', object: endpoints(...subsets) });

  test('may have addresses without ports, and addresses that are not ready', () => {
    expect(refused({ notReadyAddresses: [{ ip: '10.0.0.1', nodeName: 'n1.example' }] })).toEqual([]);
  });

  test('say what is wrong with an address, twice where two rules say so', () => {
    const bad = { addresses: [{ ip: 'x', hostname: 'a.b', nodeName: 'N' }] };
    expect(refused(bad).map((line) => line.replace(/ Invalid value: .*/, ''))).toEqual([
      'subsets[0].addresses[0].ip:',
      'subsets[0].addresses[0].hostname:',
      'subsets[0].addresses[0].nodeName:',
      'subsets[0].addresses[0].ip:',
    ]);
  });

  test('need names of several ports, and take the same name twice', () => {
    const subset = (...names: readonly string[]) => ({
      addresses: [{ ip: '10.0.0.1' }],
      ports: names.map((name, i) => ({ name, port: i + 1 })),
    });
    expect(refused(subset('a', ''))).toEqual(['subsets[0].ports[1].name: Required value']);
    expect(refused(subset('a', 'a'))).toEqual([]);
  });

  test('that nobody changes are not looked at again', () => {
    const object = { ...endpoints({ addresses: [{ ip: '127.0.0.1' }] }) };
    const held = { ...object, metadata: { name: 'web', namespace: 'shop', resourceVersion: '1' } };
    expect(refusals({ kind: 'Endpoints', object: held, before: held })).toEqual([]);
    expect(refusals({ kind: 'Endpoints', object: held, before: { ...held, subsets: [] } })).toHaveLength(1);
  });
});

describe('an EndpointSlice', () => {
  const slice = (fields: object) => written('EndpointSlice', { addressType: 'IPv4', ports: [], ...fields });
  const refused = (fields: object) => refusals({ kind: 'EndpointSlice', object: slice(fields) });
  const endpoint = (fields: object) => ({ endpoints: [{ addresses: ['10.0.0.1'], ...fields }] });

  test.each<[string, object, readonly string[]]>([
    [
      'without addresses',
      { endpoints: [{}] },
      ['endpoints[0].addresses: Required value: must contain at least 1 address'],
    ],
    [
      'of names with one label',
      { addressType: 'FQDN', endpoints: [{ addresses: ['a.'] }] },
      [
        'endpoints[0].addresses[0]: Invalid value: "a": should be a domain with at least two segments separated by dots',
      ],
    ],
    [
      'of names with a long label',
      { addressType: 'FQDN', endpoints: [{ addresses: [`${'x'.repeat(64)}.b`] }] },
      [`endpoints[0].addresses[0]: Invalid value: "${'x'.repeat(64)}": must be no more than 63 bytes`],
    ],
    [
      'with a zone twice',
      endpoint({ hints: { forZones: [{ name: 'a' }, { name: 'a' }] } }),
      ['endpoints[0].hints.forZones[1].name: Duplicate value: "a"'],
    ],
    [
      'with nine zones',
      endpoint({ hints: { forZones: Array.from({ length: 9 }, (_, i) => ({ name: `z${i}` })) } }),
      ['endpoints[0].hints.forZones: Too many: 9: must have at most 8 items'],
    ],
    ['with one port name twice', { ports: [{ port: 1 }, { port: 2 }] }, ['ports[1].name: Duplicate value: ""']],
    [
      'of addresses that nobody may have',
      { addressType: 'IPv6', endpoints: [{ addresses: ['fe80::1'] }] },
      [
        'endpoints[0].addresses[0]: Invalid value: "fe80::1": may not be in the link-local range (169.254.0.0/16, fe80::/10)',
      ],
    ],
  ])('%s', (_, fields, expected) => expect(refused(fields)).toEqual(expected));

  test('loses topology labels that somebody writes; stored ones must be right', () => {
    const object = slice({ ...endpoint({ deprecatedTopology: { 'a b': 'c' } }), ports: [] });
    expect(refusals({ kind: 'EndpointSlice', object })).toEqual([]);
    expect(refusals({ kind: 'EndpointSlice', object, defaults: false })).toEqual([
      expect.stringMatching(/^endpoints\[0\].deprecatedTopology: Invalid value: "a b"/),
    ]);
  });

  test('keeps its address type', () => {
    const [before, object] = ['IPv4', 'IPv6'].map((addressType) => slice({ addressType, endpoints: [] }));
    expect(refusals({ kind: 'EndpointSlice', object, before })).toEqual([
      'addressType: Invalid value: "IPv6": field is immutable',
    ]);
  });

  test('has as many ports as one can count, up to 20000', () => {
    const ports = (count: number) => ({
      ports: Array.from({ length: count }, (_, i) => ({ name: `p${i}`, port: 80 })),
    });
    expect(refused(ports(101))).toEqual([]);
    expect(refused(ports(20_001))).toEqual(['ports: Too many: 20001: must have at most 20000 items']);
  });
});
