/** Links to the nanosecond: when packets arrive, which are dropped, and that none is lost from sight. */
import { describe, expect, test } from 'vitest';
import { DROP_CAUSES, DropCause } from '../../src/net/index.js';
import { Wires } from './wires.js';

/** 1 Gbit/s: 8 ns a byte. */
const GIGABIT = { bandwidthBitsPerSecond: 1e9, delayNs: 10_000, queuePackets: 1000 };
/** Frame and the 24 bytes of preamble, check sequence and gap. */
const TIME_100 = (100 + 24) * 8;
const TIME_1514 = (1514 + 24) * 8;

describe('a link', () => {
  test('takes the time of the frame and of what Ethernet adds to it, and then the delay', () => {
    const wires = new Wires();
    const link = wires.lay(GIGABIT);
    wires.sendAt(link, [[500, wires.frame(100)]]);
    wires.simulation.run(1e6);
    expect(wires.arrived).toEqual([[500 + TIME_100 + 10_000, 0]]);
  });

  test('sends packets that come together one after the other, in their order', () => {
    const wires = new Wires();
    const link = wires.lay(GIGABIT);
    wires.sendAt(link, [
      [0, wires.frame(1514)],
      [0, wires.frame(100)],
      [0, wires.frame(1514)],
    ]);
    wires.simulation.run(1e6);
    expect(wires.arrived).toEqual([
      [TIME_1514 + 10_000, 0],
      [TIME_1514 + TIME_100 + 10_000, 1],
      [2 * TIME_1514 + TIME_100 + 10_000, 2],
    ]);
  });

  test('is idle again in between: a packet that comes later starts when it comes', () => {
    const wires = new Wires();
    const link = wires.lay(GIGABIT);
    wires.sendAt(link, [
      [0, wires.frame(100)],
      [TIME_100 - 1, wires.frame(100)],
      [2 * TIME_100 + 1, wires.frame(100)],
    ]);
    wires.simulation.run(1e6);
    expect(wires.arrived.map(([time]) => time - 10_000)).toEqual([TIME_100, 2 * TIME_100, 3 * TIME_100 + 1]);
  });

  test('carries a packet in a tunnel for 50 bytes more', () => {
    const wires = new Wires();
    const link = wires.lay(GIGABIT);
    const packet = wires.frame(100);
    wires.packets.outerDestination[packet] = 1;
    wires.sendAt(link, [[0, packet]]);
    wires.simulation.run(1e6);
    expect(wires.arrived[0]![0]).toBe(TIME_100 + 50 * 8 + 10_000);
  });

  test('rounds each frame to whole nanoseconds', () => {
    // 3 Gbit/s: 84 bytes are 224 ns; 85 bytes are 226.67 ns.
    const wires = new Wires();
    const link = wires.lay({ bandwidthBitsPerSecond: 3e9, delayNs: 0, queuePackets: 10 });
    wires.sendAt(link, [
      [0, wires.frame(60)],
      [0, wires.frame(61)],
      [0, wires.frame(61)],
    ]);
    wires.simulation.run(1e6);
    expect(wires.arrived.map(([time]) => time)).toEqual([224, 451, 678]);
  });
});

describe('a queue', () => {
  test.each([0, 1, 3])('of %i holds that many beside the one on the wire, and drops what is beyond', (queuePackets) => {
    const wires = new Wires();
    const link = wires.lay({ ...GIGABIT, queuePackets });
    wires.sendAt(
      link,
      Array.from({ length: 6 }, () => [0, wires.frame(100)] as const),
    );
    wires.simulation.run(1e6);
    expect(wires.arrived.map(([, packet]) => packet)).toEqual([0, 1, 2, 3].slice(0, queuePackets + 1));
    expect(wires.lost).toEqual([0, 1, 2, 3, 4, 5].slice(queuePackets + 1).map((n) => [0, n, DropCause.linkQueue]));
    expect([link.sent, link.delivered, link.dropped]).toEqual([6, queuePackets + 1, 5 - queuePackets]);
  });

  test('has room again at the very moment at which a packet is sent off, not before', () => {
    for (const [at, expected] of [
      [TIME_100 - 1, 0],
      [TIME_100, 1],
    ] as const) {
      const wires = new Wires();
      const link = wires.lay({ ...GIGABIT, queuePackets: 1 });
      wires.sendAt(link, [
        [0, wires.frame(100)],
        [0, wires.frame(100)],
        [at, wires.frame(100)],
      ]);
      wires.simulation.run(1e6);
      expect(link.delivered - 2).toBe(expected);
    }
  });

  test('does not count what travels: a long wire holds any number', () => {
    const wires = new Wires();
    const link = wires.lay({ ...GIGABIT, delayNs: 100_000_000, queuePackets: 0 });
    const sends = Array.from({ length: 5000 }, (_, n) => [n * TIME_100, wires.frame(100)] as const);
    wires.sendAt(link, sends);
    wires.simulation.run(5000 * TIME_100);
    expect([link.inFlight, link.dropped, wires.simulation.pending]).toEqual([5000, 0, 1]);
    wires.simulation.run(1e9);
    expect(wires.arrived.map(([, packet]) => packet)).toEqual(sends.map(([, packet]) => packet));
  });
});

test('the check finds a packet that is lost from sight', () => {
  const wires = new Wires();
  const link = wires.lay(GIGABIT);
  wires.sendAt(link, [[0, wires.frame(100)]]);
  wires.simulation.run(1e6);
  wires.links.check();
  link.delivered--;
  expect(() => {
    wires.links.check();
  }).toThrow('link-conserves-packets');
});

test('every cause of loss has a name', () => {
  expect(Object.values(DropCause)).toEqual(DROP_CAUSES.map((_, n) => n));
  const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  expect(Object.keys(DropCause).map(snake)).toEqual(DROP_CAUSES);
});
