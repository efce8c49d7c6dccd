/** The digest notices every difference: in time, kind, subject, number and order of events. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Digest } from '../../src/sim/index.js';

type Triple = [time: number, kind: number, subject: number];

function digestOf(triples: readonly Triple[]): string {
  const digest = new Digest();
  for (const triple of triples) digest.add(...triple);
  return digest.toString();
}

const triple: fc.Arbitrary<Triple> = fc.tuple(
  fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
  fc.integer({ min: 0, max: 254 }),
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
);

test('is 16 hexadecimal digits, the same for the same events', () => {
  fc.assert(
    fc.property(fc.array(triple), (triples) => {
      expect(digestOf(triples)).toMatch(/^[0-9a-f]{16}$/);
      expect(digestOf(triples)).toBe(digestOf(triples));
    }),
  );
});

test('is fixed: a change here changes the digest column of every result', () => {
  expect(digestOf([])).toMatchInlineSnapshot(`"243f6a8885a308d3"`);
  expect(
    digestOf([
      [1, 2, 3],
      [2 ** 40, 0, -1],
    ]),
  ).toMatchInlineSnapshot(`"5fb0876c9f4f7752"`);
});

test('changes with any one field of any one event', () => {
  fc.assert(
    fc.property(
      fc.array(triple, { minLength: 1 }),
      fc.nat(),
      fc.nat({ max: 2 }),
      fc.integer({ min: 1, max: 200 }),
      (triples, at, field, by) => {
        const changed = triples.map((t): Triple => [...t]);
        const one = changed[at % changed.length]!;
        one[field]! += one[field]! > 2 ** 30 || field === 1 ? -by : by;
        expect(digestOf(changed)).not.toBe(digestOf(triples));
      },
    ),
  );
});

test('changes with the upper half of the time alone', () => {
  expect(digestOf([[2 ** 32, 1, 1]])).not.toBe(digestOf([[2 ** 33, 1, 1]]));
  expect(digestOf([[0, 1, 1]])).not.toBe(digestOf([[2 ** 52, 1, 1]]));
});

test('changes with the order and the number of events', () => {
  fc.assert(
    fc.property(triple, triple, (a, b) => {
      fc.pre(a.join() !== b.join());
      expect(digestOf([a, b])).not.toBe(digestOf([b, a]));
      expect(digestOf([a, b])).not.toBe(digestOf([a]));
    }),
  );
});

test('has no collision among 200,000 neighbours', () => {
  const seen = new Set<string>();
  for (let time = 0; time < 100; time++)
    for (let kind = 0; kind < 20; kind++)
      for (let subject = 0; subject < 100; subject++) seen.add(digestOf([[time, kind, subject]]));
  expect(seen.size).toBe(200_000);
});
