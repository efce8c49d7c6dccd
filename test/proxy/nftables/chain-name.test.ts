/** Names of chains and sets, against node's own hash. */
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { parseIp } from '../../../src/net/index.js';
import { endpointNameBase, portNameBase } from '../../../src/proxy/modes/nftables/chain-name.js';

/** RFC 4648 base32 of the first 5 bytes: 8 characters. */
function hash(text: string): string {
  const bits = [...createHash('sha256').update(text).digest().subarray(0, 5)]
    .map((byte) => byte.toString(2).padStart(8, '0'))
    .join('');
  return (bits.match(/.{5}/g) ?? []).map((five) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[parseInt(five, 2)]).join('');
}

const port = { namespace: 'shop', service: 'cart', portName: 'grpc', protocol: 6 };

test('a hash of what follows it', () => {
  expect(portNameBase(port)).toBe(`${hash('shop/cart/tcp/grpc')}-shop/cart/tcp/grpc`);
  expect(portNameBase({ ...port, portName: '', protocol: 132 })).toBe(`${hash('shop/cart/sctp/')}-shop/cart/sctp/`);
});

test('endpoints: colons of IPv6 become dots', () => {
  const v4 = 'shop/cart/tcp/grpc__10.1.2.3/8080';
  const v6 = 'shop/cart/tcp/grpc__fd00..1.2/8080';
  expect(endpointNameBase(port, parseIp('10.1.2.3')!, 8080)).toBe(`${hash(v4)}-${v4}`);
  expect(endpointNameBase(port, parseIp('fd00::1:2')!, 8080)).toBe(`${hash(v6)}-${v6}`);
});

test('names of more than 240 characters are cut', () => {
  const long = { namespace: 'n'.repeat(63), service: 's'.repeat(63), portName: 'p'.repeat(63), protocol: 132 };
  const endpoints = [1, 2].map((last) =>
    endpointNameBase(long, parseIp(`fd00:1111:2222:3333:4444:5555:6666:777${last}`)!, 65535),
  );
  const text = `${'n'.repeat(63)}/${'s'.repeat(63)}/sctp/${'p'.repeat(63)}__fd00.1111.2222.3333.4444.5555.6666.7771/65535`;
  expect(endpoints.map((name) => name.length)).toEqual([240, 240]);
  expect(endpoints[0]).toBe(`${`${hash(text)}-${text}`.slice(0, 237)}...`);
  expect(endpoints[0]).not.toBe(endpoints[1]);
});
