/** Sets against a plain model, and what the types look at. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { IpSet, SetTable, type IpSetType } from '../../src/kernel/ipset.js';
import { addressBits, compareIp, familyOf, inPrefix, ipv6Of, networkOf, parseIp } from '../../src/net/index.js';

const service = (protocol: number, port: number): number => (protocol << 16) | port;

describe('IpSet', () => {
  test('holds what a set of texts holds, whatever is added and deleted in whatever order', () => {
    const step = fc.record({
      remove: fc.boolean(),
      address: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.constantFrom(0xffffffff, 0x80000000)),
      protocol: fc.constantFrom(6, 17),
      port: fc.integer({ min: 0, max: 3 }),
      second: fc.constantFrom(0, 7),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 50, maxLength: 300, size: 'max' }), (steps) => {
        const set = new IpSet('S', 'hash:ip,port,ip');
        const model = new Map<string, (typeof steps)[number]>();
        for (const entry of steps) {
          const { address, protocol, port, second } = entry;
          const key = [address, protocol, port, second].join();
          if (entry.remove) expect(set.delete(address, protocol, port, second)).toBe(model.delete(key));
          else {
            expect(set.add(address, protocol, port, second)).toBe(!model.has(key));
            model.set(key, entry);
          }
        }
        expect(set.size).toBe(model.size);
        const keys = set.entries().map((e) => [e.address, e.protocol, e.port, e.second].join());
        expect(keys.sort()).toEqual([...model.keys()].sort());
        for (const e of steps) {
          const key = [e.address, e.protocol, e.port, e.second].join();
          expect(set.has(e.address, service(e.protocol, e.port), e.second)).toBe(model.has(key));
        }
      }),
      { numRuns: 40, seed: 1 },
    );
  });

  test.each<[IpSetType, boolean, boolean, boolean, boolean]>([
    ['hash:ip', true, true, true, true],
    ['hash:ip,port', true, false, false, true],
    ['hash:ip,port,ip', true, false, false, false],
  ])('%s looks at its own dimensions only', (type, same, otherPort, otherProtocol, otherSecond) => {
    const set = new IpSet('S', type);
    set.add(10, 6, 80, 20);
    expect(set.has(10, service(6, 80), 20)).toBe(same);
    expect(set.has(11, service(6, 80), 20)).toBe(false);
    expect(set.has(10, service(6, 81), 20)).toBe(otherPort);
    expect(set.has(10, service(17, 80), 20)).toBe(otherProtocol);
    expect(set.has(10, service(6, 80), 21)).toBe(otherSecond);
  });

  test('bitmap:port holds ports of TCP and UDP, for no other protocol', () => {
    const set = new IpSet('S', 'bitmap:port');
    set.add(0, 6, 30000);
    expect(set.has(1, service(6, 30000), 2)).toBe(true);
    expect(set.has(1, service(17, 30000), 2)).toBe(true);
    expect(set.has(1, service(132, 30000), 2)).toBe(false);
    expect(set.has(1, service(6, 30001), 2)).toBe(false);
  });

  test('hash:ip,port,net holds whoever lies in a prefix of an entry, in either family', () => {
    const ipv4 = fc.tuple(fc.nat(3), fc.nat(3)).map(([a, b]) => ((a << 29) | b) >>> 0);
    const ipv6 = fc.tuple(fc.nat(3), fc.nat(3)).map(([a, b]) => ipv6Of(0x20010db8, a << 30, 0, b));
    const world = fc.constantFrom(ipv4, ipv6).chain((source) =>
      fc.tuple(
        fc.array(
          fc.record({
            source,
            bits: fc.constantFrom(1, 2, 3, 30, 31, 32, 33, 34, 127, 128),
            port: fc.constantFrom(80, 443),
            remove: fc.boolean(),
          }),
          { maxLength: 12 },
        ),
        fc.array(source, { maxLength: 12 }),
      ),
    );
    fc.assert(
      fc.property(world, ([steps, packets]) => {
        const set = new IpSet('S', 'hash:ip,port,net');
        const vip = parseIp('10.0.0.9')!;
        const model = new Map<string, { network: number; bits: number; port: number }>();
        for (const { source, port, remove, ...rest } of steps) {
          const bits = Math.min(rest.bits, addressBits(familyOf(source)));
          const network = networkOf(source, bits);
          const key = [network, bits, port].join();
          if (remove) expect(set.delete(vip, 6, port, source, bits)).toBe(model.delete(key));
          else expect(set.add(vip, 6, port, source, bits)).toBe(!model.has(key));
          if (!remove) model.set(key, { network, bits, port });
        }
        expect(set.size).toBe(model.size);
        for (const packet of [...packets, ...steps.map((step) => step.source)]) {
          const fits = [...model.values()].some((e) => e.port === 80 && inPrefix(packet, e.network, e.bits));
          // Rules hand over addresses as signed numbers.
          expect([set.has(vip, service(6, 80), packet), set.has(vip | 0, service(6, 80), packet | 0)]).toEqual([
            fits,
            fits,
          ]);
          expect(set.has(vip + 1, service(6, 80), packet)).toBe(false);
        }
        const entries = set.entries().map(({ second, bits, port }) => [second, bits, port].join());
        expect(entries.sort()).toEqual([...model.keys()].sort());
      }),
      { numRuns: 60 },
    );
  });

  test('IPv6 entries are told apart and ordered by the address, not by when it was met', () => {
    const set = new IpSet('S', 'hash:ip,port', 6);
    const late = parseIp('fd00:77::2')!;
    const early = parseIp('fd00:77::1')!;
    for (const address of [late, early]) set.add(address, 17, 53);
    expect(set.entries().map((e) => e.address)).toEqual([early, late]);
    expect([set.has(late | 0, service(17, 53), 0), set.has(parseIp('fd00:77::3')!, service(17, 53), 0)]).toEqual([
      true,
      false,
    ]);
    expect(compareIp(early, late)).toBeLessThan(0);
    expect(set.copy().family).toBe(6);
  });

  test('a copy goes its own way', () => {
    const set = new IpSet('S', 'hash:ip');
    set.add(1, 0, 0);
    const copy = set.copy();
    copy.add(2, 0, 0);
    copy.delete(1, 0, 0);
    expect(set.entries().map((e) => e.address)).toEqual([1]);
    expect(copy.entries().map((e) => e.address)).toEqual([2]);
  });
});

describe('SetTable', () => {
  test('has the version put last, and refuses a handle without a set', () => {
    const table = new SetTable();
    const first = new IpSet('A', 'hash:ip');
    const second = first.copy();
    table.put(4, first);
    table.put(4, second);
    expect(table.at(4)).toBe(second);
    table.remove(4);
    expect(() => table.at(4)).toThrow('set-exists');
  });
});
