/**
 * Servers, cores and links against queueing theory: mean waiting time of M/M/1 and M/D/1, within 2 %.
 *
 * The parts are the product's own. With utilisation r and mean service time s the mean wait is s r / (1 - r) for exponential
 * service times and half of that for constant ones (Pollaczek and Khinchine). The mean over n customers of M/M/1 has the
 * relative standard error sqrt((2 + 5r - 4r^2 + r^3) / (r n)) / (1 - r) (Daley 1968): 0.5 % with the sizes below. M/D/1 with a
 * third of the customers comes to 0.6 % (from 30 repetitions of its recursion).
 */
import { describe, expect, test } from 'vitest';
import { Cores, type PacketProcessor } from '../../src/kernel/index.js';
import { Links, PacketPool } from '../../src/net/index.js';
import { RandomStreams, Simulation, TimerWheels } from '../../src/sim/index.js';
import { Arrivals, Stations, Traffic, type Fabric, type TrafficObserver } from '../../src/workload/index.js';

type Distribution = 'exponential' | 'constant';

const SERVICE_NS = 10_000;
/** Utilisation, and the number of customers that brings the standard error of M/M/1 to about half a percent. */
const LOADS = [
  [0.5, 1_200_000],
  [0.8, 4_800_000],
] as const;
const GRID = LOADS.flatMap(([load, customers]) =>
  (['exponential', 'constant'] as const).map((distribution) => {
    const count = distribution === 'constant' ? customers / 3 : customers;
    return [distribution, load, count] as const;
  }),
);

function theory(distribution: Distribution, load: number): number {
  const wait = (SERVICE_NS * load) / (1 - load);
  return distribution === 'constant' ? wait / 2 : wait;
}

function within2Percent(measured: number, expected: number): void {
  expect(measured / expected).toBeGreaterThan(0.98);
  expect(measured / expected).toBeLessThan(1.02);
}

/** When so many customers have come at a load, in nanoseconds. */
function span(load: number, customers: number): number {
  return (customers * SERVICE_NS) / load;
}

/** Poisson arrivals at a load, told to `arrive`. */
function poisson(simulation: Simulation, load: number, customers: number, arrive: () => void): void {
  const arrivals = new Arrivals(
    simulation,
    {
      clients: 1,
      ratePerSecond: (load * 1e9) / SERVICE_NS,
      untilNs: span(load, customers),
      chance: [new RandomStreams('queueing').stream('arrivals')],
    },
    { arrive },
  );
  arrivals.start();
}

describe.each(GRID)('%s service times at load %d', (distribution, load, customers) => {
  test('one server behind clients that wait for no answer', () => {
    const simulation = new Simulation();
    const streams = new RandomStreams('queueing');
    let served = 0;
    let sojournNs = 0;
    const observer: TrafficObserver = {
      scheduled: () => {},
      connected: () => {},
      failed: () => {},
      served: () => {},
      completed: (scheduledAt) => {
        served++;
        sojournNs += simulation.now - scheduledAt;
      },
    };
    // Clients and server face to face: a handle is the session that opened it.
    const fabric: Fabric = {
      connect: (_client, _target, owner) => owner,
      request: (handle, sequence) => stations.take(0, handle, sequence),
      respond: (handle, sequence) => traffic.replied(handle, handle, sequence),
      close: () => {},
      abort: () => {},
    };
    const stations = new Stations({
      simulation,
      streams,
      fabric,
      observer,
      options: {
        distribution,
        meanNs: SERVICE_NS,
        concurrency: 1,
        factors: [1],
        slowEndpoints: 0,
        slowFactor: 1,
        responseBytes: 1,
      },
    });
    stations.add(0);
    const untilNs = span(load, customers);
    const traffic = new Traffic({
      simulation,
      wheels: new TimerWheels(simulation, 'timers'),
      streams,
      fabric,
      observer,
      options: {
        clients: 1,
        load: 'open',
        ratePerSecond: (load * 1e9) / SERVICE_NS,
        arrivals: 'poisson',
        concurrency: 1,
        thinkNs: 0,
        target: 'first',
        zipfExponent: 1,
        requestBytes: 1,
        requestsPerConnection: 0,
        requestTimeoutNs: 1e12,
      },
      rules: { sessionsPerClient: Infinity, requestsPerConnection: 0, handshake: false },
      targets: 1,
      untilNs,
    });
    traffic.start();
    simulation.run(untilNs + 1e9);
    expect(traffic.unfinished).toBe(0);
    within2Percent(sojournNs / served - SERVICE_NS, theory(distribution, load));
  });

  test('one core', () => {
    const simulation = new Simulation();
    const cores = new Cores(simulation);
    const chance = new RandomStreams('queueing').stream('work');
    const arrivedAt = new Float64Array(customers * 2);
    let arrived = 0;
    let served = 0;
    let waitNs = 0;
    const processor: PacketProcessor = {
      process: (packet) => {
        served++;
        waitNs += simulation.now - arrivedAt[packet]!;
        return distribution === 'constant' ? SERVICE_NS : Math.round(chance.exponential(SERVICE_NS));
      },
      carries: () => true,
      complete: () => {},
      overflow: () => {
        throw new Error('the queue of this core has no end');
      },
    };
    const core = cores.add(processor, Infinity);
    poisson(simulation, load, customers, () => {
      arrivedAt[arrived] = simulation.now;
      cores.enqueue(core, arrived++, 0);
    });
    simulation.run(span(load, customers) + 1e9);
    expect(served).toBe(arrived);
    within2Percent(waitNs / served, theory(distribution, load));
    expect(cores.busyNs[core]! / span(load, customers)).toBeCloseTo(load, 2);
  });
});

test.each(LOADS)('a link with packets of one size is M/D/1, at load %d', (load, customers) => {
  const DELAY = 1_234_567;
  const simulation = new Simulation();
  const packets = new PacketPool();
  const drops = {
    drop: () => {
      throw new Error('the queue of this link has no end');
    },
  };
  let arrived = 0;
  let sojournNs = 0;
  const sink = {
    receive: (packet: number) => {
      arrived++;
      sojournNs += simulation.now - packets.birth[packet]!;
      packets.release(packet);
    },
  };
  // 962 bytes of IP, 14 of Ethernet and 24 around the frame: 8000 bits, 10 us at 800 Mbit/s.
  const spec = { bandwidthBitsPerSecond: 8e12 / SERVICE_NS, delayNs: DELAY, queuePackets: Infinity };
  const link = new Links(simulation, packets, drops).add(spec, sink);
  const count = customers / 3;
  poisson(simulation, load, count, () => {
    const packet = packets.take(simulation.now);
    packets.length[packet] = 962;
    link.send(packet);
  });
  simulation.run(span(load, count) + 1e9);
  expect(arrived).toBe(link.sent);
  within2Percent(sojournNs / arrived - SERVICE_NS - DELAY, theory('constant', load));
});
