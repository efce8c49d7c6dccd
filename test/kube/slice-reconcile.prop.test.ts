/** The reconcile of slices: what holds after any sequence of changes. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { reconcileSlices, type EndpointSlice } from '../../src/kube/index.js';
import { endpoint, service } from './objects.js';

/** One change: which of 40 pods exist on which of two ports, and which of them are ready. */
const change = fc.record({
  pods: fc.uniqueArray(fc.integer({ min: 1, max: 40 })),
  moved: fc.uniqueArray(fc.integer({ min: 1, max: 40 })),
  unready: fc.uniqueArray(fc.integer({ min: 1, max: 40 })),
});

test('any sequence: no slice over the limit, no endpoint twice, all that is wanted and nothing else, then quiet', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 12 }),
      fc.array(change, { minLength: 1, maxLength: 12 }),
      (limit, changes) => {
        let slices: readonly EndpointSlice[] = [];
        let made = 0;
        for (const { pods, moved, unready } of changes) {
          const group = (port: number, members: number[]) => ({
            ports: [{ name: '', protocol: 6, port }],
            endpoints: members.map((n) => endpoint(n, unready.includes(n) ? { ready: false, serving: false } : {})),
          });
          const groups = [
            group(
              8080,
              pods.filter((n) => !moved.includes(n)),
            ),
            group(
              9090,
              pods.filter((n) => moved.includes(n)),
            ),
          ].filter((one) => one.endpoints.length > 0);
          const reconcile = () =>
            reconcileSlices({
              service: service(),
              desired: groups,
              existing: slices,
              limit,
              newName: () => `n${made++}`,
            });
          const writes = reconcile();
          const after = new Map(slices.map((one) => [one.metadata.name, one]));
          for (const one of writes.update) expect(after.has(one.metadata.name)).toBe(true);
          for (const one of writes.create) expect(after.has(one.metadata.name)).toBe(false);
          for (const one of writes.delete) after.delete(one.metadata.name);
          for (const one of [...writes.create, ...writes.update]) after.set(one.metadata.name, one);
          slices = [...after.values()];

          expect(slices.length).toBeGreaterThan(0);
          for (const one of slices) expect(one.endpoints.length).toBeLessThanOrEqual(limit);
          const text = (port: number, one: { target: string; ready: boolean }) => `${port} ${one.target} ${one.ready}`;
          const held = slices.flatMap((one) => one.endpoints.map((member) => text(one.ports[0]!.port, member))).sort();
          const wanted = groups
            .flatMap((one) => one.endpoints.map((member) => text(one.ports[0]!.port, member)))
            .sort();
          expect(held).toEqual(wanted);
          const again = reconcile();
          expect([again.create.length, again.update.length, again.delete.length]).toEqual([0, 0, 0]);
        }
      },
    ),
    { numRuns: 200 },
  );
});
