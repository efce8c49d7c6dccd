/** A client that has no source port left: what waits behind its one connection fails, all of it, and users try again later. */
import { expect, test } from 'vitest';
import { RandomStreams, Simulation, TimerWheels } from '../../src/sim/index.js';
import { RequestFailure, Traffic, type Fabric, type TrafficObserver } from '../../src/workload/index.js';

const MS = 1e6;

/** Clients of a network that gives them one connection and none after it; an answer takes as long as `answer` is not called. */
function withOnePort(load: 'open' | 'closed', rate: number, concurrency: number, untilNs: number) {
  const simulation = new Simulation();
  const counts = { scheduled: 0, completed: 0, noPort: 0 };
  const observer: TrafficObserver = {
    scheduled: () => counts.scheduled++,
    connected: () => {},
    completed: () => counts.completed++,
    failed: (_at, failure) => {
      expect(failure).toBe(RequestFailure.noPort);
      counts.noPort++;
    },
    served: () => {},
  };
  let ports = 1;
  const fabric: Fabric = {
    connect: (_client, _target, owner) => (ports-- > 0 ? owner : -1),
    request: () => {},
    respond: () => {},
    close: () => {},
    abort: () => {},
  };
  const traffic = new Traffic({
    simulation,
    wheels: new TimerWheels(simulation, 'timers'),
    streams: new RandomStreams('1'),
    fabric,
    observer,
    options: {
      clients: 1,
      load,
      ratePerSecond: rate,
      arrivals: 'constant',
      concurrency,
      thinkNs: 0,
      target: 'first',
      zipfExponent: 1,
      requestBytes: 1,
      requestsPerConnection: 1,
      requestTimeoutNs: 1e12,
    },
    rules: { sessionsPerClient: 1, requestsPerConnection: 1, handshake: false },
    targets: 1,
    untilNs,
  });
  return { simulation, traffic, counts, answer: () => traffic.replied(0, 0, 1) };
}

test('open loop: a queue of 50,000 requests fails at once, one after the other', () => {
  const { simulation, traffic, counts, answer } = withOnePort('open', 50_000, 1, 1000 * MS);
  traffic.start();
  simulation.run(1000 * MS);
  expect(traffic.unfinished).toBe(50_000);
  answer();
  expect(counts).toEqual({ scheduled: 50_000, completed: 1, noPort: 49_999 });
  expect(traffic.unfinished).toBe(0);
});

test('closed loop: every user tries again after a millisecond', () => {
  const { simulation, traffic, counts, answer } = withOnePort('closed', 1, 3, 10 * MS);
  traffic.start();
  expect(counts.scheduled).toBe(3);
  answer();
  // The other two were waiting; the first one thinks for no time and has no port either.
  expect(counts).toEqual({ scheduled: 3, completed: 1, noPort: 2 });
  simulation.run(20 * MS);
  // From then on three users, once a millisecond until 10 ms: at 0 the first one, then 9 times all of them.
  expect(counts).toEqual({ scheduled: 3 + 1 + 27, completed: 1, noPort: 2 + 1 + 27 });
});
