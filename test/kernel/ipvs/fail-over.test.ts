/** `fo` and `ovf`: the heaviest server takes everything, and who comes next. */
import { describe, expect, test } from 'vitest';
import { WorkKind } from '../../../src/kernel/work.js';
import { Protocol } from '../../../src/net/index.js';
import { CLIENT, definition, Director } from './ipvs-fixture.js';
import { connections, director, rowOf, setWeight } from './scheduler-fixture.js';

describe('fo', () => {
  test('sends all to the heaviest, the first in the list on ties, and looks at all', () => {
    const node = director('fo', [3, 9, 9, 1]);
    expect(connections(node, 3)).toEqual([2, 2, 2]);
    expect(node.work.counts[WorkKind.ipvsServer]).toBe(3 * 4);
  });

  test('goes on to the next one while it is drained or overloaded', () => {
    const node = director('fo', [3, 9, 1]);
    setWeight(node, 1, 0);
    expect(node.connect(1)).toBe(0);
    node.service().edit(rowOf(node, 1), 9, 2);
    expect(connections(node, 3)).toEqual([1, 1, 0]);
  });
});

describe('ovf', () => {
  test('fills the heaviest up to one above its weight, then the next, and refuses when all are full', () => {
    expect(connections(director('ovf', [1, 2]), 7)).toEqual([1, 1, 1, 0, 0, -1, -1]);
  });

  test('never overflows with UDP flows, which are not active', () => {
    const node = new Director();
    node.define([definition([0, 1], { scheduler: 'ovf', protocol: Protocol.udp })]);
    const servers = [1, 2, 3, 4].map((port) => node.fromClient(0, port, CLIENT, Protocol.udp).server);
    expect(servers).toEqual([1, 1, 1, 1]);
  });
});
