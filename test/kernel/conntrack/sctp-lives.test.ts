/**
 * SCTP associations as conntrack sees them.
 *
 * Seen on Linux 6.18.44 with raw packets between two addresses of one host, `conntrack -L` after each.
 */
import { describe, expect, test } from 'vitest';
import { SctpState } from '../../../src/kernel/conntrack/sctp-state.js';
import { CtStatus } from '../../../src/kernel/index.js';
import { Protocol } from '../../../src/net/index.js';
import { SECOND } from '../../../src/sim/index.js';
import { Tracked, flow } from './tracked.js';

const CHUNKS: Record<string, number> = {
  DATA: 0,
  INIT: 1,
  INITACK: 2,
  SACK: 3,
  HB: 4,
  HBACK: 5,
  ABORT: 6,
  SHUT: 7,
  SHUTACK: 8,
  ERROR: 9,
  CE: 10,
  CA: 11,
  SC: 14,
};
const NAMES = Object.fromEntries(Object.entries(SctpState).map(([name, number]) => [number, name]));
const F = flow(0, Protocol.sctp);

/** Runs a script such as `c:INIT w2 s:INITACK`, waits in seconds. */
function play(script: string): Tracked {
  const tracked = new Tracked();
  for (const step of script.split(' ')) {
    if (step.startsWith('w')) tracked.step(F, `w${Number(step.slice(1)) * 1000}`);
    else tracked.pass(F, step[0] as 'c' | 's', CHUNKS[step.slice(2)]);
  }
  return tracked;
}

/** The entry in words, as `Tracked.entry`. */
function entry(tracked: Tracked): string {
  const slot = tracked.has(F) ? tracked.find(F) : -1;
  if (slot < 0) return 'gone';
  const { tuples } = tracked.conntrack;
  const status = tuples.status(slot >> 1);
  const words = [NAMES[tuples.state(slot >> 1)]!];
  if (!(status & CtStatus.seenReply)) words.push('unreplied');
  if (status & CtStatus.assured) words.push('assured');
  return words.join(' ');
}

const OPENED = 'c:INIT s:INITACK c:CE s:CA';

test.each([
  ['c:INIT', 'closed unreplied', 10],
  ['c:INIT s:INITACK', 'cookieWait', 3],
  ['c:INIT s:INITACK c:CE', 'cookieEchoed', 3],
  [OPENED, 'established assured', 210],
  [`${OPENED} c:DATA s:SACK`, 'established assured', 210],
  [`${OPENED} c:SHUT`, 'shutdownSent assured', 3],
  [`${OPENED} c:SHUT s:SHUTACK`, 'shutdownAckSent assured', 3],
  [`${OPENED} c:SHUT s:SHUTACK c:SC`, 'closed assured', 10],
  [`${OPENED} s:SHUT`, 'shutdownReceived assured', 3],
  [`${OPENED} s:SHUT c:SHUTACK s:SC c:INIT s:INITACK`, 'cookieWait assured', 3],
  [`${OPENED} c:ABORT`, 'closed assured', 10],
  [`${OPENED} c:ABORT c:INIT s:INITACK c:CE s:CA`, 'established assured', 210],
  [`${OPENED} w100 c:INIT`, 'established assured', 210],
  ['c:INIT s:ABORT', 'closed', 10],
  ['c:SHUTACK', 'shutdownAckSent unreplied', 3],
  ['c:HB', 'heartbeatSent unreplied', 30],
  ['c:HB s:HBACK', 'established assured', 210],
  ['c:HBACK', 'closed unreplied', 10],
  // An INIT that is sent again does not restart the timer, so that nobody can keep an entry alive with them.
  ['c:INIT w2 c:INIT', 'closed unreplied', 8],
])('%s: %s for %i s', (script, expected, seconds) => {
  const tracked = play(script);
  expect([entry(tracked), tracked.ends(F, seconds * SECOND)]).toEqual([expected, 'on time']);
});

describe('invalid', () => {
  test.each(['c:DATA', 'c:SACK', 'c:CE', 'c:CA', 'c:SHUT', 'c:SC', 'c:ABORT', 'c:ERROR', 's:INITACK'])(
    'without an entry: %s',
    (script) => {
      const tracked = play(script);
      expect([tracked.conntrack.count, tracked.conntrack.packetState]).toEqual([0, 1]);
    },
  );

  test('an INIT against a heartbeat', () => {
    const tracked = play('c:HB w5 s:INIT');
    expect([entry(tracked), tracked.conntrack.packetState, tracked.ends(F, 25 * SECOND)]).toEqual([
      'heartbeatSent unreplied',
      1,
      'on time',
    ]);
  });
});
