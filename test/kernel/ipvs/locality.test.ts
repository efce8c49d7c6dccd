/** `lblc` and `lblcr`: what they remember of an address asked for, when they leave it, and when they forget it. */
import { describe, expect, test } from 'vitest';
import { MARK_PROTOCOL } from '../../../src/kernel/ipvs/definition.js';
import { WorkKind } from '../../../src/kernel/work.js';
import { Protocol, TcpFlag } from '../../../src/net/index.js';
import { CLIENT, definition, Director, VIP } from './ipvs-fixture.js';
import { add, connections, director, remove, rowOf, setWeight } from './scheduler-fixture.js';

const HOUR = 3600;

/** Decides once, without a connection; returns the server's row. */
function decide(node: Director): number {
  return node.service().pick(CLIENT, 1, VIP);
}

/** Gives a server active connections, or takes them away. */
function load(node: Director, server: number, count: number): void {
  const { servers } = node.ipvs;
  const row = rowOf(node, server);
  for (let i = 0; i < count; i++) {
    servers.bind(row, false);
    servers.setActive(row, true);
  }
  for (let i = 0; i < -count; i++) servers.unbind(row, false, true);
}

/** Servers looked at for one decision. */
function looksOfDecision(node: Director): number {
  node.work.clear();
  decide(node);
  return node.work.counts[WorkKind.ipvsServer]!;
}

describe.each(['lblc', 'lblcr'])('%s', (scheduler) => {
  test('stays with a server until it has more connections than its weight and another is half empty', () => {
    const picks = connections(director(scheduler, [2, 2, 2]), 11);
    expect(picks.slice(0, 10)).toEqual([2, 2, 2, 1, 1, 1, 0, 0, 0, 0]);
    // All crowded: lblc stays where it is, lblcr takes the least loaded of the set.
    expect(picks[10]).toBe(scheduler === 'lblc' ? 0 : 1);
  });

  test('leaves a drained server, and goes back to one that was removed and came again', () => {
    const node = director(scheduler, [9, 9, 9]);
    expect(connections(node, 2)).toEqual([2, 2]);
    remove(node, 2);
    add(node, 2, 9);
    add(node, 3, 9);
    expect(node.connect(3000)).toBe(2);
    setWeight(node, 2, 0);
    expect(node.connect(3001)).toBe(3);
  });

  test('takes another server while its own is removed', () => {
    const node = director(scheduler, [9, 9]);
    expect(node.connect(1)).toBe(1);
    remove(node, 1);
    expect(node.connect(2)).toBe(0);
  });

  test('keeps a server without connections aside as long as it remembers it', () => {
    const node = director(scheduler, [9, 9]);
    const row = rowOf(node, 1);
    expect(decide(node)).toBe(row);
    remove(node, 1);
    add(node, 2, 9);
    add(node, 1, 9);
    expect(rowOf(node, 1)).toBe(row);
    remove(node, 1);
    node.service().setScheduler('rr', 0);
    add(node, 3);
    // The row was free.
    expect(rowOf(node, 3)).toBe(row);
  });

  test('goes by the overload mark only where the kernel does', () => {
    const node = director(scheduler, [9, 9]);
    node.service().edit(rowOf(node, 1), 9, 1);
    expect(connections(node, 2)).toEqual(scheduler === 'lblc' ? [1, 1] : [1, 0]);
  });

  test('tells the addresses behind a firewall mark apart', () => {
    const node = new Director();
    node.define([definition([0, 1, 2], { scheduler, protocol: MARK_PROTOCOL, address: 5, port: 0 })]);
    const ask = (address: number, port: number): number =>
      node.send(Protocol.tcp, CLIENT, port, address, 80, TcpFlag.syn, 5).server;
    expect([ask(VIP, 1), ask(VIP + 1, 2), ask(VIP + 2, 3)]).toEqual([2, 1, 0]);
    expect([ask(VIP + 1, 4), ask(VIP, 5)]).toEqual([1, 2]);
  });

  test.each([
    [24.2, 1],
    [24.3, 2],
  ])('%d hours after its last use, behind a check or before it, server %d is taken', (hours, expected) => {
    const node = director(scheduler, [9, 9]);
    node.wait(0.25 * HOUR);
    decide(node);
    add(node, 2, 9);
    node.wait(hours * HOUR);
    expect(decide(node)).toBe(rowOf(node, expected));
  });

  test('looks at the servers up to the first that is half empty, and at all to choose anew', () => {
    const node = director(scheduler, [4, 4, 4, 4]);
    const memory = scheduler === 'lblc' ? 0 : 1;
    expect(looksOfDecision(node)).toBe(4);
    expect(looksOfDecision(node)).toBe(memory);
    load(node, 3, 5);
    load(node, 2, 2);
    expect(looksOfDecision(node)).toBe(memory + 3 + 4);
  });
});

describe('the set of lblcr', () => {
  /** A node with servers 0 and 1 in its set, of which 1 has three connections and 0 none. */
  function withSetOfTwo(): Director {
    const node = director('lblcr', [2, 2]);
    decide(node);
    load(node, 1, 3);
    expect(decide(node)).toBe(rowOf(node, 0));
    return node;
  }

  /** Whom a decision takes once server 1 has no connections and server 0 has one. */
  function chosenOfTwo(node: Director): number {
    load(node, 1, -3);
    load(node, 0, 1);
    return decide(node) === rowOf(node, 1) ? 1 : 0;
  }

  test('has its least loaded member taken', () => {
    expect(chosenOfTwo(withSetOfTwo())).toBe(1);
  });

  test('loses its most loaded member when it has not changed for more than 24 hours', () => {
    for (const [seconds, chosen] of [
      [0, 1],
      [1, 0],
    ] as const) {
      const node = withSetOfTwo();
      // In use all the time, so that the address is not forgotten.
      for (let i = 0; i < 2; i++) {
        node.wait(12 * HOUR);
        expect(looksOfDecision(node)).toBe(2);
      }
      node.wait(seconds);
      expect(looksOfDecision(node)).toBe(2 + 2 * seconds);
      expect(chosenOfTwo(node)).toBe(chosen);
    }
  });
});
