/** Relayed TCP: dialling, waiting in line, copying both ways, and ends from either side. */
import { describe, expect, test } from 'vitest';
import { MILLISECOND } from '../../../src/sim/index.js';
import { relayWorld } from './made-up-sockets.js';

describe('a relayed connection', () => {
  test('copies every message twice a side, and wakes the process for each', () => {
    const { sockets, tcp, client } = relayWorld();
    client(5, 100);
    tcp.accepted(5, 7);
    expect(sockets.take()).toEqual(['dial 1:80 from 7 for 0 [1 wakes, 0 bytes]']);
    tcp.connected(1000, 0);
    tcp.requested(5, 7, 1);
    // The end of the handshake woke the process too.
    expect(sockets.take()).toEqual(['request 1 to 1000 [2 wakes, 200 bytes]']);
    tcp.replied(1000, 0, 1);
    tcp.requested(5, 7, 2);
    tcp.replied(1000, 0, 2);
    expect(sockets.take()).toEqual([
      'answer 1 to 5 [1 wakes, 200 bytes]',
      'request 2 to 1000 [1 wakes, 200 bytes]',
      'answer 2 to 5 [1 wakes, 200 bytes]',
    ]);
  });

  test('goes on with the packet that opened it, and with each message', () => {
    const { sockets, tcp, client } = relayWorld();
    client(5, 100);
    tcp.accepted(5, 7);
    // Nobody answers: the second try opens the same connection.
    tcp.failed(1000, 0);
    tcp.connected(1001, 0);
    tcp.requested(5, 7, 1);
    tcp.replied(1001, 0, 1);
    tcp.ended(5, 7);
    expect(sockets.goneOnWith).toEqual(['opening of 5', 'opening of 5', 'message of 5']);
  });

  test('keeps a request until there is a backend', () => {
    const { sockets, tcp, client } = relayWorld();
    client(5, 100);
    tcp.accepted(5, 7);
    tcp.requested(5, 7, 1);
    expect(sockets.take()).toHaveLength(1);
    tcp.connected(1000, 0);
    expect(sockets.take()).toEqual(['request 1 to 1000 [2 wakes, 200 bytes]']);
  });

  test('ends on both sides when the client ends it', () => {
    const { sockets, tcp, client } = relayWorld();
    client(5, 100);
    tcp.accepted(5, 7);
    tcp.connected(1000, 0);
    sockets.take();
    // A reset that routers have sent to another node.
    tcp.ended(5, 8);
    expect(sockets.take()).toEqual([]);
    tcp.ended(5, 7);
    expect(sockets.take()).toEqual(['close 1000 [2 wakes, 0 bytes]']);
    expect(tcp.porter.sessions.inUse).toBe(0);
  });

  test('ends on both sides when the backend ends it', () => {
    const { sockets, tcp, client } = relayWorld();
    client(5, 100);
    tcp.accepted(5, 7);
    tcp.connected(1000, 0);
    sockets.take();
    tcp.failed(1000, 0);
    expect(sockets.take()).toEqual(['hang up 5 [2 wakes, 0 bytes]']);
    // What the client still sends finds nobody.
    tcp.requested(5, 7, 1);
    tcp.ended(5, 7);
    expect([sockets.take(), tcp.porter.sessions.inUse]).toEqual([[], 0]);
  });

  test('goes on when its port is closed, and ends with the process', () => {
    const { sockets, table, relay, tcp, client } = relayWorld();
    client(5, 100);
    tcp.accepted(5, 7);
    tcp.connected(1000, 0);
    table.ports.delete(100);
    relay.install(4, table);
    sockets.take();
    tcp.requested(5, 7, 1);
    expect(sockets.take()).toEqual(['request 1 to 1000 [2 wakes, 200 bytes]']);
    relay.install(4, null);
    expect(sockets.take()).toEqual(['close 1000 [1 wakes, 0 bytes]', 'hang up 5']);
  });
});

describe('dialling', () => {
  test('gives four backends 250 ms, 500 ms, 1 s and 2 s, and then gives up', () => {
    const { simulation, sockets, table, tcp, client } = relayWorld();
    client(5, 100);
    tcp.accepted(5, 7);
    const dialledAt: number[] = [];
    for (let ms = 0; ms <= 4000; ms += 50) {
      simulation.run(ms * MILLISECOND);
      for (const line of sockets.take()) {
        if (line.startsWith('dial')) dialledAt.push(ms);
        if (line.startsWith('hang up')) dialledAt.push(-ms);
      }
    }
    expect(dialledAt).toEqual([0, 250, 750, 1750, -3750]);
    // Only the first choice may follow the client's habit.
    expect(table.again).toEqual([false, true, true, true]);
    expect(tcp.porter.sessions.inUse).toBe(0);
  });

  test('goes to the next backend at once when one refuses', () => {
    const { simulation, sockets, tcp, client } = relayWorld();
    client(5, 100);
    tcp.accepted(5, 7);
    for (let backend = 1000; backend < 1004; backend++) tcp.failed(backend, 0);
    const done = sockets.take().map((line) => line.split(' ').slice(0, 2).join(' '));
    expect(done).toEqual(['dial 1:80', 'dial 2:80', 'dial 3:80', 'dial 4:80', 'hang up']);
    simulation.run(5000 * MILLISECOND);
    expect(sockets.take()).toEqual([]);
  });

  test('closes a try that takes too long', () => {
    const { simulation, sockets, tcp, client } = relayWorld();
    client(5, 100);
    tcp.accepted(5, 7);
    simulation.run(300 * MILLISECOND);
    expect(sockets.take()).toEqual([
      'dial 1:80 from 7 for 0 [1 wakes, 0 bytes]',
      'close 1000',
      'dial 2:80 from 7 for 0 [1 wakes, 0 bytes]',
    ]);
    tcp.connected(1001, 0);
    simulation.run(5000 * MILLISECOND);
    expect(sockets.take()).toEqual([]);
  });

  test('counts a want of source ports as a failed try', () => {
    const { sockets, tcp, client } = relayWorld();
    sockets.withoutPort = 3;
    client(5, 100);
    tcp.accepted(5, 7);
    expect(sockets.take()).toEqual(['dial 4:80 from 7 for 0 [1 wakes, 0 bytes]']);
    tcp.failed(1000, 0);
    expect(sockets.take()).toEqual(['hang up 5 [1 wakes, 0 bytes]']);
  });

  test('closes the connection when there is nobody to dial', () => {
    const { sockets, table, tcp, client } = relayWorld();
    table.backends = [];
    client(5, 100);
    tcp.accepted(5, 7);
    expect([sockets.take(), tcp.porter.sessions.inUse]).toEqual([['hang up 5 [1 wakes, 0 bytes]'], 0]);
  });

  test('goes on for a client that has closed meanwhile, and then closes', () => {
    const { sockets, tcp, client } = relayWorld();
    client(5, 100);
    tcp.accepted(5, 7);
    tcp.ended(5, 7);
    tcp.connected(1000, 0);
    expect(sockets.take()).toEqual(['dial 1:80 from 7 for 0 [1 wakes, 0 bytes]', 'close 1000 [2 wakes, 0 bytes]']);
    expect(tcp.porter.sessions.inUse).toBe(0);
  });
});

describe('the line of a port', () => {
  test('has one connection dialled at a time; another port has a line of its own', () => {
    const { sockets, tcp, client } = relayWorld();
    for (const handle of [5, 6, 8]) client(handle, 100);
    client(9, 200);
    for (const handle of [5, 6, 8, 9]) tcp.accepted(handle, 7);
    expect(sockets.take().map((line) => line.split(' [')[0])).toEqual([
      'dial 1:80 from 7 for 0',
      'dial 2:80 from 7 for 3',
    ]);
    tcp.connected(1000, 0);
    expect(sockets.take()).toEqual(['dial 3:80 from 7 for 1 [1 wakes, 0 bytes]']);
    // The next in line is served when the one before has failed for good.
    for (let backend = 1002; backend < 1006; backend++) tcp.failed(backend, 1);
    const lines = sockets.take();
    expect(lines.slice(-2)).toEqual(['hang up 6 [1 wakes, 0 bytes]', 'dial 1:80 from 7 for 2 [1 wakes, 0 bytes]']);
  });

  test('is passed quickly when there is nobody left to dial', () => {
    const { sockets, table, tcp, client } = relayWorld();
    for (const handle of [5, 6, 8]) {
      client(handle, 100);
      tcp.accepted(handle, 7);
    }
    sockets.take();
    table.backends = [];
    tcp.failed(1000, 0);
    expect(sockets.take().map((line) => line.split(' [')[0])).toEqual(['hang up 5', 'hang up 6', 'hang up 8']);
    table.backends = [1];
    client(10, 100);
    tcp.accepted(10, 7);
    expect(sockets.take()).toHaveLength(1);
  });
});
