/** What a case says of ip_vs reaches every node's kernel, and what it measures comes back. */
import { describe, expect, test } from 'vitest';
import { runCase } from '../../src/testbed/index.js';
import { World } from '../../src/testbed/world.js';
import { figure, MS, prefix, smallCase, type Changes } from './small-case.js';

const DUAL: Changes = {
  cluster: { ipFamilies: [4, 6], podCidr: prefix('10.244.0.0/16') },
  proxy: { mode: 'ipvs', scheduler: 'rr' },
};

function ipvsOf(changes: Changes) {
  const plan = smallCase({ ...changes, proxy: { ...DUAL.proxy, ...changes.proxy } });
  const world = new World({ ...plan, cluster: { ...plan.cluster, ...changes.cluster } }, '1');
  return world.base.nodes.flatMap(({ paths }) => paths.map(({ ipvs }) => ipvs));
}

describe("a node's ip_vs", () => {
  test('is set up as kube-proxy does on the kernel of the case', () => {
    for (const ipvs of ipvsOf({})) {
      const { timeoutsNs } = ipvs.connections;
      expect([ipvs.loadActiveFactor, ipvs.chains.count, timeoutsNs[1]]).toEqual([256, 4096, 900e9]);
      expect(ipvs.sysctls).toMatchObject({
        conntrack: true,
        expireNodestConn: true,
        connReuseMode: 1,
        reuseRules: 'linux-6.1',
      });
    }
  });

  test('has the load formula, table, sysctl and timeouts of the case', () => {
    const all = ipvsOf({
      cluster: { ipvs: { loadFactor: 257, tableBits: 8, connReuseMode: 0, reuseRules: 'linux-6.1' } },
      proxy: { ipvsTimeouts: { tcpSeconds: 60, tcpFinSeconds: 0, udpSeconds: 20 } },
    });
    expect(all.length).toBe(3);
    for (const ipvs of all) {
      const { timeoutsNs } = ipvs.connections;
      expect([ipvs.loadActiveFactor, ipvs.chains.count, ipvs.sysctls.connReuseMode]).toEqual([257, 256, 0]);
      expect([timeoutsNs[1], timeoutsNs[4], timeoutsNs[11]]).toEqual([60e9, 120e9, 20e9]);
    }
  });

  test('has one connection table for both families', () => {
    const chains = ipvsOf(DUAL).map((ipvs) => ipvs.chains);
    expect([chains.length, new Set(chains).size]).toEqual([6, 3]);
  });
});

test('longer chains take more of a packet, and the peak of the table is reported', () => {
  const [long, short] = [8, 27].map((tableBits) =>
    runCase(
      smallCase({
        proxy: { mode: 'ipvs', scheduler: 'rr' },
        cluster: { ipvs: { loadFactor: 256, tableBits, connReuseMode: 1, reuseRules: 'linux-6.1' } },
        run: { durationNs: 100 * MS },
      }),
      '1',
    ),
  );
  const cpu = (result: typeof long): number => figure(result!, 'established_packet_cpu_ns', 'mean');
  expect(cpu(long)).toBeGreaterThan(cpu(short) + 1);
  const peak = figure(long!, 'ipvs_connections', 'max');
  expect(peak).toBeGreaterThan(100);
  expect(figure(short!, 'ipvs_connections', 'max')).toBe(peak);
});
