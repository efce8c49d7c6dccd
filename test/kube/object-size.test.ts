/**
 * Bytes of objects against those measured with the real types and encoders (v1.20.2; discovery/v1 by an encoder that agrees with them).
 *
 * The measured objects: names of 12 letters, resource version of 7 digits, no creation time, one port called http at 8080; pods of 30 letters in `default`
 * on nodes of 10, addresses of 14.
 */
import { describe, expect, test } from 'vitest';
import { endpointsJsonBytes, sliceJsonBytes } from '../../src/kube/object-json.js';
import { endpointsBytes, sliceBytes, type SizeContext } from '../../src/kube/object-size.js';
import { MANAGED_BY, MANAGED_BY_LABEL, SERVICE_NAME_LABEL } from '../../src/kube/index.js';
import type { Endpoint, EndpointHints, Endpoints, EndpointSlice, Node } from '../../src/kube/index.js';
import { ip } from './objects.js';

const NAME = 'service-name';
const PORTS = [{ name: 'http', protocol: 6, port: 8080 }];
const HINTS: EndpointHints = { zones: ['us-central1-a'], nodes: [] };

const node = (zone: string): Node => ({ name: 'node-00001', index: 0, zone, ip: 0, secondIp: 0 });
const context = (zone = ''): SizeContext => {
  return { nodes: [node(zone)], resourceVersionDigits: 7, created: false, minor: 20 };
};

function members(count: number, hints: EndpointHints | null = null): Endpoint[] {
  return Array.from({ length: count }, (_, i) => ({
    address: ip(`10.${100 + (i % 100)}.${100 + Math.floor(i / 100)}.100`),
    node: 0,
    target: `default/${`pod-${i}`.padEnd(30, 'x')}`,
    ready: true,
    serving: true,
    terminating: false,
    hints,
  }));
}

function slice(count: number, hints: EndpointHints | null = null): EndpointSlice {
  const labels = { [SERVICE_NAME_LABEL]: NAME, [MANAGED_BY_LABEL]: MANAGED_BY };
  const metadata = { namespace: 'default', name: 'service-abcd', labels };
  return { metadata, family: 4, service: NAME, ports: PORTS, endpoints: members(count, hints) };
}

function endpoints(count: number): Endpoints {
  const subsets = count === 0 ? [] : [{ ports: PORTS, ready: members(count), notReady: [] }];
  return { metadata: { namespace: 'default', name: NAME, labels: {} }, subsets, truncated: false };
}

describe('bytes of', () => {
  test.each([
    [0, 82, 156],
    [100, 12_501, 18_439],
    [1000, 124_102, 182_239],
    [5000, 620_102, 910_239],
  ])('an Endpoints object with %i addresses', (count, protobuf, json) => {
    expect(endpointsBytes(endpoints(count), context())).toBe(protobuf);
    expect(endpointsJsonBytes(endpoints(count), context())).toBe(json);
  });

  test.each([
    [0, 308, 593],
    [100, 12_908, 22_490],
    [1000, 126_308, 219_590],
  ])('a slice of %i endpoints with the condition ready alone', (count, protobuf, json) => {
    expect(sliceBytes(slice(count), context(), 'ready')).toBe(protobuf);
    expect(sliceJsonBytes(slice(count), context(), 'ready')).toBe(json);
  });

  test.each([
    ['three conditions', '', null, 308, 13_408, 131_308],
    ['a zone', 'us-central1-a', null, 308, 14_908, 146_308],
    ['a zone and a hint', 'us-central1-a', HINTS, 308, 16_808, 165_308],
  ])('slices of 0, 100 and 1,000 endpoints with %s', (_, zone, hints, empty, hundred, thousand) => {
    const sizes = [0, 100, 1000].map((count) => sliceBytes(slice(count, hints), context(zone)));
    expect(sizes).toEqual([empty, hundred, thousand]);
  });
});

describe('what adds to them', () => {
  const plain = slice(1);
  const size = (changed: EndpointSlice, own = context()) => sliceBytes(changed, own) - sliceBytes(plain, context());

  test('a creation time, which a stored object has', () => {
    expect(size(plain, { ...context(), created: true })).toBe(8);
  });

  test('newer types have no cluster name', () => {
    expect(size(plain, { ...context(), minor: 34 })).toBe(-2);
  });

  test('the trigger annotation, a label, an application protocol, a hostname', () => {
    expect(size({ ...plain, triggerNs: 1 })).toBe(48 + 20 + 6);
    expect(size({ ...plain, metadata: { ...plain.metadata, labels: { ...plain.metadata.labels, a: 'bc' } } })).toBe(9);
    expect(size({ ...plain, ports: [{ ...PORTS[0]!, appProtocol: 'h2c' }] })).toBe(5);
    expect(size({ ...plain, endpoints: [{ ...plain.endpoints[0]!, hostname: 'abc' }] })).toBe(5);
  });

  test('hints for nodes, by their names', () => {
    const hints = { zones: [], nodes: [0] };
    expect(size({ ...plain, endpoints: [{ ...plain.endpoints[0]!, hints }] })).toBe(16);
  });

  test('addresses of the other family, by their text', () => {
    const changed = { ...plain, family: 6 as const, endpoints: [{ ...plain.endpoints[0]!, address: ip('fd00::1') }] };
    // One byte less for the length, as the endpoint has fewer than 128.
    expect(size(changed)).toBe('fd00::1'.length - 14 - 1);
  });

  test('an Endpoints object says that it was truncated', () => {
    const one = endpoints(1);
    // And one byte more for the length of the metadata, which grow over 127.
    expect(endpointsBytes({ ...one, truncated: true }, context()) - endpointsBytes(one, context())).toBe(
      37 + 9 + 6 + 1,
    );
  });
});
