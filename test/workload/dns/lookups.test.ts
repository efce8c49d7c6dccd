/** A resolver's sockets and patience: what leaves which socket when, and which answers count. */
import { describe, expect, test } from 'vitest';
import { resolverSettings, type LookupOutcome } from '../../../src/kube/index.js';
import { MILLISECOND, SECOND, Simulation, TimerWheels } from '../../../src/sim/index.js';
import { Lookups, Messages, type LookupEnd } from '../../../src/workload/index.js';
import { Asked } from '../../../src/workload/dns/messages.js';

const { a: A, aaaa: AAAA } = Asked;
const NXDOMAIN = { rcode: 'NXDOMAIN', answers: 0, truncated: false } as const;
const FOUND = { rcode: 'NOERROR', answers: 1, truncated: false } as const;
const NO_DATA = { rcode: 'NOERROR', answers: 0, truncated: false } as const;
const CUT = { rcode: 'NOERROR', answers: 1, truncated: true } as const;

/** A client with a resolver, and a network that writes down what it sends. */
function resolver(options: readonly string[] = [], library: 'glibc' | 'musl' = 'glibc') {
  const simulation = new Simulation();
  const messages = new Messages();
  const log: string[] = [];
  const ends: [end: LookupEnd, atMs: number][] = [];
  const account = { asked: 0, answered: 0, timeouts: 0, unanswered: 0 };
  let sockets = 0;
  let hasPort = true;
  const sent: number[] = [];
  const lookups: Lookups = new Lookups({
    simulation,
    wheels: new TimerWheels(simulation, 'timer'),
    messages,
    sockets: {
      connect: (protocol) => {
        if (!hasPort) return -1;
        log.push(`${protocol === 6 ? 'tcp' : 'udp'} ${++sockets}`);
        return sockets;
      },
      request: (handle, message) => {
        const kind = messages.kind(message);
        const types = [kind & A ? 'A' : '', kind & AAAA ? 'AAAA' : ''].filter((type) => type !== '').join('+');
        log.push(`${handle}: ${types} ${messages.nameText(messages.name(message))}`);
        sent.push(message);
      },
      close: (handle) => {
        log.push(`close ${handle}`);
      },
    },
    observer: {
      began: () => undefined,
      asked: () => {
        account.asked++;
      },
      answered: () => {
        account.answered++;
      },
      timedOut: () => {
        account.timeouts++;
      },
      ended: (_at, _end, _queries, unanswered) => {
        account.unanswered += unanswered;
      },
    },
    user: { resolved: (_owner, end) => void ends.push([end, Math.round(simulation.now / MILLISECOND)]) },
    settings: resolverSettings(
      { nameservers: ['10.96.0.10'], searches: ['x.local'], options: ['ndots:2', ...options] },
      library,
    ),
    types: ['A', 'AAAA'],
    queryBytes: () => 40,
  });
  return {
    simulation,
    lookups,
    log,
    ends,
    account,
    sent,
    /** What was sent since the last time. */
    take: () => log.splice(0),
    /** Answers the n-th message of all. */
    answer: (n: number, reply: typeof NXDOMAIN | typeof FOUND | typeof NO_DATA | typeof CUT, slot = 0) => {
      const message = sent[n]!;
      for (const bit of [A, AAAA]) if (messages.kind(message) & bit) messages.answer(message, bit, reply, 60, false);
      lookups.replied(0, slot, message);
    },
    noPort: () => void (hasPort = false),
  };
}

test('A and AAAA leave one socket at once, and the next name has another one', () => {
  const { lookups, take, answer, ends, account } = resolver();
  expect(lookups.start(0, 'web', 7)).toBe(0);
  expect(take()).toEqual(['udp 1', '1: A web.x.local.', '1: AAAA web.x.local.']);
  answer(0, NXDOMAIN);
  expect(take()).toEqual([]);
  answer(1, NXDOMAIN);
  expect(take()).toEqual(['close 1', 'udp 2', '2: A web.', '2: AAAA web.']);
  answer(2, FOUND);
  answer(3, NO_DATA);
  expect(take()).toEqual(['close 2']);
  expect(ends).toEqual([['found', 0]]);
  expect(account).toEqual({ asked: 4, answered: 4, timeouts: 0, unanswered: 0 });
  expect([lookups.active, lookups.open]).toEqual([0, 0]);
});

describe('silence', () => {
  test('glibc asks again from the same socket after 5 s, and once more for the name as it stands', () => {
    const { simulation, lookups, take, ends, account } = resolver();
    lookups.start(0, 'web', 7);
    simulation.run(5 * SECOND - 1);
    expect(take()).toHaveLength(3);
    simulation.run(5 * SECOND + MILLISECOND);
    expect(take()).toEqual(['1: A web.x.local.', '1: AAAA web.x.local.']);
    simulation.run(30 * SECOND);
    expect(ends).toEqual([['try-again' satisfies LookupOutcome, expect.closeTo(20_000, -1) as number]]);
    expect(account).toEqual({ asked: 8, answered: 0, timeouts: 4, unanswered: 8 });
  });

  test('of one answer of two makes glibc ask one after the other, then from two sockets', () => {
    const { simulation, lookups, take, answer } = resolver();
    lookups.start(0, 'web', 7);
    answer(0, FOUND);
    take();
    simulation.run(5.01 * SECOND);
    expect(take()).toEqual(['1: A web.x.local.']);
    answer(2, FOUND);
    expect(take()).toEqual(['1: AAAA web.x.local.']);
    simulation.run(10.02 * SECOND);
    expect(take()).toEqual(['close 1', 'udp 2', '2: A web.x.local.']);
    answer(4, FOUND);
    expect(take()).toEqual(['close 2', 'udp 3', '3: AAAA web.x.local.']);
  });

  test('musl asks again for what is missing alone, after half of its 5 s', () => {
    const { simulation, lookups, take, answer, ends } = resolver([], 'musl');
    lookups.start(0, 'web', 7);
    answer(1, NO_DATA);
    take();
    simulation.run(2.51 * SECOND);
    expect(take()).toEqual(['1: A web.x.local.']);
    // The answer to the first query counts as well.
    answer(0, FOUND);
    expect(ends.map(([end]) => end)).toEqual(['found']);
  });
});

test('timeout and attempts of resolv.conf are kept to', () => {
  const { simulation, lookups, ends, account } = resolver(['timeout:1', 'attempts:3']);
  lookups.start(0, 'web.', 7);
  simulation.run(20 * SECOND);
  expect(ends).toEqual([['try-again', expect.closeTo(3000, -1) as number]]);
  expect(account.asked).toBe(6);
});

test('an answer that was cut is asked for again over TCP, both types in one message, without waiting for the other', () => {
  const { lookups, take, answer, ends } = resolver();
  lookups.start(0, 'web.', 7);
  answer(0, CUT);
  expect(take()).toEqual(['udp 1', '1: A web.', '1: AAAA web.', 'close 1', 'tcp 2']);
  lookups.connected(2, 0);
  expect(take()).toEqual(['2: A+AAAA web.']);
  answer(2, FOUND);
  expect(ends).toEqual([['found', 0]]);
});

describe('an ICMP error', () => {
  test('ends a round of glibc at once', () => {
    const { lookups, take } = resolver();
    lookups.start(0, 'web.', 7);
    take();
    lookups.failed(1, 0);
    expect(take()).toEqual(['udp 2', '2: A web.', '2: AAAA web.']);
  });

  test('is not heard by musl', () => {
    const { simulation, lookups, take } = resolver([], 'musl');
    lookups.start(0, 'web.', 7);
    take();
    lookups.failed(1, 0);
    expect(take()).toEqual([]);
    simulation.run(2.51 * SECOND);
    expect(take()).toEqual(['udp 2', '2: A web.', '2: AAAA web.']);
  });
});

test('what was meant for a lookup before is not an answer', () => {
  const { lookups, answer, ends, account } = resolver();
  lookups.start(0, 'web.', 7);
  lookups.cancel(0);
  expect(account.unanswered).toBe(2);
  expect(lookups.start(0, 'web.', 8)).toBe(0);
  answer(0, FOUND);
  answer(1, FOUND);
  expect(ends).toEqual([]);
  expect(lookups.open).toBe(2);
});

test('without a source port a lookup is over at once, and later its user is told', () => {
  const { lookups, noPort, answer, ends } = resolver();
  lookups.start(0, 'web', 7);
  noPort();
  expect(lookups.start(0, 'other', 8)).toBe(-1);
  expect(ends).toEqual([]);
  answer(0, NXDOMAIN);
  answer(1, NXDOMAIN);
  expect(ends).toEqual([['no-port', 0]]);
});
