/** What a node's tracker of trigger times would hold, out of one log for all nodes. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TriggerLog } from '../../src/proxy/trigger-log.js';

function taken(log: TriggerLog, from: number, to: number, startedNs = -1): number[] {
  const times: number[] = [];
  log.forEach(from, to, startedNs, (time) => times.push(time));
  return times;
}

describe('a log of trigger times', () => {
  test('gives those of a span of revisions, those of the same Service one by one', () => {
    const log = new TriggerLog();
    log.note(2, 'ns/a', 20);
    log.note(3, 'ns/a', 20);
    log.note(4, 'ns/b', undefined);
    log.note(5, 'ns/b', 25);
    expect(taken(log, 1, 5)).toEqual([20, 20, 25]);
    expect(taken(log, 2, 4)).toEqual([20]);
    expect(taken(log, 5, 9)).toEqual([]);
  });

  test('leaves out what is not later than the start of the tracker', () => {
    const log = new TriggerLog();
    log.note(2, 'ns/a', 20);
    log.note(3, 'ns/a', 21);
    expect(taken(log, 1, 3, 20)).toEqual([21]);
  });

  test('forgets what was pending of a Service when one of its slices is deleted, for those who see both', () => {
    const log = new TriggerLog();
    log.note(2, 'ns/a', 20);
    log.note(3, 'ns/b', 30);
    log.clear(4, 'ns/a');
    log.note(5, 'ns/a', 50);
    expect(taken(log, 1, 5)).toEqual([30, 50]);
    expect(taken(log, 1, 3)).toEqual([20, 30]);
  });
});

interface Step {
  readonly kind: 'note' | 'clear' | 'sync' | 'forget';
  readonly service: number;
  readonly node: number;
}

test('is what trackers of their own would hold', () => {
  const step: fc.Arbitrary<Step> = fc.record({
    kind: fc.constantFrom('note', 'note', 'note', 'clear', 'sync', 'forget'),
    service: fc.nat(2),
    node: fc.nat(2),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const log = new TriggerLog();
      const trackers = [0, 1, 2].map(() => new Map<string, number[]>());
      const synced = [1, 1, 1];
      let revision = 1;
      for (const { kind, service, node } of steps) {
        const key = `ns/${service}`;
        if (kind === 'note') {
          log.note(++revision, key, revision * 10);
          for (const own of trackers) own.set(key, [...(own.get(key) ?? []), revision * 10]);
        } else if (kind === 'clear') {
          log.clear(++revision, key);
          for (const own of trackers) own.delete(key);
        } else if (kind === 'forget') log.forgetThrough(Math.min(...synced));
        else {
          const expected = [...trackers[node]!.values()].flat().sort((a, b) => a - b);
          expect(taken(log, synced[node]!, revision)).toEqual(expected);
          trackers[node]!.clear();
          synced[node] = revision;
        }
      }
      log.forgetThrough(revision);
      expect(log.length).toBe(0);
    }),
  );
});
