/** Figures of how load falls on endpoints and of the schedulers' decisions: what they count, and when they are there. */
import { describe, expect, test } from 'vitest';
import type { CaseResult } from '../../src/measure/index.js';
import { runCase } from '../../src/testbed/index.js';
import { figure, MS, pricesOf, S, smallCase, type Changes } from './small-case.js';

const ONE_SERVICE: Changes = { cluster: { services: 1, endpoints: 4 }, workload: { ratePerSecond: 4000 } };

function run(changes: Changes): CaseResult {
  return runCase(
    smallCase({ ...ONE_SERVICE, ...changes, cluster: { ...ONE_SERVICE.cluster, ...changes.cluster } }),
    '1',
  );
}

function shares({ values }: CaseResult): number[] {
  return values.filter(({ metric }) => metric === 'endpoint_share_ratio').map(({ value }) => value);
}

describe('shares of endpoints', () => {
  test('are those of what they served, in creation order, and add up to 1', () => {
    const result = run({ proxy: { mode: 'ipvs', scheduler: 'fo' } });
    // fo takes the first of the list, which is the greatest address: the third pod is alone on the last of three nodes.
    expect(shares(result)).toEqual([0, 0, 1, 0]);
    const turn = shares(run({ proxy: { mode: 'ipvs', scheduler: 'rr' } }));
    expect(turn.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
    for (const share of turn) expect(share).toBeCloseTo(0.25, 1);
  });

  test('hold those that came and went meanwhile', () => {
    const change = {
      kind: 'scale',
      atNs: 20 * MS,
      service: 0,
      replicas: 6,
      startupNs: MS,
      terminationNs: S,
      spread: 0,
    } as const;
    expect(shares(run({ churn: [change] })).length).toBe(6);
  });

  test('are left out with several Services in use, and with more endpoints than there are statistics', () => {
    expect(shares(run({ cluster: { services: 2 } }))).toEqual([]);
    expect(shares(run({ cluster: { endpoints: 16 } })).length).toBe(16);
    expect(shares(run({ cluster: { endpoints: 17 } }))).toEqual([]);
  });
});

describe('decisions', () => {
  const profile = pricesOf({ ipvsSchedule: 100, ipvsServer: 7 });
  const picks = (scheduler: string, changes: Changes = {}) => {
    const result = run({ proxy: { mode: 'ipvs', scheduler }, profile, ...changes });
    const [count, servers, ns] = ['ipvs_picks', 'ipvs_pick_servers', 'ipvs_pick_ns'].map((metric) =>
      figure(result, metric, metric === 'ipvs_picks' ? 'total' : 'mean'),
    );
    return { count, servers, ns, requests: figure(result, 'requests_scheduled') };
  };

  test('are one a connection, at the price of the decision and of the servers looked at', () => {
    const { count, servers, ns, requests } = picks('lc');
    expect({ servers, ns }).toEqual({ servers: 4, ns: 100 + 4 * 7 });
    // A connection that began before the end of the warm-up, or a SYN that was sent again, may make a difference.
    expect(Math.abs(count! - requests)).toBeLessThanOrEqual(2);
    expect(picks('sh')).toMatchObject({ servers: 0, ns: 100 });
  });

  test('are fewer than requests where connections last', () => {
    const { count, requests } = picks('lc', {
      workload: { kind: 'keepalive', requestsPerConnection: 10, ratePerSecond: 4000 },
    });
    expect(count).toBeLessThan(requests / 5);
  });

  test('are no figures of other modes', () => {
    for (const mode of ['iptables', 'nftables']) {
      expect(run({ proxy: { mode } }).values.filter(({ metric }) => metric.startsWith('ipvs_pick'))).toEqual([]);
    }
  });
});
