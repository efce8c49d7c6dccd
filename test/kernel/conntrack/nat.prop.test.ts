/** NAT under any mix of rules: every flow keeps its own way there and back. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { translated, type Headers } from './translated.js';

test('whatever is translated, answers come back to the right client, from the address that it dialled', () => {
  // Few clients, ports, services and servers: translated flows would clash all the time.
  const step = fc.record({
    client: fc.integer({ min: 1, max: 3 }),
    clientPort: fc.constantFrom(100, 700, 40_000, 40_001),
    service: fc.integer({ min: 10, max: 13 }),
    server: fc.option(fc.tuple(fc.integer({ min: 20, max: 21 }), fc.constantFrom(80, 81))),
    masquerade: fc.option(fc.constantFrom(30, 31)),
    randomFully: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), (steps) => {
      const world = translated();
      const ways = new Map<string, Headers>();
      for (const { client, clientPort, service, server, masquerade, randomFully } of steps) {
        const f = { client, server: service, clientPort, serverPort: 5, protocol: 17 };
        const leaves = world.pass(f, {
          ...(server === null ? {} : { server }),
          ...(masquerade === null ? {} : { masquerade, randomFully }),
        });
        const key = [client, clientPort, service].join();
        // A later packet of a flow goes the way of the first, whatever the rules say by then.
        expect(leaves).toEqual(ways.get(key) ?? leaves);
        ways.set(key, leaves!);
      }
      expect(new Set([...ways.values()].map((way) => way.join())).size).toBe(ways.size);
      for (const [key, [source, sourcePort, destination, destinationPort]] of ways) {
        const [client, clientPort, service] = key.split(',').map(Number);
        expect(world.answer(destination, destinationPort, source, sourcePort)).toEqual([
          service,
          5,
          client,
          clientPort,
        ]);
      }
      // Not one answer was taken for a flow of its own.
      expect(world.tracked.conntrack.count).toBe(ways.size);
    }),
  );
});
