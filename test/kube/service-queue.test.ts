/** The queue of a controller's keys: what is due at once, what is due later, and what becomes of a key that is both. */
import { describe, expect, test } from 'vitest';
import { ServiceQueue, type SyncResult } from '../../src/kube/controllers/service-queue.js';
import { MILLISECOND, SECOND, Simulation } from '../../src/sim/index.js';

/** A queue, and what it worked on when. @param sync tells how each look at a key ends */
function world(sync: (at: number) => SyncResult = () => 'done', workers = 5) {
  const simulation = new Simulation();
  const looks: [key: string, at: number][] = [];
  const queue = new ServiceQueue({
    simulation,
    name: 'keys',
    workers,
    retryNs: { first: SECOND, longest: 1000 * SECOND },
    sync: (key) => {
      looks.push([key, simulation.now]);
      return sync(simulation.now);
    },
  });
  const times = () => looks.map(([, at]) => at / MILLISECOND);
  return { simulation, queue, looks, times };
}

describe('a key that is due later', () => {
  test('is neither put off nor doubled by a later time, and comes forward for an earlier one', () => {
    const { simulation, queue, times } = world();
    queue.add('a', 100 * MILLISECOND);
    simulation.run(50 * MILLISECOND);
    queue.add('a', 100 * MILLISECOND);
    simulation.run(SECOND);
    expect(times()).toEqual([100]);
    queue.add('a', 100 * MILLISECOND);
    queue.add('a', 20 * MILLISECOND);
    simulation.run(2 * SECOND);
    expect(times()).toEqual([100, 1020]);
  });

  test('keeps its time when it is looked at before by something that does not wait', () => {
    const { simulation, queue, times } = world();
    queue.add('a', 100 * MILLISECOND);
    simulation.run(50 * MILLISECOND);
    queue.add('a', 0);
    simulation.run(70 * MILLISECOND);
    // Within what is left of the first period, and not a whole one later.
    queue.add('a', 100 * MILLISECOND);
    simulation.run(SECOND);
    expect(times()).toEqual([50, 100]);
  });
});

describe('a key that failed', () => {
  test('is tried again no later because it was looked at, and failed, meanwhile', () => {
    const { simulation, queue, times } = world((at) => (at < SECOND ? 'failed' : 'done'));
    queue.add('a', 0);
    for (const ms of [200, 300, 400]) {
      simulation.run(ms * MILLISECOND);
      queue.add('a', 0);
    }
    simulation.run(100 * SECOND);
    expect(times()).toEqual([0, 200, 300, 400, 1000]);
  });

  test('is tried fifteen times, each pause twice the one before, up to the longest', () => {
    const { simulation, queue, times } = world(() => 'failed');
    queue.add('a', 0);
    simulation.run(100_000 * SECOND);
    const pauses = times().map((at, i, all) => (at - (all[i - 1] ?? 0)) / 1000);
    expect(pauses).toEqual([0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1000, 1000, 1000, 1000, 1000]);
  });
});

test('retries of all keys together come ten a second once a hundred have gone out', () => {
  const failing = new Set<string>();
  const simulation = new Simulation();
  const at: number[] = [];
  const queue = new ServiceQueue({
    simulation,
    name: 'keys',
    workers: 5,
    retryNs: { first: MILLISECOND, longest: SECOND },
    sync: (key) => {
      if (failing.has(key)) {
        at.push(simulation.now / MILLISECOND);
        return 'done';
      }
      failing.add(key);
      return 'failed';
    },
  });
  for (let i = 0; i < 105; i++) queue.add(`k${i}`, 0);
  simulation.run(10 * SECOND);
  expect(at.slice(0, 100)).toEqual(Array<number>(100).fill(1));
  expect(at.slice(100)).toEqual([100, 200, 300, 400, 500]);
});
