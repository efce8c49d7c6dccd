/** Length of the chains of the connection table, as work. */
import { describe, expect, test } from 'vitest';
import { ConnectionChains } from '../../../src/kernel/ipvs/connection-chains.js';
import { WorkKind } from '../../../src/kernel/work.js';
import { Protocol, TcpFlag } from '../../../src/net/index.js';
import { CLIENT, definition, Director } from './ipvs-fixture.js';

const { syn, ack } = TcpFlag;

describe('the table', () => {
  test('has as many chains as the parameter says, and 4096 when that is out of range', () => {
    const counts = [undefined, 8, 27, 7, 28, 0].map((bits) => new ConnectionChains(bits).count);
    expect(counts).toEqual([4096, 256, 2 ** 27, 4096, 4096, 4096]);
  });

  test('is walked to the end of a chain where nothing is found, and half through the others where something is', () => {
    const chains = new ConnectionChains(8);
    for (let i = 0; i < 257; i++) chains.add();
    expect([chains.missed(), chains.met()]).toEqual([257 / 256, 0.5]);
    chains.remove();
    expect([chains.entries, chains.peak]).toEqual([256, 257]);
  });
});

describe('work', () => {
  function node(bits: number): Director {
    const made = new Director({}, 256, { chains: new ConnectionChains(bits) });
    made.define([definition([0, 1])]);
    return made;
  }

  function chainWork(of: Director, act: () => void): number {
    of.work.clear();
    act();
    return of.work.counts[WorkKind.ipvsConnectionChain]!;
  }

  test('grows with the entries, by the kind of lookup', () => {
    const director = node(8);
    for (let port = 101; port <= 164; port++) director.connect(port);
    // A first packet: the reply check and its own lookup both find nothing.
    expect(chainWork(director, () => director.fromClient(syn, 1000))).toBe(2 * (64 / 256));
    // A later one: the reply check finds nothing, its own lookup its entry among 64 others.
    expect(chainWork(director, () => director.fromClient(ack, 1000))).toBe(65 / 256 + 64 / 512);
    expect(chainWork(director, () => director.fromServer(1, ack, 1000))).toBe(64 / 512);
    expect(chainWork(director, () => director.fromServer(1, ack, 2000))).toBe(65 / 256);
  });

  test('is shared out over the chains that there are', () => {
    const [few, many] = [node(8), node(16)];
    for (const director of [few, many]) for (let port = 101; port <= 164; port++) director.connect(port);
    const [first = 0, second = 0] = [few, many].map((director) => chainWork(director, () => director.connect(99)));
    expect(first / second).toBe(256);
  });

  test('of both families of a node comes from one table, and so does its peak', () => {
    const chains = new ConnectionChains(8);
    const [four, six] = [new Director({}, 256, { chains }), new Director({}, 256, { chains })];
    for (const director of [four, six]) director.define([definition([0], { protocol: Protocol.udp })]);
    for (let port = 1; port <= 10; port++) four.fromClient(0, port, CLIENT, Protocol.udp);
    expect(chainWork(six, () => six.fromClient(0, 1, CLIENT, Protocol.udp))).toBe(2 * (10 / 256));
    expect([four.ipvs.connectionPeak, six.ipvs.connectionPeak, four.ipvs.connectionCount]).toEqual([11, 11, 10]);
    // Each has a clock of its own here.
    for (const director of [four, six]) director.wait(301);
    expect([chains.entries, chains.peak]).toEqual([0, 11]);
  });

  test('is met by outer packets of the overlay too', () => {
    const director = node(8);
    director.connect(1);
    const packet = director.packets.take(0);
    expect(chainWork(director, () => director.ipvs.passOuter(packet))).toBe(2 / 256);
  });
});
