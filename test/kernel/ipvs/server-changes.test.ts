/** Servers that come, drain, go and come back, and what their connections see of it. */
import { describe, expect, test } from 'vitest';
import { IpvsVerdict } from '../../../src/kernel/ipvs/ipvs.js';
import { Protocol, TcpFlag } from '../../../src/net/index.js';
import { CLIENT, definition, Director, SERVER_PORT, serverAddress, VIP, VPORT } from './ipvs-fixture.js';

const { ack } = TcpFlag;

function withServers(
  numbers: readonly number[],
  changes: Parameters<typeof definition>[1] = {},
  sysctls = {},
): Director {
  const node = new Director(sysctls);
  node.define([definition(numbers, changes)]);
  return node;
}

function remove(node: Director, server: number): void {
  node.ipvs.services.removeServer(node.service().find(serverAddress(server), SERVER_PORT));
}

describe('a new definition', () => {
  test('puts new servers to the front and leaves the others in place', () => {
    const node = withServers([0, 1]);
    node.connect(1);
    node.define([definition([0, 1, 2, 3])]);
    expect(node.list()).toEqual([3, 2, 1, 0]);
    node.define([definition([0, 2, 3])]);
    expect(node.list()).toEqual([3, 2, 1, 0]);
    expect(node.ipvs.servers.drainingCount).toBe(1);
  });

  test('costs a node that has no state nothing, and is what its state starts from', () => {
    const node = withServers([0, 1]);
    node.define([definition([1, 2])]);
    expect(node.list()).toEqual([2, 1]);
  });

  test('removes a server without connections at once', () => {
    const node = withServers([0, 1]);
    expect(node.connect(1)).toBe(1);
    node.define([definition([1])]);
    expect(node.list()).toEqual([1]);
  });

  test('drains a TCP server with connections, and removes it in the first minute after the last', () => {
    const node = withServers([0, 1]);
    const busy = node.connect(1);
    node.define([definition([0])]);
    expect(node.list()).toEqual([1, 0]);
    expect([2, 3, 4].map((port) => node.connect(port))).toEqual([0, 0, 0]);
    expect(node.fromClient(ack, 1).server).toBe(busy);
    node.close(busy, 1);
    node.wait(119);
    expect(node.list()).toEqual([1, 0]);
    node.wait(62);
    expect(node.list()).toEqual([0]);
    expect(node.ipvs.servers.drainingCount).toBe(0);
  });

  test('brings a draining server back to the front with its counters', () => {
    const node = withServers([0, 1]);
    expect(node.connect(1)).toBe(1);
    node.define([definition([0])]);
    node.define([definition([0, 1])]);
    expect(node.list()).toEqual([1, 0]);
    expect(node.load(1)).toEqual([1, 0]);
    node.wait(1);
    // Back before the next jiffy: its connection was not swept.
    expect(node.fromClient(ack, 1).server).toBe(1);
    expect([2, 3].map((port) => node.connect(port))).toEqual([1, 0]);
  });

  test('drops a UDP server at once, and its flows go to another one', () => {
    const node = withServers([0, 1], { protocol: Protocol.udp });
    expect(node.fromClient(0, 1, CLIENT, Protocol.udp).server).toBe(1);
    node.define([definition([0], { protocol: Protocol.udp })]);
    expect(node.list(Protocol.udp)).toEqual([0]);
    node.wait(0.01);
    expect(node.ipvs.connectionCount).toBe(0);
    expect(node.fromClient(0, 1, CLIENT, Protocol.udp).server).toBe(0);
  });

  test('treats a server that came and went between two versions as unchanged', () => {
    const node = withServers([0, 1, 2]);
    node.connect(1);
    // What a node sees that skipped the version without server 1: the list of the registry ends with it.
    node.define([definition([0, 2, 1])]);
    expect(node.list()).toEqual([2, 1, 0]);
  });

  test('may change the scheduler and the persistence', () => {
    const node = withServers([0, 1]);
    expect(node.connect(1)).toBe(1);
    node.define([definition([0, 1], { scheduler: 'lc', persistenceSeconds: 10 })]);
    expect([node.connect(2), node.connect(3), node.connect(4)]).toEqual([0, 0, 0]);
  });

  test('that is taken away ends the connections one jiffy later', () => {
    const node = withServers([0]);
    node.define([definition([0], { address: VIP + 1 })]);
    node.connect(1);
    node.undefine(Protocol.tcp, VIP, VPORT);
    node.wait(0.01);
    expect(node.ipvs.connectionCount).toBe(0);
    expect(node.fromClient(ack, 1).verdict).toBe(IpvsVerdict.notOurs);
  });
});

describe('a removed server', () => {
  test('swallows packets as long as expire_nodest_conn is off, and works again when it returns', () => {
    const node = withServers([0, 1], {}, { expireNodestConn: false });
    expect(node.connect(1)).toBe(1);
    remove(node, 1);
    node.wait(5);
    expect(node.fromClient(ack, 1).verdict).toBe(IpvsVerdict.dropped);
    node.service().add(serverAddress(1), SERVER_PORT, 1);
    expect(node.fromClient(ack, 1).server).toBe(1);
    expect(node.load(1)).toEqual([1, 0]);
  });

  test('loses its connections at the next jiffy with expire_nodest_conn', () => {
    const node = withServers([0, 1]);
    expect(node.connect(1)).toBe(1);
    remove(node, 1);
    expect(node.send(Protocol.tcp, CLIENT, 1, VIP, VPORT, ack, 0, true).verdict).toBe(IpvsVerdict.dropped);
    node.wait(0.01);
    expect(node.fromClient(ack, 1).verdict).toBe(IpvsVerdict.notOurs);
    expect(node.ipvs.connectionCount).toBe(0);
  });
});
