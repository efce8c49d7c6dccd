/** Stale connections: which entries go, and when and at what cost they are looked for. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SyncWorkKind } from '../../src/kernel/index.js';
import { parseIp } from '../../src/net/index.js';
import { cleanStaleEntries, type FlowTable } from '../../src/proxy/conntrack-cleanup.js';
import { endpoint, ledgerWorld, type Writer } from './ledger-world.js';
import { madeUpProxies } from './made-up-proxies.js';

const ip = (text: string) => parseIp(text) ?? 0;

/** Where a connection went to and where its answers come from. */
interface Flow {
  readonly to: readonly [address: number, port: number];
  readonly from: readonly [address: number, port: number];
  readonly protocol?: number;
}

/** A table of flows; those deleted are gone from `left`. */
function flowTable(flows: readonly Flow[]) {
  const left = new Set(flows.keys());
  const flow = (slot: number): Flow => flows[slot >> 1] ?? { to: [0, 0], from: [0, 0] };
  const table: FlowTable = {
    entries: (visit) => {
      for (const entry of [...left]) visit(entry);
    },
    destroy: (entry) => left.delete(entry),
    tuples: {
      source: (slot) => (slot & 1 ? flow(slot).from[0] : 99),
      sourcePort: (slot) => (slot & 1 ? flow(slot).from[1] : 99),
      destination: (slot) => (slot & 1 ? 99 : flow(slot).to[0]),
      destinationPort: (slot) => (slot & 1 ? 99 : flow(slot).to[1]),
      protocol: (slot) => flow(slot).protocol ?? 17,
    },
  };
  return { table, left };
}

const [CLUSTER, VIP, EXTERNAL] = [ip('10.96.0.1'), ip('1.2.3.4'), ip('5.6.7.8')];
const [SERVING, GONE] = [ip('10.1.0.1'), ip('10.1.0.2')];

/** A UDP service with a serving and another endpoint. */
function dns(write: Writer, serving = true): void {
  write.service('dns', {
    type: 'LoadBalancer',
    ...{ clusterIp: CLUSTER, loadBalancerVips: [VIP], externalIps: [EXTERNAL] },
    ports: [{ name: '', protocol: 17, port: 53, targetPort: 5353, nodePort: 30_053 }],
  });
  const endpoints = [endpoint(SERVING, { ready: false, serving }), endpoint(GONE, { ready: false, serving: false })];
  write.slice('dns', 'dns-1', endpoints, { ports: [{ name: '', protocol: 17, port: 5353 }] });
}

describe('of the entries', () => {
  test.each<[string, Flow, boolean]>([
    ['to the cluster address, from a serving endpoint, stay', { to: [CLUSTER, 53], from: [SERVING, 5353] }, true],
    ['from an endpoint that does not serve go', { to: [CLUSTER, 53], from: [GONE, 5353] }, false],
    ['from another port of the endpoint go', { to: [CLUSTER, 53], from: [SERVING, 53] }, false],
    ['that were never translated go', { to: [CLUSTER, 53], from: [CLUSTER, 53] }, false],
    ['to another port of the address stay', { to: [CLUSTER, 54], from: [GONE, 5353] }, true],
    ['to a load balancer’s address go', { to: [VIP, 53], from: [GONE, 5353] }, false],
    ['to an external address go', { to: [EXTERNAL, 53], from: [GONE, 5353] }, false],
    ['to the node port of any address go', { to: [ip('9.9.9.9'), 30_053], from: [GONE, 5353] }, false],
    ['to the node port, from a serving endpoint, stay', { to: [ip('9.9.9.9'), 30_053], from: [SERVING, 5353] }, true],
    ['of TCP stay', { to: [CLUSTER, 53], from: [GONE, 5353], protocol: 6 }, true],
    ['of SCTP stay', { to: [CLUSTER, 53], from: [GONE, 5353], protocol: 132 }, true],
    ['of the other family stay', { to: [ip('fd00::1'), 30_053], from: [ip('fd00::2'), 53] }, true],
  ])('%s', (_, flow, kept) => {
    const { ledger } = ledgerWorld((write) => dns(write));
    const { table, left } = flowTable([flow]);
    const { deleted } = cleanStaleEntries(ledger, 1, table);
    expect([deleted, left.size]).toEqual(kept ? [0, 1] : [1, 0]);
  });

  test('to services without a serving endpoint all stay', () => {
    const { ledger } = ledgerWorld((write) => dns(write, false));
    const { table, left } = flowTable([
      { to: [CLUSTER, 53], from: [GONE, 5353] },
      { to: [1, 30_053], from: [GONE, 5353] },
    ]);
    cleanStaleEntries(ledger, 1, table);
    expect(left.size).toBe(2);
  });
});

test('a second look finds nothing more, and both read the entries of the family', () => {
  const address = fc.constantFrom(CLUSTER, VIP, EXTERNAL, SERVING, GONE, ip('fd00::1'));
  const port = fc.constantFrom(53, 5353, 30_053);
  const flow = fc.record({
    to: fc.tuple(address, port),
    from: fc.tuple(address, port),
    protocol: fc.constantFrom(6, 17, 132),
  });
  fc.assert(
    fc.property(fc.array(flow, { maxLength: 20 }), (flows) => {
      const { ledger } = ledgerWorld((write) => dns(write));
      const { table, left } = flowTable(flows);
      const ofFamily = () => [...left].filter((entry) => flows[entry]?.to[0] !== ip('fd00::1')).length;
      const before = ofFamily();
      const first = cleanStaleEntries(ledger, 1, table);
      expect([first.dumped, before - ofFamily()]).toEqual([before, first.deleted]);
      expect(first.work[SyncWorkKind.conntrackDumped]).toBe(before);
      expect(cleanStaleEntries(ledger, 1, table)).toMatchObject({ dumped: before - first.deleted, deleted: 0 });
      for (const entry of left) {
        const { to, from, protocol } = flows[entry] ?? { to: [], from: [], protocol: 0 };
        const isFrontend = [CLUSTER, VIP, EXTERNAL].includes(to[0] ?? 0) && to[1] === 53;
        if (protocol === 17 && isFrontend) expect(from).toEqual([SERVING, 5353]);
      }
    }),
  );
});

describe('a sync', () => {
  const stale: Flow = { to: [CLUSTER, 53], from: [GONE, 5353] };

  test('that saw UDP endpoints change looks for them last, which takes its time', () => {
    const { table, left } = flowTable([stale, { ...stale, protocol: 6 }]);
    const { simulation, proxies, write, log, done } = madeUpProxies({ conntrack: table });
    proxies.syncAll();
    expect([left.size, done[0]?.cleanup]).toEqual([2, null]);
    simulation.run(1000);
    dns(write);
    simulation.run(1014);
    expect(left.size).toBe(2);
    simulation.run(1015);
    expect([log[1], left.size, done.length]).toEqual(['1015 node 0 revision 3', 1, 1]);
    simulation.run(2000);
    // 5 ns for the rules, 2 for the dump and the deletion, 2 for the entries read.
    expect(done[1]).toMatchObject({ startedNs: 1010, durationNs: 9, liveAfterNs: 5 });
    expect(done[1]?.cleanup).toMatchObject({ dumped: 2, deleted: 1 });
    expect(done[1]?.report.work[SyncWorkKind.conntrackDumped]).toBe(2);
  });

  test('that saw none does not', () => {
    const { table } = flowTable([stale]);
    const { simulation, proxies, changeAt, done } = madeUpProxies({ conntrack: table, prepare: (write) => dns(write) });
    proxies.syncAll();
    changeAt(1000);
    simulation.run(2000);
    expect(done.map(({ cleanup }) => cleanup?.deleted)).toEqual([1, undefined]);
  });

  test('of a proxy that started again looks for them', () => {
    const { table, left } = flowTable([stale]);
    const { simulation, proxies, write, done } = madeUpProxies({ conntrack: table });
    proxies.syncAll();
    proxies.restart(0, 100);
    dns(write);
    simulation.run(1000);
    expect([left.size, done[1]?.cleanup?.deleted]).toEqual([0, 1]);
  });
});
