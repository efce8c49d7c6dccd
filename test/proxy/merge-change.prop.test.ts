/** Lists of endpoints made from the change of one slice: the same as merging all slices, whenever it gives one at all. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Endpoint, EndpointSlice } from '../../src/kube/index.js';
import { EndpointMerger, NO_ENDPOINTS } from '../../src/proxy/endpoint-merge.js';
import { mergeChange } from '../../src/proxy/merge-change.js';

const PORT = { name: 'web', protocol: 6, port: 8080 };

/** An endpoint of few addresses, so that some stand in several slices. */
const endpoint = fc.record({
  address: fc.integer({ min: 1, max: 24 }).map((n) => 0x0a00_0000 + n * 37),
  node: fc.integer({ min: -1, max: 2 }),
  ready: fc.boolean(),
});

const members = fc.uniqueArray(endpoint, { maxLength: 6, selector: ({ address }) => address });

function slice(name: string, some: readonly { address: number; node: number; ready: boolean }[]): EndpointSlice {
  const endpoints = some.map((own): Endpoint => {
    return { ...own, target: '', serving: true, terminating: false, hints: null };
  });
  return { metadata: { namespace: 'n', name, labels: {} }, family: 4, service: 's', ports: [PORT], endpoints };
}

test('after any change of one of three slices', () => {
  let quick = 0;
  fc.assert(
    fc.property(
      fc.tuple(members, members, members),
      fc.array(fc.tuple(fc.nat(2), members), { maxLength: 6 }),
      (first, changes) => {
        const merger = new EndpointMerger(4);
        const slices = first.map((some, i) => slice(`slice-${i}`, some));
        let list = merger.merge(slices, PORT.name, PORT.protocol, NO_ENDPOINTS);
        for (const [i, some] of changes) {
          const before = slices[i]!;
          // What stays as it was is the same record.
          const kept = new Map(before.endpoints.map((own) => [JSON.stringify(own), own]));
          const made = slice(before.metadata.name, some);
          slices[i] = { ...made, endpoints: made.endpoints.map((own) => kept.get(JSON.stringify(own)) ?? own) };
          const total = slices.reduce((sum, { endpoints }) => sum + endpoints.length, 0);
          const merged = merger.merge(slices, PORT.name, PORT.protocol, list);
          expect(merger.collected).toBe(total);
          const change = { before: before.endpoints, after: slices[i].endpoints, port: PORT.port, total };
          const found = mergeChange(list, change);
          if (found !== undefined) {
            quick++;
            expect(found).toEqual(merged);
            expect(found === list).toBe(merged === list);
          }
          list = merged;
        }
      },
    ),
    { numRuns: 300 },
  );
  expect(quick).toBeGreaterThan(100);
});
