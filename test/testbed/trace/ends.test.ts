/** Ends of a trace as people write them, and what is said when there is no such thing. */
import { describe, expect, test } from 'vitest';
import { parseIp } from '../../../src/net/index.js';
import { readSource, readTarget } from '../../../src/testbed/index.js';
import { SHOP, traceIn } from './shop.js';

test.each([
  [undefined, { kind: 'any pod' }],
  ['shop/client', { kind: 'pod', namespace: 'shop', name: 'client' }],
  ['pod:shop/client', { kind: 'pod', namespace: 'shop', name: 'client' }],
  ['client', { kind: 'pod', namespace: 'default', name: 'client' }],
  ['node:here', { kind: 'node', name: 'here' }],
  ['10.0.0.2', { kind: 'address', address: 0x0a000002 }],
  ['[fd00:10::2]', { kind: 'address', address: parseIp('fd00:10::2') }],
])('%s connects', (text, name) => {
  expect(readSource(text)).toEqual(name);
});

test.each([
  ['shop/cart:http', { kind: 'service', namespace: 'shop', name: 'cart', port: 'http', protocol: 0 }],
  ['shop/cart:53/udp', { kind: 'service', namespace: 'shop', name: 'cart', port: '53', protocol: 17 }],
  ['shop/cart', { kind: 'service', namespace: 'shop', name: 'cart', port: '', protocol: 0 }],
  ['cart:80/TCP', { kind: 'service', namespace: 'default', name: 'cart', port: '80', protocol: 6 }],
  ['10.0.0.2:80', { kind: 'address', address: 0x0a000002, port: 80, protocol: 6 }],
  ['[fd00:10::2]:36/sctp', { kind: 'address', address: parseIp('fd00:10::2'), port: 36, protocol: 132 }],
  ['node:here:30053/udp', { kind: 'node', name: 'here', port: 30053, protocol: 17 }],
])('%s is dialled', (text, name) => {
  expect(readTarget(text)).toEqual(name);
});

test.each([
  ['a/b/c', '--from: expected NAMESPACE/POD'],
  ['node:', '--from: expected NAMESPACE/POD'],
  ['', '--from: expected NAMESPACE/POD'],
])('%s is nobody', (text, message) => {
  expect(() => readSource(text)).toThrow(message);
});

test.each([
  ['a/b/c:80', '--to: expected NAMESPACE/SERVICE:PORT'],
  ['10.0.0.2', '--to: 10.0.0.2 lacks a port, as in 10.0.0.2:80'],
  ['fd00::2', '--to: fd00::2 lacks a port, as in [fd00::2]:80'],
  ['node:here', '--to: node:here lacks a port, as in node:here:30080'],
  ['10.0.0.2:http', '--to: expected a port from 1 to 65535, found http'],
  ['10.0.0.2:0', '--to: expected a port from 1 to 65535, found 0'],
  ['10.0.0.2:65536', '--to: expected a port from 1 to 65535, found 65536'],
  ['shop/cart:80/udb', '--to: expected tcp, udp or sctp behind the port, found udb; did you mean "udp"?'],
])('%s cannot be dialled', (text, message) => {
  expect(() => readTarget(text)).toThrow(message);
});

describe('in the cluster', () => {
  test('a port may be named by number, and is TCP unless it has another protocol alone', () => {
    expect(traceIn({ to: 'shop/cart:80' })).toMatchObject({ protocol: 'tcp', to: { name: 'shop/cart:http' } });
    expect(traceIn({ to: 'shop/cart:53' })).toMatchObject({ protocol: 'udp', to: { name: 'shop/cart:dns' } });
    expect(traceIn({ to: 'shop/far' })).toMatchObject({ to: { address: '172.16.0.11:80' } });
  });

  test('an address is told what it is', () => {
    expect(traceIn({ to: '172.16.0.10:80' }).to.name).toBe('shop/cart');
    expect(traceIn({ to: '10.0.1.3:8080' }).to.name).toBe('shop/cart-1');
    expect(traceIn({ to: 'node:here:30080' }).to.name).toBe('here for shop/cart');
    expect(traceIn({ from: '10.0.0.3', to: 'shop/far' }).from).toEqual({ name: 'shop/cart-0', node: 'here' });
    expect(traceIn({ from: '192.168.0.2', to: 'shop/far' }).from).toEqual({ name: 'there', node: 'there' });
  });

  test('a machine outside comes in by the node that it is told', () => {
    const trace = traceIn({ from: '198.51.100.7', via: 'there', to: 'shop/far' });
    expect(trace.packets[0]!.passages[0]!.node).toBe('there');
  });

  test.each([
    [{ to: 'shop/card:80' }, '--to: there is no Service shop/card; did you mean "shop/cart"?'],
    [{ to: 'other/thing:80' }, '--to: there is no Service other/thing; there are: shop/cart, '],
    [
      { to: 'shop/cart:htp' },
      '--to: Service shop/cart has no port htp; there are: http 80/tcp, dns 53/udp, signal 36/sctp; did you mean "http"?',
    ],
    [{ to: 'shop/cart' }, '--to: Service shop/cart has several ports; there are: http 80/tcp'],
    [{ to: 'shop/cart:http/udp' }, '--to: Service shop/cart has no port http/udp'],
    [{ to: 'shop/far', family: 6 as const }, '--to: Service shop/far has no IPv6 address'],
    [{ to: '10.0.0.3:80', family: 6 as const }, '--to: 10.0.0.3 is no IPv6 address, which --family asks for'],
    [{ to: 'node:hare:80' }, '--to: there is no node hare; did you mean "here"?'],
    [{ to: 'shop/far', from: 'shop/cliemt' }, '--from: there is no pod shop/cliemt; did you mean "shop/client"?'],
    [
      { to: 'shop/far', from: 'node:nowhere-at-all' },
      '--from: there is no node nowhere-at-all; there are: here, there',
    ],
    [{ to: 'shop/far', from: '10.0.0.77' }, '--from: 10.0.0.77 is in the range of pods, and no pod has it'],
    [
      { to: 'shop/far', from: '172.16.0.77' },
      '--from: 172.16.0.77 is in the range of Services, and Services do not send',
    ],
    [{ to: 'shop/far', from: '198.51.100.7', via: 'hare' }, '--via: there is no node hare; did you mean "here"?'],
    [{ to: 'shop/far', from: '198.51.100.7', via: 'nox' }, '--via: there is no node nox; there are: here, there'],
    [{ to: 'shop/far', via: 'there' }, '--via: only a machine outside of the cluster comes in by a node'],
    [{ to: 'shop/far', from: null, via: 'nox' }, '--via: there is no node nox'],
    [{ to: 'shop/far', mode: 'ebpf' }, 'there is no proxy mode ebpf'],
  ])('%j is refused', (asked, message) => {
    expect(() => traceIn(asked)).toThrow(message);
  });

  test.each([
    [{ type: 'ExternalName' as const }, 'is of type ExternalName: DNS gives clients another name'],
    [{ headless: true }, "is headless: DNS gives clients its endpoints' addresses"],
  ])('a Service without a cluster address is refused: %j', (rest, message) => {
    const [cart] = SHOP.services;
    const service = { ...cart!, clusterIp: 0, clusterIps: [], ...rest };
    const changes = { cluster: { objects: { ...SHOP, services: [service], slices: [] } } };
    expect(() => traceIn({ to: 'shop/cart:http', changes })).toThrow(`--to: Service shop/cart ${message}`);
  });

  test('a pod that is not ready or about to go is not taken where any will do', () => {
    const [client, ...pods] = SHOP.pods;
    for (const state of [{ terminating: true }, { ready: false }]) {
      const changes = { cluster: { objects: { ...SHOP, pods: [{ ...client!, ...state }, ...pods] } } };
      expect(traceIn({ from: null, to: 'shop/far', changes }).from.name).toBe('shop/cart-0');
    }
  });

  test('where no pod of the first node is free, a client is made', () => {
    expect(traceIn({ from: null, to: 'shop/self' }).from.name).toBe('shop/cart-0');
    const changes = { cluster: { objects: null, nodes: 1, services: 1 } };
    expect(traceIn({ from: null, to: 'svc-0', changes })).toMatchObject({
      from: { name: 'a client pod', node: 'node-0' },
      outcome: { kind: 'answered' },
    });
  });
});
