/** When the overload mark of a server comes and goes with edits, in both kernels; the random scripts of model.prop.test.ts found what stands here. */
import { describe, expect, test } from 'vitest';
import { TcpFlag } from '../../../src/net/index.js';
import { CLIENT, definition, Director, SERVER_PORT, serverAddress } from './ipvs-fixture.js';

/** A node with one server and four connections to it. */
function withFour(factor: 256 | 257, upper: number, lower: number, persistenceSeconds = 0): Director {
  const node = new Director({}, factor);
  node.define([definition([], { persistenceSeconds })]);
  node.service().add(serverAddress(0), SERVER_PORT, 1, upper, lower);
  for (let i = 0; i < 4; i++) node.connect(1000, CLIENT + i);
  return node;
}

function edit(node: Director, upper: number, lower: number, weight = 1): void {
  node.service().edit(node.service().find(serverAddress(0), SERVER_PORT), weight, upper, lower);
}

function isMarked(node: Director): boolean {
  return node.ipvs.servers.overloaded[node.service().find(serverAddress(0), SERVER_PORT)] === 1;
}

describe('an edit', () => {
  const after = (factor: 256 | 257, upper: number, lower: number): boolean => {
    const node = withFour(factor, 4, 0);
    edit(node, upper, lower);
    return isMarked(node);
  };

  test('lifts the mark up to Linux 6.1.176 if the upper threshold grows or goes, and never sets it', () => {
    expect([after(256, 5, 0), after(256, 0, 0), after(256, 4, 3), after(256, 3, 0)]).toEqual([
      false,
      false,
      true,
      true,
    ]);
    const node = withFour(256, 0, 0);
    edit(node, 2, 0);
    expect(isMarked(node)).toBe(false);
  });

  test('later goes by the count, and between the two thresholds leaves the mark as it is', () => {
    // Four connections: below 75 % of 6, and of 5 no longer.
    expect([after(257, 6, 0), after(257, 5, 0), after(257, 5, 4), after(257, 8, 5)]).toEqual([
      false,
      true,
      true,
      false,
    ]);
    expect([after(257, 0, 0), after(257, 3, 0)]).toEqual([false, true]);
    const node = withFour(257, 0, 0);
    edit(node, 5, 2);
    expect(isMarked(node)).toBe(false);
    edit(node, 4, 2);
    expect(isMarked(node)).toBe(true);
  });

  test('later asks nothing about the thresholds unless it changes one', () => {
    const node = withFour(257, 4, 2);
    node.fromClient(TcpFlag.rst, 1000);
    node.fromClient(TcpFlag.rst, 1000, CLIENT + 1);
    node.wait(12);
    expect(node.load(0)).toEqual([2, 0]);
    edit(node, 4, 2, 5);
    expect(isMarked(node)).toBe(true);
    edit(node, 4, 3, 5);
    expect(isMarked(node)).toBe(false);
  });
});

describe.each([256, 257] as const)('with load factor %i', (factor) => {
  /** Whether it is still marked after one, two, three of its four connections have ended. */
  const whenEnded = (upper: number, lower: number): boolean[] => {
    const node = withFour(factor, upper, lower);
    return [0, 1, 2].map((i) => {
      node.fromClient(TcpFlag.rst, 1000, CLIENT + i);
      node.wait(12);
      return isMarked(node);
    });
  };

  test('a full server is back below its lower threshold, or below three quarters of the upper one', () => {
    expect(whenEnded(4, 0)).toEqual([true, false, false]);
    expect([whenEnded(4, 2), whenEnded(4, 4)]).toEqual([
      [true, true, false],
      [false, false, false],
    ]);
  });
});

test('the end of a persistence template lifts the mark too, if there is room by then', () => {
  const node = withFour(256, 4, 1, 6);
  node.fromClient(TcpFlag.rst, 1000);
  node.wait(30);
  edit(node, 4, 4);
  // The connection is gone, its template has been prolonged by a minute.
  expect([...node.load(0), isMarked(node)]).toEqual([3, 0, true]);
  node.wait(60);
  expect([...node.load(0), isMarked(node)]).toEqual([3, 0, false]);
});
