/** Cores: one packet at a time in order, a bounded queue, and what comes back to a core while it finishes. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Cores, type PacketProcessor } from '../../src/kernel/index.js';
import { EventClass, Simulation } from '../../src/sim/index.js';

/** A node whose packets take as many nanoseconds as their origin says; a negative one is lost, after as many. */
class Node implements PacketProcessor {
  readonly log: string[] = [];
  readonly overflown: number[] = [];
  /** What to do when a packet leaves. */
  onComplete: (packet: number, core: number) => void = () => undefined;
  private readonly simulation: Simulation;
  private readonly packetOn: number[] = [];

  constructor(simulation: Simulation) {
    this.simulation = simulation;
  }

  process(packet: number, origin: number, core: number): number {
    this.packetOn[core] = origin < 0 ? -1 : packet;
    this.log.push(`${this.simulation.now} core ${core} takes ${packet}`);
    return Math.abs(origin);
  }

  carries(core: number): boolean {
    return this.packetOn[core]! >= 0;
  }

  complete(core: number): void {
    const packet = this.packetOn[core]!;
    if (packet < 0) return;
    this.log.push(`${this.simulation.now} core ${core} done with ${packet}`);
    this.onComplete(packet, core);
  }

  overflow(packet: number): void {
    this.overflown.push(packet);
  }
}

/** One node with that many cores and places in each queue. */
function nodeOf(count: number, backlogPackets: number) {
  const simulation = new Simulation();
  const cores = new Cores(simulation);
  const node = new Node(simulation);
  for (let i = 0; i < count; i++) cores.add(node, backlogPackets);
  return { simulation, cores, node };
}

describe('a core', () => {
  test('takes an idle moment up at once and works for as long as the packet costs', () => {
    const { simulation, cores, node } = nodeOf(1, 10);
    cores.enqueue(0, 7, 250);
    expect([node.log, cores.inFlight, cores.waiting(0)]).toEqual([['0 core 0 takes 7'], 1, 0]);
    simulation.run(1000);
    expect(node.log).toEqual(['0 core 0 takes 7', '250 core 0 done with 7']);
    expect([cores.busyNs[0], cores.inFlight]).toEqual([250, 0]);
  });

  test('serves what waits in its order, each from when the one before was done', () => {
    const { simulation, cores, node } = nodeOf(1, 10);
    for (const [packet, ns] of [
      [1, 100],
      [2, 30],
      [3, 5],
    ] as const)
      cores.enqueue(0, packet, ns);
    expect([cores.waiting(0), cores.inFlight]).toEqual([2, 3]);
    simulation.run(1000);
    expect(node.log.filter((line) => line.includes('done'))).toEqual([
      '100 core 0 done with 1',
      '130 core 0 done with 2',
      '135 core 0 done with 3',
    ]);
    expect(cores.busyNs[0]).toBe(135);
  });

  test('does not hold up another one', () => {
    const { simulation, cores, node } = nodeOf(2, 0);
    cores.enqueue(0, 1, 100);
    cores.enqueue(1, 2, 100);
    simulation.run(1000);
    expect(node.log.slice(2)).toEqual(['100 core 0 done with 1', '100 core 1 done with 2']);
    expect([node.overflown, cores.busyNs[0], cores.busyNs[1], cores.count]).toEqual([[], 100, 100, 2]);
  });

  test('turns away what finds its queue full, the packet in service not counted', () => {
    const { simulation, cores, node } = nodeOf(1, 2);
    for (const packet of [1, 2, 3, 4, 5]) cores.enqueue(0, packet, 10);
    expect([node.overflown, cores.inFlight]).toEqual([[4, 5], 3]);
    simulation.run(10);
    cores.enqueue(0, 6, 10);
    expect(node.overflown).toEqual([4, 5]);
    simulation.run(1000);
    expect(cores.busyNs[0]).toBe(40);
  });

  test('spends time on a packet that is lost, which is not in flight', () => {
    const { simulation, cores, node } = nodeOf(1, 10);
    cores.enqueue(0, 1, -80);
    cores.enqueue(0, 2, 5);
    expect(cores.inFlight).toBe(1);
    simulation.run(1000);
    expect([node.log.at(-1), cores.busyNs[0]]).toEqual(['85 core 0 done with 2', 85]);
  });

  test('that is given a packet while it lets another go serves what waited before first', () => {
    const { simulation, cores, node } = nodeOf(1, 10);
    // Packet 1 reaches a pod that answers at once, on the same core.
    node.onComplete = (packet, core) => {
      if (packet === 1) cores.enqueue(core, 9, 10);
    };
    cores.enqueue(0, 1, 10);
    cores.enqueue(0, 2, 10);
    simulation.run(1000);
    expect(node.log.filter((line) => line.includes('takes'))).toEqual([
      '0 core 0 takes 1',
      '10 core 0 takes 2',
      '20 core 0 takes 9',
    ]);
  });

  test('that is given a packet while it lets another go has no more room than its queue', () => {
    const { simulation, cores, node } = nodeOf(1, 1);
    node.onComplete = (packet, core) => {
      if (packet === 1) cores.enqueue(core, 9, 10);
    };
    cores.enqueue(0, 1, 10);
    cores.enqueue(0, 2, 10);
    simulation.run(1000);
    expect(node.overflown).toEqual([9]);
  });

  test('goes through any number of packets that cost nothing', () => {
    const { simulation, cores, node } = nodeOf(1, 100);
    for (let packet = 0; packet < 100; packet++) cores.enqueue(0, packet, 0);
    simulation.run(0);
    expect([node.log.at(-1), cores.inFlight, simulation.now]).toEqual(['0 core 0 done with 99', 0, 0]);
  });
});

test('there is room for many cores', () => {
  const { simulation, cores } = nodeOf(100, 5);
  for (let core = 0; core < 100; core++) cores.enqueue(core, core, core);
  simulation.run(1000);
  expect([...cores.busyNs.subarray(0, 100)]).toEqual(Array.from({ length: 100 }, (_, n) => n));
});

test('any arrivals leave when a queue on paper says', () => {
  const arrival = fc.record({ gap: fc.integer({ min: 0, max: 60 }), ns: fc.integer({ min: 0, max: 80 }) });
  fc.assert(
    fc.property(fc.array(arrival, { maxLength: 80 }), fc.integer({ min: 0, max: 12 }), (arrivals, backlog) => {
      const { simulation, cores, node } = nodeOf(1, backlog);
      const kind = simulation.register('arrive', EventClass.traffic, {
        fire: (n) => {
          cores.enqueue(0, n, arrivals[n]!.ns);
        },
      });
      const expected: string[] = [];
      const lost: number[] = [];
      const leaves: number[] = [];
      let now = 0;
      let busy = 0;
      arrivals.forEach(({ gap, ns }, n) => {
        now += gap;
        simulation.schedule(now, kind, n);
        // Those that have not left by now: one in service, the others wait.
        const present = leaves.filter((at) => at > now).length;
        if (present > backlog) {
          lost.push(n);
          return;
        }
        const leave = Math.max(now, leaves.at(-1) ?? 0) + ns;
        leaves.push(leave);
        busy += ns;
        expected.push(`${leave} core 0 done with ${n}`);
      });
      simulation.run(100_000);
      expect(node.log.filter((line) => line.includes('done'))).toEqual(expected);
      expect([node.overflown, cores.busyNs[0], cores.inFlight]).toEqual([lost, busy, 0]);
    }),
  );
});
