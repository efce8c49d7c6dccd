/** How long servers with connections stay once they are to go, as the drainer keeps it. */
import { expect, test } from 'vitest';
import { SECOND } from '../../../src/sim/index.js';
import { definition, Director } from './ipvs-fixture.js';

function draining(): Director {
  const node = new Director();
  node.define([definition([0, 1])]);
  const busy = node.connect(1);
  node.wait(10);
  node.define([definition([0])]);
  expect([busy, node.list()]).toEqual([1, [1, 0]]);
  return node;
}

test('a server that goes in the end: the time from weight 0 to the minute in which it had no connections', () => {
  const node = draining();
  const { drainer } = node.ipvs.services;
  node.wait(5);
  node.close(1, 1);
  node.wait(164.9);
  expect(drainer.durationsNs).toEqual([]);
  node.wait(0.2);
  expect([node.list(), drainer.durationsNs]).toEqual([[0], [170 * SECOND]]);
});

test('a server that comes back, or that nobody waits for any more, counts for nothing', () => {
  const back = draining();
  back.define([definition([0, 1])]);
  back.close(1, 1);
  const forgotten = draining();
  forgotten.ipvs.forgetDraining();
  forgotten.close(1, 1);
  for (const node of [back, forgotten]) {
    node.wait(300);
    expect(node.ipvs.services.drainer.durationsNs).toEqual([]);
    expect(node.ipvs.servers.drainingCount).toBe(0);
  }
});
