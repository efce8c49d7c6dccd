/** What steps do to the director of a replayed script, and what its looks show then. */
import { describe, expect, test } from 'vitest';
import { add, connect, looks, replayed, rs, serversOf, service } from './made-script.js';

const REMOVE = (n: number) => ({ op: 'remove', svc: 'a', rs: rs(n) });
const CLOSE = (id: number, by: string) => ({ op: 'close', id: `c${id}`, by });
const WAIT = (seconds: number) => ({ op: 'wait', seconds });
const CONNS = { op: 'conns' };
const SNAPSHOT = { op: 'snapshot' };

describe('steps on the director', () => {
  test('servers go to the front, keep their place on an edit and come back with their counters', () => {
    const steps = [add(1), add(2), connect(1), connect(2), REMOVE(1), add(1, { weight: 5 }), SNAPSHOT];
    expect(looks(replayed(steps), 'dests')).toEqual([
      {
        a: [
          { rs: rs(1), weight: 5, active: 1, inactive: 0 },
          { rs: rs(2), weight: 1, active: 1, inactive: 0 },
        ],
      },
    ]);
  });

  test('the same servers behind several virtual servers have counters of their own', () => {
    const services = [service(), service({ name: 'b', vip: '10.96.0.11:80', scheduler: 'lc' })];
    const steps = [
      add(1),
      add(1, { svc: 'b' }),
      connect(1),
      connect(2, { svc: 'b' }),
      connect(3, { svc: 'b' }),
      SNAPSHOT,
    ];
    const [lists] = looks(replayed(steps, { services }), 'dests');
    expect(lists?.['a']?.[0]?.active).toBe(1);
    expect(lists?.['b']?.[0]?.active).toBe(2);
  });

  test('thresholds hold, and an edit that names none lifts them', () => {
    const steps = [
      ...[add(1, { upper: 2, lower: 1 }), connect(1), connect(2), connect(3)],
      ...[{ op: 'weight', svc: 'a', rs: rs(1), weight: 1, upper: 2, lower: 2 }, connect(4)],
      ...[{ op: 'weight', svc: 'a', rs: rs(1), weight: 1 }, connect(5)],
    ];
    const picks = (loadFactor: 256 | 257) => serversOf(replayed(steps, { loadFactor }));
    expect(picks(256)).toEqual([rs(1), rs(1), null, null, rs(1)]);
    expect(picks(257)).toEqual([rs(1), rs(1), null, null, rs(1)]);
  });

  test('the lower threshold lifts the mark in the way of the kernel', () => {
    const steps = [
      add(1, { upper: 4, lower: 2 }),
      ...[1, 2, 3, 4].map((id) => connect(id)),
      CLOSE(1, 'rst'),
      CLOSE(2, 'rst'),
      WAIT(12),
      connect(5),
    ];
    expect(serversOf(replayed(steps)).at(-1)).toBeNull();
    expect(serversOf(replayed([...steps.slice(0, -2), CLOSE(3, 'rst'), ...steps.slice(-2)])).at(-1)).toBe(rs(1));
  });

  test('a live change of scheduler starts its state from zero and keeps the counters', () => {
    const change = { op: 'scheduler', svc: 'a', scheduler: 'lc' };
    const steps = [add(1), add(2), connect(1), CLOSE(1, 'client'), connect(2), change, connect(3), SNAPSHOT];
    const replay = replayed(steps);
    // rr: 2, 1; then lc: server 2 has one inactive connection, server 1 one active.
    expect(serversOf(replay)).toEqual([rs(2), rs(1), rs(2)]);
    expect(replay.end.servers).toContain('TCP  10.96.0.10:80 lc\n');
  });

  test('sysctls may change on the way', () => {
    const again = connect(2, { src: '10.1.0.1', sport: 20_001 });
    const mode = { op: 'sysctl', name: 'conn_reuse_mode', value: 0 };
    const begin = [add(1), add(2), connect(1), CLOSE(1, 'client')];
    expect(serversOf(replayed([...begin, again]))).toEqual([rs(2), rs(1)]);
    expect(serversOf(replayed([...begin, mode, again]))).toEqual([rs(2), rs(2)]);
  });

  test('persistence keeps a network together, and its template stands in the table', () => {
    const services = [service({ persist: 60, netmask: '255.255.255.0' })];
    const other = connect(3, { src: '10.2.0.1' });
    const replay = replayed([add(1), add(2), connect(1), connect(2), other, CONNS], { services });
    expect(serversOf(replay)).toEqual([rs(2), rs(2), rs(1)]);
    const templates = looks(replay, 'conns')[0]?.filter(({ client }) => client.endsWith(':0'));
    expect(templates?.map(({ client, state, expires }) => [client, state, expires])).toEqual([
      ['10.1.0.0:0', 'ASSURED', 60],
      ['10.2.0.0:0', 'ASSURED', 60],
    ]);
    expect(replay.end.servers).toContain('rr persistent 60 mask 255.255.255.0\n');
  });

  test('one-packet scheduling schedules every datagram and stores none', () => {
    const flow = (id: number) => connect(id, { op: 'udp', src: '10.1.0.1', sport: 9 });
    const services = [service({ proto: 'udp', ops: 1 })];
    const replay = replayed([add(1), add(2), flow(1), flow(2), flow(3), CONNS, SNAPSHOT], { services });
    expect(serversOf(replay)).toEqual([rs(2), rs(1), rs(2)]);
    expect(looks(replay, 'conns')).toEqual([[]]);
    expect(looks(replay, 'dests')[0]?.['a']?.map(({ active, inactive }) => active + inactive)).toEqual([0, 0]);
  });

  test('the load formula is that of the kernel', () => {
    // One active connection on server 1; more and more closed ones on server 2, until they outweigh it.
    const closed = Array.from({ length: 258 }, (_, i) => i + 2).flatMap((id) => [
      connect(id, { src: `10.1.${id >> 8}.${id & 255}` }),
      CLOSE(id, 'client'),
    ]);
    const steps = [add(1), connect(1), add(2), ...closed];
    const services = [service({ scheduler: 'lc' })];
    const first = (loadFactor: 256 | 257) => serversOf(replayed(steps, { services, loadFactor })).lastIndexOf(rs(1));
    const onSecond = (loadFactor: 256 | 257) =>
      serversOf(replayed(steps, { services, loadFactor })).filter((server) => server === rs(2)).length;
    expect(onSecond(257) - onSecond(256)).toBe(1);
    expect(first(256)).toBeGreaterThan(0);
  });

  test('chance comes from the seed', () => {
    const steps = [add(1), add(2), add(3), ...Array.from({ length: 20 }, (_, i) => connect(i + 1))];
    const services = [service({ scheduler: 'twos' })];
    const picks = (seed: string) => serversOf(replayed(steps, { services, seed }));
    expect(picks('1')).toEqual(picks('1'));
    expect(picks('1')).not.toEqual(picks('2'));
  });

  test('no step takes time but waiting', () => {
    const replay = replayed([add(1), connect(1), WAIT(0.5), { op: 'data', id: 'c1' }, WAIT(2), CONNS]);
    expect(replay.seconds).toBe(2.5);
    expect(replay.events.map(({ step, seconds }) => [step, seconds])).toEqual([
      [1, 0],
      [3, 0.5],
      [5, 2.5],
    ]);
    expect(looks(replay, 'conns')[0]?.[0]?.expires).toBe(898);
  });
});
