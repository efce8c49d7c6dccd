/** Picks of `twos` against their exact probabilities, over random weights, loads and thresholds: a chi-square test for each. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RandomStream } from '../../../src/sim/index.js';
import { CLIENT, definition, Director, SERVER_PORT, serverAddress, VIP } from './ipvs-fixture.js';
import { newServer, type LoadActiveFactor, type ModelServer } from './model/model-server.js';
import { twosShares } from './model/model-twos.js';

const PICKS = 3000;
/** Servers that are expected less often are counted as one. */
const RARE = 5;

const server = fc.record({
  weight: fc.nat(4),
  active: fc.nat(3),
  inactive: fc.nat(300),
  isFull: fc.nat(4).map((n) => n === 0),
});

type ServerPlan = typeof server extends fc.Arbitrary<infer T> ? T : never;

function nodeWith(plans: readonly ServerPlan[], factor: LoadActiveFactor, seed: number): Director {
  const node = new Director({}, factor, { random: new RandomStream(`${seed}`, 'twos') });
  node.define([definition([], { scheduler: 'twos' })]);
  const { servers } = node.ipvs;
  plans.forEach(({ weight, active, inactive, isFull }, n) => {
    const row = node.service().add(serverAddress(n), SERVER_PORT, weight, isFull ? active + inactive : 0);
    for (let i = 0; i < active + inactive; i++) servers.bind(row, false);
    for (let i = 0; i < active; i++) servers.setActive(row, true);
  });
  return node;
}

/** The same servers for the model, front of the list first. */
function modelOf(plans: readonly ServerPlan[]): ModelServer[] {
  return plans
    .map(({ weight, active, inactive, isFull }, n) => {
      const overloaded = isFull && active + inactive > 0;
      return { ...newServer(serverAddress(n), SERVER_PORT), weight, active, inactive, overloaded };
    })
    .reverse();
}

/** Whether picks differ from their shares as chance would have it no more than once in a million times. */
function isFar(found: ReadonlyMap<number, number>, shares: ReadonlyMap<ModelServer, number>): boolean {
  const cells = [...shares].map(([{ address }, share]) => ({
    expected: share * PICKS,
    found: found.get(address) ?? 0,
  }));
  const rare = cells.filter(({ expected }) => expected < RARE);
  const sum = (key: 'expected' | 'found'): number => rare.reduce((total, cell) => total + cell[key], 0);
  const others = { expected: Math.max(sum('expected'), 1), found: sum('found') };
  const all = [...cells.filter(({ expected }) => expected >= RARE), ...(rare.length > 0 ? [others] : [])];
  const chiSquare = all.reduce((total, cell) => total + (cell.found - cell.expected) ** 2 / cell.expected, 0);
  // Beyond this line lies less than a millionth of the chi-square distribution for up to six cells.
  return chiSquare > 20 + 4 * (all.length - 1);
}

test('twos divides its picks as two draws by weight do, of which the one of less load for its weight is taken', () => {
  fc.assert(
    fc.property(
      fc.array(server, { maxLength: 6 }),
      fc.constantFrom<LoadActiveFactor>(256, 257),
      fc.nat(),
      (plans, factor, seed) => {
        const node = nodeWith(plans, factor, seed);
        const shares = twosShares(modelOf(plans), factor);
        const found = new Map<number, number>();
        for (let i = 0; i < PICKS; i++) {
          const row = node.service().pick(CLIENT, 1000, VIP);
          if (shares.size === 0) expect(row).toBe(-1);
          else found.set(node.ipvs.servers.address[row]!, (found.get(node.ipvs.servers.address[row]!) ?? 0) + 1);
        }
        const named = [...shares.keys()].map(({ address }) => address);
        expect([...found.keys()].filter((address) => !named.includes(address))).toEqual([]);
        expect(isFar(found, shares)).toBe(false);
      },
    ),
    { numRuns: 60 },
  );
});
