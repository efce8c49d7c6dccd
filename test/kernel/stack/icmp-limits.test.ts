/** Rate limits on ICMP errors: what a real kernel was seen to do (decision 0015), and what holds of any sequence of errors. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ErrorWay, IcmpLimits, LINUX_ICMP, type IcmpSettings } from '../../../src/kernel/stack/icmp-limits.js';
import { parseIp } from '../../../src/net/index.js';
import { MILLISECOND, RandomStream, SECOND, Simulation } from '../../../src/sim/index.js';

const CLIENT = 0x0a090002;

/** Limits with a clock that the test sets. */
class Namespace {
  readonly simulation = new Simulation();
  readonly limits: IcmpLimits;

  constructor(settings: Partial<IcmpSettings> = {}, seed = 'a') {
    this.limits = new IcmpLimits({ ...LINUX_ICMP, ...settings }, this.simulation, new RandomStream(seed, 'icmp'));
  }

  /** Tells addresses in turn, a number of times, every `gapMs`; how many may be told, and when (ms). */
  tell(count: number, gapMs: number, addresses: readonly number[] = [CLIENT], way?: ErrorWay): number[] {
    const times: number[] = [];
    for (let i = 0; i < count; i++) {
      if (this.limits.allows(addresses[i % addresses.length]!, way)) {
        times.push(this.simulation.now / MILLISECOND);
      }
      this.wait(gapMs);
    }
    return times;
  }

  wait(ms: number): void {
    this.simulation.run(this.simulation.now + ms * MILLISECOND);
  }
}

const many = (count: number): number[] => Array.from({ length: count }, (_, i) => CLIENT + i);

describe('one address', () => {
  test('is told six times at once, then once a second', () => {
    const node = new Namespace();
    expect(node.tell(20, 0)).toHaveLength(6);
    expect(node.tell(101, 100)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((second) => second * 1000));
    expect([node.limits.suppressedByAll, node.limits.suppressedByAddress]).toEqual([0, 105]);
    node.wait(5900);
    expect(node.tell(20, 0)).toHaveLength(6);
  });

  test('of IPv6 six times, then every 100 ms', () => {
    const node = new Namespace();
    const client = parseIp('fd09::2')!;
    expect(node.tell(40, 0, [client])).toHaveLength(6);
    expect(node.tell(201, 5, [client])).toHaveLength(10);
  });

  test('is told as long as the bucket over all lasts, where its own limit is off', () => {
    const node = new Namespace({ ratelimitNs: 0 });
    const told = node.tell(300, 0).length;
    expect(told).toBeGreaterThan(35);
    expect(told).toBeLessThan(70);
    expect(node.limits.suppressedByAll).toBe(300 - told);
  });

  test('begins with 60 s of waiting, which is less than six errors where the limit is longer than 10 s', () => {
    expect(new Namespace({ ratelimitNs: 30 * SECOND }).tell(20, 0)).toHaveLength(2);
    expect(new Namespace({ ratelimitNs: 90 * SECOND }).tell(20, 0)).toHaveLength(0);
  });
});

describe('many addresses', () => {
  test('are told about 50 times at once: an error costs 0, 1 or 2 credits', () => {
    const counts = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map(
      (seed) => new Namespace({}, seed).tell(300, 0, many(300)).length,
    );
    expect(new Set(counts).size).toBeGreaterThan(1);
    expect(Math.min(...counts)).toBeGreaterThan(30);
    const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
    expect(Math.abs(mean - 50)).toBeLessThan(6);
  });

  test('are told about 1000 times a second, in steps of 20 ms', () => {
    const node = new Namespace();
    const times = node.tell(4000, 0.5, many(1000));
    expect(Math.abs(times.length - 2030)).toBeLessThan(120);
    // Each step gives 20 credits, which are spent in about 10 ms; then there is silence until the next one.
    const begins = times.filter((ms, i) => i > 0 && ms - times[i - 1]! > 2);
    expect(begins.length).toBeGreaterThan(50);
    for (const [i, ms] of begins.entries()) expect(ms - (begins[i - 1] ?? -20)).toBeGreaterThanOrEqual(20);
  });

  test('share the bucket with those of the other family', () => {
    const node = new Namespace({ msgsPerSecond: 60 });
    node.tell(300, 0, many(300));
    expect(node.limits.allows(parseIp('fd09::7')!)).toBe(false);
  });

  test('none is told where nothing a second is allowed', () => {
    expect(new Namespace({ msgsPerSecond: 0 }).tell(300, 0, many(300))).toEqual([]);
  });

  test('lose nothing by an address that has spent its own', () => {
    const node = new Namespace();
    expect(node.tell(3000, 0)).toHaveLength(6);
    expect(node.tell(30, 0, many(31).slice(1))).toHaveLength(30);
  });
});

describe("a node's own packets", () => {
  test('are answered over loopback without limit', () => {
    expect(new Namespace().tell(300, 0, [CLIENT], ErrorWay.loopback)).toHaveLength(300);
  });

  test('are held back by the bucket over all only, before they have left, and not at all in IPv6', () => {
    const node = new Namespace();
    const told = node.tell(300, 0, [CLIENT], ErrorWay.own).length;
    expect(Math.abs(told - 50)).toBeLessThan(20);
    expect([node.limits.suppressedByAddress, node.limits.suppressed]).toEqual([0, 300 - told]);
    expect(node.tell(300, 0, [parseIp('fd09::2')!], ErrorWay.own)).toHaveLength(300);
  });
});

test('whatever happens, an address is told no more than its bucket and the time that went by give', () => {
  const question = fc.record({ address: fc.nat(3), waitMs: fc.constantFrom(0, 0, 0, 1, 4, 37, 250, 1000, 9000) });
  fc.assert(
    fc.property(fc.array(question, { maxLength: 200 }), fc.constantFrom(100, 250, 1000), (questions, ratelimitMs) => {
      const node = new Namespace({ ratelimitNs: ratelimitMs * MILLISECOND, msgsPerSecond: 1e6, msgsBurst: 1e6 });
      const told = [0, 0, 0, 0];
      const asked = [0, 0, 0, 0];
      for (const { address, waitMs } of questions) {
        node.wait(waitMs);
        asked[address]!++;
        if (node.limits.allows(CLIENT + address)) told[address]!++;
      }
      const most = 6 + Math.floor(node.simulation.now / MILLISECOND / ratelimitMs);
      for (const [address, count] of told.entries()) {
        expect(count).toBeLessThanOrEqual(most);
        expect(count).toBeGreaterThanOrEqual(Math.min(asked[address]!, 6));
      }
    }),
  );
});
