/** The table of connections: making, confirming, giving up, expiring, counting, and the work that it costs. */
import { describe, expect, test } from 'vitest';
import { CtState, WorkKind } from '../../../src/kernel/index.js';
import { Protocol } from '../../../src/net/index.js';
import { SECOND } from '../../../src/sim/index.js';
import { CHUNK_INIT } from '../../../src/kernel/conntrack/sctp-state.js';
import { Tracked, flow } from './tracked.js';

describe('a new entry', () => {
  test('is counted at once and found once it is confirmed, by either tuple', () => {
    const tracked = new Tracked();
    const slot = tracked.conntrack.track(tracked.write(flow(0), 'c'));
    expect([tracked.conntrack.count, tracked.find(flow(0))]).toEqual([1, -1]);
    tracked.conntrack.confirm(slot);
    expect([tracked.find(flow(0), 'c'), tracked.find(flow(0), 's')]).toEqual([slot, slot ^ 1]);
    const { tuples } = tracked.conntrack;
    const tuple = (s: number): number[] => [
      tuples.source(s),
      tuples.destination(s),
      tuples.sourcePort(s),
      tuples.destinationPort(s),
      tuples.protocol(s),
    ];
    const { client, server, clientPort, serverPort } = flow(0);
    expect(tuple(slot)).toEqual([client, server, clientPort, serverPort, Protocol.udp]);
    expect(tuple(slot ^ 1)).toEqual([server, client, serverPort, clientPort, Protocol.udp]);
  });

  test('is confirmed once, however often its packets pass the last hook', () => {
    const tracked = new Tracked();
    const slot = tracked.pass(flow(0));
    tracked.conntrack.confirm(slot);
    tracked.conntrack.confirm(slot ^ 1);
    tracked.conntrack.destroy(slot >> 1);
    expect([tracked.find(flow(0)), tracked.conntrack.count]).toEqual([-1, 0]);
    expect(tracked.work.counts[WorkKind.conntrackCreate]).toBe(1);
  });

  test('goes when its packet is lost on the way; a confirmed one stays', () => {
    const tracked = new Tracked();
    tracked.conntrack.abandon(tracked.conntrack.track(tracked.write(flow(0), 'c')));
    expect(tracked.conntrack.count).toBe(0);
    const slot = tracked.pass(flow(0));
    tracked.conntrack.abandon(slot);
    tracked.conntrack.abandon(slot ^ 1);
    tracked.conntrack.abandon(-1);
    tracked.conntrack.abandon(-2);
    expect([tracked.conntrack.count, tracked.find(flow(0))]).toEqual([1, slot]);
  });

  test('has nothing of an older one in the same place', () => {
    const tracked = new Tracked();
    const f = flow(0, Protocol.tcp);
    for (const step of ['cS', 'sSA', 'cA']) tracked.step(f, step);
    tracked.conntrack.destroy(tracked.find(f) >> 1);
    expect([tracked.step(f, 'cS'), tracked.entry(f)]).toEqual(['NEW', 'synSent unreplied']);
    expect(tracked.conntrack.created).toBe(2);
  });
});

test('flows that differ in one field only have entries of their own', () => {
  const tracked = new Tracked();
  const f = flow(0);
  const others = [
    { ...f, client: f.client + 1 },
    { ...f, server: f.server + 1 },
    { ...f, clientPort: f.clientPort + 1 },
    { ...f, serverPort: f.serverPort + 1 },
    { ...f, protocol: Protocol.sctp },
  ];
  // What opens an SCTP association is an INIT; a datagram has no flags.
  expect(new Set([f, ...others].map((one) => tracked.pass(one, 'c', CHUNK_INIT) >> 1)).size).toBe(6);
  expect(tracked.conntrack.count).toBe(6);
});

describe('an entry whose time is over', () => {
  test('is gone for a packet that comes before the wheel does', () => {
    const tracked = new Tracked();
    tracked.simulation.run(500); // so that deadlines fall between the wheel's ticks
    const first = tracked.pass(flow(0));
    tracked.simulation.run(30 * SECOND + 499);
    expect(tracked.find(flow(0))).toBe(first);
    tracked.simulation.run(30 * SECOND + 500);
    expect(tracked.find(flow(0))).toBe(first); // the wheel has not turned
    tracked.pass(flow(0), 's');
    expect(tracked.conntrack.packetState).toBe(CtState.new);
    expect([tracked.conntrack.count, tracked.conntrack.created]).toEqual([1, 2]);
  });

  test('is removed by the wheel within a second', () => {
    const tracked = new Tracked();
    for (let n = 0; n < 100; n++) {
      tracked.simulation.run(n * 7_654_321);
      tracked.pass(flow(n));
    }
    tracked.simulation.run(30 * SECOND - 1);
    expect(tracked.conntrack.count).toBe(100);
    tracked.simulation.run(32 * SECOND);
    expect([tracked.conntrack.count, tracked.conntrack.peak, tracked.simulation.pending]).toEqual([0, 100, 0]);
  });

  test('is not what the wheel takes for one: a timeout that was prolonged or cut', () => {
    const tracked = new Tracked();
    const [stream, reset] = [flow(0), flow(1, Protocol.tcp)];
    for (const step of ['cu', 'su', 'w2500', 'cu']) tracked.step(stream, step);
    for (const step of ['cS', 'sSA', 'cA', 'cR']) tracked.step(reset, step);
    tracked.step(stream, 'w11000');
    expect([tracked.find(reset), tracked.conntrack.count]).toEqual([-1, 1]);
    tracked.step(stream, 'w100000');
    expect(tracked.conntrack.count).toBe(1);
    tracked.step(stream, 'w10000');
    expect(tracked.conntrack.count).toBe(0);
  });
});

test('count, peak and created follow what happens', () => {
  const tracked = new Tracked();
  for (let n = 0; n < 40; n++) tracked.pass(flow(n));
  for (let n = 0; n < 15; n++) tracked.conntrack.destroy(tracked.find(flow(n)) >> 1);
  for (let n = 100; n < 105; n++) tracked.pass(flow(n));
  const { count, peak, created, drops, earlyDrops } = tracked.conntrack;
  expect([count, peak, created, drops, earlyDrops]).toEqual([30, 40, 45, 0, 0]);
});

describe('forgetting a flow', () => {
  test('ends its entry, in either direction, and counts as no work', () => {
    const tracked = new Tracked();
    for (let n = 0; n < 3; n++) tracked.pass(flow(n));
    tracked.work.clear();
    const { conntrack } = tracked;
    const slot = tracked.find(flow(1));
    const { tuples } = conntrack;
    conntrack.forget(
      tuples.source(slot),
      tuples.destination(slot),
      tuples.sourcePort(slot),
      tuples.destinationPort(slot),
      tuples.protocol(slot),
    );
    expect([0, 1, 2].map((n) => tracked.find(flow(n)) >= 0)).toEqual([true, false, true]);
    conntrack.forget(1, 2, 3, 4, Protocol.tcp);
    expect([conntrack.count, tracked.work.counts.some((count) => count > 0)]).toEqual([2, false]);
  });
});

describe('work', () => {
  test('of a new flow is one lookup and one creation, of a later packet one lookup', () => {
    const tracked = new Tracked();
    const { counts } = tracked.work;
    tracked.pass(flow(0));
    expect([counts[WorkKind.conntrackLookup], counts[WorkKind.conntrackCreate]]).toEqual([1, 1]);
    tracked.pass(flow(0), 's');
    tracked.pass(flow(0));
    expect([counts[WorkKind.conntrackLookup], counts[WorkKind.conntrackCreate]]).toEqual([3, 1]);
  });

  test('of a lookup holds the mean chain length, 2 x entries / buckets', () => {
    const tracked = new Tracked({ buckets: 64 });
    for (let n = 0; n < 48; n++) tracked.pass(flow(n));
    tracked.work.clear();
    tracked.pass(flow(7));
    expect(tracked.work.counts[WorkKind.conntrackLoad]).toBe(1.5);
  });

  test('of a new flow at a loaded table: its lookup, and 3.5 times the load when it is confirmed', () => {
    const tracked = new Tracked({ buckets: 64 });
    for (let n = 0; n < 47; n++) tracked.pass(flow(n));
    tracked.work.clear();
    tracked.pass(flow(47));
    // 47 entries when it is looked up, 48 with itself when it is confirmed.
    expect(tracked.work.counts[WorkKind.conntrackLoad]).toBeCloseTo((2 / 64) * (47 + 3.5 * 48), 12);
  });
});
