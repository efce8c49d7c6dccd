/** Whatever is lost, and for whatever cause: every packet is accounted for, every request has one outcome, and runs end. */
import { describe, expect, test } from 'vitest';
import { PROXY_MODES } from '../../src/scenario/index.js';
import { runCase } from '../../src/testbed/index.js';
import { World } from '../../src/testbed/world.js';
import { drops, figure, MS, outcomes, S, smallCase, sum, type Changes } from './small-case.js';

/** Names of the losses in each mode. */
type Causes = Readonly<Record<string, readonly string[]>>;

/** The same loss in all modes. */
const everywhere = (cause: string): Causes => ({
  iptables: [cause],
  ipvs: [cause],
  nftables: [cause],
  userspace: [cause],
});

/** What modes that refuse by a rule count; a proxy that relays accepts what comes and closes it again. */
const REFUSED: Causes = { iptables: ['rejected'], ipvs: ['rejected'], nftables: ['rejected'], userspace: [] };

/** A rolling update that ends pods at once, while the nodes still send them traffic. */
const KILLED: Changes = {
  churn: [
    {
      kind: 'rolling-update',
      atNs: 30 * MS,
      service: 0,
      maxSurge: 0,
      maxUnavailable: 1,
      startupNs: 10 * MS,
      terminationNs: 0,
      spread: 0.5,
    },
  ],
  proxy: { minSyncPeriodNs: 10 * MS },
};

const LOSSES: readonly (readonly [what: string, changes: Changes, causes: Causes])[] = [
  [
    'a slow link with a queue of two',
    { link: { bandwidthBitsPerSecond: 20e6, queuePackets: 2 } },
    everywhere('link_queue'),
  ],
  ['cores without a backlog', { cluster: { backlogPackets: 0 } }, everywhere('cpu_backlog')],
  [
    'a conntrack table of forty entries',
    { conntrack: { max: 40, buckets: 10 } },
    // An answer to an entry that was evicted is INVALID, which only iptables mode drops by a rule.
    {
      iptables: ['conntrack_full', 'rule_drop'],
      ipvs: ['conntrack_full'],
      nftables: ['conntrack_full'],
      userspace: ['conntrack_full'],
    },
  ],
  ['Services without endpoints', { cluster: { endpoints: 0 } }, REFUSED],
  [
    'UDP to Services without endpoints',
    { cluster: { endpoints: 0 }, workload: { kind: 'udp', requestTimeoutNs: 100 * MS } },
    REFUSED,
  ],
  ['answers too large for the tunnel', { workload: { responseBytes: 1480 } }, everywhere('mtu')],
  [
    'pods that vanish',
    { ...KILLED, workload: { target: 'first' } },
    // ip_vs drops a packet of a connection whose server has left (expire_nodest_conn).
    {
      iptables: ['no_route', 'rejected'],
      ipvs: ['ipvs_drop', 'no_route', 'rejected'],
      nftables: ['no_route', 'rejected'],
      userspace: ['no_route'],
    },
  ],
  [
    'pods that vanish under UDP',
    { ...KILLED, workload: { kind: 'udp', target: 'first' } },
    {
      iptables: ['no_route', 'rejected'],
      ipvs: ['no_route'],
      nftables: ['no_route', 'rejected'],
      userspace: ['no_route'],
    },
  ],
];

const GRID = PROXY_MODES.flatMap(({ name: mode }) =>
  LOSSES.map(([what, changes, causes]) => {
    const plan = smallCase({ ...changes, proxy: { ...changes.proxy, mode } });
    return [mode, what, plan, causes[mode]] as const;
  }),
);

describe.each(GRID)('%s: %s', (_mode, _what, plan, causes) => {
  const result = runCase(plan, '1');

  test('every request has one outcome', () => {
    const ends = outcomes(result);
    expect(ends['unfinished']).toBeUndefined();
    expect(sum(Object.values(ends))).toBe(figure(result, 'requests_scheduled'));
  });

  test('losses are counted under their names', () => {
    const lost = drops(result);
    expect(sum(Object.values(lost))).toBe(figure(result, 'packets_dropped'));
    expect(Object.keys(lost).sort()).toEqual(causes);
    if (causes!.length > 0) expect(figure(result, 'packets_dropped')).toBeGreaterThan(0);
  });

  test('in the end no packet is left: sent = delivered + dropped', () => {
    const world = new World(plan, '1');
    world.traffic.start();
    // Longer than all retransmissions of a FIN.
    world.base.simulation.run(200 * S);
    const { base } = world;
    base.checkConservation();
    const sent = base.transport.segments.sent + sum(base.nodes.map((node) => node.originated));
    expect(sent).toBe(base.bridge.delivered + base.drops.total);
    expect(base.links.inFlight + base.underlay.cores.inFlight).toBe(0);
    expect(world.traffic.unfinished).toBe(0);
  });
});

test('packets that are sent again count among neither the first ones nor those of established connections', () => {
  const result = runCase(smallCase({ link: { bandwidthBitsPerSecond: 20e6, queuePackets: 2 } }), '1');
  expect(figure(result, 'packets_retransmitted')).toBeGreaterThan(100);
  expect(figure(result, 'first_packet_rules', 'min')).toBeGreaterThan(18);
  expect(figure(result, 'established_packet_rules', 'max')).toBe(5);
});

test('a run without losses says so', () => {
  const result = runCase(smallCase(), '1');
  expect(drops(result)).toEqual({});
  expect(outcomes(result)).toEqual({ completed: figure(result, 'requests_scheduled') });
  expect(figure(result, 'packets_retransmitted')).toBe(0);
});

test('packets under way are noticed when they go missing', () => {
  const world = new World(smallCase(), '1');
  world.traffic.start();
  world.base.simulation.run(50 * MS);
  world.base.checkConservation();
  world.base.packets.take(0);
  expect(() => world.base.checkConservation()).toThrow('packets-conserved');
});
