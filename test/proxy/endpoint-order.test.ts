/** The order of endpoints: that of their text, and back. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatIpv4 } from '../../src/net/index.js';
import { endpointOrder, orderedAddress, orderedPort } from '../../src/proxy/endpoint-order.js';

const address = fc.oneof(
  fc.integer({ min: 0, max: 2 ** 32 - 1 }),
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
