/** The timer wheel against a naive map of deadlines. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EventClass, Simulation, TimerWheels, type TimerWheel } from '../../src/sim/index.js';

const TICK = 10;

/** A wheel that notes what expires as [time, id], and may react. */
function wheelOf(react: (id: number, wheel: TimerWheel) => void = () => undefined) {
  const simulation = new Simulation();
  const fired: [number, number][] = [];
  const wheel: TimerWheel = new TimerWheels(simulation, 'timer').add(TICK, {
    expire: (id) => {
      fired.push([simulation.now, id]);
      react(id, wheel);
    },
  });
  return { simulation, wheel, fired };
}

describe('a timer', () => {
  test.each([
    [20, 20],
    [21, 30],
    [29, 30],
    [30, 30],
    [0, 10],
  ])(
    'with deadline %i fires at the first tick at or after it, but after the present moment: %i',
    (deadline, expected) => {
      const { simulation, wheel, fired } = wheelOf();
      wheel.arm(3, deadline);
      simulation.run(1000);
      expect(fired).toEqual([[expected, 3]]);
      expect([wheel.length, wheel.isArmed(3), simulation.pending]).toEqual([0, false, 0]);
    },
  );

  test('waits for its turn when it lies beyond one turn of the wheel', () => {
    const { simulation, wheel, fired } = wheelOf();
    const turn = 1024 * TICK;
    wheel.arm(0, 50);
    wheel.arm(1, 50 + turn);
    wheel.arm(2, 50 + 3 * turn);
    simulation.run(10 * turn);
    expect(fired).toEqual([
      [50, 0],
      [50 + turn, 1],
      [50 + 3 * turn, 2],
    ]);
  });

  test('moves when it is armed again, in both directions', () => {
    const { simulation, wheel, fired } = wheelOf();
    wheel.arm(0, 100);
    wheel.arm(0, 300);
    wheel.arm(1, 300);
    wheel.arm(1, 50);
    expect(wheel.length).toBe(2);
    simulation.run(1000);
    expect(fired).toEqual([
      [50, 1],
      [300, 0],
    ]);
  });

  test('does not fire once cancelled; cancelling what is not armed does nothing', () => {
    const { simulation, wheel, fired } = wheelOf();
    wheel.arm(0, 100);
    wheel.cancel(0);
    wheel.cancel(0);
    wheel.cancel(5000);
    simulation.run(1000);
    expect([fired, wheel.length]).toEqual([[], 0]);
  });

  test.each([false, true])(
    'that is due at once fires at the next tick, whether others are armed (%s) or not',
    (others) => {
      const { simulation, wheel, fired } = wheelOf();
      const act = simulation.register('step', EventClass.traffic, { fire: () => wheel.arm(0, simulation.now) });
      if (others) wheel.arm(1, 500);
      simulation.schedule(130, act, 0);
      simulation.run(400);
      expect(fired).toEqual([[140, 0]]);
    },
  );

  test('has room for any id', () => {
    const { simulation, wheel, fired } = wheelOf();
    wheel.arm(10_000, 20);
    expect([wheel.isArmed(10_000), wheel.isArmed(9_999), wheel.isArmed(20_000)]).toEqual([true, false, false]);
    simulation.run(100);
    expect(fired).toEqual([[20, 10_000]]);
  });
});

describe('while timers fire', () => {
  test('those of one tick go in the order in which they were armed', () => {
    const { simulation, wheel, fired } = wheelOf();
    for (const id of [4, 2, 9, 1]) wheel.arm(id, 100 - id);
    simulation.run(1000);
    expect(fired.map(([, id]) => id)).toEqual([4, 2, 9, 1]);
  });

  test('one that was armed anew for the same tick keeps its place, one that left and came back goes last', () => {
    const { simulation, wheel, fired } = wheelOf();
    for (const id of [0, 1, 2]) wheel.arm(id, 100);
    wheel.arm(0, 95);
    wheel.arm(1, 200);
    wheel.arm(1, 100);
    simulation.run(1000);
    expect(fired.map(([, id]) => id)).toEqual([0, 2, 1]);
  });

  test('one that is armed again fires again, later', () => {
    let again = 3;
    const { simulation, wheel, fired } = wheelOf((id, wheel) => {
      if (again-- > 0) wheel.arm(id, simulation.now + 25);
    });
    wheel.arm(0, 10);
    simulation.run(1000);
    expect(fired.map(([time]) => time)).toEqual([10, 40, 70, 100]);
  });

  test('one that is armed for the present or the past fires at the next tick, not in this one', () => {
    let again = 1;
    const { simulation, wheel, fired } = wheelOf((id, wheel) => {
      if (again-- > 0) wheel.arm(id, 0);
    });
    wheel.arm(0, 10);
    simulation.run(1000);
    expect(fired.map(([time]) => time)).toEqual([10, 20]);
  });

  test('one of the same tick can be cancelled or moved by another', () => {
    const { simulation, wheel, fired } = wheelOf((id, wheel) => {
      if (id !== 0) return;
      wheel.cancel(1);
      wheel.arm(2, 200);
    });
    for (const id of [0, 1, 2, 3]) wheel.arm(id, 100);
    simulation.run(1000);
    expect(fired).toEqual([
      [100, 0],
      [100, 3],
      [200, 2],
    ]);
  });
});

test('the event list holds one entry for a wheel, however many timers', () => {
  const { simulation, wheel } = wheelOf();
  for (let id = 0; id < 1000; id++) wheel.arm(id, 10 * id);
  expect(simulation.pending).toBe(1);
});

test('wheels of one set turn independently', () => {
  const simulation = new Simulation();
  const wheels = new TimerWheels(simulation, 'timer');
  const fired: string[] = [];
  const slow = wheels.add(100, { expire: (id) => fired.push(`slow ${id} at ${simulation.now}`) });
  const fast = wheels.add(10, { expire: (id) => fired.push(`fast ${id} at ${simulation.now}`) });
  slow.arm(0, 110);
  fast.arm(0, 110);
  simulation.run(1000);
  expect(fired).toEqual(['fast 0 at 110', 'slow 0 at 200']);
});

/** One step of the model test: what to do and when. */
type Step =
  | { readonly do: 'arm'; readonly id: number; readonly after: number; readonly wait: number }
  | { readonly do: 'cancel'; readonly id: number; readonly wait: number };

test('any sequence of arming, moving, cancelling and re-arming in the callback does what a map of deadlines does', () => {
  const wait = fc.oneof(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 200 }));
  const id = fc.integer({ min: 0, max: 7 });
  // Mostly near, so that many share a tick; up to two and a half turns ahead.
  const after = fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 25_000 }));
  const step = fc.oneof(
    fc.record({ do: fc.constant('arm' as const), id, after, wait }),
    fc.record({ do: fc.constant('cancel' as const), id, wait }),
  );
  const rearm = fc.array(fc.option(after), { minLength: 8, maxLength: 8 });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), rearm, (steps, rearmAfter) => {
      expect(runWheel(steps, rearmAfter)).toEqual(runModel(steps, rearmAfter));
    }),
  );
});

/** Ids re-arm themselves this many times at most, so that a run ends. */
const REARMS = 3;

function runWheel(steps: readonly Step[], rearmAfter: readonly (number | null)[]): [number, number][] {
  const left = new Array<number>(8).fill(REARMS);
  const { simulation, wheel, fired } = wheelOf((id, wheel) => {
    const after = rearmAfter[id] ?? null;
    if (after !== null && left[id]! > 0) {
      left[id]!--;
      wheel.arm(id, simulation.now + after);
    }
  });
  const act = simulation.register('step', EventClass.traffic, {
    fire: (n) => {
      const step = steps[n]!;
      if (step.do === 'arm') wheel.arm(step.id, simulation.now + step.after);
      else wheel.cancel(step.id);
    },
  });
  let time = 0;
  steps.forEach((step, n) => simulation.schedule((time += step.wait), act, n));
  simulation.run(1_000_000);
  return fired;
}

/**
 * The same with a map from id to tick, and time going by one nanosecond after the other. At a tick timers fire before the steps
 * (class order), in the order in which they were armed for it; a Map keeps that order when a moved id is deleted first.
 */
function runModel(steps: readonly Step[], rearmAfter: readonly (number | null)[]): [number, number][] {
  const left = new Array<number>(8).fill(REARMS);
  const ticks = new Map<number, number>();
  const fired: [number, number][] = [];
  const arm = (id: number, now: number, deadline: number): void => {
    const tick = Math.max(Math.ceil(deadline / TICK), Math.floor(now / TICK) + 1);
    if (ticks.get(id) === tick) return;
    ticks.delete(id);
    ticks.set(id, tick);
  };
  const takeTick = (tick: number): void => {
    for (const id of [...ticks].filter(([, due]) => due === tick).map(([id]) => id)) {
      ticks.delete(id);
      fired.push([tick * TICK, id]);
      const after = rearmAfter[id] ?? null;
      if (after !== null && left[id]! > 0) {
        left[id]!--;
        arm(id, tick * TICK, tick * TICK + after);
      }
    }
  };
  const advance = (time: number): void => {
    for (;;) {
      const next = Math.min(...ticks.values());
      if (next * TICK > time) break;
      takeTick(next);
    }
  };
  let time = 0;
  for (const step of steps) {
    time += step.wait;
    advance(time);
    if (step.do === 'arm') arm(step.id, time, time + step.after);
    else ticks.delete(step.id);
  }
  advance(1_000_000);
  return fired;
}
