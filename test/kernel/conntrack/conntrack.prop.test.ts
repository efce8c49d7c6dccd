/** Connection tracking of datagrams against a Map of tuples, under any mix of packets, losses and waits. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CtState } from '../../../src/kernel/index.js';
import { SECOND } from '../../../src/sim/index.js';
import { Tracked, type Flow } from './tracked.js';

interface Entry {
  readonly original: string;
  readonly reply: string;
  readonly bornNs: number;
  replied: boolean;
  confirmed: boolean;
  deadlineNs: number;
}

/** The same rules, written plainly: 30 s, or 120 s when a packet comes 2 s after the start and answers were seen before it. */
class Model {
  readonly entries = new Map<string, Entry>();

  /** Takes a packet and says its state and its direction: 0 original, 1 reply. */
  pass(tuple: string, turned: string, now: number, lost: boolean): [state: number, direction: number] {
    let entry = this.entries.get(tuple);
    if (entry !== undefined && entry.deadlineNs <= now) {
      this.forget(entry);
      entry = undefined;
    }
    if (entry === undefined) {
      entry = {
        original: tuple,
        reply: turned,
        bornNs: now,
        replied: false,
        confirmed: !lost,
        deadlineNs: now + 30 * SECOND,
      };
      if (!lost) {
        this.entries.set(tuple, entry);
        this.entries.set(turned, entry);
      }
      return [CtState.new, 0];
    }
    const isStream = entry.replied && now > entry.bornNs + 2 * SECOND;
    entry.deadlineNs = now + (isStream ? 120 : 30) * SECOND;
    const direction = entry.original === tuple ? 0 : 1;
    if (direction === 1) entry.replied = true;
    return [entry.replied ? CtState.established : CtState.new, direction];
  }

  /** Number of entries whose time is not over. */
  alive(now: number): number {
    return new Set([...this.entries.values()].filter((entry) => entry.deadlineNs > now)).size;
  }

  private forget(entry: Entry): void {
    this.entries.delete(entry.original);
    this.entries.delete(entry.reply);
  }
}

test('any packets find, make and lose the entries that the model says', () => {
  // Few hosts and ports, so that flows meet; never from a tuple to itself.
  const end = fc.record({ host: fc.integer({ min: 1, max: 3 }), port: fc.integer({ min: 1, max: 3 }) });
  const step = fc.record({
    from: end,
    to: end,
    lost: fc.boolean(),
    waitNs: fc.oneof(
      fc.constant(0),
      fc.integer({ min: 0, max: 3 * SECOND }),
      fc.constantFrom(2 * SECOND, 30 * SECOND, 30 * SECOND - 1, 120 * SECOND),
    ),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const tracked = new Tracked();
      const model = new Model();
      for (const { from, to, lost, waitNs } of steps) {
        tracked.simulation.run(tracked.simulation.now + waitNs);
        const now = tracked.simulation.now;
        if (from.host === to.host && from.port === to.port) continue;
        const f: Flow = {
          client: from.host,
          server: to.host,
          clientPort: from.port,
          serverPort: to.port,
          protocol: 17,
        };
        const slot = tracked.conntrack.track(tracked.write(f, 'c'));
        const state = tracked.conntrack.packetState;
        if (lost) tracked.conntrack.abandon(slot);
        else tracked.conntrack.confirm(slot);
        const key = (a: typeof from, b: typeof from): string => `${a.host}:${a.port}>${b.host}:${b.port}`;
        expect([state, slot & 1]).toEqual(model.pass(key(from, to), key(to, from), now, lost));
        // The wheel turns once a second: what it has not taken yet may still be counted.
        expect(tracked.conntrack.count).toBeGreaterThanOrEqual(model.alive(now));
        expect(tracked.conntrack.count).toBeLessThanOrEqual(model.alive(now - SECOND));
      }
      tracked.simulation.run(tracked.simulation.now + 122 * SECOND);
      expect(tracked.conntrack.count).toBe(0);
    }),
  );
});
