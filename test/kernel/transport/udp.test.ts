/** UDP: a datagram each way, nothing else. */
import { describe, expect, test } from 'vitest';
import { Protocol } from '../../../src/net/index.js';
import { SERVER, TwoHosts } from './two-hosts.js';

test('a request and its answer are one datagram each', () => {
  const world = new TwoHosts();
  const marks: number[] = [];
  world.judge = (packet) => {
    marks.push(world.packets.first[packet]!);
    return 'pass';
  };
  const handle = world.connect(3, Protocol.udp);
  world.transport.request(handle, 1, 100);
  world.until(10);
  world.transport.request(handle, 2, 100);
  world.until(20);
  world.transport.close(handle);
  world.until(100);
  expect(world.sent).toEqual([
    [0, 'client datagram 1 128'],
    [1, 'server datagram 1 228'],
    [10, 'client datagram 2 128'],
    [11, 'server datagram 2 228'],
  ]);
  expect(world.told.filter(([, what]) => what.startsWith('3'))).toEqual([
    [2, '3 has answer 1'],
    [12, '3 has answer 2'],
  ]);
  expect([marks, world.transport.open, world.packets.inUse]).toEqual([[1, 0, 2, 0], 0, 0]);
});

test('a lost datagram is not sent again', () => {
  const world = new TwoHosts();
  world.judge = () => 'lose';
  world.transport.request(world.connect(1, Protocol.udp), 1, 100);
  world.until(200_000);
  expect([world.sent.length, world.told, world.transport.retransmissions]).toEqual([1, [], 0]);
});

test('a port on which nobody listens is answered by ICMP, and the client is told', () => {
  const world = new TwoHosts();
  const handle = world.transport.connect(Protocol.udp, world.client, SERVER, 81, 1);
  world.transport.request(handle, 1, 100);
  world.until(1000);
  expect(world.sent.map(([, what]) => what)).toEqual(['client datagram 1 128', 'server ICMP']);
  expect([world.told, world.transport.open, world.packets.inUse]).toEqual([[[2, '1 refused']], 0, 0]);
});

test('an answer from elsewhere is not taken, and is answered by ICMP itself', () => {
  const world = new TwoHosts();
  const service = 0x0a600001;
  world.judge = (packet) => {
    if (world.packets.destination[packet] === service) world.packets.destination[packet] = SERVER;
    return 'pass';
  };
  const handle = world.transport.connect(Protocol.udp, world.client, service, 80, 1);
  world.transport.request(handle, 1, 100);
  world.until(1000);
  expect(world.sent.map(([, what]) => what)).toEqual(['client datagram 1 128', 'server datagram 1 228', 'client ICMP']);
  expect([world.told, world.packets.inUse]).toEqual([[[1, 'server 1 has request 1']], 0]);
});

test('a socket that is given up says nothing', () => {
  const world = new TwoHosts();
  world.transport.abort(world.connect(1, Protocol.udp));
  world.until(1000);
  expect([world.sent, world.told, world.transport.open]).toEqual([[], [], 0]);
});

describe('a server that is gone', () => {
  test.each([Protocol.tcp, Protocol.udp])('does not answer, protocol %i', (protocol) => {
    const world = new TwoHosts();
    world.answerBytes = -1;
    const handle = world.connect(1, protocol);
    world.until(2);
    world.transport.request(handle, 1, 100);
    world.until(4);
    const sent = world.sent.length;
    world.hosts.remove(world.server);
    world.transport.respond(handle, 1, 100);
    expect(world.sent.length).toBe(sent);
  });
});
