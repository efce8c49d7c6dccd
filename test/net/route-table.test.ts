/** Routes: the longest prefix wins, with and without a table underneath. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RouteTable, formatIp, inPrefix, ipv6Of, networkOf, parseIp, parseIpv4 } from '../../src/net/index.js';

/** Number of a dotted-quad address. */
const ip = (text: string): number => parseIpv4(text)!;

/** What a table says of an address, as [device, gateway], or undefined for no route. */
function ask(table: RouteTable, address: number): [number, number] | undefined {
  const route = table.lookup(address);
  return route === -1 ? undefined : [table.device(route), table.gateway(route)];
}

test('an empty table has no route', () => {
  expect(ask(new RouteTable(), ip('10.0.0.1'))).toBeUndefined();
  expect(ask(new RouteTable(new RouteTable()), ip('10.0.0.1'))).toBeUndefined();
});

describe('the table of a flannel node', () => {
  // Own pods behind the bridge; the others' subnets, the nodes and the default route are shared by all nodes.
  const shared = new RouteTable();
  shared.add(ip('10.244.1.0'), 24, 2, ip('10.244.1.0'));
  shared.add(ip('10.244.2.0'), 24, 2, ip('10.244.2.0'));
  shared.add(ip('10.50.0.0'), 24, 3, 0);
  shared.add(0, 0, 3, ip('10.50.0.254'));
  const table = new RouteTable(shared);
  table.add(ip('10.244.1.0'), 24, 1, 0);
  table.add(ip('10.244.2.9'), 32, 0, 0);

  test.each([
    ['10.244.1.7', [1, 0]],
    ['10.244.1.0', [1, 0]],
    ['10.244.2.7', [2, ip('10.244.2.0')]],
    ['10.244.2.9', [0, 0]],
    ['10.50.0.2', [3, 0]],
    ['10.244.3.1', [3, ip('10.50.0.254')]],
    ['255.255.255.255', [3, ip('10.50.0.254')]],
  ] as const)('%s', (address, expected) => {
    expect(ask(table, ip(address))).toEqual(expected);
  });

  test('says how many routes are its own', () => expect([table.size, shared.size]).toEqual([2, 4]));
});

test('a route of the same prefix replaces the old one', () => {
  const table = new RouteTable();
  table.add(ip('10.244.1.0'), 24, 1, 5);
  table.add(ip('10.244.2.0'), 24, 2, 6);
  table.add(ip('10.244.1.77'), 24, 3, 7); // bits behind the prefix do not count
  expect([ask(table, ip('10.244.1.1')), ask(table, ip('10.244.2.1')), table.size]).toEqual([[3, 7], [2, 6], 2]);
});

test('a dual-stack node: each family has its own default route', () => {
  const table = new RouteTable();
  table.add(0, 0, 1, ip('10.50.0.254'));
  expect(ask(table, parseIp('fd00::1')!)).toBeUndefined();
  table.add(parseIp('::')!, 0, 2, parseIp('fd00:50::fe')!);
  table.add(parseIp('fd00:244:0:1::')!, 64, 3, 0);
  expect([
    ask(table, ip('10.0.0.1')),
    ask(table, parseIp('fd00:244:0:2::7')!),
    ask(table, parseIp('fd00:244:0:1::7')!),
  ]).toEqual([
    [1, ip('10.50.0.254')],
    [2, parseIp('fd00:50::fe')],
    [3, 0],
  ]);
});

test('any two tables give the longest prefix, the own one at equal length', () => {
  interface Route {
    readonly network: number;
    readonly bits: number;
  }
  // Networks with few bits set, so that they lie in each other.
  const ipv4 = fc.tuple(fc.nat(3), fc.nat(3), fc.nat(3)).map(([a, b, c]) => ((a << 30) | (b << 15) | c) >>> 0);
  const ipv6 = fc.tuple(fc.nat(3), fc.nat(3), fc.nat(3)).map(([a, b, c]) => ipv6Of(0xfd000000, a << 30, b << 15, c));
  const network = fc.oneof(ipv4, ipv6);
  const route: fc.Arbitrary<Route> = fc.oneof(
    fc.record({ network: ipv4, bits: fc.constantFrom(0, 1, 2, 8, 16, 17, 24, 30, 31, 32) }),
    fc.record({ network: ipv6, bits: fc.constantFrom(0, 8, 33, 34, 64, 80, 81, 112, 127, 128) }),
  );
  const routes = fc.array(route, { maxLength: 12 });
  fc.assert(
    fc.property(routes, routes, fc.array(network, { maxLength: 20 }), (sharedRoutes, ownRoutes, addresses) => {
      const shared = new RouteTable();
      sharedRoutes.forEach(({ network, bits }, n) => shared.add(network, bits, 100 + n, n + 1));
      const table = new RouteTable(shared);
      ownRoutes.forEach(({ network, bits }, n) => table.add(network, bits, n, n + 1));
      const all = [
        ...sharedRoutes.map((r, n) => ({ ...r, device: 100 + n, gateway: n + 1 })),
        ...ownRoutes.map((r, n) => ({ ...r, device: n, gateway: n + 1 })),
      ];
      for (const address of [...addresses, ...all.map((r) => r.network)]) {
        // Later ones of equal length stand for those that they replaced, own ones for shared ones.
        const best = all
          .filter(({ network, bits }) => inPrefix(address, networkOf(network, bits), bits))
          .reduce<(typeof all)[number] | undefined>((a, b) => (a === undefined || b.bits >= a.bits ? b : a), undefined);
        expect([formatIp(address), ask(table, address)]).toEqual([
          formatIp(address),
          best && [best.device, best.gateway],
        ]);
      }
    }),
  );
});
