/** Mirroring of Endpoints into slices. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  mirrorEndpoints,
  repacked,
  type EndpointsSubset,
  type MirroredSlice,
} from '../../src/kube/controllers/mirroring.js';
import { parseIp } from '../../src/net/index.js';
import { ip } from './objects.js';

interface Own {
  readonly address: number;
  readonly ready: boolean;
}

const http = { name: 'http', protocol: 6, port: 80 };
const dns = { name: 'dns', protocol: 17, port: 53 };
const at = (text: string, ready = true): Own => ({ address: parseIp(text) ?? 0, ready });
const subset = (ports: EndpointsSubset<Own>['ports'], ...endpoints: readonly Own[]): EndpointsSubset<Own> => ({
  ports,
  endpoints,
});
const named = (slices: readonly MirroredSlice<Own>[]) =>
  slices.map((slice, i) => ({ ...slice, name: slice.name || `s${i}` }));
const mirror = (subsets: readonly EndpointsSubset<Own>[], existing: readonly MirroredSlice<Own>[] = [], more = {}) =>
  mirrorEndpoints({ labels: {}, subsets, existing, ...more });

describe('subsets', () => {
  test('are taken apart by port where their addresses differ', () => {
    const packed = repacked([subset([http, dns], at('10.0.0.1')), subset([http], at('10.0.0.2'))]);
    expect(packed.map(({ ports, endpoints }) => [ports, endpoints.length])).toEqual([
      [[http], 2],
      [[dns], 1],
    ]);
  });

  test('of one address are put together, and not ready wins', () => {
    const packed = repacked([
      subset([http], at('10.0.0.1')),
      subset([dns], at('10.0.0.1')),
      subset([http], at('10.0.0.1', false)),
    ]);
    expect(packed).toEqual([subset([http], at('10.0.0.1', false)), subset([dns], at('10.0.0.1'))]);
  });

  test('without ports stay without', () => {
    expect(repacked([subset([], at('10.0.0.1')), subset([http], at('10.0.0.1'))])).toHaveLength(2);
  });
});

describe('slices', () => {
  test('are one for each family, the ready addresses first', () => {
    const { create, skipped } = mirror([subset([http], at('10.0.0.1', false), at('fd00::1'), at('10.0.0.2'))], [], {
      addressesPerSubset: 2,
    });
    expect(create.map(({ family, endpoints }) => [family, endpoints])).toEqual([
      [4, [at('10.0.0.2')]],
      [6, [at('fd00::1')]],
    ]);
    expect(skipped).toBe(1);
  });

  test('of another port set lend their name within their family', () => {
    const old = named(mirror([subset([http], at('10.0.0.1'), at('fd00::1'))]).create);
    const writes = mirror([subset([dns], at('10.0.0.1'))], old);
    expect(writes.update.map(({ name, family }) => [name, family])).toEqual([['s0', 4]]);
    expect(writes.delete.map(({ name }) => name)).toEqual(['s1']);
    expect(writes.create).toEqual([]);
  });

  test('that are too many go, and the first one stays', () => {
    const [one] = named(mirror([subset([http], at('10.0.0.1'))]).create);
    const twice = [one!, { ...one!, name: 'again' }];
    const writes = mirror([subset([http], at('10.0.0.1'))], twice);
    expect({ ...writes, delete: writes.delete.map(({ name }) => name) }).toEqual({
      create: [],
      update: [],
      delete: ['again'],
      skipped: 0,
    });
  });

  test('of an object under deletion are not made', () => {
    expect(mirror([subset([http], at('10.0.0.1'))], [], { deleting: true }).create).toEqual([]);
  });
});

test('what was written once is not written again, whatever it is', () => {
  const endpoint = fc.record({
    address: fc.integer({ min: 1, max: 6 }).map((n) => ip(`10.0.0.${n}`)),
    ready: fc.boolean(),
  });
  const ports = fc.uniqueArray(fc.constantFrom(http, dns, { name: 'x', protocol: 6, port: 9 }));
  const subsets = fc.array(fc.record({ ports, endpoints: fc.array(endpoint, { minLength: 1, maxLength: 6 }) }), {
    maxLength: 4,
  });
  fc.assert(
    fc.property(subsets, subsets, (before, after) => {
      const first = named(mirror(before).create);
      const second = mirror(after, first);
      const gone = new Set([...second.update, ...second.delete].map(({ name }) => name));
      const now = [
        ...first.filter(({ name }) => !gone.has(name)),
        ...second.update,
        ...second.create.map((slice, i) => ({ ...slice, name: `n${i}` })),
      ];
      expect(mirror(after, now)).toEqual({ create: [], update: [], delete: [], skipped: 0 });
      expect(new Set(now.map(({ name }) => name)).size).toBe(now.length);
    }),
  );
});
