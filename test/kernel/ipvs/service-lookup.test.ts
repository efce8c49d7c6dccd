/** Virtual servers found by a mark, by the FTP port, and by port 0. */
import { describe, expect, test } from 'vitest';
import { MARK_PROTOCOL, type VirtualServerDefinition } from '../../../src/kernel/ipvs/definition.js';
import { IpvsVerdict } from '../../../src/kernel/ipvs/ipvs.js';
import { WorkKind } from '../../../src/kernel/work.js';
import { Protocol, TcpFlag } from '../../../src/net/index.js';
import { CLIENT, definition, Director, SERVER_PORT, serverAddress, serverColumns, VIP } from './ipvs-fixture.js';

const { syn, ack, fin, rst } = TcpFlag;
const { tcp, udp } = Protocol;
const { forwarded, notOurs, refused } = IpvsVerdict;

const marked = (changes: Partial<VirtualServerDefinition> = {}): VirtualServerDefinition =>
  definition([0, 1, 2], { protocol: MARK_PROTOCOL, address: 7, port: 0, bound: false, ...changes });

function nodeWith(definitions: readonly VirtualServerDefinition[]): Director {
  const node = new Director();
  node.define(definitions);
  return node;
}

/** Service lookups and entries compared by one packet. */
function lookups(node: Director, act: () => unknown): [lookups: number, entries: number] {
  node.work.clear();
  act();
  const { counts } = node.work;
  return [counts[WorkKind.ipvsServiceLookup]!, counts[WorkKind.ipvsChainEntry]!];
}

describe('a virtual server by mark', () => {
  test('takes any protocol, address and port, and its connections carry what was dialled', () => {
    const node = nodeWith([marked()]);
    const to = (protocol: number, address: number, port: number, flags: number) =>
      node.send(protocol, CLIENT, 1000, address, port, flags, 7);
    expect(to(tcp, VIP, 443, syn)).toMatchObject({ server: 2, port: SERVER_PORT });
    expect(to(udp, VIP + 1, 53, 0)).toMatchObject({ server: 1, port: SERVER_PORT });
    expect(to(tcp, VIP + 2, 80, syn)).toMatchObject({ server: 0, port: SERVER_PORT });
    expect(node.fromServer(2, syn | ack, 1000)).toEqual([VIP, 443]);
    expect(node.fromServer(1, 0, 1000, CLIENT, udp)).toEqual([VIP + 1, 53]);
    expect(node.fromServer(0, syn | ack, 1000)).toEqual([VIP + 2, 80]);
    // Later packets of a connection need no mark.
    expect(node.send(tcp, CLIENT, 1000, VIP, 443, ack).server).toBe(2);
  });

  test('lets packets of other marks pass, and refuses when it has nobody', () => {
    const node = nodeWith([marked({ servers: serverColumns([]) })]);
    expect(node.send(tcp, CLIENT, 1, VIP, 80, syn, 8).verdict).toBe(notOurs);
    expect(node.send(tcp, CLIENT, 1, VIP, 80, syn, 7).verdict).toBe(refused);
  });

  test('comes before a virtual server of the address', () => {
    const node = nodeWith([definition([4]), marked()]);
    expect(node.fromClient(syn, 1, CLIENT, tcp, 7).server).toBe(2);
    expect(node.fromClient(syn, 2, CLIENT, tcp, 0).server).toBe(4);
  });

  test('with persistence keeps a client over all addresses, ports and protocols, on the port that it dialled', () => {
    const node = nodeWith([marked({ persistenceSeconds: 300 })]);
    const to = (client: number, protocol: number, address: number, port: number) =>
      node.send(protocol, client, 1000, address, port, protocol === tcp ? syn : 0, 7);
    expect(to(CLIENT, tcp, VIP, 443)).toMatchObject({ server: 2, port: 443 });
    expect(to(CLIENT, tcp, VIP + 1, 80)).toMatchObject({ server: 2, port: 80 });
    expect(to(CLIENT, udp, VIP, 53)).toMatchObject({ server: 2, port: 53 });
    expect(to(CLIENT + 1, tcp, VIP, 443)).toMatchObject({ server: 1, port: 443 });
    const { table } = node.ipvs.connections;
    const templates = Array.from({ length: table.rows }, (_, row) => row).filter((row) => table.template[row] === 1);
    const keyed = templates.map((row) => [table.protocol[row], table.virtualAddress[row], table.virtualPort[row]]);
    expect(keyed).toEqual([
      [MARK_PROTOCOL, 7, 0],
      [MARK_PROTOCOL, 7, 0],
    ]);
    expect(node.fromServer(2, syn | ack, 1000, CLIENT, tcp, 443)).toEqual([VIP, 443]);
  });

  test('is looked for in chains of its own, first', () => {
    const node = nodeWith([7, 7 + 256, 8].map((address) => marked({ address })));
    const send = (mark: number) => node.send(tcp, CLIENT, mark, VIP, 80, syn, mark);
    expect([7, 7 + 256, 8].map((mark) => lookups(node, () => send(mark)))).toEqual([
      [1, 2],
      [1, 1],
      [1, 1],
    ]);
    // No such mark: by address and port, and as a mark's virtual server has port 0, by port 0 as well.
    expect(lookups(node, () => send(7 + 512))).toEqual([3, 2]);
  });
});

describe('a virtual server of port 0', () => {
  const everything = (changes: Partial<VirtualServerDefinition> = {}): VirtualServerDefinition =>
    definition([0, 1, 2], { port: 0, persistenceSeconds: 300, ...changes });

  test('takes all ports of its address that no other has, each to its own port', () => {
    const node = nodeWith([everything(), definition([5])]);
    expect(node.send(tcp, CLIENT, 1, VIP, 443, syn)).toMatchObject({ server: 2, port: 443 });
    expect(node.send(tcp, CLIENT, 2, VIP, 8443, syn)).toMatchObject({ server: 2, port: 8443 });
    expect(node.send(tcp, CLIENT, 3, VIP, 80, syn)).toMatchObject({ server: 5, port: SERVER_PORT });
    expect(node.send(tcp, CLIENT, 4, VIP + 1, 443, syn).verdict).toBe(notOurs);
    expect(node.send(udp, CLIENT, 5, VIP, 443, 0).verdict).toBe(notOurs);
    expect(node.fromServer(2, syn | ack, 2, CLIENT, tcp, 8443)).toEqual([VIP, 8443]);
  });

  test('works only with persistence: without, it refuses', () => {
    const node = nodeWith([everything({ persistenceSeconds: 0 })]);
    expect(node.send(tcp, CLIENT, 1, VIP, 443, syn).verdict).toBe(refused);
  });

  test('makes each miss of an address and port cost a second lookup', () => {
    const miss = (node: Director) => lookups(node, () => node.send(tcp, CLIENT, 1, VIP + 9, 81, syn))[0];
    expect([miss(nodeWith([definition([0])])), miss(nodeWith([everything()]))]).toEqual([1, 2]);
    const hit = nodeWith([everything(), definition([0])]);
    expect(lookups(hit, () => hit.fromClient(syn, 1))[0]).toBe(1);
  });

  test('costs it no longer when it is gone', () => {
    const node = nodeWith([everything(), definition([0])]);
    node.undefine(tcp, VIP, 0);
    expect(lookups(node, () => node.send(tcp, CLIENT, 1, VIP, 81, syn))[0]).toBe(1);
  });
});

describe('a virtual server of FTP', () => {
  const ftp = (changes: Partial<VirtualServerDefinition> = {}): VirtualServerDefinition =>
    definition([0, 1, 2], { port: 21, ...changes });

  test('with persistence takes the data connections of its clients', () => {
    const node = nodeWith([ftp({ persistenceSeconds: 300 })]);
    expect(node.send(tcp, CLIENT, 1, VIP, 21, syn)).toMatchObject({ server: 2, port: SERVER_PORT });
    expect(node.send(tcp, CLIENT, 2, VIP, 40000, syn)).toMatchObject({ server: 2, port: 40000 });
    expect(node.send(tcp, CLIENT + 1, 2, VIP, 40000, syn)).toMatchObject({ server: 1, port: 40000 });
    // One template for control and data.
    expect(node.ipvs.connectionCount).toBe(3 + 2);
  });

  test('without it lets them pass', () => {
    const node = nodeWith([ftp()]);
    expect(node.send(tcp, CLIENT, 1, VIP, 21, syn).verdict).toBe(forwarded);
    expect(node.send(tcp, CLIENT, 2, VIP, 40000, syn).verdict).toBe(notOurs);
  });

  test('is looked for by TCP packets to ports of data connections only', () => {
    const node = nodeWith([ftp()]);
    const count = (protocol: number, port: number) =>
      lookups(node, () => node.send(protocol, CLIENT, 1, VIP, port, protocol === tcp ? syn : 0))[0];
    expect([count(tcp, 20), count(tcp, 1024), count(tcp, 1023), count(tcp, 80), count(udp, 1024)]).toEqual([
      2, 2, 1, 1, 1,
    ]);
  });

  test('with a virtual server of port 0 beside: a third lookup', () => {
    const node = nodeWith([ftp(), definition([5], { port: 0, persistenceSeconds: 300, address: VIP + 1 })]);
    expect(lookups(node, () => node.send(tcp, CLIENT, 1, VIP + 1, 2000, syn))[0]).toBe(3);
    expect(node.send(tcp, CLIENT, 2, VIP + 1, 2000, syn)).toMatchObject({ server: 5, port: 2000 });
  });

  test('never gets packets from the FTP data port, nor does any other', () => {
    const node = nodeWith([definition([0])]);
    expect(node.fromClient(syn, 20).verdict).toBe(notOurs);
    expect(node.ipvs.connectionCount).toBe(0);
  });
});

describe('a packet of this node', () => {
  function own(node: Director, packet: { from: number; fromPort: number; to: number; toPort: number }): IpvsVerdict {
    const { packets } = node;
    const row = packets.take(0);
    packets.protocol[row] = udp;
    packets.source[row] = packet.from;
    packets.sourcePort[row] = packet.fromPort;
    packets.destination[row] = packet.to;
    packets.destinationPort[row] = packet.toPort;
    const verdict = node.ipvs.localOut(row);
    packets.release(row);
    return verdict;
  }

  test('is not scheduled when it answers a connection from its virtual address', () => {
    const node = nodeWith([
      definition([0], { protocol: udp }),
      definition([1], { protocol: udp, address: CLIENT, port: 9 }),
    ]);
    node.send(udp, CLIENT, 9, VIP, 80, 0);
    expect(own(node, { from: VIP, fromPort: 80, to: CLIENT, toPort: 9 })).toBe(notOurs);
    expect(own(node, { from: VIP, fromPort: 81, to: CLIENT, toPort: 9 })).toBe(forwarded);
  });

  test('costs one connection lookup more than one from outside, its first time', () => {
    const node = nodeWith([definition([0], { protocol: udp })]);
    const count = () => node.work.counts[WorkKind.ipvsConnectionLookup];
    own(node, { from: CLIENT, fromPort: 1, to: VIP, toPort: 80 });
    expect(count()).toBe(3);
    node.work.clear();
    own(node, { from: CLIENT, fromPort: 1, to: VIP, toPort: 80 });
    expect(count()).toBe(2);
  });
});

test('port 0 of a client is no port: each datagram from it is a new connection', () => {
  const node = nodeWith([definition([0, 1], { protocol: udp, persistenceSeconds: 300 })]);
  expect([0, 0].map((port) => node.fromClient(0, port, CLIENT, udp).server)).toEqual([1, 1]);
  expect(node.ipvs.connectionCount).toBe(3);
  node.fromClient(fin | rst, 0, CLIENT, udp);
  expect(node.ipvs.connectionsCreated).toBe(3);
  expect(serverAddress(1) - serverAddress(0)).toBe(1);
});
