/** What `ipvsadm --stats` shows. */
import { describe, expect, test } from 'vitest';
import { Protocol, TcpFlag } from '../../../src/net/index.js';
import { CLIENT, definition, Director, SERVER_PORT, serverAddress, VIP, VPORT } from './ipvs-fixture.js';

const { syn, ack } = TcpFlag;
const { tcp, udp } = Protocol;

function withServers(numbers: readonly number[], changes = {}, sysctls = {}): Director {
  const node = new Director(sysctls);
  node.define([definition(numbers, changes)]);
  return node;
}

/** Row of a server in the list of VIP:VPORT. */
const rowOf = (node: Director, server: number): number => node.service().find(serverAddress(server), SERVER_PORT);

/** Connections, packets and bytes of a server, in the order in which ipvsadm prints them. */
function statsOf(node: Director, row: number): number[] {
  return Object.values(node.ipvs.traffic.ofServer(row)) as number[];
}

function serviceStats(node: Director, protocol: number = tcp): number[] {
  const sums = node.ipvs.traffic.ofService(node.service(protocol).id);
  return [sums.conns, sums.inPackets, sums.outPackets, sums.inBytes, sums.outBytes];
}

/** A packet of a given IP length, from the client or, when `server` is given, from that server. */
function packet(node: Director, flags: number, clientPort: number, length: number, server = -1): void {
  const { packets } = node;
  const row = packets.take(node.simulation.now);
  packets.protocol[row] = tcp;
  packets.flags[row] = flags;
  packets.length[row] = length;
  packets.source[row] = server < 0 ? CLIENT : serverAddress(server);
  packets.sourcePort[row] = server < 0 ? clientPort : SERVER_PORT;
  packets.destination[row] = server < 0 ? VIP : CLIENT;
  packets.destinationPort[row] = server < 0 ? VPORT : clientPort;
  if (server < 0) node.ipvs.localIn(row);
  else node.ipvs.forward(row);
  packets.release(row);
}

describe('counters of a server', () => {
  test('tell connections, and packets and bytes of either side', () => {
    const node = withServers([0, 1]);
    packet(node, syn, 1, 60);
    packet(node, syn | ack, 1, 60, 1);
    packet(node, ack, 1, 52);
    packet(node, ack, 1, 1500);
    packet(node, ack, 1, 52, 1);
    packet(node, syn, 2, 60);
    expect(statsOf(node, rowOf(node, 1))).toEqual([1, 3, 2, 1612, 112]);
    expect(statsOf(node, rowOf(node, 0))).toEqual([1, 1, 0, 60, 0]);
    expect(serviceStats(node)).toEqual([2, 4, 2, 1672, 112]);
  });

  test('leave out templates, packets that are nobody’s and those that are refused or dropped', () => {
    const node = withServers([0], { persistenceSeconds: 100 }, { expireNodestConn: false });
    packet(node, ack, 7, 52);
    packet(node, ack, 7, 52, 0);
    packet(node, syn, 1, 60);
    const row = rowOf(node, 0);
    node.ipvs.services.removeServer(row);
    packet(node, ack, 1, 52);
    packet(node, syn, 2, 60);
    expect(statsOf(node, row)).toEqual([1, 1, 0, 60, 0]);
  });

  test('leave out what a removed server still says', () => {
    const node = withServers([0], {}, { expireNodestConn: false });
    packet(node, syn, 1, 60);
    const row = rowOf(node, 0);
    node.ipvs.services.removeServer(row);
    packet(node, syn | ack, 1, 60, 0);
    expect(statsOf(node, row)).toEqual([1, 1, 0, 60, 0]);
  });

  test('count each datagram of one-packet scheduling as a connection', () => {
    const node = withServers([0], { protocol: udp, onePacket: true });
    for (let i = 0; i < 3; i++) node.fromClient(0, 1, CLIENT, udp);
    expect(serviceStats(node, udp).slice(0, 3)).toEqual([3, 3, 0]);
  });
});

describe('a server that is removed', () => {
  test('goes on counting when it comes back while connections point at it', () => {
    const node = withServers([0], {}, { expireNodestConn: false });
    packet(node, syn, 1, 60);
    node.ipvs.services.removeServer(rowOf(node, 0));
    node.service().add(serverAddress(0), SERVER_PORT, 1);
    packet(node, ack, 1, 52);
    expect(statsOf(node, rowOf(node, 0))).toEqual([1, 2, 0, 112, 0]);
  });

  test('stays in the sums of its virtual server, and leaves nothing to who has its row next', () => {
    const node = withServers([0]);
    packet(node, syn, 1, 60);
    const row = rowOf(node, 0);
    node.ipvs.services.removeServer(row);
    node.wait(1);
    expect(node.ipvs.connectionCount).toBe(0);
    const next = node.service().add(serverAddress(5), SERVER_PORT, 1);
    expect(next).toBe(row);
    expect(statsOf(node, next)).toEqual([0, 0, 0, 0, 0]);
    packet(node, syn, 2, 60);
    expect(serviceStats(node)).toEqual([2, 2, 0, 120, 0]);
  });
});

test('a virtual server made anew starts at zero, and so does a server of its predecessor that comes back', () => {
  const node = withServers([0], {}, { expireNodestConn: false });
  packet(node, syn, 1, 60);
  node.undefine(tcp, VIP, VPORT);
  node.define([definition([0])]);
  expect(serviceStats(node)).toEqual([0, 0, 0, 0, 0]);
  expect(node.load(0)).toEqual([1, 0]);
  packet(node, ack, 1, 52);
  expect(statsOf(node, rowOf(node, 0))).toEqual([0, 1, 0, 52, 0]);
});
