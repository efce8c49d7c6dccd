/** Clients that are told nothing because of the rate limits on ICMP errors, and clients that have no source port left. */
import { expect, test } from 'vitest';
import { madeUpObjects } from '../../src/kube/index.js';
import { runCase } from '../../src/testbed/index.js';
import { drops, figure, outcomes, S, smallCase } from './small-case.js';

/** A Service without endpoints. */
function objects() {
  const made = madeUpObjects({ services: 1, endpoints: 3, serviceType: 'ClusterIP', protocol: 6 });
  return { ...made, podSets: made.podSets.map((set) => ({ ...set, replicas: 0 })) };
}

// Userspace mode has nothing to refuse by: its proxy takes every connection in.
test.each(['iptables', 'ipvs', 'nftables'])(
  '%s: by the rate limits on errors most who are refused hear nothing and dial again',
  (mode) => {
    const plan = smallCase({
      cluster: { nodes: 3, objects: objects() },
      proxy: { mode },
      workload: { clients: 2, clientNodes: 2, ratePerSecond: 100, requestTimeoutNs: 1.5 * S },
      run: { durationNs: 2 * S, drainNs: 5 * S },
    });
    const result = runCase(plan, '1');
    const { refused, timed_out: timedOut } = outcomes(result);
    const suppressed = figure(result, 'icmp_errors_suppressed');
    // Two clients, each on its own node: 6 errors at once, and one for each of the 3.5 s in which they still dial.
    expect(refused).toBeGreaterThanOrEqual(2 * (6 + 2));
    expect(refused).toBeLessThanOrEqual(2 * (6 + 3));
    expect(timedOut).toBe(figure(result, 'requests_scheduled') - refused!);
    expect(suppressed).toBe(drops(result)['rejected']! - refused!);
    // Whoever heard nothing has dialled once more, a second later.
    expect(figure(result, 'packets_retransmitted')).toBeGreaterThanOrEqual(timedOut!);
  },
);

test('a client whose source ports all rest cannot dial', () => {
  const result = runCase(
    smallCase({ workload: { clients: 2, ratePerSecond: 400, ephemeralPorts: { first: 5000, last: 5009 } } }),
    '1',
  );
  expect(figure(result, 'requests_completed')).toBe(20);
  expect(outcomes(result)).toEqual({ completed: 20, without_port: figure(result, 'requests_scheduled') - 20 });
});
