/** What nodes have of their own: lists of servers, clients on the node itself, control programs that start anew. */
import { describe, expect, test } from 'vitest';
import type { OwnServers } from '../../../src/kernel/ipvs/definition.js';
import { IpvsVerdict } from '../../../src/kernel/ipvs/ipvs.js';
import { VirtualServerRegistry } from '../../../src/kernel/ipvs/virtual-server-table.js';
import { Protocol, TcpFlag, ipv6Of } from '../../../src/net/index.js';
import { CLIENT, Director, SERVER_PORT, VIP, VPORT, definition, serverAddress, serverColumns } from './ipvs-fixture.js';

describe('lists of a node', () => {
  test('stand in place of those of all nodes, and give way to them', () => {
    const node = new Director();
    const registry = new VirtualServerRegistry();
    registry.advance(1);
    registry.put(definition([0, 1, 2], { ownList: 7 }));
    const table = registry.table();
    let numbers: readonly number[] | undefined = [1];
    let columns = serverColumns(numbers);
    const own: OwnServers = { list: (number) => (number === 7 && numbers ? columns : undefined) };
    node.ipvs.use(table, [], { own });
    expect(node.list()).toEqual([1]);
    // Untouched state comes out the same as touched state.
    numbers = [1, 5];
    columns = serverColumns(numbers);
    node.ipvs.use(table, [], { own });
    expect(node.list()).toEqual([5, 1]);
    numbers = undefined;
    node.ipvs.use(table, [], { own });
    expect([...node.list()].sort((a, b) => a - b)).toEqual([0, 1, 2]);
  });
});

describe('a client on the node', () => {
  test('is sent on at LOCAL_OUT, and has the answer turned back at LOCAL_IN', () => {
    const node = new Director();
    node.define([definition([0])]);
    const { packets, ipvs } = node;
    const request = packets.take(0);
    // A process that dials an address on the dummy device has that address for its source.
    packets.protocol[request] = Protocol.tcp;
    packets.source[request] = VIP;
    packets.sourcePort[request] = 50000;
    packets.destination[request] = VIP;
    packets.destinationPort[request] = VPORT;
    packets.flags[request] = TcpFlag.syn;
    expect(ipvs.localOut(request)).toBe(IpvsVerdict.forwarded);
    expect([packets.destination[request], packets.destinationPort[request]]).toEqual([serverAddress(0), SERVER_PORT]);
    const answer = packets.take(0);
    packets.protocol[answer] = Protocol.tcp;
    packets.source[answer] = serverAddress(0);
    packets.sourcePort[answer] = SERVER_PORT;
    packets.destination[answer] = VIP;
    packets.destinationPort[answer] = 50000;
    packets.flags[answer] = TcpFlag.syn | TcpFlag.ack;
    expect(ipvs.localIn(answer)).toBe(IpvsVerdict.notOurs);
    expect([packets.source[answer], packets.sourcePort[answer]]).toEqual([VIP, VPORT]);
    expect(ipvs.connectionsCreated).toBe(1);
  });

  test('is refused where there is no server', () => {
    const node = new Director();
    node.define([definition([])]);
    expect(node.fromClient(TcpFlag.syn, 1).verdict).toBe(IpvsVerdict.refused);
  });
});

describe('a control program that starts anew', () => {
  function drained(): Director {
    const node = new Director();
    node.define([definition([0, 1])]);
    expect(node.connect(1)).toBe(1);
    node.define([definition([0])]);
    expect(node.list()).toEqual([1, 0]);
    node.ipvs.forgetDraining();
    return node;
  }

  test('knows nothing of servers that drain: nobody removes them any more', () => {
    const node = drained();
    node.close(1, 1);
    node.wait(600);
    expect(node.list()).toEqual([1, 0]);
    expect(node.ipvs.servers.drainingCount).toBe(0);
  });

  test('drains what it finds and does not want, or removes it when it is idle', () => {
    for (const idle of [true, false]) {
      const node = drained();
      if (idle) {
        node.close(1, 1);
        node.wait(300);
      }
      node.define([definition([0])], [], { initial: true });
      expect(node.list()).toEqual(idle ? [0] : [1, 0]);
      expect(node.ipvs.servers.drainingCount).toBe(idle ? 0 : 1);
    }
  });

  test('gives a server that it wants its weight back, in its place and with its connections', () => {
    const node = drained();
    node.define([definition([0, 1])], [], { initial: true });
    expect(node.list()).toEqual([1, 0]);
    expect(node.load(1)).toEqual([1, 0]);
    expect([node.connect(2), node.connect(3)].sort((a, b) => a - b)).toEqual([0, 1]);
  });
});

test('a reset forgets connections and where the scheduler stood', () => {
  const node = new Director();
  node.define([definition([0, 1, 2], { persistenceSeconds: 50 })]);
  const first = node.connect(1);
  expect(node.connect(2, CLIENT + 1)).not.toBe(first);
  node.ipvs.reset();
  expect(node.ipvs.connectionCount).toBe(0);
  expect(node.connect(3)).toBe(first);
  expect(node.load(first)).toEqual([1, 0]);
});

test('IPv6 addresses are hashed by what they are, whatever was met before them', () => {
  const vip = ipv6Of(0xfd000010, 0x00960000, 0, 0x50);
  const clients = [1, 2, 3, 4, 5, 6].map((n) => ipv6Of(0x20010db8, 0, 0, n));
  const picks = [new Director(), new Director()].map((node) => {
    // The handles that the servers have differ from run to run.
    for (let n = 0; n < 5; n++) ipv6Of(0xfd000099, n, Math.imul(node.packets.inUse + 1, 77), n);
    node.define([definition([0, 1, 2], { address: vip, scheduler: 'sh' })]);
    return clients.map((client) => node.send(Protocol.tcp, client, 1, vip, VPORT, TcpFlag.syn).server);
  });
  expect(picks[0]).toEqual(picks[1]);
  // (address folded to 32 bits) * 0x61C88647 mod 2^32 >> 24, over three servers dealt out from the front.
  const folded = (0x20010db8 ^ 1) >>> 0;
  const bucket = Math.imul(folded, 0x61c88647) >>> 24;
  expect(picks[0]![0]).toBe(2 - (bucket % 3));
});
