/** ip_vs as packets meet it: verdicts, rewriting, work, drained and removed servers, persistence, timers. */
import { describe, expect, test } from 'vitest';
import { IpvsVerdict } from '../../../src/kernel/ipvs/ipvs.js';
import { MARK_PROTOCOL, OWN_ADDRESS } from '../../../src/kernel/ipvs/definition.js';
import { WORK_NAMES } from '../../../src/kernel/work.js';
import { Protocol, TcpFlag } from '../../../src/net/index.js';
import { CLIENT, definition, Director, serverColumns, VIP, VPORT } from './ipvs-fixture.js';

const { syn, ack, rst } = TcpFlag;

/** Work since the last look, kinds with units only. */
function work(node: Director): Record<string, number> {
  const entries = WORK_NAMES.map((name, kind) => [name, node.work.counts[kind]!] as const);
  node.work.clear();
  return Object.fromEntries(entries.filter(([, units]) => units > 0));
}

function withServers(
  numbers: readonly number[],
  changes: Parameters<typeof definition>[1] = {},
  sysctls = {},
): Director {
  const node = new Director(sysctls);
  node.define([definition(numbers, changes)]);
  return node;
}

describe('a node without virtual servers', () => {
  test('has no hooks, no bound addresses, no work', () => {
    const node = new Director();
    expect(node.ipvs.active).toBe(false);
    expect(node.ipvs.isBound(VIP)).toBe(false);
    expect(node.fromClient(syn, 1).verdict).toBe(IpvsVerdict.notOurs);
    expect(node.fromServer(0, syn | ack, 1)).toBeNull();
    expect(work(node)).toEqual({});
  });

  test('is one again when the last is taken away', () => {
    const node = withServers([0]);
    expect([node.ipvs.active, node.ipvs.isBound(VIP)]).toEqual([true, true]);
    node.undefine(Protocol.tcp, VIP, VPORT);
    expect([node.ipvs.active, node.ipvs.isBound(VIP)]).toEqual([false, false]);
  });
});

describe('packets', () => {
  test('of a connection go to its server, and answers come from the virtual address', () => {
    const node = withServers([0, 1]);
    expect(node.fromClient(syn, 1000)).toMatchObject({ verdict: IpvsVerdict.forwarded, server: 1 });
    expect(node.fromServer(1, syn | ack, 1000)).toEqual([VIP, VPORT]);
    expect(node.fromClient(ack, 1000).server).toBe(1);
    expect(node.load(1)).toEqual([1, 0]);
    expect([node.ipvs.connectionCount, node.ipvs.connectionsCreated]).toEqual([1, 1]);
  });

  test('that are not of ip_vs go on to the local stack', () => {
    const node = withServers([0]);
    expect(node.send(Protocol.tcp, CLIENT, 1, VIP, 81, syn).verdict).toBe(IpvsVerdict.notOurs);
    expect(node.send(Protocol.udp, CLIENT, 1, VIP, VPORT, 0).verdict).toBe(IpvsVerdict.notOurs);
    expect(node.send(Protocol.icmp, CLIENT, 0, VIP, 0, 8).verdict).toBe(IpvsVerdict.notOurs);
    expect(node.fromClient(ack, 2).verdict).toBe(IpvsVerdict.notOurs);
    expect(node.fromClient(syn | rst, 2).verdict).toBe(IpvsVerdict.notOurs);
    expect(node.fromServer(0, ack, 77)).toBeNull();
    expect(node.ipvs.connectionCount).toBe(0);
  });

  test('are refused when there is no server', () => {
    const node = withServers([]);
    expect(node.fromClient(syn, 1).verdict).toBe(IpvsVerdict.refused);
    expect(node.ipvs.connectionCount).toBe(0);
  });

  test('of a UDP flow keep their server, which never counts them as active', () => {
    const node = withServers([0, 1], { protocol: Protocol.udp });
    const servers = [1, 2, 1, 2].map((port) => node.fromClient(0, port, CLIENT, Protocol.udp).server);
    expect(servers).toEqual([1, 0, 1, 0]);
    expect(node.fromServer(1, 0, 1, CLIENT, Protocol.udp)).toEqual([VIP, VPORT]);
    expect(node.load(1, Protocol.udp)).toEqual([0, 1]);
  });
});

describe('work', () => {
  test('of a first packet, later ones and answers', () => {
    const node = withServers([0, 1, 2], { scheduler: 'lc' });
    node.fromClient(syn, 1);
    expect(work(node)).toEqual({
      ipvsHook: 1,
      ipvsConnectionLookup: 2,
      ipvsServiceLookup: 1,
      ipvsChainEntry: 1,
      ipvsSchedule: 1,
      ipvsServer: 3,
      ipvsConnectionCreate: 1,
      ipvsForward: 1,
    });
    node.fromServer(2, syn | ack, 1);
    expect(work(node)).toEqual({ ipvsHook: 1, ipvsConnectionLookup: 1, ipvsForward: 1 });
    node.fromClient(ack, 1);
    // The reply check of a request finds nothing: it compares a whole chain, which holds one entry in 4096.
    expect(work(node)).toEqual({
      ipvsHook: 1,
      ipvsConnectionLookup: 2,
      ipvsConnectionChain: 1 / 4096,
      ipvsForward: 1,
    });
    node.fromServer(2, ack, 99);
    expect(work(node)).toEqual({ ipvsHook: 1, ipvsConnectionLookup: 1, ipvsConnectionChain: 1 / 4096 });
  });

  test('of persistence: one lookup more, for the template, and one entry more for the first connection of a client', () => {
    const node = withServers([0, 1], { persistenceSeconds: 60 });
    node.fromClient(syn, 1);
    expect(work(node)).toEqual({
      ipvsHook: 1,
      ipvsConnectionLookup: 3,
      ipvsServiceLookup: 1,
      ipvsChainEntry: 1,
      ipvsSchedule: 1,
      ipvsServer: 1,
      ipvsConnectionCreate: 2,
      ipvsForward: 1,
    });
    node.fromClient(syn, 2);
    // Two lookups find nothing among two entries, the template's finds it beside one other.
    expect(work(node)).toEqual({
      ipvsHook: 1,
      ipvsConnectionLookup: 3,
      ipvsConnectionChain: 4.5 / 4096,
      ipvsServiceLookup: 1,
      ipvsChainEntry: 1,
      ipvsConnectionCreate: 1,
      ipvsForward: 1,
    });
  });

  test('looks for a mark first when the packet has one', () => {
    const node = withServers([0]);
    node.fromClient(syn, 1, CLIENT, Protocol.tcp, 0x4000);
    expect(work(node)['ipvsServiceLookup']).toBe(2);
  });

  test('grows with the newer virtual servers of the chain, and with all of them on a miss', () => {
    const node = new Director();
    // 256 addresses apart: all fall into one chain.
    const addresses = [0, 1, 2, 3].map((n) => VIP + 256 * n);
    node.define(addresses.map((address) => definition([0], { address })));
    const compared = addresses.map((address, n) => {
      node.send(Protocol.tcp, CLIENT, 100 + n, address, VPORT, syn);
      return work(node)['ipvsChainEntry'];
    });
    expect(compared).toEqual([4, 3, 2, 1]);
    node.send(Protocol.tcp, CLIENT, 1, VIP + 256 * 9, VPORT, syn);
    expect(work(node)['ipvsChainEntry']).toBe(4);
  });
});

describe('a virtual server on own addresses', () => {
  test('stands on each of them, each with state of its own', () => {
    const node = new Director();
    const nodePort = definition([0, 1], { address: OWN_ADDRESS, port: 30080, bound: false });
    node.define([nodePort, definition([0, 1])], [0xc0a80001, 0x0af40100]);
    const to = (address: number, port: number): number =>
      node.send(Protocol.tcp, CLIENT, port, address, 30080, syn).server;
    expect([to(0xc0a80001, 1), to(0xc0a80001, 2), to(0x0af40100, 3)]).toEqual([1, 0, 1]);
    expect(node.send(Protocol.tcp, CLIENT, 4, 0xc0a80002, 30080, syn).verdict).toBe(IpvsVerdict.notOurs);
    expect([node.ipvs.isBound(0xc0a80001), node.ipvs.isBound(VIP)]).toEqual([false, true]);
    expect(node.registry.table().counts).toEqual({
      sharedServices: 1,
      ownServices: 1,
      sharedServers: 2,
      ownServers: 2,
      boundAddresses: 1,
      ftpServices: 0,
      portZeroServices: 0,
    });
  });
});

test('a virtual server by mark catches all addresses', () => {
  const node = new Director();
  node.define([definition([0, 1], { protocol: MARK_PROTOCOL, address: 7, port: 0, bound: false })]);
  const to = (address: number, mark: number): number =>
    node.send(Protocol.tcp, CLIENT, address & 0xffff, address, 443, syn, mark).server;
  expect([to(VIP, 7), to(VIP + 1, 7), to(VIP + 2, 8)]).toEqual([1, 0, -1]);
});

test('nodes share a table and nothing else', () => {
  const one = new Director();
  const other = new Director();
  one.define([definition([0, 1, 2])]);
  other.ipvs.use(one.registry.table(), []);
  expect([one.connect(1), one.connect(2)]).toEqual([2, 1]);
  expect(other.connect(1)).toBe(2);
  expect(serverColumns([0]).length).toBe(1);
});
