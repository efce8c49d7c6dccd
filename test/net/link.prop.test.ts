/** Links against a plain model with two events a packet, transmission complete and arrival. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { LinkSpec } from '../../src/net/index.js';
import { Wires } from './wires.js';

interface Send {
  readonly time: number;
  readonly bytes: number;
}

/** What the model says: arrivals as [time, packet], and the packets that found the queue full. */
interface Outcome {
  readonly arrived: [number, number][];
  readonly dropped: number[];
}

/** A link as it would be written without a thought for speed: a transmitter, a queue, and an event for each change. */
function model(spec: LinkSpec, sends: readonly Send[]): Outcome {
  const outcome: Outcome = { arrived: [], dropped: [] };
  const queue: number[] = [];
  let onWire = -1;
  let completeAt = Infinity;
  const begin = (packet: number, now: number): void => {
    onWire = packet;
    completeAt = now + Math.round(((sends[packet]!.bytes + 24) * 8e9) / spec.bandwidthBitsPerSecond);
  };
  const completeUntil = (time: number): void => {
    while (completeAt <= time) {
      const now = completeAt;
      outcome.arrived.push([now + spec.delayNs, onWire]);
      completeAt = Infinity;
      const next = queue.shift();
      if (next === undefined) onWire = -1;
      else begin(next, now);
    }
  };
  sends.forEach((send, packet) => {
    completeUntil(send.time);
    if (onWire < 0) begin(packet, send.time);
    else if (queue.length < spec.queuePackets) queue.push(packet);
    else outcome.dropped.push(packet);
  });
  completeUntil(Number.MAX_SAFE_INTEGER);
  return outcome;
}

test('any sequence of packets arrives, waits and is dropped as in the model', () => {
  // Gaps around the time of a frame (672 to 12,304 ns at 1 Gbit/s), and bursts.
  const gap = fc.oneof(
    fc.constant(0),
    fc.constant(0),
    fc.integer({ min: 0, max: 2000 }),
    fc.integer({ min: 0, max: 20_000 }),
  );
  const bytes = fc.oneof(fc.constant(60), fc.constant(74), fc.integer({ min: 60, max: 1514 }));
  const spec = fc.record({
    bandwidthBitsPerSecond: fc.constantFrom(1e9, 10e9, 3e9, 1.7e8),
    delayNs: fc.constantFrom(0, 1, 700, 50_000),
    queuePackets: fc.constantFrom(0, 1, 2, 5, 30),
  });
  fc.assert(
    fc.property(spec, fc.array(fc.tuple(gap, bytes), { maxLength: 80 }), (spec, steps) => {
      let time = 0;
      const sends = steps.map(([gap, bytes]) => ({ time: (time += gap), bytes }));
      const wires = new Wires();
      const link = wires.lay(spec);
      wires.sendAt(
        link,
        sends.map(({ time, bytes }) => [time, wires.frame(bytes)] as const),
      );
      for (const until of [time / 2, time, time + 1e9]) {
        wires.simulation.run(Math.floor(until));
        wires.links.check();
      }
      const expected = model(spec, sends);
      expect(wires.arrived).toEqual(expected.arrived);
      expect(wires.lost.map(([, packet]) => packet)).toEqual(expected.dropped);
      expect([link.inFlight, link.sent]).toEqual([0, sends.length]);
    }),
  );
});

test('links do not disturb each other: two together do what each does alone', () => {
  const sends = fc.array(fc.integer({ min: 0, max: 1500 }), { maxLength: 30 });
  const spec = { bandwidthBitsPerSecond: 1e9, delayNs: 300, queuePackets: 3 };
  fc.assert(
    fc.property(sends, sends, (first, second) => {
      const together = new Wires();
      const traces = [first, second].map((gaps) => {
        let time = 0;
        return gaps.map((gap) => ({ time: (time += gap), bytes: 100 }));
      });
      const numbers = traces.map((trace) => trace.map(({ bytes }) => together.frame(bytes)));
      traces.forEach((trace, n) => {
        together.sendAt(
          together.lay(spec),
          trace.map(({ time }, i) => [time, numbers[n]![i]!] as const),
        );
      });
      together.simulation.run(1e9);
      traces.forEach((trace, n) => {
        const own = together.arrived.filter(([, packet]) => numbers[n]!.includes(packet));
        expect(own.map(([time, packet]) => [time, numbers[n]!.indexOf(packet)])).toEqual(model(spec, trace).arrived);
      });
    }),
  );
});
