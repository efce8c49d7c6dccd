/** Findings about modes: each holds for all the data that it speaks of, and is missing where the seeds cannot tell. */
import { describe, expect, test } from 'vitest';
import type { Aggregate } from '../../src/measure/index.js';
import { one, summary } from './made-up-cases.js';
import type { Figure, Place } from './made-up-cases.js';

/** Both modes at one size, with the mean latency of a first packet in each. */
function pair(iptables: Figure, ipvs: Figure, place: Omit<Place, 'mode'> = {}): Aggregate[] {
  const name = 'first_packet_latency_ns mean';
  return [
    ...one({ ...place, mode: 'iptables' }, { [name]: iptables, 'first_packet_rules mean': 100 }),
    ...one({ ...place, mode: 'ipvs', scheduler: 'rr' }, { [name]: ipvs, 'first_packet_rules mean': 10 }),
  ];
}

describe('latencies of modes', () => {
  test('are compared when the intervals are narrow and apart', () => {
    const apart = summary(pair([200, 5], [100, 5]));
    expect(apart).toContain('takes on average 200 ns in iptables mode and 100 ns in ipvs mode to reach its endpoint');
    expect(apart).toContain(': in iptables mode 2 times as long as in ipvs mode.');
    const reversed = summary(pair([100, 1], [200, 5]));
    expect(reversed).toContain(
      '200 ns in ipvs mode and 100 ns in iptables mode to reach its endpoint: in ipvs mode 2 times',
    );
  });

  test('are not when one is wide or both overlap', () => {
    const wide = summary(pair([200, 50], [100, 5]));
    expect(wide).toContain(
      'takes on average 100 ns in ipvs mode to reach its endpoint; the seeds disagree about iptables mode.',
    );
    const overlapping = summary(pair([114, 10], [100, 5]));
    for (const text of [wide, overlapping]) expect(text).not.toContain('times as long');
    expect(summary(pair([200, 50], [100, 50]))).toContain(
      'the seeds disagree about how long a first packet takes to reach its endpoint in iptables mode and ipvs mode with rr.',
    );
  });

  test('are not spoken of where a run has a handful of them', () => {
    const counted = (mode: string, mean: number, count: number): Aggregate[] =>
      one(
        { mode },
        {
          'first_packet_latency_ns mean': mean,
          'first_packet_latency_ns count': count,
          'first_packet_rules mean': mean,
        },
      );
    const text = summary(counted('iptables', 300, 500), counted('nftables', 100, 500), counted('ipvs', 10, 1));
    expect(text).toContain('300 ns in iptables mode and 100 ns in nftables mode to reach its endpoint');
    expect(text).not.toContain('ipvs mode');
  });

  test('name the scheduler that a ratio is against', () => {
    const slow = one({ mode: 'ipvs', scheduler: 'lc' }, { 'first_packet_latency_ns mean': 125 });
    const text = summary(pair(250, 100), slow);
    expect(text).toContain('100 ns (rr) to 125 ns (lc) in ipvs mode');
    expect(text).toContain('in iptables mode 2 times as long as in ipvs mode with lc.');
  });

  test('cross at every pair of sizes from which on all larger ones are slower', () => {
    const sizes = [
      pair(100, 100, { services: 100, endpoints: 10 }),
      pair(120, 100, { services: 1000, endpoints: 10 }),
      pair(120, 100, { services: 100, endpoints: 300 }),
    ];
    expect(summary(...sizes)).toContain(
      'than in ipvs mode at 100 services with 300 endpoints each and at 1,000 services with 10 endpoints each, up to 1.20 times as long.',
    );
    expect(summary(...sizes, pair(300, 100, { services: 10_000, endpoints: 10 }))).toContain(
      'from 1,000 services with 10 endpoints each on, up to 3 times as long.',
    );
    expect(summary(...sizes, pair(100, 100, { services: 10_000, endpoints: 10 }))).toContain(
      'at 1,000 services with 10 endpoints each, though not at every larger size, up to 1.20 times as long.',
    );
    expect(summary(...sizes, pair([300, 90], 100, { services: 10_000, endpoints: 10 }))).toContain(
      '(the seeds cannot tell at 10,000 services with 10 endpoints each)',
    );
  });

  test('say where the mode that is quickest at the largest size is not', () => {
    const text = summary(pair(100, 200, { services: 10 }), pair(400, 200, { services: 1000 }));
    expect(text).toContain('slower in iptables mode than in ipvs mode at 1,000 services, 2 times as long.');
    expect(text).toContain(
      'In ipvs mode the mean first packet is more than 10 % slower than in iptables mode at 10 services, though not at every larger size, 2 times as long.',
    );
  });
});

describe('several modes', () => {
  const name = 'first_packet_latency_ns mean';
  /** Modes by name, `ipvs rr` with its scheduler, with a figure at each of three sizes. */
  const modes = (metric: string, figures: Readonly<Record<string, readonly number[]>>): Aggregate[] =>
    Object.entries(figures).flatMap(([label, values]) => {
      const [mode = '', scheduler = ''] = label.split(' ');
      return values.flatMap((value, i) => one({ mode, scheduler, services: 10 ** (i + 1) }, { [metric]: value }));
    });

  test('share one sentence, each with its sizes', () => {
    const figures = { iptables: [100, 120, 300], nftables: [100, 100, 100], userspace: [200, 200, 500] };
    expect(summary(modes(name, figures))).toContain(
      'The mean first packet is more than 10 % slower than in nftables mode: in userspace mode at every size, up to 5 times as long; ' +
        'in iptables mode from 100 services on, up to 3 times as long.',
    );
  });

  test('are told of together where they are alike', () => {
    const text = summary(
      modes(name, { a: [100, 100, 104], b: [100, 100, 103], c: [100, 100, 100] }),
      modes('established_packet_rules mean', { a: [5, 5, 5], b: [5, 5, 5], c: [1, 1, 1] }),
    );
    expect(text).toContain('slower than in c mode: in a mode and b mode at no size.');
    expect(text).toContain('with 5 rules in a and b mode and 1 in c mode, at every size.');
  });

  test('with schedulers that differ are not said to be slower than they are with any', () => {
    const some = summary(
      modes(name, { 'ipvs rr': [100, 100, 130], 'ipvs lc': [100, 100, 100], nftables: [100, 100, 100] }),
    );
    expect(some).toContain('slower in ipvs mode than in nftables mode with rr only.');
    const all = summary(
      modes(name, { 'ipvs rr': [100, 100, 130], 'ipvs lc': [100, 120, 150], nftables: [100, 100, 100] }),
    );
    expect(all).toContain(
      'slower in ipvs mode with every scheduler than in nftables mode at 1,000 services, 1.30 times as long.',
    );
  });

  test('are held against all schedulers of another mode', () => {
    const text = summary(
      modes(name, { 'ipvs rr': [90, 90, 90], 'ipvs lc': [100, 100, 100], iptables: [95, 105, 200] }),
    );
    expect(text).toContain(
      'in iptables mode than in ipvs mode with every scheduler at 1,000 services, 2 times as long.',
    );
  });

  test('give requests their sentence, and CPU time another', () => {
    const latency = modes(name, { iptables: [100, 100, 100], userspace: [101, 101, 101] });
    const request = modes('request_latency_ns mean', { iptables: [100, 100, 100], userspace: [101, 101, 120] });
    const cpu = modes('cpu_per_request_ns mean', { iptables: [100, 100, 100], userspace: [150, 150, 250] });
    const text = summary(latency, request, cpu);
    expect(text).toContain(
      'The mean first packet is more than 10 % slower in userspace mode than in iptables mode at no size.',
    );
    expect(text).toContain(
      'The mean request is more than 10 % slower in userspace mode than in iptables mode at 1,000 services, 1.20',
    );
    expect(text).toContain(
      'The CPU time of a request is more than 10 % higher in userspace mode than in iptables mode at every size, up to 2.50 times as much.',
    );
  });

  test('name the first sync, and a mode in which it grows out of proportion', () => {
    const syncs = { iptables: [1e6, 8e6, 8e7], ipvs: [1e7, 1e8, 1e9], userspace: [1e6, 1e8, 1e10] };
    expect(summary(modes('full_sync_duration_ns value', syncs))).toContain(
      'To write everything for the first time takes a node 10.0 s in userspace mode, 1.00 s in ipvs mode and 80.0 ms in iptables mode, ' +
        'at 1,000 services with 10 endpoints each; in userspace mode 100 times as long as at 100 services with 10 endpoints each.',
    );
  });

  test('that relay connections say so below the table, and others do not', () => {
    const relayed = (total: number): string =>
      summary(one({ mode: 'userspace' }, { 'connect_latency_ns p99': 5, 'connections_relayed total': total }));
    expect(relayed(3)).toContain('In userspace mode connect is the handshake with the proxy;');
    expect(relayed(0)).not.toContain('the proxy');
  });

  test('of proxies and balancers in front are explained below the table', () => {
    const noted = (metric: string, total: number): string =>
      summary(one({ mode: 'ipvs' }, { 'connect_latency_ns p99': 5, [`${metric} total`]: total }));
    expect(noted('ingress_requests_sent', 3)).toContain('Through an Ingress connect is the handshake with its proxy');
    expect(noted('balancer_connections_opened', 3)).toContain('Where a load balancer ends connections, connect is');
    expect(noted('ingress_requests_sent', 0)).not.toContain('Ingress');
  });

  test('have rules of either kind and elements of either kind in one column', () => {
    const iptables = one({ mode: 'iptables' }, { 'rules_total value': 329, 'nft_rules_total value': 0 });
    const nftables = one(
      { mode: 'nftables' },
      { 'rules_total value': 0, 'nft_rules_total value': 243, 'nft_elements_total value': 21 },
    );
    const ipvs = one(
      { mode: 'ipvs' },
      { 'rules_total value': 20, 'set_entries value': 45, 'nft_elements_total value': 0 },
    );
    const text = summary(iptables, nftables, ipvs);
    expect(text).toContain('rules elements iptables 329 - nftables 243 21 ipvs 20 45');
  });
});
