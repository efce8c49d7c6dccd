/** A Deployment's next step: strategy fractions, surge and availability, and which pods go first. */
import { describe, expect, test } from 'vitest';
import { nextStep, rolloutBounds, type RolloutPod } from '../../src/kube/controllers/rollout-plan.js';

interface Named extends RolloutPod {
  readonly name: string;
}

function member(name: string, changes: Partial<Named> = {}): Named {
  return { name, current: true, ready: true, node: 0, sinceNs: 0, uid: 0, ...changes };
}

function many(count: number, changes: Partial<Named> = {}): Named[] {
  return Array.from({ length: count }, (_, i) => member(`p${i}`, { uid: i, node: i, ...changes }));
}

const names = (pods: readonly Named[]) => pods.map((pod) => pod.name);

describe('bounds', () => {
  test.each([
    [10, 0.25, 0.25, 3, 2],
    [4, 0.25, 0.25, 1, 1],
    [1, 0.25, 0.25, 1, 0],
    [10, 0, 0, 0, 1],
    [3, 1, 1, 3, 3],
    [0, 0.25, 0.25, 0, 1],
    [100, 0.07, 0.29, 7, 29],
    [100, 0.14, 0.57, 14, 57],
  ])('%i replicas, surge %f, unavailable %f', (replicas, maxSurge, maxUnavailable, surge, unavailable) => {
    expect(rolloutBounds(replicas, maxSurge, maxUnavailable)).toEqual({ replicas, surge, unavailable });
  });
});

describe('a rolling update of ten, surge 3, unavailable 2', () => {
  const bounds = rolloutBounds(10, 0.25, 0.25);

  test('begins with three new pods and two old ones less', () => {
    const step = nextStep(many(10, { current: false }), bounds, 0);
    expect([step.create, step.remove.length]).toEqual([3, 2]);
  });

  test('goes on to five new ones, then waits for one to be ready', () => {
    const eight = [...many(8, { current: false }), ...many(3, { ready: false })];
    const second = nextStep(eight, bounds, 0);
    expect([second.create, second.remove.length]).toEqual([2, 0]);
    const waiting = [...many(8, { current: false }), ...many(5, { ready: false })];
    expect(nextStep(waiting, bounds, 0)).toEqual({ create: 0, remove: [] });
    const oneReady = [...many(8, { current: false }), ...many(4, { ready: false }), member('new')];
    expect(nextStep(oneReady, bounds, 0).remove).toHaveLength(1);
  });

  test('removes old pods that are not ready before ready ones', () => {
    const old = [...many(7, { current: false }), ...many(3, { current: false, ready: false })];
    const { remove } = nextStep(old, bounds, 0);
    expect(remove).toHaveLength(2);
    expect(remove.every((pod) => !pod.ready)).toBe(true);
  });
});

test('of old pods that are alike, the one goes whose node has most pods of the Deployment, of either template', () => {
  const bounds = { replicas: 3, surge: 0, unavailable: 1 };
  const old = [1, 2, 3].map((node) => member(`on-${node}`, { current: false, node, uid: node }));
  expect(names(nextStep(old, bounds, 0).remove)).toEqual(['on-1']);
  const mixed = [...old.slice(0, 2), member('new', { node: 2 })];
  expect(names(nextStep(mixed, bounds, 0).remove)).toEqual(['on-2']);
});

describe('scaling', () => {
  const down = (pods: readonly Named[], replicas: number, now = 0) =>
    names(nextStep(pods, { replicas, surge: 0, unavailable: 0 }, now).remove);

  test('makes what is missing and removes what is too much', () => {
    expect(nextStep(many(3), { replicas: 5, surge: 0, unavailable: 0 }, 0)).toEqual({ create: 2, remove: [] });
    expect(down(many(3), 3)).toEqual([]);
    expect(down(many(3), 0)).toHaveLength(3);
  });

  test('takes pods that are not ready first', () => {
    expect(down([member('a'), member('b', { ready: false, node: 9 }), member('c')], 2)).toEqual(['b']);
  });

  test('then those with more siblings on their node', () => {
    expect(down([member('a', { node: 1 }), member('b', { node: 2 }), member('c', { node: 2 })], 2)).toEqual(['b']);
  });

  test('then those younger by a factor of two and more', () => {
    const pods = [member('old', { node: 1, sinceNs: 0 }), member('young', { node: 2, sinceNs: 900, uid: 9 })];
    expect(down(pods, 1, 1000)).toEqual(['young']);
  });

  test('then by UID, among those of one magnitude', () => {
    const pods = [member('a', { node: 1, sinceNs: 0, uid: 7 }), member('b', { node: 2, sinceNs: 100, uid: 8 })];
    expect(down(pods, 1, 1000)).toEqual(['a']);
  });
});
