/** The order of endpoints: that of their text, and back. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatIpPort, formatIpv4, ipv6Of } from '../../src/net/index.js';
import {
  Ipv6Order,
  compareEndpoints,
  endpointOrder,
  orderedAddress,
  orderedPort,
} from '../../src/proxy/endpoint-order.js';

const address = fc.oneof(
  // Above are handles of IPv6 addresses.
  fc.integer({ min: 0, max: 0xefffffff }),
  fc
    .tuple(fc.constantFrom(1, 10, 11, 100), fc.constantFrom(0, 1, 9, 10, 11, 99, 100, 199))
    .map(([a, b]) => ((a * 256 + 1) * 256 + 1) * 256 + b),
);
const port = fc.oneof(fc.integer({ min: 1, max: 65535 }), fc.constantFrom(1, 8, 80, 800, 8000, 8080, 10000, 65535));
const endpoint = fc.tuple(address, port);

const text = ([ip, number]: readonly [number, number]) => `${formatIpv4(ip)}:${number}`;

test('the number grows as the text does', () => {
  fc.assert(
    fc.property(endpoint, endpoint, (a, b) => {
      const [orderA, orderB] = [endpointOrder(...a), endpointOrder(...b)];
      expect(Math.sign(orderA - orderB)).toBe(text(a) < text(b) ? -1 : text(a) > text(b) ? 1 : 0);
    }),
    { numRuns: 2000 },
  );
});

test('the number holds address and port', () => {
  fc.assert(
    fc.property(endpoint, ([ip, number]) => {
      const order = endpointOrder(ip, number);
      expect([orderedAddress(order), orderedPort(order)]).toEqual([ip, number]);
    }),
    { numRuns: 2000 },
  );
});

const word = fc.oneof(fc.constantFrom(0, 1, 0x10, 0x11, 0xa, 0x10000, 0xffff), fc.integer({ min: 0, max: 0xffffffff }));
const ipv6 = fc.tuple(fc.constantFrom(0xfd000000, 0x20010db8), word, word, word).map((words) => ipv6Of(...words));

test('IPv6 endpoints of a list are in the order of their text, and can be read back', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(ipv6, port), { maxLength: 12 }), (endpoints) => {
      const order = new Ipv6Order(endpoints.map(([ip]) => ip));
      const numbers = endpoints.map(([ip, number]) => order.order(ip, number)).sort((a, b) => a - b);
      const sorted = numbers.map((number) => formatIpPort(order.address(number), orderedPort(number)));
      expect(sorted).toEqual(endpoints.map(([ip, number]) => formatIpPort(ip, number)).sort());
    }),
  );
});

test('two endpoints compare as their texts', () => {
  const pair = fc.oneof(fc.tuple(endpoint, endpoint), fc.tuple(fc.tuple(ipv6, port), fc.tuple(ipv6, port)));
  fc.assert(
    fc.property(pair, ([a, b]) => {
      const [textA, textB] = [formatIpPort(...a), formatIpPort(...b)];
      expect(Math.sign(compareEndpoints(...a, ...b))).toBe(textA < textB ? -1 : textA > textB ? 1 : 0);
    }),
    { numRuns: 1000 },
  );
});
