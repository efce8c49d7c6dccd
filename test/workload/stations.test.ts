/** Stations: first come, first served, as many at a time as there are workers, and nothing from a server that stopped. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EventClass, RandomStreams, Simulation } from '../../src/sim/index.js';
import { Stations, type StationOptions } from '../../src/workload/index.js';

/** Stations whose answers are noted as [time, handle, sequence], and whose served requests are counted. */
function stationsOf(options: Partial<StationOptions>) {
  const simulation = new Simulation();
  const answers: [number, number, number][] = [];
  const served: number[] = [];
  const nothing = (): never => {
    throw new Error('servers do not do that');
  };
  const stations = new Stations({
    simulation,
    streams: new RandomStreams('stations'),
    fabric: {
      respond: (handle, sequence, bytes) => {
        if (bytes !== 500) throw new Error(`an answer of ${bytes} bytes`);
        answers.push([simulation.now, handle, sequence]);
      },
    },
    observer: {
      served: (server) => served.push(server),
      scheduled: nothing,
      connected: nothing,
      completed: nothing,
      failed: nothing,
    },
    options: {
      distribution: 'constant',
      meanNs: 100,
      concurrency: 1,
      factors: [1],
      slowEndpoints: 0,
      slowFactor: 1,
      responseBytes: 500,
      ...options,
    },
  });
  return { simulation, stations, answers, served };
}

describe('a server', () => {
  test('serves one after the other in the order in which they came', () => {
    const { simulation, stations, answers, served } = stationsOf({});
    const server = stations.add(0);
    for (const handle of [7, 5, 9]) stations.take(server, handle, handle * 10);
    simulation.run(1000);
    expect(answers).toEqual([
      [100, 7, 70],
      [200, 5, 50],
      [300, 9, 90],
    ]);
    expect(served).toEqual([0, 0, 0]);
  });

  test('with several workers serves as many at a time', () => {
    const { simulation, stations, answers } = stationsOf({ concurrency: 3 });
    const server = stations.add(0);
    for (let handle = 0; handle < 7; handle++) stations.take(server, handle, 1);
    simulation.run(1000);
    expect(answers.map(([time, handle]) => [time, handle])).toEqual([
      [100, 0],
      [100, 1],
      [100, 2],
      [200, 3],
      [200, 4],
      [200, 5],
      [300, 6],
    ]);
  });

  test('does not hold up another one', () => {
    const { simulation, stations, answers } = stationsOf({});
    for (const server of [stations.add(0), stations.add(1)]) stations.take(server, server, 1);
    simulation.run(1000);
    expect(answers.map(([time]) => time)).toEqual([100, 100]);
    expect(stations.count).toBe(2);
  });

  test('that takes no time answers at once', () => {
    const { stations, answers } = stationsOf({ meanNs: 0 });
    const server = stations.add(0);
    for (let handle = 0; handle < 3; handle++) stations.take(server, handle, 1);
    expect(answers.map(([time, handle]) => [time, handle])).toEqual([
      [0, 0],
      [0, 1],
      [0, 2],
    ]);
  });

  test('is as slow as its place says: factors in turn, and the first ones slower', () => {
    const { simulation, stations, answers } = stationsOf({ factors: [1, 2, 4], slowEndpoints: 2, slowFactor: 10 });
    for (let index = 0; index < 6; index++) stations.take(stations.add(index), index, 1);
    simulation.run(100_000);
    const times = answers.toSorted((a, b) => a[1] - b[1]).map(([time]) => time);
    expect(times).toEqual([1000, 2000, 400, 100, 200, 400]);
  });

  test('may be one of many with many requests', () => {
    const { simulation, stations, answers } = stationsOf({});
    for (let index = 0; index < 200; index++) stations.add(index);
    for (let n = 0; n < 5000; n++) stations.take(n % 200, n, 1);
    simulation.run(100_000);
    expect(answers.map(([time, handle]) => [time, handle])).toEqual(
      Array.from({ length: 5000 }, (_, n) => [(Math.floor(n / 200) + 1) * 100, n]),
    );
  });
});

describe('a server that stops', () => {
  test('answers nothing any more: not what it has taken up, not what waits, not what comes', () => {
    const { simulation, stations, answers, served } = stationsOf({});
    const server = stations.add(0);
    for (let handle = 0; handle < 4; handle++) stations.take(server, handle, 1);
    simulation.run(150);
    stations.stop(server);
    stations.take(server, 9, 1);
    simulation.run(10_000);
    expect([answers.map(([, handle]) => handle), served]).toEqual([[0], [0]]);
    expect(simulation.pending).toBe(0);
  });

  test('leaves the others and new ones alone', () => {
    const { simulation, stations, answers } = stationsOf({});
    const [first, second] = [stations.add(0), stations.add(1)];
    stations.take(first, 1, 1);
    stations.take(second, 2, 1);
    stations.stop(first);
    const third = stations.add(0);
    stations.take(third, 3, 1);
    simulation.run(1000);
    expect([answers.map(([, handle]) => handle), third]).toEqual([[2, 3], 2]);
  });
});

describe('exponential service times', () => {
  test('have the mean asked for, and a standard deviation like it', () => {
    const { simulation, stations, answers } = stationsOf({ distribution: 'exponential', meanNs: 50_000 });
    const server = stations.add(0);
    for (let n = 0; n < 20_000; n++) stations.take(server, n, 1);
    simulation.run(1e15);
    const times = answers.map(([time], n) => time - (answers[n - 1]?.[0] ?? 0));
    const mean = times.reduce((a, b) => a + b) / times.length;
    const deviation = Math.sqrt(times.reduce((sum, time) => sum + (time - mean) ** 2, 0) / times.length);
    expect(Math.abs(mean / 50_000 - 1)).toBeLessThan(0.02);
    expect(Math.abs(deviation / 50_000 - 1)).toBeLessThan(0.03);
  });

  test('of less than half a nanosecond leave nothing behind in the queue', () => {
    // With a mean of 2 ns every fifth time is rounded to nothing.
    const { simulation, stations, answers } = stationsOf({ distribution: 'exponential', meanNs: 2 });
    const server = stations.add(0);
    for (let n = 0; n < 1000; n++) stations.take(server, n, 1);
    simulation.run(100_000);
    expect(answers.map(([, handle]) => handle)).toEqual(Array.from({ length: 1000 }, (_, n) => n));
  });

  test('of a server do not depend on what other servers do', () => {
    const times = (others: number): number[] => {
      const { simulation, stations, answers } = stationsOf({ distribution: 'exponential', meanNs: 1000 });
      const server = stations.add(0);
      for (let n = 1; n <= others; n++) stations.take(stations.add(n), -n, 1);
      for (let n = 0; n < 20; n++) stations.take(server, n, 1);
      simulation.run(1e9);
      return answers.filter(([, handle]) => handle >= 0).map(([time]) => time);
    };
    expect(times(5)).toEqual(times(0));
  });
});

test('any arrivals at a station of constant times are answered as a queue on paper says', () => {
  const gaps = fc.array(fc.integer({ min: 0, max: 150 }), { maxLength: 60 });
  fc.assert(
    fc.property(gaps, fc.integer({ min: 1, max: 4 }), (gaps, concurrency) => {
      const { simulation, stations, answers } = stationsOf({ concurrency });
      const server = stations.add(0);
      const kind = simulation.register('take', EventClass.traffic, {
        fire: (n) => {
          stations.take(server, n, 1);
        },
      });
      const free = new Array<number>(concurrency).fill(0);
      let now = 0;
      const expected = gaps.map((gap, n) => {
        simulation.schedule((now += gap), kind, n);
        // The worker that is free first takes it.
        const worker = free.indexOf(Math.min(...free));
        free[worker] = Math.max(free[worker]!, now) + 100;
        return [free[worker], n, 1];
      });
      simulation.run(1e9);
      expect(answers).toEqual(expected);
    }),
  );
});
