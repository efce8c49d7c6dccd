/** One-packet scheduling (`ipvsadm -o`). */
import { describe, expect, test } from 'vitest';
import { FlowUse, IpvsVerdict } from '../../../src/kernel/ipvs/ipvs-options.js';
import type { VirtualServerDefinition } from '../../../src/kernel/ipvs/definition.js';
import { WorkKind } from '../../../src/kernel/work.js';
import { Protocol, TcpFlag } from '../../../src/net/index.js';
import { CLIENT, definition, Director, SERVER_PORT, serverAddress } from './ipvs-fixture.js';

const { udp } = Protocol;

function withServers(
  numbers: readonly number[],
  changes: Partial<VirtualServerDefinition> = {},
  sysctls: ConstructorParameters<typeof Director>[0] = {},
): Director {
  const node = new Director(sysctls);
  node.define([definition(numbers, { protocol: udp, onePacket: true, ...changes })]);
  return node;
}

describe('one-packet scheduling', () => {
  test('picks a server for each datagram of a flow, and stores nothing', () => {
    const node = withServers([0, 1, 2]);
    const picks = Array.from({ length: 4 }, () => node.fromClient(0, 1, CLIENT, udp));
    expect(picks.map(({ server }) => server)).toEqual([2, 1, 0, 2]);
    expect(picks.map(({ port }) => port)).toEqual([SERVER_PORT, SERVER_PORT, SERVER_PORT, SERVER_PORT]);
    expect([node.ipvs.connectionCount, node.ipvs.connectionPeak, node.load(2, udp)]).toEqual([0, 0, [0, 0]]);
    expect(node.ipvs.connectionsCreated).toBe(4);
  });

  test('costs a decision and no entry', () => {
    const node = withServers([0]);
    for (let i = 0; i < 2; i++) {
      node.work.clear();
      node.fromClient(0, 1, CLIENT, udp);
      const { counts } = node.work;
      expect([counts[WorkKind.ipvsSchedule], counts[WorkKind.ipvsConnectionCreate]]).toEqual([1, 0]);
    }
  });

  test('leaves answers alone: nothing tells whose they are', () => {
    const node = withServers([0]);
    node.fromClient(0, 1, CLIENT, udp);
    expect(node.fromServer(0, 0, 1, CLIENT, udp)).toBeNull();
  });

  test('leaves the conntrack entry as the client made it, or drops it with conntrack off', () => {
    const uses = [true, false].map((conntrack) => {
      const node = withServers([0], {}, { conntrack });
      node.fromClient(0, 1, CLIENT, udp);
      return node.ipvs.flowUse;
    });
    expect(uses).toEqual([FlowUse.left, FlowUse.untracked]);
  });

  test('means nothing to TCP', () => {
    const node = withServers([0, 1], { protocol: Protocol.tcp });
    expect([node.connect(1), node.connect(1)]).toEqual([1, 1]);
    expect(node.ipvs.connectionCount).toBe(1);
  });

  test('holds to the template of a client with persistence, which outlives its datagrams', () => {
    const node = withServers([0, 1, 2], { persistenceSeconds: 100 });
    const ask = (port: number): number => node.fromClient(0, port, CLIENT, udp).server;
    expect([ask(1), ask(2), ask(1)]).toEqual([2, 2, 2]);
    expect([node.ipvs.connectionCount, node.load(2, udp)]).toEqual([1, [0, 0]]);
    node.wait(90);
    ask(3);
    node.wait(90);
    expect(ask(4)).toBe(2);
    // No datagram hangs on the template: it ends with its own time.
    node.wait(102);
    expect(node.ipvs.connectionCount).toBe(0);
    expect(ask(5)).toBe(1);
  });

  test('counts up and down at once, which is enough to mark a server as overloaded', () => {
    const node = withServers([0]);
    node.service(udp).edit(node.service(udp).find(serverAddress(0), SERVER_PORT), 1, 1);
    // One at a time fits: the mark goes with the datagram.
    expect([1, 2, 3].map((port) => node.fromClient(0, port, CLIENT, udp).server)).toEqual([0, 0, 0]);
  });

  test('refuses when there is nobody', () => {
    expect(withServers([]).fromClient(0, 1, CLIENT, udp).verdict).toBe(IpvsVerdict.refused);
  });

  test('goes to the dialled port where the server has none of its own', () => {
    const node = withServers([]);
    node.service(udp).add(serverAddress(3), 0, 1);
    expect(node.fromClient(TcpFlag.syn, 1, CLIENT, udp)).toMatchObject({ server: 3, port: 80 });
  });
});
