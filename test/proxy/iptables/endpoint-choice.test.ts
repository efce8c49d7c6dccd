/** Endpoints are picked alike: chi-square against the uniform law, with a fixed seed. */
import { describe, expect, test } from 'vitest';
import { Hook } from '../../../src/kernel/hook.js';
import { Table } from '../../../src/kernel/iptables/netfilter.js';
import { RandomStream } from '../../../src/sim/index.js';
import { POD, servicePort } from './fixture.js';
import { World } from './world.js';

const PICKS = 20_000;

describe.each(['walk', 'index'] as const)('%s', (lookup) => {
  test.each([2, 3, 10, 50, 200])('%i endpoints', (count) => {
    const port = servicePort(0, count);
    const world = new World([[port]]);
    const node = world.node(lookup);
    world.sync(node, 1);
    const chance = new RandomStream('1', 'draws');
    node.context.draws = Array.from({ length: PICKS }, () => chance.uint32());
    const packet = node.packet(POD, port.clusterIp, 80);
    const picks = new Map<number, number>();
    for (let i = 0; i < PICKS; i++) {
      node.netfilter.evaluate(Table.nat, Hook.prerouting, packet, node.context);
      const { dnatAddress } = node.context;
      picks.set(dnatAddress, (picks.get(dnatAddress) ?? 0) + 1);
    }
    expect(picks.size).toBe(count);
    const mean = PICKS / count;
    const chiSquare = [...picks.values()].reduce((sum, seen) => sum + (seen - mean) ** 2 / mean, 0);
    // Four standard deviations of the chi-square law with count - 1 degrees of freedom.
    expect(Math.abs(chiSquare - (count - 1))).toBeLessThan(4 * Math.sqrt(2 * (count - 1)));
  });
});
