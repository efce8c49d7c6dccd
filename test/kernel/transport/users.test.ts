/** Users of sockets: each hears of its own conversations only, and listens where it says. */
import { describe, expect, test } from 'vitest';
import { Hosts, type SocketUser } from '../../../src/kernel/index.js';
import { Protocol } from '../../../src/net/index.js';
import { SERVER, TwoHosts } from './two-hosts.js';

/** A user that notes what it is told and answers each request. */
function noting(world: TwoHosts): { user: number; told: string[] } {
  const told: string[] = [];
  const { transport } = world;
  const user: SocketUser = {
    connected: (_, owner) => void told.push(`${owner} connected`),
    replied: (handle, owner) => void told.push(`${owner} replied ${transport.answerBytes(handle)}`),
    failed: (_, owner) => void told.push(`${owner} failed`),
    accepted: (handle) => void told.push(`accepted on ${transport.localPort(handle)}`),
    requested: (handle, _, sequence) => {
      told.push(`requested ${sequence} of ${transport.requestBytes(handle)}`);
      transport.respond(handle, sequence, 300);
    },
    ended: () => void told.push('ended'),
  };
  return { user: transport.join(user), told };
}

describe('a second user', () => {
  test('serves its own port and is told of every stage', () => {
    const world = new TwoHosts();
    const { user, told } = noting(world);
    world.hosts.listen(world.server, 90, Protocol.tcp, user);
    const handle = world.transport.connect(Protocol.tcp, world.client, SERVER, 90, 7);
    world.until(10);
    world.transport.request(handle, 1, 120);
    world.until(20);
    world.transport.close(handle);
    world.until(200);
    expect(told).toEqual(['accepted on 90', 'requested 1 of 120', 'ended']);
    expect(world.told.map(([, text]) => text)).toEqual(['7 connected', '7 has answer 1']);
  });

  test('dials with its own number, and the first one hears nothing of it', () => {
    const world = new TwoHosts();
    const { user, told } = noting(world);
    const handle = world.transport.connect(Protocol.tcp, world.client, SERVER, 80, 3, user);
    world.until(10);
    world.transport.request(handle, 1, 100);
    world.until(20);
    expect(told).toEqual(['3 connected', '3 replied 200']);
    expect(world.told.map(([, text]) => text)).toEqual([`server ${world.server} has request 1`]);
  });

  test('answers for ports that are asked about one by one, in one protocol', () => {
    const world = new TwoHosts();
    const { user, told } = noting(world);
    world.hosts.delegate(world.server, user, {
      listens: (protocol, port, peer) => protocol === Protocol.tcp && port === 91 && peer !== 0,
    });
    world.transport.connect(Protocol.tcp, world.client, SERVER, 91, 1);
    world.transport.connect(Protocol.tcp, world.client, SERVER, 92, 2);
    const datagram = world.transport.connect(Protocol.udp, world.client, SERVER, 91, 3);
    world.transport.request(datagram, 1, 10);
    world.until(100);
    expect(told).toEqual(['accepted on 91']);
    expect(world.told.map(([, text]) => text).sort()).toEqual(['1 connected', '2 refused', '3 refused']);
  });

  test('hangs up with a reset, after which the conversation is over', () => {
    const world = new TwoHosts();
    const { user } = noting(world);
    let accepted = -1;
    const hanging = world.transport.join({
      connected: () => undefined,
      replied: () => undefined,
      failed: () => undefined,
      accepted: (handle) => void (accepted = handle),
      requested: () => undefined,
      ended: () => undefined,
    });
    expect(hanging).toBe(user + 1);
    world.hosts.listen(world.server, 90, Protocol.tcp, hanging);
    world.transport.connect(Protocol.tcp, world.client, SERVER, 90, 1);
    world.until(10);
    world.transport.hangUp(accepted);
    world.transport.hangUp(accepted);
    world.until(20);
    expect(world.told.map(([, text]) => text)).toEqual(['1 connected', '1 reset']);
    expect(world.transport.peerAddress(accepted)).toBe(0);
  });
});

describe('hosts', () => {
  test('have an address in each of their families', () => {
    const hosts = new Hosts();
    const [ipv4, ipv6] = [0x0a000001, 0xf0000005];
    const both = hosts.add({ address: ipv4, secondAddress: ipv6, node: 0, core: 0 });
    const one = hosts.add({ address: ipv6, node: 0, core: 0 });
    expect([hosts.addressTowards(both, 0x0a000009), hosts.addressTowards(both, 0xf0000009)]).toEqual([ipv4, ipv6]);
    expect([hosts.addressTowards(one, 0x0a000009), hosts.addressTowards(one, 0xf0000009)]).toEqual([0, ipv6]);
  });

  test('stop listening port by port', () => {
    const hosts = new Hosts();
    const host = hosts.add({ address: 1, node: 0, core: 0 });
    hosts.listen(host, 80);
    hosts.listen(host, 81, Protocol.udp);
    hosts.unlisten(host, 81);
    hosts.unlisten(host, 80);
    expect([
      hosts.listens(host, 80),
      hosts.listens(host, 81, Protocol.udp),
      hosts.listens(host, 81, Protocol.tcp),
    ]).toEqual([false, true, false]);
    hosts.unlisten(host, 81, Protocol.udp);
    expect(hosts.listens(host, 81, Protocol.udp)).toBe(false);
  });
});
