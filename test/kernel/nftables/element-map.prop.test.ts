/** Versions of a map's content against plain maps: shared structure never shows. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ElementMap } from '../../../src/kernel/nftables/element-map.js';
import { ELEMENT_SHIFT, ElementKind } from '../../../src/kernel/nftables/rule-cells.js';
import { parseIp } from '../../../src/net/index.js';

const ADDRESSES = ['10.0.0.1', '10.0.0.2', '0.0.0.0', 'fd00::1', 'fd00::2'].map((text) => parseIp(text)!);
const SERVICES = Array.from({ length: 40 }, (_, i) => (6 << 16) | i);

/** Steps on a list of versions: change one into a new one, or let one go. */
const step = fc.record({
  version: fc.nat(20),
  keep: fc.boolean(),
  address: fc.constantFrom(...ADDRESSES),
  service: fc.constantFrom(...SERVICES),
  chain: fc.integer({ min: -1, max: 5 }),
});

class Holders {
  readonly counts = new Array<number>(6).fill(0);
  retain(chain: number): void {
    this.counts[chain]!++;
  }
  release(chain: number): void {
    this.counts[chain]!--;
  }
}

function contents(map: ElementMap, version: number): Map<string, number> {
  const found = new Map<string, number>();
  map.forEach(version, (value, address, service) => found.set(`${address} ${service}`, value));
  return found;
}

test('every version holds what was put into it, whatever became of those that it was made from', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const holders = new Holders();
      const map = new ElementMap(holders);
      const versions: { version: number; model: Map<string, number> }[] = [{ version: 0, model: new Map() }];
      for (const { version: chosen, keep, address, service, chain } of steps) {
        const from = versions[chosen % versions.length]!;
        const value = chain < 0 ? 0 : (chain << ELEMENT_SHIFT) | ElementKind.goto;
        const model = new Map(from.model);
        if (value === 0) model.delete(`${address} ${service}`);
        else model.set(`${address} ${service}`, value);
        if (keep) map.retain(from.version);
        else versions.splice(versions.indexOf(from), 1);
        versions.push({ version: map.with(from.version, address, service, value), model });
        if (versions.length > 8) map.release(versions.shift()!.version);
        if (versions.length === 0) versions.push({ version: 0, model: new Map() });
      }
      for (const { version, model } of versions) {
        expect(contents(map, version)).toEqual(model);
        expect(map.size(version)).toBe(model.size);
        for (const address of ADDRESSES) {
          for (const service of SERVICES.slice(0, 5)) {
            const value = model.get(`${address} ${service}`) ?? 0;
            expect([map.get(version, address, service), map.scan(version, address, service)]).toEqual([value, value]);
          }
        }
      }
      for (const { version } of versions) map.release(version);
      expect(map.inUse).toBe(0);
      expect(holders.counts).toEqual([0, 0, 0, 0, 0, 0]);
    }),
    { numRuns: 200 },
  );
});

test('a version made by one change shares all else: it takes a node for each level', () => {
  const map = new ElementMap(new Holders());
  let version = 0;
  for (let i = 0; i < 30_000; i++) version = map.with(version, i, 1, ElementKind.member);
  const before = map.inUse;
  map.retain(version);
  const next = map.with(version, 12_345, 1, ElementKind.drop);
  // 30,000 keys at 32 ways a level: three levels, and the version's own record.
  expect(map.inUse - before).toBe(4);
  expect([map.get(version, 12_345, 1), map.get(next, 12_345, 1)]).toEqual([ElementKind.member, ElementKind.drop]);
  map.release(next);
  expect(map.inUse).toBe(before);
});
