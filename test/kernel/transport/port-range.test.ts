/** Source ports: each once, in turn, and after a close only when TIME_WAIT is over. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PortRange } from '../../../src/kernel/transport/port-range.js';
import { Protocol } from '../../../src/net/index.js';
import { SECOND } from '../../../src/sim/index.js';
import { SERVER, TwoHosts } from './two-hosts.js';

/** Ports of Linux's default range. */
const PORTS = 60_999 - 32_768 + 1;

describe('a range', () => {
  test('gives every port from 32768 to 60999 once, then none', () => {
    const range = new PortRange();
    const ports = Array.from({ length: PORTS }, () => range.take(0));
    expect(ports).toEqual(Array.from({ length: PORTS }, (_, n) => 32_768 + n));
    expect(range.take(0)).toBe(-1);
  });

  test('gives a port back at once without rest, but after all others', () => {
    const range = new PortRange();
    const first = range.take(0);
    range.release(first, false, 0);
    expect(range.take(0)).toBe(first + 1);
    for (let n = 2; n < PORTS; n++) range.take(0);
    expect([range.take(0), range.take(0)]).toEqual([first, -1]);
  });

  test('may be another one', () => {
    const range = new PortRange({ first: 1024, last: 1026 });
    expect([range.take(0), range.take(0), range.take(0), range.take(0)]).toEqual([1024, 1025, 1026, -1]);
    range.release(1025, true, 0);
    expect([range.take(60 * SECOND - 1), range.take(60 * SECOND)]).toEqual([-1, 1025]);
  });

  test('lets a port rest for 60 s', () => {
    const range = new PortRange();
    for (let n = 0; n < PORTS; n++) range.take(0);
    range.release(40_000, true, 5 * SECOND);
    range.release(50_000, true, 6 * SECOND);
    expect(range.take(65 * SECOND - 1)).toBe(-1);
    expect([range.take(65 * SECOND), range.take(65 * SECOND), range.take(66 * SECOND)]).toEqual([40_000, -1, 50_000]);
  });

  test('never gives a port that is in use or rests', () => {
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.constant('take' as const) },
      { weight: 2, arbitrary: fc.record({ which: fc.nat(), rest: fc.boolean() }) },
      { weight: 1, arbitrary: fc.integer({ min: 1, max: 40 }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const range = new PortRange();
        // So that the range is nearly empty and ports come round soon.
        for (let n = 0; n < PORTS - 5; n++) range.take(0);
        const used: number[] = [];
        const restsUntil = new Map<number, number>();
        let now = 0;
        for (const s of steps) {
          if (s === 'take') {
            const resting = [...restsUntil.values()].filter((until) => until > now).length;
            const port = range.take(now);
            expect(port < 0).toBe(used.length + resting === 5);
            if (port < 0) continue;
            expect(used).not.toContain(port);
            expect(restsUntil.get(port) ?? 0).toBeLessThanOrEqual(now);
            used.push(port);
          } else if (typeof s === 'number') {
            now += s * SECOND;
          } else if (used.length > 0) {
            const [port] = used.splice(s.which % used.length, 1) as [number];
            range.release(port, s.rest, now);
            if (s.rest) restsUntil.set(port, now + 60 * SECOND);
          }
        }
      }),
      { numRuns: 30 },
    );
  });
});

describe('a client', () => {
  test('that has closed its TCP connections gets their ports again after 60 s', () => {
    const world = new TwoHosts();
    world.quiet = true;
    const handles = Array.from({ length: PORTS }, () => world.connect());
    expect(world.connect()).toBe(-1);
    world.until(10);
    for (const handle of handles) world.transport.close(handle);
    world.until(20); // FIN at 10 ms, answered at 12 ms
    expect([world.transport.open, world.connect()]).toEqual([0, -1]);
    world.until(60_011);
    expect(world.connect()).toBe(-1);
    world.until(60_012);
    expect(world.connect()).toBeGreaterThanOrEqual(0);
  });

  test('has the range that it was given before its first connection', () => {
    const world = new TwoHosts();
    world.transport.setPorts(world.client, { first: 2000, last: 2001 });
    world.quiet = true;
    expect([world.connect(), world.connect()].every((handle) => handle >= 0)).toBe(true);
    // A range that is in use stays.
    world.transport.setPorts(world.client, { first: 3000, last: 3999 });
    expect(world.connect()).toBe(-1);
  });

  test('gets ports of UDP sockets and of refused, reset or given-up connections at once', () => {
    const world = new TwoHosts();
    world.quiet = true;
    const fill = (protocol: number, port: number): number[] =>
      Array.from({ length: PORTS }, () => world.transport.connect(protocol, world.client, SERVER, port, 1));
    for (const handle of fill(Protocol.udp, 80)) world.transport.close(handle);
    for (const handle of fill(Protocol.tcp, 80)) world.transport.abort(handle);
    fill(Protocol.tcp, 81);
    world.until(10);
    expect([world.transport.open, world.told.length]).toEqual([0, PORTS]);
    expect(world.connect()).toBeGreaterThanOrEqual(0);
  });

  test('does not take the ports of another one', () => {
    const world = new TwoHosts();
    world.quiet = true;
    for (let n = 0; n < PORTS; n++) world.connect(1, Protocol.udp);
    expect(world.connect()).toBe(-1);
    expect(world.transport.connect(Protocol.tcp, world.server, SERVER, 80, 1)).toBeGreaterThanOrEqual(0);
  });
});
