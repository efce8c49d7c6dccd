/** Connections and templates over time: timers, reuse, persistence, overload thresholds. */
import { describe, expect, test } from 'vitest';
import { IpvsVerdict } from '../../../src/kernel/ipvs/ipvs.js';
import { DEFAULT_TIMEOUT_SECONDS } from '../../../src/kernel/ipvs/connection-state.js';
import { WorkKind } from '../../../src/kernel/work.js';
import { Protocol, TcpFlag } from '../../../src/net/index.js';
import { CLIENT, definition, Director, SERVER_PORT, serverAddress, VIP, VPORT } from './ipvs-fixture.js';

const { syn, ack, fin, rst } = TcpFlag;

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

describe('a SYN on an old connection', () => {
  test('is scheduled anew when that is in TIME_WAIT', () => {
    const node = withServers([0, 1, 2]);
    node.close(node.connect(1), 1);
    expect(node.connect(1)).toBe(1);
    node.wait(0.01);
    expect([node.load(2), node.load(1)]).toEqual([
      [0, 0],
      [1, 0],
    ]);
  });

  test('goes to the old server with conn_reuse_mode 0, drained or not', () => {
    const node = withServers([0, 1, 2], {}, { connReuseMode: 0, expireNodestConn: false });
    node.close(node.connect(1), 1);
    node.service().edit(node.service().find(serverAddress(2), SERVER_PORT), 0);
    expect(node.connect(1)).toBe(2);
  });

  test('is scheduled anew when the server is drained and expire_nodest_conn on, but lost once to an old conntrack entry', () => {
    const node = withServers([0, 1, 2], {}, { connReuseMode: 0 });
    expect(node.connect(1)).toBe(2);
    node.service().edit(node.service().find(serverAddress(2), SERVER_PORT), 0);
    expect(node.send(Protocol.tcp, CLIENT, 1, VIP, VPORT, syn, 0, true).verdict).toBe(IpvsVerdict.dropped);
    expect(node.fromClient(syn, 1).server).toBe(1);
  });

  test('is the old connection while that is open', () => {
    const node = withServers([0, 1]);
    expect(node.connect(1)).toBe(1);
    expect(node.fromClient(syn, 1).server).toBe(1);
    expect(node.ipvs.connectionsCreated).toBe(1);
  });
});

describe('timers', () => {
  test('end connections by their state, restarted by each packet', () => {
    const node = withServers([0]);
    node.connect(1);
    node.wait(890);
    node.fromServer(0, ack, 1);
    node.wait(890);
    expect(node.ipvs.connectionCount).toBe(1);
    node.fromClient(rst | ack, 1);
    expect(node.load(0)).toEqual([0, 1]);
    node.wait(11);
    expect(node.ipvs.connectionCount).toBe(0);
    expect(node.load(0)).toEqual([0, 0]);
  });

  test('of an unanswered SYN run 60 s, while it is active', () => {
    const node = withServers([0]);
    node.fromClient(syn, 1);
    node.wait(59);
    expect(node.load(0)).toEqual([1, 0]);
    node.wait(2);
    expect(node.load(0)).toEqual([0, 0]);
  });

  test('fire in whole seconds, and until then the connection holds', () => {
    const node = withServers([0, 1], { protocol: Protocol.udp });
    const ask = (port: number) => node.fromClient(0, port, CLIENT, Protocol.udp).server;
    node.wait(0.5);
    expect([ask(1), ask(2)]).toEqual([1, 0]);
    node.wait(300.2);
    expect(ask(1)).toBe(1);
    node.wait(0.5);
    expect([node.ipvs.connectionCount, ask(2)]).toEqual([1, 1]);
  });

  test('of one connection leave others of the same client, port and server alone', () => {
    const node = new Director();
    const other = { port: VPORT + 1, protocol: Protocol.udp };
    node.define([definition([0], other), definition([0], { protocol: Protocol.udp })]);
    const toOther = () => node.send(Protocol.udp, CLIENT, 1, VIP, VPORT + 1, 0);
    toOther();
    node.wait(1);
    node.fromClient(0, 1, CLIENT, Protocol.udp);
    node.wait(200);
    toOther();
    node.wait(150);
    // The newer of the two is over: the server's answer belongs to the other one.
    expect(node.fromServer(0, 0, 1, CLIENT, Protocol.udp)).toEqual([VIP, VPORT + 1]);
  });

  test('let no entry outlive its timeout by more than a second, in any state', () => {
    const lives = DEFAULT_TIMEOUT_SECONDS.slice(0, 11).map((seconds, state) => {
      const node = withServers([0]);
      node.wait(0.3);
      node.connect(1);
      const { connections } = node.ipvs;
      // As if a packet had brought it there.
      connections.table.state[0] = state;
      connections.table.timeoutNs[0] = connections.timeoutsNs[state]!;
      connections.restart(0);
      node.wait(seconds - 0.1);
      const before = node.ipvs.connectionCount;
      node.wait(1.1);
      return [before, node.ipvs.connectionCount, node.load(0)];
    });
    expect(lives).toEqual(Array(11).fill([1, 0, [0, 0]]));
  });

  test('can be set as with ipvsadm --set', () => {
    const node = withServers([0]);
    node.ipvs.connections.setTimeouts(5, 3, 0);
    node.connect(1);
    node.connect(2);
    node.fromServer(0, fin | ack, 2);
    node.wait(4);
    expect(node.load(0)).toEqual([1, 0]);
    node.wait(2);
    expect(node.load(0)).toEqual([0, 0]);
  });
});

describe('persistence', () => {
  const affinity = { persistenceSeconds: 10800 };

  test('keeps a client on its server without asking the scheduler', () => {
    const node = withServers([0, 1, 2], affinity);
    expect([node.connect(1), node.connect(2), node.connect(3, CLIENT + 1), node.connect(4)]).toEqual([2, 2, 1, 2]);
    node.work.clear();
    node.fromClient(syn, 5);
    expect(node.work.counts[WorkKind.ipvsSchedule]).toBe(0);
    // Templates stand in the table, but in no counter.
    expect(node.ipvs.connectionCount).toBe(5 + 2);
    expect(node.ipvs.connectionsCreated).toBe(5);
    expect(node.load(2)).toEqual([4, 0]);
  });

  test('looks at as much of the address as the mask says', () => {
    const node = withServers([0, 1, 2], { ...affinity, persistenceMask: 0xffffff00 });
    expect([node.connect(1), node.connect(1, CLIENT + 9), node.connect(1, CLIENT + 256)]).toEqual([2, 2, 1]);
  });

  test('ends with its server drained (expire_quiescent_template) or removed', () => {
    const node = withServers([0, 1, 2], affinity);
    expect(node.connect(1)).toBe(2);
    node.service().edit(node.service().find(serverAddress(2), SERVER_PORT), 0);
    expect([node.connect(2), node.connect(3)]).toEqual([1, 1]);
    remove(node, 1);
    expect(node.connect(4)).toBe(0);
  });

  test('outlives the drain of its server with the sysctl off', () => {
    const node = withServers([0, 1, 2], affinity, { expireQuiescentTemplate: false });
    expect(node.connect(1)).toBe(2);
    node.service().edit(node.service().find(serverAddress(2), SERVER_PORT), 0);
    expect(node.connect(2)).toBe(2);
  });

  test('is forgotten after its time, but not while connections hang on it', () => {
    const node = withServers([0, 1, 2], { persistenceSeconds: 6 });
    const first = node.connect(1);
    node.wait(30);
    expect(node.connect(2)).toBe(first);
    node.fromClient(rst | ack, 1);
    node.fromClient(rst | ack, 2);
    // The connections end after 10 s, the template, re-armed for 60 s, within a minute after.
    node.wait(20);
    expect(node.ipvs.connectionCount).toBe(1);
    node.wait(60);
    expect(node.ipvs.connectionCount).toBe(0);
    expect(node.connect(3)).not.toBe(first);
  });

  test('that was prolonged once has 60 s from then on, whatever its own time', () => {
    const node = withServers([0, 1, 2], { persistenceSeconds: 6 });
    const first = node.connect(1);
    const { table } = node.ipvs.connections;
    expect([table.template[0], table.timeoutNs[0]]).toEqual([1, 6e9]);
    node.wait(8);
    expect(table.timeoutNs[0]).toBe(60e9);
    node.fromClient(rst | ack, 1);
    node.wait(12);
    // Nothing hangs on it, and another connection starts it anew.
    expect([table.controlled[0], node.connect(2)]).toEqual([0, first]);
    node.fromClient(rst | ack, 2);
    node.wait(55);
    expect([node.ipvs.connectionCount, node.connect(3)]).toEqual([1, first]);
  });

  test('refuses when there is nobody to go to', () => {
    expect(withServers([], affinity).fromClient(syn, 1).verdict).toBe(IpvsVerdict.refused);
  });
});

describe('overload thresholds', () => {
  test('take a full server out of the choice until it is three quarters full', () => {
    const node = withServers([0]);
    node.service().add(serverAddress(1), SERVER_PORT, 1, 4);
    const picks = Array.from({ length: 8 }, (_, i) => node.connect(i + 1));
    expect(picks).toEqual([1, 0, 1, 0, 1, 0, 1, 0]);
    expect(node.connect(10)).toBe(0);
    node.fromClient(rst | ack, 1);
    node.fromClient(rst | ack, 3);
    expect(node.connect(11)).toBe(0);
    node.wait(12);
    expect([node.connect(12), node.connect(13)]).toContain(1);
  });
});
