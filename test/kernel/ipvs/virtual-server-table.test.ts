/** Shared virtual servers in versions: lookups, bound addresses, counts, comparison of server lists, chains, and the parts they are made of. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OWN_ADDRESS, serverChanges } from '../../../src/kernel/ipvs/definition.js';
import { KeyMap } from '../../../src/kernel/ipvs/key-map.js';
import { ServiceChains } from '../../../src/kernel/ipvs/service-chains.js';
import { Timeline } from '../../../src/kernel/ipvs/timeline.js';
import { VirtualServerRegistry } from '../../../src/kernel/ipvs/virtual-server-table.js';
import { definition, serverColumns, VIP, VPORT } from './ipvs-fixture.js';

describe('the registry', () => {
  test('keeps every version, though the newest has moved on', () => {
    const registry = new VirtualServerRegistry();
    registry.advance(1);
    const first = definition([0]);
    registry.put(first);
    const one = registry.table();
    registry.advance(2);
    const second = definition([0, 1]);
    registry.put(second);
    registry.put(definition([2], { address: VIP + 1 }));
    const two = registry.table();
    registry.advance(5);
    registry.delete(6, VIP, VPORT);
    const five = registry.table();
    expect([one, two, five].map((table) => table.find(6, VIP, VPORT))).toEqual([first, second, null]);
    expect([one, two, five].map((table) => table.isBound(VIP))).toEqual([true, true, false]);
    expect([one, two, five].map((table) => table.isBound(VIP + 1))).toEqual([false, true, true]);
    expect([one, two, five].map((table) => table.counts.sharedServers)).toEqual([1, 3, 1]);
    expect([one.isEmpty, new VirtualServerRegistry().table().isEmpty]).toEqual([false, true]);
    registry.forgetBefore(2);
    expect([two, five].map((table) => table.find(6, VIP, VPORT))).toEqual([second, null]);
  });

  test('refuses to go back', () => {
    const registry = new VirtualServerRegistry();
    registry.advance(3);
    expect(() => registry.advance(3)).toThrow(/versions-ascend/);
  });

  test('binds an address as long as any virtual server stands on it', () => {
    const registry = new VirtualServerRegistry();
    registry.advance(1);
    registry.put(definition([]));
    registry.put(definition([], { port: 81 }));
    registry.put(definition([], { address: OWN_ADDRESS, port: 30000, bound: false }));
    expect(registry.table().counts.boundAddresses).toBe(1);
    registry.delete(6, VIP, VPORT);
    registry.delete(6, VIP, VPORT);
    expect(registry.table().isBound(VIP)).toBe(true);
    registry.delete(6, VIP, 81);
    expect(registry.table().isBound(VIP)).toBe(false);
    expect(registry.table().counts).toMatchObject({ sharedServices: 0, ownServices: 1, boundAddresses: 0 });
  });
});

describe('comparison of server lists', () => {
  test('tells who went and who came', () => {
    expect(serverChanges(serverColumns([0, 1, 2]), serverColumns([0, 2, 3]))).toEqual({ removed: [1], added: [2] });
    expect(serverChanges(serverColumns([]), serverColumns([4, 5]))).toEqual({ removed: [], added: [0, 1] });
    expect(serverChanges(serverColumns([0, 1]), serverColumns([1, 0]))).toEqual({ removed: [], added: [] });
  });

  test('agrees with sets, for a list that loses some and has others appended', () => {
    const numbers = fc.uniqueArray(fc.nat(30), { maxLength: 20 });
    fc.assert(
      fc.property(numbers, numbers, fc.nat(), (from, wanted, mask) => {
        const stay = from.filter((n) => (mask & (1 << (n % 16))) !== 0);
        const to = [...stay, ...wanted.filter((n) => !stay.includes(n))];
        const { removed, added } = serverChanges(serverColumns(from), serverColumns(to));
        expect(removed.map((i) => from[i])).toEqual(from.filter((n) => !to.includes(n)));
        expect(added.map((i) => to[i])).toEqual(to.filter((n) => !from.includes(n)));
      }),
    );
  });
});

test('chains count what a walk from the newest would compare', () => {
  const service = fc.record({
    own: fc.boolean(),
    address: fc.nat(3),
    port: fc.nat(700),
    removed: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(service, { maxLength: 30 }), fc.nat(3), fc.nat(700), (services, address, port) => {
      const node = 0xc0a80002;
      const chains = new ServiceChains();
      const listed = services.map((each) => ({
        ...each,
        stored: each.own ? OWN_ADDRESS : 0x0a000100 + each.address,
        seen: each.own ? node : 0x0a000100 + each.address,
        rank: 0,
      }));
      for (const each of listed) each.rank = chains.add(6, each.stored, each.port);
      for (const each of listed) if (each.removed) chains.remove(6, each.stored, each.port, each.rank);
      const chainOf = (ip: number, p: number): number => (6 ^ ip ^ (p >> 8) ^ p) & 255;
      const there = listed.filter((each) => !each.removed).reverse();
      const walk = (ip: number, p: number): typeof there =>
        there.filter((each) => chainOf(each.seen, each.port) === chainOf(ip, p));
      for (const each of there) {
        const expected = walk(each.seen, each.port).indexOf(each) + 1;
        expect(chains.compared(6, each.seen, each.port, each.rank, [node])).toBe(expected);
      }
      const missed = 0x0a000100 + address;
      expect(chains.compared(6, missed, port, 0, [node])).toBe(walk(missed, port).length);
    }),
  );
});

test('the key map holds what a map holds', () => {
  const key = fc.tuple(fc.integer({ min: -5, max: 5 }), fc.integer());
  fc.assert(
    fc.property(fc.array(fc.tuple(key, fc.nat(1e6))), key, (entries, [upper, lower]) => {
      const map = new KeyMap();
      const reference = new Map<string, number>();
      for (const [[a, b], value] of entries) {
        map.set(a, b, value);
        reference.set(`${a}/${b}`, value);
      }
      for (const [[a, b]] of entries) expect(map.get(a, b)).toBe(reference.get(`${a}/${b}`));
      expect(map.get(upper, lower)).toBe(reference.get(`${upper}/${lower}`) ?? -1);
    }),
  );
});

test('a key above 2^31 is the same signed or unsigned', () => {
  const map = new KeyMap();
  map.set(6 << 16, 0xc0a80001, 4);
  expect([map.get(6 << 16, 0xc0a80001), map.get(6 << 16, 0xc0a80001 | 0)]).toEqual([4, 4]);
});

test('a timeline gives the value of each version, and forgets only what older ones need', () => {
  const line = new Timeline('none');
  line.set(2, 'a');
  line.set(4, 'b');
  line.set(4, 'c');
  expect([1, 2, 3, 4, 9].map((version) => line.at(version))).toEqual(['none', 'a', 'a', 'c', 'c']);
  line.forgetBefore(3);
  expect([3, 4].map((version) => line.at(version))).toEqual(['a', 'c']);
  expect(line.latest).toBe('c');
});
