/** The sync runner: schedules as kube-proxy's BoundedFrequencyRunner makes them. */
import { describe, expect, test } from 'vitest';
import { SyncRunners } from '../../src/proxy/sync-runner.js';

/**
 * Plays requests against one runner as the node proxy does; returns when runs begin.
 * @param requests times of requests
 * @param durationNs how long each run takes
 */
function play(runners: SyncRunners, requests: readonly number[], durationNs: number, until: number): number[] {
  const starts: number[] = [];
  const during: number[] = [];
  let endsAt = Infinity;
  const attempt = (now: number) => {
    if (runners.isRunning(0)) during.push(now);
    else if (runners.request(0, now)) {
      starts.push(now);
      endsAt = now + durationNs;
    }
  };
  for (let now = 0; now <= until; now++) {
    if (now === endsAt) {
      endsAt = Infinity;
      runners.finished(0, now);
      if (during.splice(0).length > 0) attempt(now);
    }
    if (!runners.isRunning(0) && now === runners.nextRunAt(0)) attempt(now);
    if (requests.includes(now)) attempt(now);
  }
  return starts;
}

const every = (from: number, to: number, step = 1) =>
  Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, i) => from + i * step);

describe('minimum interval 100, burst 2, maximum interval 1000', () => {
  const runners = () => new SyncRunners(1, { minSyncPeriodNs: 100, maxSyncPeriodNs: 1000, burst: 2 });

  test.each<[string, number[], number, number, number[]]>([
    ['one request runs at once', [10], 5, 500, [10]],
    ['two in a row run at once, by the burst', [10, 20], 5, 500, [10, 20]],
    ['the third waits until one interval after the end of the second', [10, 20, 30], 5, 500, [10, 20, 125]],
    ['what comes while it waits is done with it', [10, 20, 30, 40, 50], 5, 500, [10, 20, 125]],
    ['a request after there is a token again does not wait for the timer', [10, 20, 30, 110], 5, 500, [10, 20, 110]],
    ['requests all the time: a run an interval', every(0, 500), 5, 500, [0, 5, 100, 200, 300, 400, 500]],
    ['a request during a run is taken up at its end', [10, 30], 50, 500, [10, 60]],
    ['runs longer than the interval follow each other', every(0, 600), 150, 600, [0, 150, 300, 450, 600]],
    ['after a pause the burst is there again', [10, 20, 400, 410, 420], 5, 600, [10, 20, 400, 410, 515]],
    ['without requests a run is forced', [], 5, 3100, [1000, 2005, 3010]],
    ['a run puts the forced one off', [900], 5, 2500, [900, 1905]],
  ])('%s', (_, requests, duration, until, starts) => {
    expect(play(runners(), requests, duration, until)).toEqual(starts);
  });

  test('the timer is not put off by refused requests', () => {
    const one = runners();
    for (const now of [0, 1]) {
      expect(one.request(0, now)).toBe(true);
      one.finished(0, now);
    }
    expect(one.request(0, 50)).toBe(false);
    expect(one.nextRunAt(0)).toBe(101);
    expect(one.request(0, 70)).toBe(false);
    expect(one.nextRunAt(0)).toBe(101);
    expect(one.acceptsFrom(0)).toBe(100);
  });

  test('a run under way takes no second one', () => {
    const one = runners();
    expect([one.request(0, 0), one.request(0, 0)]).toEqual([true, false]);
    expect(one.isRunning(0)).toBe(true);
  });
});

test('without a minimum interval every request runs', () => {
  const runners = new SyncRunners(1, { minSyncPeriodNs: 0, maxSyncPeriodNs: 30, burst: 2 });
  expect(play(runners, every(0, 10), 1, 80)).toEqual([...every(0, 10), 41, 72]);
});

test('runners do not share tokens', () => {
  const runners = new SyncRunners(2, { minSyncPeriodNs: 100, maxSyncPeriodNs: 1000, burst: 1 });
  expect([runners.request(0, 0), runners.request(1, 0)]).toEqual([true, true]);
});
