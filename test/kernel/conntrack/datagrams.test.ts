/**
 * UDP flows and ICMP errors as conntrack sees them.
 *
 * Seen on Linux 6.18.44 with raw datagrams between two hosts: a flow is a stream only when a packet comes more than 2 s after the entry was
 * made and an answer was seen before that packet.
 */
import { describe, expect, test } from 'vitest';
import { CT_INVALID } from '../../../src/kernel/index.js';
import { Protocol } from '../../../src/net/index.js';
import { SECOND } from '../../../src/sim/index.js';
import { Tracked, flow } from './tracked.js';

test.each([
  ['a question', 'cu', 'NEW', 'udp unreplied', 30],
  ['questions without answer, for long', 'cu w2300 cu w2300 cu', 'NEW', 'udp unreplied', 30],
  ['an answer', 'cu su', 'ESTABLISHED', 'udp', 30],
  ['any number of packets within 2 s', 'cu su cu su cu w1900 su cu', 'ESTABLISHED', 'udp', 30],
  ['a packet at 2 s exactly', 'cu su w2000 cu', 'ESTABLISHED', 'udp', 30],
  ['a later packet', 'cu su w2200 cu', 'ESTABLISHED', 'udp assured', 120],
  ['a later answer', 'cu su w2200 su', 'ESTABLISHED', 'udp assured', 120],
  ['a first answer that comes late', 'cu w2300 su', 'ESTABLISHED', 'udp', 30],
  ['a second answer after a late one', 'cu w2300 su su', 'ESTABLISHED', 'udp assured', 120],
  ['a question after a late answer', 'cu w2300 su cu', 'ESTABLISHED', 'udp assured', 120],
])('%s: %s', (_, script, state, entry, seconds) => {
  const tracked = new Tracked();
  const f = flow(0);
  const states = script.split(' ').map((step) => tracked.step(f, step));
  expect([states.at(-1), tracked.entry(f), tracked.ends(f, seconds * SECOND)]).toEqual([state, entry, 'on time']);
});

test('each packet restarts the timeout', () => {
  const tracked = new Tracked();
  const f = flow(0);
  for (let n = 0; n < 10; n++) {
    tracked.step(f, 'cu');
    tracked.step(f, 'w29000');
  }
  expect([tracked.conntrack.created, tracked.ends(f, SECOND)]).toEqual([1, 'on time']);
});

describe('an ICMP error', () => {
  test.each([
    ['about a datagram', flow(0), 'cu'],
    ['about a SYN', flow(0, Protocol.tcp), 'cS'],
  ])('%s is related and changes nothing', (_, f, first) => {
    const tracked = new Tracked();
    tracked.step(f, first);
    const before = tracked.entry(f);
    tracked.step(f, 'w5000');
    expect([tracked.step(f, 'si'), tracked.entry(f), tracked.conntrack.count]).toEqual(['RELATED', before, 1]);
    // Not restarted: 25 s of 30 or 115 s of 120 are left.
    tracked.step(f, first === 'cu' ? 'w24999' : 'w114999');
    expect(tracked.has(f)).toBe(true);
    tracked.step(f, 'w1');
    expect(tracked.has(f)).toBe(false);
  });

  test('gets the slot of the direction in which it goes', () => {
    const tracked = new Tracked();
    const slot = tracked.pass(flow(0));
    expect(tracked.pass(flow(0), 's', Protocol.udp, Protocol.icmp)).toBe(slot ^ 1);
    expect(tracked.pass(flow(0), 'c', Protocol.udp, Protocol.icmp)).toBe(slot);
  });

  test('about a flow of another protocol or about nothing is invalid', () => {
    const tracked = new Tracked();
    tracked.pass(flow(0));
    expect(tracked.pass(flow(0), 's', Protocol.tcp, Protocol.icmp)).toBe(CT_INVALID);
    expect(tracked.step(flow(1), 'si')).toBe('INVALID');
    expect(tracked.conntrack.count).toBe(1);
  });
});
