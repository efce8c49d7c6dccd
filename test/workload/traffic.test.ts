/** Traffic: when requests are sent, over which connections, and what counts as their latency. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MILLISECOND } from '../../src/sim/index.js';
import { RequestFailure, workloads } from '../../src/workload/index.js';
import { MadeUpFabric, type Fate } from './made-up-fabric.js';

describe('open loop', () => {
  test('latency counts from when a request was due, not from when it was sent', () => {
    // Due every millisecond, one connection, 10 ms a request: the n-th waits for n requests before it.
    const fabric = new MadeUpFabric();
    fabric.serves = () => ({ afterNs: 10 * MILLISECOND });
    fabric.join({}, { sessionsPerClient: 1, requestsPerConnection: 0 }, 100 * MILLISECOND);
    fabric.run(5000);
    expect(fabric.latencies.map((ns) => ns / MILLISECOND)).toEqual(Array.from({ length: 100 }, (_, n) => 10 + 9 * n));
    expect(fabric.counts).toEqual({ scheduled: 100, connected: 1, completed: 100, failed: 0 });
  });

  test('a slow server does not slow the arrivals down', () => {
    const fabric = new MadeUpFabric();
    fabric.serves = () => null;
    fabric.join({ clients: 3, ratePerSecond: 3000 }, {}, 50 * MILLISECOND);
    fabric.run(60);
    expect([fabric.counts.scheduled, fabric.traffic.unfinished, fabric.openNow]).toEqual([150, 150, 150]);
  });

  test('latency of a new connection holds the handshake', () => {
    const fabric = new MadeUpFabric();
    fabric.connects = () => ({ afterNs: 3 * MILLISECOND });
    fabric.join({ ratePerSecond: 10 }, {}, MILLISECOND);
    fabric.run(100);
    expect(fabric.log).toEqual([
      [0, 'connect 0 to 0'],
      [3, 'request 0/1 of 100'],
      [4, 'close 0'],
    ]);
    expect(fabric.latencies).toEqual([4 * MILLISECOND]);
  });

  test('idle connections are used before new ones are opened, the one used last first', () => {
    const fabric = new MadeUpFabric();
    fabric.serves = (handle) => ({ afterNs: handle === 0 ? 2.7 * MILLISECOND : MILLISECOND / 2 });
    fabric.join({}, { sessionsPerClient: 10, requestsPerConnection: 0 }, 6 * MILLISECOND);
    fabric.run(100);
    expect(fabric.log.filter(([, text]) => text.startsWith('request')).map(([, text]) => text)).toEqual([
      'request 0/1 of 100',
      'request 1/1 of 100',
      'request 1/2 of 100',
      'request 0/2 of 100',
      'request 1/3 of 100',
      'request 1/4 of 100',
    ]);
  });
});

describe('closed loop', () => {
  test.each([
    [1, 1],
    [1, 5],
    [4, 3],
  ])('%i clients of %i users never have more requests under way', (clients, concurrency) => {
    const fabric = new MadeUpFabric();
    fabric.serves = (handle) => ({ afterNs: ((handle * 7) % 5) * MILLISECOND + 1 });
    fabric.join({ load: 'closed', clients, concurrency }, {}, 200 * MILLISECOND);
    fabric.run(150);
    expect(fabric.openMost).toBe(clients * concurrency);
    expect(fabric.traffic.unfinished).toBeLessThanOrEqual(clients * concurrency);
    expect(fabric.counts.completed).toBeGreaterThan(50);
    fabric.simulation.run(1000 * MILLISECOND);
    expect([fabric.traffic.unfinished, fabric.counts.scheduled]).toEqual([0, fabric.counts.completed]);
  });

  test('a user thinks between an answer and the next request, and sends none from the end on', () => {
    const fabric = new MadeUpFabric();
    fabric.join({ load: 'closed', thinkNs: 4 * MILLISECOND }, {}, 15 * MILLISECOND);
    fabric.run(1000);
    expect(fabric.times('request')).toEqual([0, 5, 10]);
  });

  test('without thinking the next request follows at once', () => {
    const fabric = new MadeUpFabric();
    fabric.join({ load: 'closed' }, { sessionsPerClient: 1, requestsPerConnection: 0 }, 4 * MILLISECOND);
    fabric.run(1000);
    expect(fabric.times('request')).toEqual([0, 1, 2, 3]);
    expect(fabric.latencies.every((ns) => ns === MILLISECOND)).toBe(true);
  });

  test('after a failure a user waits a millisecond at least, so that a dead service is not asked without end', () => {
    const fabric = new MadeUpFabric();
    fabric.connects = () => ({ afterNs: 0, failure: RequestFailure.refused });
    fabric.join({ load: 'closed' }, {}, 4 * MILLISECOND);
    fabric.run(1000);
    expect(fabric.log.filter(([, text]) => text.startsWith('refused'))).toEqual(
      [0, 1, 2, 3].map((ms) => [ms, 'refused after 0 ms']),
    );
  });
});

describe('keepalive', () => {
  test('a connection carries its number of requests and is closed; the next one is new', () => {
    const fabric = new MadeUpFabric();
    fabric.join({ load: 'closed' }, { sessionsPerClient: 1, requestsPerConnection: 3 }, 7 * MILLISECOND);
    fabric.run(1000);
    const words = fabric.log.map(([ms, text]) => `${ms} ${text.replace(' of 100', '')}`);
    expect(words).toEqual([
      '0 connect 0 to 0',
      '0 request 0/1',
      '1 request 0/2',
      '2 request 0/3',
      '3 close 0',
      '3 connect 1 to 0',
      '3 request 1/1',
      '4 request 1/2',
      '5 request 1/3',
      '6 close 1',
      '6 connect 2 to 0',
      '6 request 2/1',
    ]);
  });

  test('without a limit one connection carries all', () => {
    const fabric = new MadeUpFabric();
    fabric.join({ load: 'closed' }, { sessionsPerClient: 1, requestsPerConnection: 0 }, 500 * MILLISECOND);
    fabric.run(2000);
    expect([fabric.times('connect').length, fabric.times('close').length, fabric.counts.completed]).toEqual([
      1, 0, 500,
    ]);
  });

  test('a connection that breaks while nobody uses it is no failed request', () => {
    const fabric = new MadeUpFabric();
    fabric.join({ ratePerSecond: 100 }, { sessionsPerClient: 1, requestsPerConnection: 0 }, 15 * MILLISECOND);
    fabric.run(5);
    fabric.breakOff(0, RequestFailure.reset);
    fabric.simulation.run(100 * MILLISECOND);
    expect(fabric.counts).toEqual({ scheduled: 2, connected: 2, completed: 2, failed: 0 });
  });
});

describe('without a handshake', () => {
  test('a request is sent at once, over a new socket each time or over one for good', () => {
    for (const requestsPerConnection of [1, 0]) {
      const fabric = new MadeUpFabric();
      fabric.join({}, { handshake: false, requestsPerConnection, sessionsPerClient: 1 }, 3 * MILLISECOND);
      fabric.run(100);
      expect(fabric.times('request')).toEqual([0, 1, 2]);
      expect(fabric.times('connect')).toEqual(requestsPerConnection === 1 ? [0, 1, 2] : [0]);
      expect(fabric.counts.connected).toBe(0);
    }
  });
});

describe('what a request is given up for', () => {
  test('no answer in time, from when it was sent', () => {
    const fabric = new MadeUpFabric();
    fabric.serves = () => null;
    fabric.join({ ratePerSecond: 1, requestTimeoutNs: 50 * MILLISECOND }, {}, MILLISECOND);
    fabric.run(1000);
    expect(fabric.log.slice(2)).toEqual([
      [50, 'abort 0'],
      [50, 'timedOut after 50 ms'],
    ]);
  });

  test('no connection in time', () => {
    const fabric = new MadeUpFabric();
    fabric.connects = () => null;
    fabric.join({ ratePerSecond: 1, requestTimeoutNs: 50 * MILLISECOND }, {}, MILLISECOND);
    fabric.run(1000);
    expect(fabric.times('timedOut')).toEqual([50]);
    expect(fabric.openNow).toBe(0);
  });

  test('not for having waited for a connection: those behind a lost request get their full time', () => {
    const fabric = new MadeUpFabric();
    // The first request is never answered; ten more wait behind it for longer than anyone would wait for an answer.
    fabric.serves = (handle) => (handle === 0 ? null : { afterNs: MILLISECOND });
    const rules = { sessionsPerClient: 1, requestsPerConnection: 0 };
    fabric.join({ ratePerSecond: 1000, requestTimeoutNs: 20 * MILLISECOND }, rules, 11 * MILLISECOND);
    fabric.run(1000);
    expect([fabric.counts.completed, fabric.times('timedOut')]).toEqual([10, [20]]);
  });

  test('a new connection for a request that has waited longer than the timeout has its full time too', () => {
    const fabric = new MadeUpFabric();
    fabric.connects = () => ({ afterNs: 2 * MILLISECOND });
    fabric.serves = () => ({ afterNs: 3 * MILLISECOND });
    // Five milliseconds a request, one due every millisecond: the last ones wait for hundreds.
    const rules = { sessionsPerClient: 1, requestsPerConnection: 1 };
    fabric.join({ ratePerSecond: 1000, requestTimeoutNs: 20 * MILLISECOND }, rules, 100 * MILLISECOND);
    fabric.run(2000);
    expect(fabric.counts).toEqual({ scheduled: 100, connected: 100, completed: 100, failed: 0 });
  });

  test.each([
    ['refused', RequestFailure.refused],
    ['reset', RequestFailure.reset],
    ['timedOut', RequestFailure.timedOut],
  ])('%s by the other side', (name, failure) => {
    const fabric = new MadeUpFabric();
    fabric.serves = () => ({ afterNs: 7 * MILLISECOND, failure });
    fabric.join({ ratePerSecond: 1 }, {}, MILLISECOND);
    fabric.run(1000);
    expect(fabric.log.at(-1)).toEqual([7, `${name} after 7 ms`]);
    expect(fabric.counts.failed).toBe(1);
  });

  test('no source port left: at once, and a whole queue of them as well', () => {
    const fabric = new MadeUpFabric();
    fabric.serves = () => null;
    fabric.join({ ratePerSecond: 1e5 }, { sessionsPerClient: 1, requestsPerConnection: 0 }, 30 * MILLISECOND);
    fabric.run(40);
    expect(fabric.traffic.unfinished).toBe(3000);
    fabric.hasPort = () => false;
    fabric.breakOff(0, RequestFailure.reset);
    expect([fabric.counts.failed, fabric.traffic.unfinished]).toEqual([3000, 0]);
    expect(fabric.log.at(-1)?.[1]).toMatch(/^noPort/);
  });
});

test('every request that was due is answered, failed or under way, whatever the network does', () => {
  const fate: fc.Arbitrary<Fate> = fc.oneof(
    { weight: 5, arbitrary: fc.record({ afterNs: fc.integer({ min: 0, max: 8 * MILLISECOND }) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        afterNs: fc.integer({ min: 0, max: 8 * MILLISECOND }),
        failure: fc.constantFrom(0, 1, 2),
      }),
    },
    { weight: 1, arbitrary: fc.constant(null) },
  );
  const options = fc.record({
    load: fc.constantFrom('open' as const, 'closed' as const),
    clients: fc.integer({ min: 1, max: 3 }),
    concurrency: fc.integer({ min: 1, max: 3 }),
    thinkNs: fc.constantFrom(0, MILLISECOND),
    arrivals: fc.constantFrom('poisson' as const, 'constant' as const),
    requestTimeoutNs: fc.constantFrom(3 * MILLISECOND, 20 * MILLISECOND),
    target: fc.constantFrom('uniform' as const, 'zipf' as const),
  });
  const rules = fc.record({
    sessionsPerClient: fc.constantFrom(1, 2, Infinity),
    requestsPerConnection: fc.integer({ min: 0, max: 3 }),
    handshake: fc.boolean(),
  });
  const fates = fc.array(fate, { minLength: 5, maxLength: 12 });
  fc.assert(
    fc.property(
      options,
      rules,
      fates,
      fc.array(fc.boolean(), { minLength: 3, maxLength: 8 }),
      (options, rules, fates, ports) => {
        const fabric = new MadeUpFabric();
        let n = 0;
        fabric.connects = () => fates[n++ % fates.length]!;
        fabric.serves = () => fates[n++ % fates.length]!;
        fabric.hasPort = () => ports[n % ports.length]! || n++ < 0;
        // In closed loop no user may be without a session for good.
        const sessionsPerClient =
          options.load === 'closed' ? Math.max(rules.sessionsPerClient, options.concurrency) : rules.sessionsPerClient;
        fabric.join(options, { ...rules, sessionsPerClient }, 40 * MILLISECOND);
        fabric.traffic.start();
        for (const ms of [10, 35, 60, 5000]) {
          fabric.simulation.run(ms * MILLISECOND);
          const { scheduled, completed, failed } = fabric.counts;
          expect(scheduled).toBe(completed + failed + fabric.traffic.unfinished);
          expect(fabric.openNow).toBeLessThanOrEqual(sessionsPerClient * options.clients);
        }
        // Patience ends every request once nothing new is due.
        expect(fabric.traffic.unfinished).toBe(0);
      },
    ),
    { numRuns: 200 },
  );
});

test('the kinds of workload are settings of one machine', () => {
  const options = { concurrency: 8, requestsPerConnection: 20 } as never;
  const single = { concurrency: 8, requestsPerConnection: 1 } as never;
  const [connection, keepalive, udp] = ['new-connection', 'keepalive', 'udp'].map((name) =>
    workloads.find((workload) => workload.name === name)!,
  );
  expect(workloads.map(({ name }) => name)).toEqual(['new-connection', 'keepalive', 'udp', 'dns']);
  expect(workloads.map(({ protocol }) => protocol)).toEqual([6, 6, 17, 17]);
  expect(connection!.rules(options)).toEqual({
    sessionsPerClient: Infinity,
    requestsPerConnection: 1,
    handshake: true,
  });
  expect(keepalive!.rules(options)).toEqual({ sessionsPerClient: 8, requestsPerConnection: 20, handshake: true });
  expect(udp!.rules(options)).toEqual({ sessionsPerClient: 8, requestsPerConnection: 20, handshake: false });
  expect(udp!.rules(single)).toEqual({ sessionsPerClient: Infinity, requestsPerConnection: 1, handshake: false });
});
