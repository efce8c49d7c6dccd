/** Relayed UDP: one backend socket a client, for as long as something is sent. */
import { describe, expect, test } from 'vitest';
import { MILLISECOND } from '../../../src/sim/index.js';
import { relayWorld } from './made-up-sockets.js';

describe('a UDP client', () => {
  test('has one backend while it goes on, and copies are paid for', () => {
    const { simulation, sockets, udp, client } = relayWorld();
    client(5, 100);
    udp.requested(5, 7, 1);
    simulation.run(200 * MILLISECOND);
    udp.replied(1000, 0, 1);
    simulation.run(400 * MILLISECOND);
    udp.requested(5, 7, 2);
    expect(sockets.take()).toEqual([
      'dial 1:80 from 7 for 0 [1 wakes, 0 bytes]',
      'request 1 to 1000 [1 wakes, 200 bytes]',
      'answer 1 to 5 [1 wakes, 200 bytes]',
      'request 2 to 1000 [1 wakes, 200 bytes]',
    ]);
  });

  test('that is idle for 250 ms loses its backend and gets another one', () => {
    const { simulation, sockets, udp, client } = relayWorld();
    client(5, 100);
    udp.requested(5, 7, 1);
    simulation.run(249 * MILLISECOND);
    expect(udp.porter.sessions.inUse).toBe(1);
    simulation.run(251 * MILLISECOND);
    expect(udp.porter.sessions.inUse).toBe(0);
    sockets.take();
    udp.requested(5, 7, 2);
    expect(sockets.take().map((line) => line.split(' [')[0])).toEqual(['dial 2:80 from 7 for 0', 'request 2 to 1001']);
  });

  test('is known by address and port, whatever conversation it comes with', () => {
    const { sockets, udp, client } = relayWorld();
    client(5, 100, 50, 4000);
    client(6, 100, 50, 4000);
    client(8, 100, 50, 4001);
    client(9, 200, 50, 4000);
    for (const handle of [5, 6, 8, 9]) udp.requested(handle, 7, 1);
    const dials = sockets.take().filter((line) => line.startsWith('dial'));
    expect(dials).toHaveLength(3);
    // The answer goes to the conversation that asked last, under the number that it has there.
    udp.requested(6, 7, 4);
    udp.replied(1000, 0, 5);
    expect(sockets.take().slice(-1)).toEqual(['answer 4 to 6 [1 wakes, 200 bytes]']);
  });

  test('may have several messages under way, answered in any order, each under its number', () => {
    const { sockets, udp, client } = relayWorld();
    client(5, 100);
    for (const sequence of [7, 8]) udp.requested(5, 7, sequence);
    for (const sequence of [8, 7]) udp.replied(1000, 0, sequence);
    expect(sockets.take().map((line) => line.split(' [')[0])).toEqual([
      'dial 1:80 from 7 for 0',
      'request 7 to 1000',
      'request 8 to 1000',
      'answer 8 to 5',
      'answer 7 to 5',
    ]);
  });

  test('hears nothing of what a conversation before it, from the same port, has asked', () => {
    const { sockets, udp, client } = relayWorld();
    client(5, 100, 50, 4000);
    client(6, 100, 50, 4000);
    for (const handle of [5, 6]) udp.requested(handle, 7, 1);
    sockets.take();
    udp.replied(1000, 0, 1);
    expect(sockets.take()).toEqual([]);
    udp.replied(1000, 0, 2);
    expect(sockets.take().map((line) => line.split(' [')[0])).toEqual(['answer 1 to 6']);
  });

  test('is forgotten at an error from the backend', () => {
    const { simulation, sockets, udp, relay, client } = relayWorld();
    client(5, 100);
    udp.requested(5, 7, 1);
    udp.failed(1000, 0);
    expect([udp.porter.sessions.inUse, relay.clients.size]).toEqual([0, 0]);
    sockets.take();
    simulation.run(1000 * MILLISECOND);
    expect(sockets.take()).toEqual([]);
  });

  test('is forgotten when its port is closed, and others are not', () => {
    const { table, udp, relay, client } = relayWorld();
    client(5, 100);
    client(6, 200);
    udp.requested(5, 7, 1);
    udp.requested(6, 7, 1);
    table.ports.set(100, 33);
    relay.install(4, table);
    expect([udp.porter.sessions.inUse, [...relay.clients.keys()]]).toEqual([1, [44]]);
  });

  test('hears nothing where there is nobody to talk to', () => {
    const { sockets, table, udp, client } = relayWorld();
    table.backends = [];
    client(5, 100);
    client(6, 300);
    udp.requested(5, 7, 1);
    udp.requested(6, 7, 1);
    expect(sockets.take().filter((line) => !line.startsWith('hang up'))).toEqual([]);
    expect(udp.porter.sessions.inUse).toBe(0);
  });
});
