/**
 * Lives of TCP connections as conntrack sees them, packet by packet: what rules see of the packet, the entry, its timeout.
 *
 * Every line was seen on a real kernel: Linux 6.18.44, a router's namespace between two hosts, raw segments with right sequence numbers,
 * `-m conntrack --ctstate` counters and `conntrack -L` after each; nf_conntrack_tcp_be_liberal 1, timeouts of kube-proxy. One thing differs: while
 * data is not acknowledged the kernel shows 300 s in place of the long timeout, which is left out here; so no life has data in it.
 * A number such as 120-1 says that the packet did not restart the timeout, the one before it did.
 * Two rare lives differ and are not here: after a reset by the server a SYN with the same ports revives the old entry in the kernel (here a new
 * one begins), and a SYN+ACK that answers a SYN ignored in ESTABLISHED takes the entry back to SYN_RECV (here it is ignored as well).
 */
import { describe, expect, test } from 'vitest';
import { Protocol } from '../../../src/net/index.js';
import { MILLISECOND, SECOND } from '../../../src/sim/index.js';
import { Tracked, flow } from './tracked.js';

const HANDSHAKE = `
  cS   NEW          synSent unreplied        120
  sSA  ESTABLISHED  synReceived              60
  cA   ESTABLISHED  established assured      86400`;
const CLOSED_BY_CLIENT = `${HANDSHAKE}
  cFA  ESTABLISHED  finWait assured          120
  sFA  ESTABLISHED  lastAck assured          30
  cA   ESTABLISHED  timeWait assured         120`;

const LIVES: Record<string, string> = {
  'client closes, server acknowledges first': `${HANDSHAKE}
    cFA  ESTABLISHED  finWait assured        120
    sA   ESTABLISHED  closeWait assured      3600
    sFA  ESTABLISHED  lastAck assured        30
    cA   ESTABLISHED  timeWait assured       120`,
  'client closes, server answers with FIN': CLOSED_BY_CLIENT,
  'server closes': `${HANDSHAKE}
    sFA  ESTABLISHED  finWait assured        120
    cA   ESTABLISHED  closeWait assured      3600
    cFA  ESTABLISHED  lastAck assured        30
    sA   ESTABLISHED  timeWait assured       120`,
  'both close at once': `${HANDSHAKE}
    cFA  ESTABLISHED  finWait assured        120
    sFA  ESTABLISHED  lastAck assured        30
    sA   ESTABLISHED  timeWait assured       120
    cA   ESTABLISHED  timeWait assured       120`,
  'client resets, and comes again with the same port': `${HANDSHAKE}
    cR   ESTABLISHED  close assured          10
    cS   NEW          synSent unreplied      120`,
  'server resets': `${HANDSHAKE}
    sRA  ESTABLISHED  close assured          10`,
  'connection refused: nothing is kept': `
    cS   NEW          synSent unreplied      120
    sRA  ESTABLISHED  gone                   0`,
  'client gives up before an answer': `
    cS   NEW          synSent unreplied      120
    cR   NEW          gone                   0`,
  'client resets before the handshake is over': `
    cS   NEW          synSent unreplied      120
    sSA  ESTABLISHED  synReceived            60
    cR   ESTABLISHED  close                  10`,
  'SYN on TIME_WAIT starts anew': `${CLOSED_BY_CLIENT}
    cS   NEW          synSent unreplied      120
    sSA  ESTABLISHED  synReceived            60`,
  'SYN of the server on TIME_WAIT starts anew, turned round': `${CLOSED_BY_CLIENT}
    sS   NEW          synSent unreplied turned  120`,
  'reset on TIME_WAIT': `${CLOSED_BY_CLIENT}
    sR   ESTABLISHED  close assured          10`,
  'picked up in mid-stream: short until answered, assured after that': `
    cA   NEW          established unreplied  300
    sA   ESTABLISHED  established            300
    cA   ESTABLISHED  established assured    86400
    cFA  ESTABLISHED  finWait assured        120`,
  'picked up in mid-stream, never answered': `
    cA   NEW          established unreplied  300
    cA   NEW          established unreplied  300`,
  'picked up in mid-stream, answered by a reset': `
    cA   NEW          established unreplied  300
    sR   ESTABLISHED  gone                   0`,
  'SYN sent again': `
    cS   NEW          synSent unreplied      120
    cS   NEW          synSent unreplied      120
    sSA  ESTABLISHED  synReceived            60
    cS   ESTABLISHED  synReceived            60-1
    sSA  ESTABLISHED  synReceived            60-2
    cA   ESTABLISHED  established assured    86400
    cS   ESTABLISHED  established assured    86400-1`,
  'both open at once': `
    cS   NEW          synSent unreplied      120
    sS   ESTABLISHED  synSent2               120
    sSA  ESTABLISHED  synReceived            60
    cSA  ESTABLISHED  synReceived            60
    cA   ESTABLISHED  established assured    86400`,
  'an old connection of the server answers the SYN': `
    cS   NEW          synSent unreplied      120
    sA   ESTABLISHED  synSent                120-1
    sR   ESTABLISHED  close                  10`,
  'segments that do not belong change nothing': `
    cS   NEW          synSent unreplied      120
    cFA  INVALID      synSent unreplied      120-1
    sFA  INVALID      synSent unreplied      120-2
    cA   INVALID      synSent unreplied      120-3`,
  'segments without a flag change nothing': `${HANDSHAKE}
    cP   INVALID      established assured    86400-1
    sP   INVALID      established assured    86400-2`,
  'client closes before the handshake is over': `
    cS   NEW          synSent unreplied      120
    sSA  ESTABLISHED  synReceived            60
    cFA  ESTABLISHED  finWait                120`,
  'SYN+ACK without a connection': 'cSA INVALID gone 0',
  'FIN without a connection': 'cF INVALID gone 0',
  'FIN+ACK without a connection': 'cFA INVALID gone 0',
  'reset without a connection': 'cR INVALID gone 0',
  'no flag without a connection': 'cP INVALID gone 0',
};

/** Time between two packets. */
const GAP_MS = 7;

/** The lines of a life as step, packet state, entry and timeout. */
function linesOf(life: string): (readonly [string, string, string, string])[] {
  const lines = life.split('\n').map((line) => line.trim().split(/\s+/));
  return lines
    .filter((words) => words.length > 1)
    .map((words) => [words[0]!, words[1]!, words.slice(2, -1).join(' '), words.at(-1)!]);
}

describe.each(Object.entries(LIVES))('%s', (_, life) => {
  const lines = linesOf(life);
  test.each(lines.map((line, n) => [...line, n] as const))('%s: %s, %s, %s s', (step, state, entry, timeout, n) => {
    const tracked = new Tracked();
    const f = flow(0, Protocol.tcp);
    for (const [before] of lines.slice(0, n)) {
      tracked.step(f, before);
      tracked.step(f, `w${GAP_MS}`);
    }
    expect([tracked.step(f, step), tracked.entry(f)]).toEqual([state, entry]);
    const [seconds, gaps] = timeout.split('-').map(Number);
    expect(tracked.ends(f, seconds! * SECOND - (gaps ?? 0) * GAP_MS * MILLISECOND)).toBe('on time');
    // Nothing is left behind, whichever way it went.
    tracked.step(f, 'w1000');
    expect([tracked.conntrack.count, tracked.find(f)]).toEqual([0, -1]);
  });
});
