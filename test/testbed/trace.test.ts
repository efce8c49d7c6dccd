/** Trace points: what listens sees every event and every loss, and changes nothing. */
import { expect, test } from 'vitest';
import { DROP_CAUSES } from '../../src/net/index.js';
import { World } from '../../src/testbed/world.js';
import { MS, smallCase } from './small-case.js';

// A queue of one packet in front of each wire loses some of what 64 clients send at once.
const lossy = smallCase({ link: { queuePackets: 1 }, workload: { clients: 64, ratePerSecond: 100_000 } });

function traced(listen: boolean): {
  digest: string;
  events: [number, number, number][];
  causes: number[];
  world: World;
} {
  const world = new World(lossy, '1');
  const events: [number, number, number][] = [];
  const causes: number[] = [];
  if (listen) {
    world.base.simulation.taken.listen((time, kind, subject) => events.push([time, kind, subject]));
    world.base.drops.dropped.listen((cause) => causes.push(cause));
  }
  world.traffic.start();
  world.base.simulation.run(20 * MS);
  return { digest: world.base.simulation.digest.toString(), events, causes, world };
}

test('every event is seen once, in order, and listening changes nothing', () => {
  const { digest, events, world } = traced(true);
  expect(events).toHaveLength(world.base.simulation.eventCount);
  expect(events.every(([time], i) => i === 0 || time >= events[i - 1]![0])).toBe(true);
  expect(digest).toBe(traced(false).digest);
  const kinds = new Set(events.map(([, kind]) => world.base.simulation.kindName(kind)));
  expect([...kinds]).toEqual(expect.arrayContaining(['arrival', 'core-done', 'link-arrival']));
});

test('every loss is seen with its cause', () => {
  const { causes, world } = traced(true);
  expect(causes.length).toBeGreaterThan(0);
  const counted = DROP_CAUSES.map((_, cause) => causes.filter((seen) => seen === cause).length);
  expect(counted).toEqual([...world.base.drops.byCause]);
});
