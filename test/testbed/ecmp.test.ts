/** Routers whose next hops change: which flows move, and what becomes of them. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PacketPool, TcpFlag } from '../../src/net/index.js';
import { runCase } from '../../src/testbed/index.js';
import { EcmpRoutes, type EcmpHashing } from '../../src/testbed/ways-in/index.js';
import { MS, figure, smallCase, type Changes } from './small-case.js';

const NODES = [10, 11, 12, 13, 14];
const FLOWS = 2000;

/** A router and many flows; `nodes()` says where each goes now. */
function router(hashing: EcmpHashing, count = NODES.length) {
  const packets = new PacketPool();
  const routes = new EcmpRoutes(packets, NODES.slice(0, count), { hashing, isWatched: true });
  const flows = Array.from({ length: FLOWS }, (_, i) => {
    const packet = packets.take(0);
    packets.source[packet] = 100 + (i % 7);
    packets.sourcePort[packet] = 1000 + i;
    packets.destination[packet] = 5;
    packets.destinationPort[packet] = 80;
    packets.protocol[packet] = 6;
    packets.flow[packet] = i;
    packets.flags[packet] = TcpFlag.ack;
    return packet;
  });
  return { routes, nodes: () => flows.map((packet) => routes.nodeFor(packet)) };
}

const movedShare = (before: readonly number[], after: readonly number[]): number =>
  before.filter((node, i) => node !== after[i]).length / before.length;

describe.each(['modulo', 'resilient'] as const)('%s', (hashing) => {
  test('uses all next hops, and only these', () => {
    const sets = fc.uniqueArray(fc.nat({ max: NODES.length - 1 }), { minLength: 1 });
    fc.assert(
      fc.property(fc.array(sets, { minLength: 1, maxLength: 5 }), (changes) => {
        const { routes, nodes } = router(hashing);
        for (const change of changes) routes.setNextHops(change);
        const used = new Set(nodes());
        expect(used).toEqual(new Set(changes.at(-1)!.map((index) => NODES[index]!)));
      }),
      { numRuns: 30 },
    );
  });

  test('counts the flows that move, and no opening packets', () => {
    const { routes, nodes } = router(hashing);
    const before = nodes();
    expect(routes.moved).toBe(0);
    routes.setNextHops([0, 1, 2, 3]);
    const after = nodes();
    expect(routes.moved).toBe(before.filter((node, i) => node !== after[i]).length);
  });
});

describe('when one of five next hops leaves', () => {
  test('modulo moves four flows in five', () => {
    const { routes, nodes } = router('modulo');
    const before = nodes();
    routes.setNextHops([0, 1, 2, 3]);
    expect(movedShare(before, nodes())).toBeCloseTo(0.8, 1);
  });

  test('resilient moves those of the one that left, and as many when it comes back', () => {
    const { routes, nodes } = router('resilient');
    const before = nodes();
    routes.setNextHops([0, 1, 2, 3]);
    const without = nodes();
    before.forEach((node, i) => expect(without[i] === node).toBe(node !== 14));
    routes.setNextHops([0, 1, 2, 3, 4]);
    expect(movedShare(without, nodes())).toBeCloseTo(0.2, 1);
  });
});

test('resilient groups give every next hop the same share, to a bucket, after whatever changes', () => {
  const sets = fc.uniqueArray(fc.nat({ max: NODES.length - 1 }), { minLength: 1 });
  fc.assert(
    fc.property(fc.array(sets, { minLength: 1, maxLength: 6 }), (changes) => {
      const { routes } = router('resilient');
      for (const change of changes) routes.setNextHops(change);
      const { owners } = routes as unknown as { readonly owners: Int32Array };
      const shares = changes.at(-1)!.map((node) => owners.filter((owner) => owner === node).length);
      expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
      expect(shares.reduce((sum, own) => sum + own, 0)).toBe(owners.length);
    }),
    { numRuns: 50 },
  );
});

const CONNECTIONS: Changes = {
  workload: {
    placement: 'external',
    frontend: 'ecmp',
    kind: 'keepalive',
    requestsPerConnection: 0,
    load: 'closed',
    thinkNs: 1 * MS,
    clients: 20,
  },
};
const LEAVES = [{ kind: 'next-hops', atNs: 50 * MS, nodes: [0, 1, 2] }] as const;

describe.each(['iptables', 'ipvs', 'nftables', 'userspace'])('%s: established connections', (mode) => {
  const run = (cluster: Changes['cluster'], churn: Changes['churn']) =>
    runCase(smallCase({ ...CONNECTIONS, proxy: { mode }, cluster: { nodes: 4, ...cluster }, churn: churn ?? [] }), '1');

  test('break when their packets come to a node that does not know them', () => {
    const modulo = run({}, LEAVES);
    const moved = figure(modulo, 'ecmp_flows_moved');
    expect(moved).toBeGreaterThan(40);
    expect(figure(modulo, 'requests_reset')).toBe(moved);
    const resilient = run({ ecmpHashing: 'resilient' }, LEAVES);
    expect(figure(resilient, 'requests_reset')).toBe(figure(resilient, 'ecmp_flows_moved'));
    expect(figure(resilient, 'ecmp_flows_moved')).toBeLessThan(moved / 2);
  });

  test('count from the end of the warm-up on, like requests', () => {
    const changes = [50, 70].map(
      (ms, i) => ({ kind: 'next-hops', atNs: ms * MS, nodes: i === 0 ? [0, 1] : [1, 2] }) as const,
    );
    const plan = smallCase({
      ...CONNECTIONS,
      proxy: { mode },
      cluster: { nodes: 4 },
      churn: changes,
      run: { warmupNs: 60 * MS },
    });
    const result = runCase(plan, '1');
    expect(figure(result, 'ecmp_flows_moved')).toBeGreaterThan(20);
    expect(figure(result, 'requests_reset')).toBe(figure(result, 'ecmp_flows_moved'));
  });

  test('stay where next hops stay', () => {
    const result = run({}, []);
    expect(figure(result, 'requests_reset')).toBe(0);
    expect(() => figure(result, 'ecmp_flows_moved')).toThrow();
  });
});
