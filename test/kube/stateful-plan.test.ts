/** What a StatefulSet does next. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nextStatefulStep, type OrdinalPod } from '../../src/kube/controllers/stateful-plan.js';

/** A pod from its number and what is wrong with it: n not ready, o of the old template. */
function pod(text: string): OrdinalPod {
  return { ordinal: Number.parseInt(text, 10), ready: !text.includes('n'), current: !text.includes('o') };
}

/** The step as text: +2 to make pod 2, -2 to delete it, empty to wait. */
function step(pods: readonly string[], replicas: number, leaving: readonly number[] = []): string {
  const { create, remove } = nextStatefulStep(pods.map(pod), new Set(leaving), replicas);
  if (create >= 0) return `+${create}`;
  return remove === undefined ? '' : `-${remove.ordinal}`;
}

describe('a StatefulSet', () => {
  test('makes the lowest number that is missing, when those below are ready', () => {
    expect(step([], 3)).toBe('+0');
    expect(step(['0n'], 3)).toBe('');
    expect(step(['0', '2'], 3)).toBe('+1');
  });

  test('deletes from the highest number down, one at a time, when those that stay are ready', () => {
    expect(step(['0', '1', '2', '3'], 2)).toBe('-3');
    expect(step(['0', '1', '2'], 2, [3])).toBe('');
    expect(step(['0', '1n', '2', '3'], 2)).toBe('');
  });

  test('deletes one that is not ready only when there is none like it below', () => {
    expect(step(['0', '1', '2n', '3n'], 2)).toBe('');
    expect(step(['0', '1', '2', '3n'], 2)).toBe('-3');
    expect(step(['0', '1', '2n', '3'], 2)).toBe('-3');
  });

  test('waits for one that is terminating when that is the highest, or when the highest is not ready', () => {
    expect(step(['0', '1', '3'], 2, [2])).toBe('-3');
    expect(step(['0', '1', '3n'], 2, [2])).toBe('');
    expect(step(['0', '1', '2'], 2, [3])).toBe('');
    expect(step(['0o', '1o'], 2, [2])).toBe('');
  });

  test('replaces from the highest number down, each when the one above is ready again', () => {
    expect(step(['0o', '1o', '2o'], 3)).toBe('-2');
    expect(step(['0o', '1o'], 3, [2])).toBe('');
    expect(step(['0o', '1o'], 3)).toBe('+2');
    expect(step(['0o', '1o', '2n'], 3)).toBe('');
    expect(step(['0o', '1o', '2'], 3)).toBe('-1');
    expect(step(['0', '1', '2'], 3)).toBe('');
  });
});

test('comes from any pods to those that are wanted, all of the newest template, if each one gets ready', () => {
  const some = fc.uniqueArray(fc.record({ ordinal: fc.nat(5), ready: fc.boolean(), current: fc.boolean() }), {
    selector: ({ ordinal }) => ordinal,
    maxLength: 6,
  });
  fc.assert(
    fc.property(some, fc.nat(5), (pods, replicas) => {
      let now: OrdinalPod[] = pods;
      for (let steps = 0; steps < 60; steps++) {
        const { create, remove } = nextStatefulStep(now, new Set(), replicas);
        if (remove !== undefined) now = now.filter((own) => own !== remove);
        else if (create >= 0) now = [...now, { ordinal: create, ready: false, current: true }];
        else {
          const waits = now.find(({ ready }) => !ready);
          if (waits === undefined) break;
          now = now.map((own) => (own === waits ? { ...own, ready: true } : own));
        }
      }
      expect(now.map(({ ordinal }) => ordinal).sort((a, b) => a - b)).toEqual(
        Array.from({ length: replicas }, (_, i) => i),
      );
      expect(now.every(({ current, ready }) => current && ready)).toBe(true);
    }),
  );
});
