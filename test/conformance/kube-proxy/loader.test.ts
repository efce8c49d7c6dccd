/** The runner of kube-proxy cases itself: what it makes of cases, and that it lets nothing unknown pass. */
import { describe, expect, test } from 'vitest';
import { outsideVersion, type ConformanceCase } from './case-file.js';
import type { Variant } from './case-world.js';
import { filled, generatedSlices } from './generated-slices.js';
import { CASE_KINDS } from './kinds.js';

const VARIANT: Variant = { mode: 'iptables', lookup: 'index' };
const NODE = { name: 'here', primaryIP: '192.168.0.2', interfaceIPs: ['127.0.0.1', '192.168.0.2'] };

function manifest(kind: 'Service' | 'EndpointSlice', name: string, rest: object): object {
  const labels = { 'kubernetes.io/service-name': name };
  return { apiVersion: 'v1', kind, metadata: { namespace: 'ns', name, labels }, ...rest };
}

const service = (name: string, clusterIP: string): object =>
  manifest('Service', name, {
    spec: { type: 'ClusterIP', clusterIP, clusterIPs: [clusterIP], ports: [{ port: 80, targetPort: 80 }] },
  });
const slice = (name: string, address: string, hints?: object): object =>
  manifest('EndpointSlice', name, {
    apiVersion: 'discovery.k8s.io/v1',
    addressType: 'IPv4',
    endpoints: [{ addresses: [address], ...(hints !== undefined && { hints }) }],
    ports: [{ name: '', port: 8080, protocol: 'TCP' }],
  });
const node = (zone: string): object => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'here', labels: { 'topology.kubernetes.io/zone': zone } },
});
const flow = (destination: string, outcome: string): object => ({
  ...{ name: `to ${destination}`, source: '10.0.0.1', destination, destinationPort: 80, protocol: 'TCP' },
  expect: { outcome, masquerade: false },
});

function made(fields: Record<string, unknown>, kind = 'flows'): ConformanceCase {
  const all = { id: 'made-up', kind, modes: ['iptables'], node: NODE, objects: [], ...fields };
  return { file: 'made-up', id: 'made-up', kind, modes: ['iptables'], fields: all };
}

function run(fields: Record<string, unknown>, kind = 'flows'): void {
  CASE_KINDS[kind]?.run(made(fields, kind), VARIANT);
}

describe('a case', () => {
  const objects = [service('a', '10.96.0.1'), slice('a', '10.1.0.1')];

  test('passes only when what it expects is so', () => {
    expect(() => run({ objects, flows: [flow('10.96.0.1', '10.1.0.1:8080')] })).not.toThrow();
    expect(() => run({ objects, flows: [flow('10.96.0.1', '10.1.0.2:8080')] })).toThrow('10.1.0.2');
    expect(() => run({ objects, flows: [flow('10.96.0.1', 'DROP')] })).toThrow('drop');
  });

  test.each([
    ['a field of its own', { expectWonders: 1 }],
    ['a field of a step', { steps: [{ expectWonders: 1 }] }],
    ['a field of its proxy', { proxy: { wonders: 1 } }],
    ['a field of its node', { node: { ...NODE, wonders: 1 } }],
    ['a field of a flow', { flows: [{ ...flow('10.96.0.1', 'none'), wonders: 1 }] }],
    ['a field of a tracking', { expectTracking: { wonders: 1 } }],
  ])('with %s that is not known fails', (_, fields) => {
    expect(() => run(fields)).toThrow(/unknown field \w*[wW]onders/);
  });

  test('that expects what its modes have not got fails', () => {
    expect(() => run({ expectIPVS: { virtualServers: [] } })).toThrow('nobody knows what expectIPVS means');
  });

  test('follows its steps: what goes, what comes, and the node’s own labels', () => {
    const near = slice('a', '10.1.0.1', { forZones: [{ name: 'x' }] });
    const both = {
      ...near,
      endpoints: [
        { addresses: ['10.1.0.1'], hints: { forZones: [{ name: 'x' }] } },
        { addresses: ['10.1.0.2'], hints: { forZones: [{ name: 'y' }] } },
      ],
    };
    const steps = [
      { apply: [both], flows: [flow('10.96.0.1', '10.1.0.1:8080')] },
      { apply: [node('y')], flows: [flow('10.96.0.1', '10.1.0.2:8080')] },
      { delete: [{ kind: 'EndpointSlice', namespace: 'ns', name: 'a' }], flows: [flow('10.96.0.1', 'REJECT')] },
      {
        delete: [{ kind: 'Service', namespace: 'ns', name: 'a' }],
        advanceSeconds: 5,
        flows: [flow('10.96.0.1', 'none')],
      },
    ];
    expect(() => run({ objects: [node('x'), ...objects], steps })).not.toThrow();
    // What is not there goes a second time without more ado, as with kube-proxy.
    expect(() => run({ objects, steps: [steps[3], steps[3]] })).not.toThrow();
  });

  test('finds in place what was there before it', () => {
    const preexisting = [service('old', '10.96.0.9'), slice('old', '10.1.0.9')];
    const flows = [flow('10.96.0.1', '10.1.0.1:8080'), flow('10.96.0.9', 'none')];
    expect(() => run({ preexisting, objects, flows })).not.toThrow();
    expect(() => run({ preexisting, objects, expectTracking: { servicePorts: 1 } })).not.toThrow();
  });

  test('says in which modes and lookups it is to be run', () => {
    expect(CASE_KINDS['flows']?.variants(made({ flows: [] }))).toEqual([{ mode: 'iptables', lookup: 'walk' }, VARIANT]);
    expect(CASE_KINDS['flows']?.variants(made({ steps: [{ flows: [] }] })).length).toBe(2);
    expect(CASE_KINDS['rules']?.variants(made({}))).toEqual([VARIANT]);
  });

  test.each([
    [undefined, undefined],
    [{ min: '1.34' }, undefined],
    [{ max: '1.34' }, undefined],
    [{ min: '1.35' }, 'from 1.35 on'],
    [{ min: '1.24', max: '1.26' }, 'up to 1.26'],
  ])('of the versions %o applies or says why not', (versionRange, reason) => {
    expect(outsideVersion(made({ versionRange }), 34)).toBe(reason);
  });
});

describe('endpoints by rule', () => {
  test.each([
    ['10.0.{i % 256}.{i // 256}', 300, '10.0.44.1'],
    ['10.{(i + 1) * 2}.{i - 1}.1', 3, '10.8.2.1'],
    ['fd00::{i}', 7, 'fd00::7'],
  ])('%s', (pattern, i, text) => {
    expect(filled(pattern, i)).toBe(text);
  });

  test.each(['{j}', '{i +}', '{(i}', '{i 1}'])('%s is no pattern', (pattern) => {
    expect(() => filled(pattern, 1)).toThrow('no expression');
  });

  test('stand in slices of at most so many', () => {
    const port = { name: 'p', port: 80, protocol: 'TCP' };
    const rule = { slices: 'ns/a', endpoints: 5, addressPattern: '10.0.0.{i}', port, maxEndpointsPerSlice: 2 };
    const slices = generatedSlices([rule]) as { endpoints: { addresses: string[] }[] }[];
    expect(slices.map(({ endpoints }) => endpoints.map(({ addresses }) => addresses.join()))).toEqual([
      ['10.0.0.0', '10.0.0.1'],
      ['10.0.0.2', '10.0.0.3'],
      ['10.0.0.4'],
    ]);
  });
});
