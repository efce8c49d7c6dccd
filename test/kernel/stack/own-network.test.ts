/** The node's own network: its processes are clients and servers, rules meet them in OUTPUT and INPUT, ip_vs at both ends. */
import { describe, expect, test } from 'vitest';
import { CtState, Hook, Owner, Table } from '../../../src/kernel/index.js';
import { VirtualServerRegistry } from '../../../src/kernel/ipvs/virtual-server-table.js';
import { Protocol } from '../../../src/net/index.js';
import { TwoNodes, ip } from './two-nodes.js';

const SERVICE = '10.96.0.1';
const NODE = '10.50.0.1';

/** A service of ip_vs on both nodes. */
function balanced(endpoints: readonly string[], world = new TwoNodes()): TwoNodes {
  const registry = new VirtualServerRegistry();
  registry.advance(1);
  registry.put({
    protocol: Protocol.tcp,
    address: ip(SERVICE),
    port: 80,
    bound: true,
    scheduler: 'rr',
    flags: 0,
    persistenceSeconds: 0,
    persistenceMask: 0xffffffff,
    servers: {
      length: endpoints.length,
      address: Uint32Array.from(endpoints, ip),
      port: new Uint16Array(endpoints.length).fill(8080),
    },
  });
  for (const { ipv4 } of world.base.nodes) ipv4!.ipvs.use(registry.table(), []);
  return world;
}

/** Masquerades what goes to the service or comes from it, as kube-proxy does in ipvs mode without a detector. */
function masquerade(world: TwoNodes): void {
  const mark = world.rules.addChain('OUTPUT', [
    { source: { address: ip(SERVICE), bits: 32 }, target: { kind: 'mark-or', bits: 0x4000 } },
  ]);
  for (const netfilter of world.netfilters) netfilter.setBase(Table.nat, Hook.output, Owner.proxy, mark);
}

describe('a process of the node', () => {
  test('is refused where nobody listens, over loopback too', () => {
    const world = new TwoNodes();
    for (const address of [NODE, '127.0.0.1', '127.5.5.5', '10.50.0.2']) {
      expect(world.ask(world.host(NODE), address, 9999)).toBe('refused');
    }
    expect(world.ask(world.host(NODE), NODE, 9999, Protocol.udp)).toBe('refused');
    world.base.checkConservation();
  });

  test.each(['reject', 'drop'] as const)('meets %s rules of OUTPUT', (kind) => {
    const world = new TwoNodes();
    const target = { kind } as const;
    const chain = world.rules.addChain('OUTPUT', [
      { state: CtState.new, destination: { address: ip(SERVICE), bits: 32 }, target },
    ]);
    for (const netfilter of world.netfilters) netfilter.setBase(Table.filter, Hook.output, Owner.proxy, chain);
    expect(world.ask(world.host(NODE), SERVICE, 80)).toBe(kind === 'reject' ? 'refused' : 'nothing');
    expect(world.base.nodes[0]!.conntrack.count).toBe(0);
    world.base.checkConservation();
  });

  test('meets rules of INPUT on the way to itself', () => {
    const world = new TwoNodes();
    const chain = world.rules.addChain('INPUT', [
      { protocol: Protocol.tcp, destinationPort: 8080, target: { kind: 'drop' } },
    ]);
    for (const netfilter of world.netfilters) netfilter.setBase(Table.filter, Hook.input, Owner.proxy, chain);
    expect(world.ask(world.host(NODE), '127.0.0.1', 8080)).toBe('nothing');
    expect(world.lost).toEqual({ rule_drop: 1 });
  });

  test('has one conntrack entry for a connection with itself', () => {
    const world = new TwoNodes();
    expect(world.ask(world.host(NODE), NODE, 8080)).toBe('answered');
    const { conntrack } = world.base.nodes[0]!;
    expect([conntrack.created, conntrack.tuples.source(0), conntrack.tuples.destination(0)]).toEqual([
      1,
      ip(NODE),
      ip(NODE),
    ]);
  });

  test('goes through ip_vs, from the virtual address that is its own there', () => {
    const world = balanced(['10.244.2.5']);
    world.pod('10.244.2.5');
    masquerade(world);
    expect(world.base.nodes[0]!.sourceFor(ip(SERVICE))).toBe(ip(SERVICE));
    expect(world.ask(world.host(NODE), SERVICE, 80)).toBe('answered');
    expect(world.seen).toEqual(['10.244.1.0']);
    world.base.checkConservation();
  });

  test('serves behind ip_vs, for clients on the wire, in pods and on its node', () => {
    const world = balanced([NODE]);
    for (const client of ['10.50.0.200', '10.244.1.4', NODE]) {
      expect([client, world.ask(world.host(client), SERVICE, 80)]).toEqual([client, 'answered']);
    }
    expect(world.seen).toEqual(['10.50.0.200', '10.244.1.4', SERVICE]);
    world.base.checkConservation();
  });

  test('serves behind a translated address', () => {
    const world = new TwoNodes({ services: [{ address: SERVICE, endpoint: NODE }] });
    for (const client of ['10.244.1.4', '10.244.2.4', NODE, '10.50.0.200']) {
      expect([client, world.ask(world.host(client), SERVICE, 80)]).toEqual([client, 'answered']);
    }
    world.base.checkConservation();
  });
});
