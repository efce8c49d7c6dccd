/** TCP connections from handshake to close: which packets are sent when, and what both ends are told. */
import { describe, expect, test } from 'vitest';
import { Verdict } from '../../../src/kernel/index.js';
import { Protocol, TcpFlag } from '../../../src/net/index.js';
import { SERVER, TwoHosts } from './two-hosts.js';

describe('a connection', () => {
  test('is opened, used and closed with these packets', () => {
    const world = new TwoHosts();
    const handle = world.connect(5);
    world.until(2);
    world.transport.request(handle, 1, 100);
    world.until(4);
    world.transport.request(handle, 2, 1000);
    world.until(10);
    world.transport.close(handle);
    world.until(100);
    expect(world.sent).toEqual([
      [0, 'client SYN'],
      [1, 'server SYN+ACK'],
      [2, 'client ACK'],
      [2, 'client data 1 140'],
      [3, 'server data 1 240'],
      [4, 'client data 2 1040'],
      [5, 'server data 2 240'],
      [10, 'client FIN+ACK'],
      [11, 'server FIN+ACK'],
      [12, 'client ACK'],
    ]);
    expect(world.told).toEqual([
      [2, '5 connected'],
      [3, 'server 1 has request 1'],
      [4, '5 has answer 1'],
      [5, 'server 1 has request 2'],
      [6, '5 has answer 2'],
    ]);
    expect([world.transport.open, world.transport.retransmissions, world.packets.inUse]).toEqual([0, 0, 0]);
    expect(world.transport.segments.sent).toBe(10);
  });

  test('marks its first packet, the later ones of the client, and none of the server', () => {
    const world = new TwoHosts();
    const marks: number[] = [];
    world.judge = (packet) => {
      marks.push(world.packets.first[packet]!);
      return 'pass';
    };
    const handle = world.connect();
    world.until(2);
    world.transport.request(handle, 1, 100);
    world.until(10);
    expect(marks).toEqual([1, 0, 2, 2, 0]);
  });

  test('to a port on which nobody listens is refused by a reset', () => {
    const world = new TwoHosts();
    world.transport.connect(Protocol.tcp, world.client, SERVER, 81, 1);
    world.until(1000);
    expect(world.sent).toEqual([
      [0, 'client SYN'],
      [1, 'server RST+ACK'],
    ]);
    expect([world.told, world.transport.open, world.packets.inUse]).toEqual([[[2, '1 refused']], 0, 0]);
  });

  test('is reset at once when the client gives up', () => {
    const world = new TwoHosts();
    const handle = world.connect();
    world.until(5);
    world.transport.abort(handle);
    expect(world.sent.at(-1)).toEqual([5, 'client RST']);
    world.until(1000);
    // The server says nothing to a reset, the client hears nothing more.
    expect([world.sent.length, world.told, world.transport.open]).toEqual([4, [[2, '1 connected']], 0]);
  });

  test('that is given up before it is up leaves without a word', () => {
    for (const give of ['abort', 'close'] as const) {
      const world = new TwoHosts();
      world.transport[give](world.connect());
      world.until(200_000);
      expect([world.sent.length, world.told, world.transport.open, world.packets.inUse]).toEqual([1, [], 0, 0]);
    }
  });

  test('that the server resets fails; what was outstanding is not sent again', () => {
    const world = new TwoHosts();
    world.answerBytes = -1;
    const handle = world.connect();
    world.until(2);
    world.transport.request(handle, 1, 100);
    world.until(5);
    const reset = world.packets.take(0);
    world.packets.protocol[reset] = Protocol.tcp;
    world.packets.flags[reset] = TcpFlag.rst;
    world.packets.source[reset] = SERVER;
    world.packets.sourcePort[reset] = 80;
    world.packets.destination[reset] = world.hosts.address[world.client]!;
    world.packets.destinationPort[reset] = 32768;
    world.packets.flow[reset] = handle;
    world.deliver(reset);
    world.until(100_000);
    expect(world.told.at(-1)).toEqual([5, '1 reset']);
    expect([world.sent.length, world.transport.open, world.packets.inUse]).toEqual([4, 0, 0]);
  });

  test('to a server that forgot it (or never knew it) is reset', () => {
    const world = new TwoHosts();
    const handle = world.connect();
    world.until(5);
    // Another pod has the address now.
    world.hosts.address[world.server] = 0;
    const other = world.hosts.add({ address: SERVER, node: -1, core: -1 });
    world.hosts.listen(other, 80);
    world.transport.request(handle, 1, 100);
    world.until(1000);
    expect(world.sent.slice(3)).toEqual([
      [5, 'client data 1 140'],
      [6, 'server RST'],
    ]);
    expect(world.told.at(-1)).toEqual([7, '1 reset']);
  });
});

describe('an ICMP error', () => {
  test('refuses a connection that is not up yet', () => {
    const world = new TwoHosts();
    world.judge = (packet) => {
      if (!world.describe(packet).endsWith('SYN')) return 'pass';
      world.transport.segments.answer(packet, world.server, Verdict.reject);
      return 'lose';
    };
    world.connect();
    world.until(1000);
    expect(world.sent).toEqual([
      [0, 'client SYN'],
      [0, 'server ICMP'],
    ]);
    expect(world.told).toEqual([[1, '1 refused']]);
  });

  test('does not harm one that is: the segment is sent again', () => {
    const world = new TwoHosts();
    const handle = world.connect();
    world.until(2);
    world.judge = (packet) => {
      if (world.simulation.now > 2e6 || !world.describe(packet).startsWith('client')) return 'pass';
      world.transport.segments.answer(packet, world.server, Verdict.reject);
      return 'lose';
    };
    world.transport.request(handle, 1, 100);
    world.until(1000);
    expect(world.told.slice(1).map(([, what]) => what)).toEqual(['server 1 has request 1', '1 has answer 1']);
    expect(world.transport.retransmissions).toBe(1);
  });
});

describe('an answer from another address than the one that was dialled', () => {
  test('is no answer: the client resets it and goes on asking', () => {
    const world = new TwoHosts();
    const service = 0x0a600001;
    // A node that translates the way there and forgets the way back.
    world.judge = (packet) => {
      if (world.packets.destination[packet] === service) world.packets.destination[packet] = SERVER;
      return 'pass';
    };
    world.transport.connect(Protocol.tcp, world.client, service, 80, 1);
    world.until(1500);
    expect(world.sent).toEqual([
      [0, 'client SYN'],
      [1, 'server SYN+ACK'],
      [2, 'client RST'],
      [1000, 'client SYN'],
      [1001, 'server SYN+ACK'],
      [1002, 'client RST'],
    ]);
    expect(world.told).toEqual([]);
    world.until(127_000);
    expect(world.told).toEqual([[127_000, '1 timedOut']]);
  });

  test('or port is not taken for one', () => {
    const world = new TwoHosts();
    world.judge = (packet) => {
      if (world.packets.source[packet] === SERVER) world.packets.sourcePort[packet] = 8080;
      return 'pass';
    };
    world.connect();
    world.until(500);
    expect(world.told).toEqual([]);
  });
});

test('a late packet of an older conversation means nothing to the one in its place', () => {
  const world = new TwoHosts();
  world.judge = (packet) => (world.describe(packet) === 'server SYN+ACK' ? 'keep' : 'pass');
  const old = world.connect(1);
  world.until(5);
  world.transport.abort(old);
  world.judge = () => 'lose';
  const fresh = world.connect(2);
  expect(fresh).not.toBe(old);
  expect(world.kept.length).toBe(1);
  world.deliver(world.kept[0]!);
  world.until(100);
  expect([world.told, world.packets.inUse]).toEqual([[], 0]);
  // The owner of the old handle has no say any more either.
  const sent = world.sent.length;
  world.transport.request(old, 1, 100);
  world.transport.respond(old, 1, 100);
  world.transport.close(old);
  world.transport.abort(old);
  expect([world.sent.length, world.transport.open]).toEqual([sent, 1]);
});
