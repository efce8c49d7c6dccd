/** The sysctls net.ipv4.vs.*: what each of them changes. */
import { describe, expect, test } from 'vitest';
import {
  FlowUse,
  IpvsVerdict,
  KERNEL_DEFAULT_SYSCTLS,
  KUBE_PROXY_SYSCTLS,
  type FlowTracker,
  type IpvsSysctls,
} from '../../../src/kernel/ipvs/ipvs-options.js';
import { Protocol, TcpFlag } from '../../../src/net/index.js';
import { CLIENT, definition, Director, SERVER_PORT, serverAddress, VIP, VPORT } from './ipvs-fixture.js';

const { syn, ack, fin, rst } = TcpFlag;
const { udp } = Protocol;
const { dropped, forwarded, notOurs } = IpvsVerdict;

function withServers(
  numbers: readonly number[],
  sysctls: Partial<IpvsSysctls> = {},
  changes: Parameters<typeof definition>[1] = {},
): Director {
  const node = new Director({ ...KERNEL_DEFAULT_SYSCTLS, ...sysctls });
  node.define([definition(numbers, changes)]);
  return node;
}

/** Has a node's connections forget flows, and notes the clients' ports of those. */
function tracking(node: Director): number[] {
  const forgotten: number[] = [];
  const tracker: FlowTracker = { forget: (_source, _destination, port) => forgotten.push(port) };
  node.ipvs.trackWith(tracker);
  return forgotten;
}

const row = (node: Director, server: number, protocol?: number): number =>
  node.service(protocol).find(serverAddress(server), SERVER_PORT);

test('kube-proxy sets three of them', () => {
  const changed = Object.entries(KUBE_PROXY_SYSCTLS).filter(
    ([name, value]) => value !== KERNEL_DEFAULT_SYSCTLS[name as keyof IpvsSysctls],
  );
  expect(changed).toEqual([
    ['conntrack', true],
    ['expireNodestConn', true],
    ['expireQuiescentTemplate', true],
  ]);
});

describe('conntrack', () => {
  test('off: packets of either side go on untracked, and no entry goes with a connection', () => {
    const node = withServers([0]);
    const forgotten = tracking(node);
    node.fromClient(syn, 1);
    const uses: FlowUse[] = [node.ipvs.flowUse];
    node.fromServer(0, syn | ack, 1);
    uses.push(node.ipvs.flowUse);
    node.fromClient(ack, 99);
    uses.push(node.ipvs.flowUse);
    expect(uses).toEqual([FlowUse.untracked, FlowUse.untracked, FlowUse.left]);
    node.fromServer(0, rst | ack, 1);
    node.wait(20);
    expect([node.ipvs.connectionCount, forgotten]).toEqual([0, []]);
  });

  test('on: the entry follows the connection, and goes with it', () => {
    const node = withServers([0], { conntrack: true });
    const forgotten = tracking(node);
    node.fromClient(syn, 1);
    expect(node.ipvs.flowUse).toBe(FlowUse.followed);
    node.fromServer(0, syn | ack, 1);
    expect(node.ipvs.flowUse).toBe(FlowUse.left);
    node.fromServer(0, rst | ack, 1);
    node.wait(20);
    expect(forgotten).toEqual([1]);
  });

  test('holds for connections made while it is so', () => {
    const node = withServers([0], { conntrack: true });
    node.fromClient(syn, 1);
    node.ipvs.sysctls = { ...node.ipvs.sysctls, conntrack: false };
    node.fromClient(syn, 2);
    const uses = [1, 2].map((port) => {
      node.fromClient(ack, port);
      return node.ipvs.flowUse;
    });
    expect(uses).toEqual([FlowUse.followed, FlowUse.untracked]);
  });

  test('an entry of the packet at hand is the newer connection’s: it stays when the old one ends', () => {
    const node = withServers([0, 1], { conntrack: true });
    const forgotten = tracking(node);
    node.close(node.connect(1), 1);
    node.connect(1);
    node.wait(0.01);
    expect([node.ipvs.connectionCount, forgotten]).toEqual([1, []]);
  });
});

describe('conn_reuse_mode', () => {
  /** Server of a SYN from the port of a connection that `end` has brought to its end. */
  function again(node: Director, end: (server: number) => void): number {
    end(node.connect(1));
    return node.fromClient(syn, 1).server;
  }

  test('1: a SYN is scheduled anew in TIME_WAIT and CLOSE only', () => {
    const fresh = (): Director => withServers([0, 1, 2]);
    const ends: Record<string, (node: Director, server: number) => void> = {
      timeWait: (node, server) => node.close(server, 1),
      close: (node) => node.fromClient(rst, 1),
      closeWait: (node) => node.fromClient(fin | ack, 1),
      finWait: (node, server) => node.fromServer(server, fin | ack, 1),
      open: () => undefined,
    };
    const servers = Object.entries(ends).map(([name, end]) => {
      const node = fresh();
      return [name, again(node, (server) => end(node, server))];
    });
    expect(Object.fromEntries(servers)).toEqual({ timeWait: 1, close: 1, closeWait: 2, finWait: 2, open: 2 });
  });

  test('1: a connection on a template is used again, even in TIME_WAIT', () => {
    const node = withServers([0, 1, 2], {}, { persistenceSeconds: 100 });
    expect(again(node, (server) => node.close(server, 1))).toBe(2);
    expect(node.ipvs.connectionsCreated).toBe(1);
  });

  test('0: the old server is used again, and the state starts anew', () => {
    const node = withServers([0, 1, 2], { connReuseMode: 0 });
    expect(again(node, (server) => node.close(server, 1))).toBe(2);
    expect(node.load(2)).toEqual([1, 0]);
    expect(node.ipvs.connectionsCreated).toBe(1);
  });

  test('a SYN that cannot have the old entry’s conntrack entry is lost once, and then scheduled', () => {
    const node = withServers([0, 1, 2], { conntrack: true });
    node.close(node.connect(1), 1);
    const toVip = (tracked: boolean) => node.send(Protocol.tcp, CLIENT, 1, VIP, VPORT, syn, 0, tracked);
    expect(toVip(true).verdict).toBe(dropped);
    node.wait(1);
    expect(toVip(false)).toMatchObject({ verdict: forwarded, server: 1 });
  });
});

describe('expire_nodest_conn', () => {
  test('0: packets to a removed server vanish, and do not keep its entries alive', () => {
    const node = withServers([0], { expireNodestConn: false });
    node.connect(1);
    node.ipvs.services.removeServer(row(node, 0));
    node.wait(600);
    expect(node.fromClient(ack, 1).verdict).toBe(dropped);
    expect(node.fromClient(syn, 1).verdict).toBe(dropped);
    node.wait(301);
    expect(node.ipvs.connectionCount).toBe(0);
    expect(node.fromClient(ack, 1).verdict).toBe(notOurs);
  });

  test('0: what the removed server still sends gets through, and does keep them alive', () => {
    const node = withServers([0], { expireNodestConn: false });
    node.connect(1);
    node.ipvs.services.removeServer(row(node, 0));
    node.wait(600);
    expect(node.fromServer(0, ack, 1)).toEqual([VIP, VPORT]);
    node.wait(600);
    expect(node.ipvs.connectionCount).toBe(1);
  });

  test('0: the server comes back, and its connections go on', () => {
    const node = withServers([0, 1], { expireNodestConn: false });
    const server = node.connect(1);
    node.ipvs.services.removeServer(row(node, server));
    expect(node.fromClient(ack, 1).verdict).toBe(dropped);
    node.service().add(serverAddress(server), SERVER_PORT, 1);
    expect(node.fromClient(ack, 1)).toMatchObject({ verdict: forwarded, server });
    expect(node.load(server)).toEqual([1, 0]);
  });

  test('0: a UDP flow has no way out of the hole either', () => {
    const node = withServers([0, 1], { expireNodestConn: false }, { protocol: udp });
    const ask = (): number => node.fromClient(0, 1, CLIENT, udp).verdict;
    const { server } = node.fromClient(0, 1, CLIENT, udp);
    node.ipvs.services.removeServer(row(node, server, udp));
    node.wait(200);
    expect(ask()).toBe(dropped);
    node.wait(101);
    expect(ask()).toBe(forwarded);
  });

  test('1: entries are gone a jiffy later; a UDP flow moves on, TCP is nobody’s', () => {
    const flow = withServers([0, 1], { expireNodestConn: true }, { protocol: udp });
    const { server } = flow.fromClient(0, 1, CLIENT, udp);
    flow.ipvs.services.removeServer(row(flow, server, udp));
    flow.wait(0.005);
    expect(flow.ipvs.connectionCount).toBe(0);
    expect(flow.fromClient(0, 1, CLIENT, udp).server).toBe(1 - server);

    const node = withServers([0], { expireNodestConn: true });
    node.connect(1);
    node.ipvs.services.removeServer(row(node, 0));
    node.wait(0.005);
    expect(node.fromClient(ack, 1).verdict).toBe(notOurs);
  });

  test('1: a SYN on an open connection to a drained server is scheduled anew, on a template too', () => {
    for (const persistenceSeconds of [0, 100]) {
      const node = withServers(
        [0, 1],
        { expireNodestConn: true, expireQuiescentTemplate: true },
        { persistenceSeconds },
      );
      const server = node.connect(1);
      node.service().edit(row(node, server), 0);
      expect(node.fromClient(ack, 1).server).toBe(server);
      expect(node.fromClient(syn, 1).server).toBe(1 - server);
    }
  });

  test('0: the same SYN belongs to the open connection', () => {
    const node = withServers([0, 1], { expireNodestConn: false });
    const server = node.connect(1);
    node.service().edit(row(node, server), 0);
    expect(node.fromClient(syn, 1).server).toBe(server);
  });
});

describe('expire_quiescent_template', () => {
  test('0: a drained server goes on receiving its old clients; 1: they get another one', () => {
    const servers = [false, true].map((expireQuiescentTemplate) => {
      const node = withServers([0, 1], { expireQuiescentTemplate }, { persistenceSeconds: 100 });
      const server = node.connect(1);
      node.service().edit(row(node, server), 0);
      return [server, node.connect(2)];
    });
    expect(servers).toEqual([
      [1, 1],
      [1, 0],
    ]);
  });
});

describe('sloppy_tcp', () => {
  test('1: any packet but a reset opens a connection, in the state of its flags', () => {
    const node = withServers([0, 1], { sloppyTcp: true });
    expect(node.fromClient(ack, 1)).toMatchObject({ verdict: forwarded, server: 1 });
    expect(node.load(1)).toEqual([1, 0]);
    expect(node.fromClient(fin | ack, 2)).toMatchObject({ verdict: forwarded, server: 0 });
    expect(node.load(0)).toEqual([0, 1]);
    expect(node.fromClient(rst | ack, 3).verdict).toBe(notOurs);
  });

  test('0: only a SYN does', () => {
    const node = withServers([0, 1]);
    expect([ack, fin | ack, rst].map((flags, port) => node.fromClient(flags, 1 + port).verdict)).toEqual([
      notOurs,
      notOurs,
      notOurs,
    ]);
  });
});
