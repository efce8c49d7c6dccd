/** The flow hash: the same flow always alike, other flows spread evenly, every field counts. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hashTuple, ipv6Of, parseIp } from '../../src/net/index.js';

type Tuple = [number, number, number, number, number];
const word = fc.integer({ min: 0, max: 2 ** 32 - 1 });
// Behind 240.0.0.0 are handles of IPv6 addresses.
const ipv4 = fc.integer({ min: 0, max: 0xefffffff });
const address = fc.oneof(
  ipv4,
  fc.tuple(word, word, word, word).map((words) => ipv6Of(...words)),
);
const port = fc.integer({ min: 0, max: 65535 });
const tuple: fc.Arbitrary<Tuple> = fc.tuple(address, address, port, port, fc.constantFrom(1, 6, 17, 132));

test('it is an unsigned 32-bit number, the same for signed and unsigned addresses', () => {
  fc.assert(
    fc.property(tuple, ([source, destination, ...rest]) => {
      const hash = hashTuple(source, destination, ...rest);
      expect(Number.isInteger(hash) && hash >= 0 && hash < 2 ** 32).toBe(true);
      // Connection tracking keeps addresses as signed numbers.
      expect(hashTuple(source | 0, destination | 0, ...rest)).toBe(hash);
    }),
  );
});

test('a change of one field, of one bit even, changes the hash', () => {
  fc.assert(
    fc.property(
      fc.tuple(ipv4, ipv4, port, port, fc.constantFrom(1, 6, 17, 132)),
      fc.nat(4),
      fc.nat(31),
      (t, field, bit) => {
        // The upper bits of an address say whether it is a handle.
        const width = [28, 28, 16, 16, 8][field]!;
        const other: Tuple = [...t];
        other[field] = (other[field]! ^ (1 << (bit % width))) >>> 0;
        expect(hashTuple(...other)).not.toBe(hashTuple(...t));
      },
    ),
  );
});

test('an IPv6 flow hashes alike whatever addresses were met before it', () => {
  const [a, b] = [parseIp('fd00:5:6::1')!, parseIp('fd00:5:6::2')!];
  // The very number: it must not change with the order in which a run meets its addresses.
  expect(hashTuple(a, b, 40000, 80, 6)).toBe(3117401729);
  expect(hashTuple(a | 0, b | 0, 40000, 80, 6)).toBe(3117401729);
});

test('the two directions of a flow hash apart', () => {
  const forth = hashTuple(0x0af40105, 0x0af40206, 40000, 8080, 6);
  expect(hashTuple(0x0af40206, 0x0af40105, 8080, 40000, 6)).not.toBe(forth);
});

describe('flows are spread evenly', () => {
  const IPV6_SERVICE = parseIp('fd00:10:96::a')!;
  const FLOWS = 64_000;
  const BUCKETS = 64;
  /** Sum over (seen - expected)^2 / expected; 63 degrees of freedom: above 120 in one of 60,000 cases. */
  function chiSquare(hash: (flow: number) => number): number {
    const seen = new Array<number>(BUCKETS).fill(0);
    for (let flow = 0; flow < FLOWS; flow++) seen[Math.floor((hash(flow) / 2 ** 32) * BUCKETS)]!++;
    const expected = FLOWS / BUCKETS;
    return seen.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  }

  // Flows of a cluster differ in few bits: neighbouring ports, neighbouring pods.
  test.each<[string, (flow: number) => Tuple]>([
    ['source ports that count up', (n) => [0x0af40005 + (n >> 15), 0x0a600001, 32768 + (n & 0x7fff), 80, 6]],
    ['pods of neighbouring nodes', (n) => [0x0af40000 + n, 0x0a600001, 40000, 80, 6]],
    ['services with one client', (n) => [0x0af40005, 0x0a600000 + n, 40000, 443, 6]],
    [
      'IPv6 pods of neighbouring nodes',
      (n) => [ipv6Of(0xfd000010, 0x02440000 + (n >> 8), 0, 2 + (n & 255)), IPV6_SERVICE, 40000, 80, 6],
    ],
    ['nodes of a mesh', (n) => [0x0a320001 + (n >> 8), 0x0a320001 + (n & 255), 45000, 8472, 17]],
  ])('%s', (_, flow) => {
    expect(chiSquare((n) => hashTuple(...flow(n)))).toBeLessThan(120);
    // The lower bits choose the core.
    expect(chiSquare((n) => (hashTuple(...flow(n)) << 26) >>> 0)).toBeLessThan(120);
  });
});
