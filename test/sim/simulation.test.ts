/** The clock, the loop and the order of events. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EventClass, HeapEventList, InvariantError, Simulation } from '../../src/sim/index.js';

/** A simulation that notes every event of one kind as [time, subject]. */
function noting(eventClass: EventClass = EventClass.traffic) {
  const simulation = new Simulation();
  const seen: [number, number][] = [];
  const kind = simulation.register('noted', eventClass, { fire: (subject) => seen.push([simulation.now, subject]) });
  return { simulation, seen, kind };
}

describe('the clock', () => {
  test('stands at the time of the event while its handler runs', () => {
    const { simulation, seen, kind } = noting();
    simulation.schedule(30, kind, 3);
    simulation.schedule(10, kind, 1);
    simulation.schedule(20, kind, 2);
    simulation.run(100);
    expect(seen).toEqual([
      [10, 1],
      [20, 2],
      [30, 3],
    ]);
    expect([simulation.now, simulation.eventCount, simulation.pending]).toEqual([100, 3, 0]);
  });

  test('takes events of the last moment, leaves later ones, and goes on from there', () => {
    const { simulation, seen, kind } = noting();
    for (const time of [9, 10, 11]) simulation.schedule(time, kind, time);
    simulation.run(10);
    expect(seen.map(([time]) => time)).toEqual([9, 10]);
    expect([simulation.now, simulation.pending]).toEqual([10, 1]);
    simulation.run(20);
    expect(seen.map(([time]) => time)).toEqual([9, 10, 11]);
    expect(simulation.now).toBe(20);
  });

  test('stays at the last event when the run has no end', () => {
    const { simulation, kind } = noting();
    simulation.schedule(42, kind, 0);
    simulation.run(Infinity);
    expect(simulation.now).toBe(42);
  });

  test('is exact far beyond 32 bits', () => {
    const { simulation, seen, kind } = noting();
    const far = 2 ** 53 - 2;
    simulation.schedule(far + 1, kind, 2);
    simulation.schedule(far, kind, 1);
    simulation.run(Infinity);
    expect(seen).toEqual([
      [far, 1],
      [far + 1, 2],
    ]);
  });
});

describe('refused is', () => {
  const { simulation, kind } = noting();
  simulation.schedule(100, kind, 0);
  simulation.run(100);

  test.each([
    ['the past', 99],
    ['half a nanosecond', 100.5],
    ['no number', NaN],
    ['the end of time', Infinity],
  ])('%s', (_, time) => {
    expect(() => simulation.schedule(time, kind, 0)).toThrow(InvariantError);
    expect(() => simulation.schedule(time, kind, 0)).toThrow(/noted scheduled for .* at 100 ns/);
    expect(simulation.pending).toBe(0);
  });

  test('but not the present moment', () => {
    simulation.schedule(100, kind, 0);
    expect(simulation.pending).toBe(1);
  });

  test('a 256th kind', () => {
    const full = new Simulation();
    for (let n = 0; n < 255; n++) full.register(`kind ${n}`, EventClass.timer, { fire: () => undefined });
    expect(() => full.register('one more', EventClass.timer, { fire: () => undefined })).toThrow(/more than 255/);
  });
});

describe('the order', () => {
  test('of one time is by class, then by scheduling', () => {
    const simulation = new Simulation();
    const seen: string[] = [];
    const classes = ['arrival', 'timer', 'control', 'traffic', 'observe'] as const;
    const kinds = classes.map((name) =>
      simulation.register(name, EventClass[name], { fire: (subject) => seen.push(`${name} ${subject}`) }),
    );
    for (const subject of [1, 2]) for (const kind of [...kinds].reverse()) simulation.schedule(5, kind, subject);
    simulation.run(5);
    expect(seen).toEqual(classes.flatMap((name) => [`${name} 1`, `${name} 2`]));
  });

  test('is that of a stable sort by time and class', () => {
    const event = fc.record({ time: fc.integer({ min: 0, max: 20 }), eventClass: fc.integer({ min: 0, max: 4 }) });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 200 }), (events) => {
        const simulation = new Simulation();
        const seen: number[] = [];
        const kinds = Object.values(EventClass).map((eventClass) =>
          simulation.register(`class ${eventClass}`, eventClass, { fire: (subject) => seen.push(subject) }),
        );
        events.forEach(({ time, eventClass }, n) => simulation.schedule(time, kinds[eventClass]!, n));
        simulation.run(20);
        const expected = events.map((_, n) => n);
        expected.sort((a, b) => events[a]!.time - events[b]!.time || events[a]!.eventClass - events[b]!.eventClass);
        expect(seen).toEqual(expected);
      }),
    );
  });

  test('holds for what a handler schedules for the same moment: it comes in this moment, after its class', () => {
    const simulation = new Simulation();
    const seen: number[] = [];
    const late = simulation.register('late', EventClass.observe, { fire: () => seen.push(9) });
    const chain: number = simulation.register('chain', EventClass.arrival, {
      fire: (subject) => {
        seen.push(subject);
        if (subject < 3) simulation.schedule(simulation.now, chain, subject + 1);
      },
    });
    simulation.schedule(1, late, 0);
    simulation.schedule(1, chain, 1);
    simulation.run(1);
    expect(seen).toEqual([1, 2, 3, 9]);
  });
});

describe('stop', () => {
  test('ends the run after the present event, leaves the clock there, and another run goes on', () => {
    const simulation = new Simulation();
    const seen: number[] = [];
    const kind = simulation.register('stopping', EventClass.traffic, {
      fire: (subject) => {
        seen.push(subject);
        if (subject === 2) simulation.stop();
      },
    });
    for (const time of [1, 2, 3]) simulation.schedule(time, kind, time);
    simulation.run(10);
    expect([seen, simulation.now, simulation.pending]).toEqual([[1, 2], 2, 1]);
    simulation.run(10);
    expect([seen, simulation.now, simulation.pending]).toEqual([[1, 2, 3], 10, 0]);
  });

  test('takes effect at time 0 too', () => {
    const simulation = new Simulation();
    const kind = simulation.register('stopping', EventClass.traffic, { fire: () => simulation.stop() });
    simulation.schedule(0, kind, 0);
    simulation.schedule(0, kind, 0);
    simulation.run(10);
    expect([simulation.now, simulation.pending, simulation.eventCount]).toEqual([0, 1, 1]);
  });
});

test('events are slots that are used again: a long run has no more of them than were ever pending at once', () => {
  const events = new HeapEventList();
  let most = -1;
  const push = events.push.bind(events);
  events.push = (handle, time, rank) => {
    most = Math.max(most, handle);
    push(handle, time, rank);
  };
  const simulation = new Simulation(events);
  let left = 5000;
  const kind: number = simulation.register('relay', EventClass.traffic, {
    fire: (subject) => {
      if (left-- > 0) simulation.schedule(simulation.now + 1 + (subject % 3), kind, subject);
    },
  });
  // More than the first capacity of 1,024 slots.
  for (let subject = 0; subject < 3000; subject++) simulation.schedule(subject % 7, kind, subject);
  simulation.run(Infinity);
  expect([simulation.eventCount, simulation.pending, most]).toEqual([8000, 0, 2999]);
});

test('the digest tells runs apart by time, kind and subject, and is equal for equal runs', () => {
  const digest = (time: number, subject: number): string => {
    const { simulation, kind } = noting();
    simulation.schedule(time, kind, subject);
    simulation.run(10);
    return simulation.digest.toString();
  };
  expect(digest(1, 1)).toBe(digest(1, 1));
  expect(new Set([digest(1, 1), digest(2, 1), digest(1, 2)]).size).toBe(3);
});

test('an unknown kind still has a name in messages', () => {
  expect(new Simulation().kindName(3)).toBe('kind 3');
});
