/** What the shipped scenarios about ip_vs show, in small: used ports, drained servers, nodes that all choose alike. */
import { describe, expect, test } from 'vitest';
import type { CaseResult } from '../../src/measure/index.js';
import { runCase } from '../../src/testbed/index.js';
import { drops, figure, MS, outcomes, S, smallCase, type Changes } from './small-case.js';

describe('a source port that is used again after 60 s', () => {
  /** 20 ports, one connection every 4 s: a port comes again after 80 s, when ip_vs still knows its last connection. */
  function ports(ipvs: object, changes: Changes = {}): CaseResult {
    const plan = smallCase({
      cluster: { nodes: 2, services: 1, endpoints: 2 },
      proxy: { mode: 'ipvs', minSyncPeriodNs: 100 * MS },
      run: { durationNs: 200 * S },
      ...changes,
      workload: {
        clients: 1,
        clientNodes: 1,
        ratePerSecond: 0.25,
        arrivals: 'constant',
        requestTimeoutNs: 3 * S,
        ephemeralPorts: { first: 40_000, last: 40_019 },
      },
    });
    return runCase({ ...plan, cluster: { ...plan.cluster, ipvs: { ...plan.cluster.ipvs, ...ipvs } } }, '1');
  }
  const replaced: Changes = {
    churn: [
      {
        kind: 'rolling-update',
        atNs: 90 * S,
        service: 0,
        maxSurge: 0.25,
        maxUnavailable: 0.25,
        startupNs: 1 * S,
        terminationNs: 1 * S,
        spread: 0,
      },
    ],
  };

  test.each([0, 1])('is nothing to notice on Linux 6.1, conn_reuse_mode %i', (connReuseMode) => {
    const result = ports({ connReuseMode }, replaced);
    expect(outcomes(result)).toEqual({ completed: figure(result, 'requests_scheduled') });
    expect(figure(result, 'connect_latency_ns', 'max')).toBeLessThan(10 * MS);
  });

  test('waits a second on Linux 5.8, by the kernel alone', () => {
    const result = ports({ reuseRules: 'linux-5.8' });
    const again = figure(result, 'requests_scheduled') - 20;
    expect(again).toBeGreaterThan(20);
    expect(outcomes(result)).toEqual({ completed: again + 20 });
    expect(drops(result)).toEqual({ ipvs_drop: again });
    expect(Math.abs(figure(result, 'connect_latency_ns', 'max') - 1 * S)).toBeLessThan(10 * MS);
  });

  test('leads to pods that are gone on Linux 5.8, as kube-proxy sets it there', () => {
    const quiet = ports({ reuseRules: 'linux-5.8', connReuseMode: 0 });
    expect(outcomes(quiet)).toEqual({ completed: figure(quiet, 'requests_scheduled') });
    const lossy = ports({ reuseRules: 'linux-5.8', connReuseMode: 0 }, replaced);
    // Every port that was in use before the update once.
    expect(outcomes(lossy)['timed_out']).toBe(20);
  });
});

describe('a server whose endpoint is deleted', () => {
  function scaledDown(kind: string, mode: string): CaseResult {
    const plan = smallCase({
      cluster: { nodes: 2, services: 1, endpoints: 4 },
      proxy: { mode },
      workload: { kind, clients: 4, ratePerSecond: 4, requestsPerConnection: 0 },
      churn: [{ kind: 'scale', atNs: 5 * S, service: 0, replicas: 2, startupNs: 0, terminationNs: 1e12, spread: 0 }],
      run: { durationNs: 200 * S },
    });
    const result = runCase(plan, '1');
    expect(outcomes(result)).toEqual({ completed: figure(result, 'requests_scheduled') });
    return result;
  }

  test('stays for TIME_WAIT of its last connection and until the next minute', () => {
    const result = scaledDown('new-connection', 'ipvs');
    // Two servers on each of the two nodes, checked at 180 s.
    expect(figure(result, 'ipvs_drain_ns', 'count')).toBe(4);
    expect(figure(result, 'ipvs_drain_ns', 'min')).toBeGreaterThan(174 * S);
    expect(figure(result, 'ipvs_drain_ns', 'max')).toBeLessThan(175 * S);
    expect(figure(result, 'ipvs_servers_draining', 'end')).toBe(0);
  });

  test('stays as long as a connection lasts', () => {
    const result = scaledDown('keepalive', 'ipvs');
    expect(figure(result, 'ipvs_servers_draining', 'end')).toBeGreaterThan(0);
  });

  test('is no business of iptables', () => {
    const result = scaledDown('new-connection', 'iptables');
    expect(figure(result, 'ipvs_servers_draining', 'end')).toBe(0);
    expect(result.values.some(({ metric }) => metric === 'ipvs_drain_ns')).toBe(false);
  });
});

describe('nodes that each open one lasting connection', () => {
  const jain = (scheduler: string, clientNodes: number): number => {
    const plan = smallCase({
      cluster: { nodes: 20, services: 1, endpoints: 5 },
      proxy: { mode: scheduler === '' ? 'iptables' : 'ipvs', scheduler },
      workload: {
        kind: 'keepalive',
        clients: 20,
        clientNodes,
        concurrency: 1,
        requestsPerConnection: 0,
        ratePerSecond: 400,
      },
      run: { durationNs: 1 * S },
    });
    return figure(runCase(plan, '1'), 'endpoint_load_jain', 'value');
  };

  test('all take the same endpoint with lc and rr, where one node would spread them evenly', () => {
    for (const scheduler of ['lc', 'rr']) {
      expect(jain(scheduler, 20)).toBeCloseTo(1 / 5, 5);
      expect(jain(scheduler, 1)).toBeGreaterThan(0.97);
    }
  });

  test('do not with sh, which looks at the client, nor with iptables, which draws', () => {
    for (const scheduler of ['sh', '']) expect(jain(scheduler, 20)).toBeGreaterThan(0.5);
  });
});
