/** What clients of a replayed script meet: how they get through, close, and send a byte. */
import { describe, expect, test } from 'vitest';
import { add, connect, looks, picksOf, replayed, rs, serversOf, service } from './made-script.js';

const REMOVE = (n: number) => ({ op: 'remove', svc: 'a', rs: rs(n) });
const DATA = (id: number) => ({ op: 'data', id: `c${id}` });
const CLOSE = (id: number, by: string) => ({ op: 'close', id: `c${id}`, by });
const WAIT = (seconds: number) => ({ op: 'wait', seconds });
const CONNS = { op: 'conns' };
const SNAPSHOT = { op: 'snapshot' };

describe('a client', () => {
  test('gets through, is refused by nobody or by its server, or is left waiting', () => {
    const silent = '10.244.254.7:8080';
    const steps = [
      connect(1),
      add(1),
      connect(2),
      { op: 'weight', svc: 'a', rs: rs(1), weight: 0 },
      add(2, { dead: 1 }),
      connect(3),
      REMOVE(2),
      add(9, { rs: silent }),
      connect(4),
      { op: 'weight', svc: 'a', rs: silent, weight: 0 },
      connect(5),
      CONNS,
    ];
    const replay = replayed(steps);
    expect(picksOf(replay)).toEqual({
      c1: { rs: null, result: 'refused' },
      c2: { rs: rs(1) },
      c3: { rs: rs(2), result: 'refused', state: 'CLOSE' },
      c4: { rs: silent, result: 'timeout', state: 'SYN_RECV' },
      c5: { rs: null, result: 'refused' },
    });
    expect(looks(replay, 'conns')[0]?.map(({ client, state, expires }) => [client, state, expires])).toEqual([
      ['10.1.0.2:20002', 'ESTABLISHED', 900],
      ['10.1.0.3:20003', 'CLOSE', 10],
      ['10.1.0.4:20004', 'SYN_RECV', 60],
    ]);
  });

  test('of UDP is answered, refused, or hears nothing', () => {
    const udp = (id: number, fields = {}) => connect(id, { op: 'udp', ...fields });
    const steps = [
      udp(1),
      add(1),
      udp(2),
      add(2, { dead: true }),
      udp(3),
      REMOVE(1),
      REMOVE(2),
      add(3, { rs: '10.244.254.1:53' }),
      udp(4),
      udp(5, { src: '10.1.0.2', sport: 20_002 }),
    ];
    expect(picksOf(replayed(steps, { services: [service({ proto: 'udp' })] }))).toEqual({
      c1: { rs: null, result: 'refused' },
      c2: { rs: rs(1) },
      c3: { rs: rs(2), result: 'refused', state: 'UDP' },
      c4: { rs: '10.244.254.1:53', result: 'timeout', state: 'UDP' },
      // The flow's server is gone and its entry is not.
      c5: { rs: null, result: 'timeout' },
    });
  });

  test('of a mark reaches the same virtual server by any of its addresses', () => {
    const vips = ['10.96.0.1:80', '10.96.0.2:81'];
    const services = [{ name: 'a', proto: 'tcp', fwmark: 7, vips, scheduler: 'rr' }];
    const replay = replayed([add(1), add(2), connect(1, { vip: vips[0] }), connect(2, { vip: vips[1] }), CONNS], {
      services,
    });
    expect(serversOf(replay)).toEqual([rs(2), rs(1)]);
    expect(looks(replay, 'conns')[0]?.map(({ vip }) => vip)).toEqual(vips);
    expect(replay.end.servers).toContain('FWM  7 rr\n');
  });

  test('of a mark asks a server of port 0 at the port that the client asked for', () => {
    const vips = ['10.96.0.1:80', '10.96.0.1:443'];
    const services = [{ name: 'a', proto: 'tcp', fwmark: 7, vips, scheduler: 'rr', persist: 60 }];
    const whole = add(1, { rs: '10.244.0.1:0' });
    const { picks } = replayed([whole, connect(1, { vip: vips[0] }), connect(2, { vip: vips[1] })], { services });
    expect(picks.map(({ rs: server, result }) => [server, result])).toEqual([
      ['10.244.0.1:80', undefined],
      ['10.244.0.1:443', undefined],
    ]);
  });
});

describe('closing', () => {
  /** Active and inactive connections of the one server after a close. */
  function after(...steps: object[]): [active: number, inactive: number, state: string] {
    const replay = replayed([add(1), connect(1), ...steps, SNAPSHOT, CONNS]);
    const listed = looks(replay, 'dests').at(-1)?.['a']?.[0];
    return [listed?.active ?? -1, listed?.inactive ?? -1, looks(replay, 'conns').at(-1)?.[0]?.state ?? 'none'];
  }

  test.each([
    ['client', 'TIME_WAIT'],
    ['server', 'TIME_WAIT'],
    ['half', 'CLOSE_WAIT'],
    ['half-server', 'FIN_WAIT'],
    ['rst', 'CLOSE'],
    ['server-rst', 'CLOSE'],
  ])('by %s leaves %s', (by, state) => {
    expect(after(CLOSE(1, by))).toEqual([0, 1, state]);
  });

  test.each([
    [['client', 'client'], 'TIME_WAIT'],
    [['client', 'rst'], 'TIME_WAIT'],
    [['rst', 'client'], 'CLOSE'],
    [['rst', 'server-rst'], 'CLOSE'],
    [['half', 'half'], 'CLOSE_WAIT'],
    [['half', 'half-server'], 'TIME_WAIT'],
    [['half-server', 'half'], 'TIME_WAIT'],
    [['half', 'server'], 'TIME_WAIT'],
    [['half', 'client'], 'TIME_WAIT'],
    [['half', 'rst'], 'CLOSE'],
    [['half', 'server-rst'], 'CLOSE'],
    [['half-server', 'rst'], 'CLOSE'],
    [['half-server', 'server-rst'], 'CLOSE'],
  ])('by %j leaves %s', (all, state) => {
    expect(after(...all.map((by) => CLOSE(1, by)))).toEqual([0, 1, state]);
  });

  test('an id that never opened does nothing', () => {
    const dead = replayed([
      add(1, { dead: 1 }),
      connect(1),
      CLOSE(1, 'client'),
      CLOSE(1, 'rst'),
      CLOSE(99, 'server'),
      CONNS,
    ]);
    expect(looks(dead, 'conns')[0]?.[0]?.state).toBe('CLOSE');
    const silent = replayed([add(1, { rs: '10.244.254.1:80' }), connect(1), CLOSE(1, 'rst'), CONNS]);
    expect(looks(silent, 'conns')[0]?.[0]?.state).toBe('SYN_RECV');
  });

  test('of a connection whose server is in no list: the FIN of the server passes, that of the client does not', () => {
    const replay = replayed([add(1), connect(1), REMOVE(1), CLOSE(1, 'client'), CONNS, add(1), SNAPSHOT]);
    expect(looks(replay, 'conns')[0]?.[0]?.state).toBe('FIN_WAIT');
    expect(looks(replay, 'dests')[0]).toEqual({ a: [{ rs: rs(1), weight: 1, active: 0, inactive: 1 }] });
  });
});

describe('a byte', () => {
  const of = (steps: object[], sysctl = {}) => looks(replayed([add(1), connect(1), ...steps], { sysctl }), 'result');

  test('is delivered, also to a drained server and against a closed direction', () => {
    expect(of([DATA(1)])).toEqual(['delivered']);
    expect(of([{ op: 'weight', svc: 'a', rs: rs(1), weight: 0 }, DATA(1)])).toEqual(['delivered']);
    expect(of([CLOSE(1, 'half-server'), DATA(1)])).toEqual(['delivered']);
  });

  test('vanishes when the server was removed, or is answered with a reset once the entry is gone', () => {
    expect(of([REMOVE(1), WAIT(0.1), DATA(1)])).toEqual(['timeout']);
    expect(of([REMOVE(1), WAIT(0.1), add(1), DATA(1)])).toEqual(['delivered']);
    expect(of([REMOVE(1), WAIT(0.1), DATA(1), DATA(1)], { expire_nodest_conn: 1 })).toEqual(['ECONNRESET', 'EPIPE']);
    expect(of([{ op: 'timeouts', tcp: 5, tcpfin: 0, udp: 0 }, DATA(1), WAIT(7), DATA(1)])).toEqual([
      'delivered',
      'ECONNRESET',
    ]);
  });

  test('does not leave a socket that is closed', () => {
    expect(of([CLOSE(1, 'client'), DATA(1)])).toEqual(['EBADF']);
    expect(of([CLOSE(1, 'server'), DATA(1)])).toEqual(['EBADF']);
    expect(of([CLOSE(1, 'rst'), DATA(1)])).toEqual(['EBADF']);
    expect(of([CLOSE(1, 'half'), DATA(1)])).toEqual(['EPIPE']);
    expect(of([CLOSE(1, 'server-rst'), DATA(1), DATA(1)])).toEqual(['ECONNRESET', 'EPIPE']);
    expect(of([DATA(99)])).toEqual(['EBADF']);
  });

  test('with sloppy_tcp is scheduled like a SYN, perhaps to a server that resets it', () => {
    const steps = [
      { op: 'timeouts', tcp: 5, tcpfin: 0, udp: 0 },
      DATA(1),
      WAIT(7),
      { op: 'sysctl', name: 'sloppy_tcp', value: 1 },
    ];
    const same = replayed([add(1), connect(1), ...steps, DATA(1), SNAPSHOT]);
    expect(looks(same, 'result')).toEqual(['delivered', 'delivered']);
    const other = replayed([add(1), connect(1), ...steps, add(2), DATA(1), SNAPSHOT]);
    expect(looks(other, 'result')).toEqual(['delivered', 'ECONNRESET']);
    expect(looks(other, 'dests')[0]?.['a']?.[0]).toEqual({ rs: rs(2), weight: 1, active: 0, inactive: 1 });
  });
});
