/** Services through ip_vs on the nodes: INPUT takes them up, POSTROUTING masquerades what is marked, FORWARD turns answers back. */
import { describe, expect, test } from 'vitest';
import { FromClient, Hook, Owner, Table } from '../../../src/kernel/index.js';
import { VirtualServerRegistry } from '../../../src/kernel/ipvs/virtual-server-table.js';
import { Protocol } from '../../../src/net/index.js';
import { TwoNodes, ip } from './two-nodes.js';

const SERVICE = '10.96.0.1';
const NODE_PORT = 30_001;
const CLUSTER = { address: ip('10.244.0.0'), bits: 16 };
const MARK = { kind: 'mark-or', bits: 0x4000 } as const;

/** Both nodes have one service with these endpoints, and the masquerade rules of kube-proxy's ipvs mode, sets written out. */
function directors(overlay: 'vxlan' | 'host-gw', endpoints: readonly string[]): TwoNodes {
  const world = new TwoNodes({ overlay });
  const registry = new VirtualServerRegistry();
  registry.advance(1);
  const common = {
    protocol: Protocol.tcp,
    scheduler: 'rr',
    flags: 0,
    persistenceSeconds: 0,
    persistenceMask: 0xffffffff,
  };
  const servers = {
    length: endpoints.length,
    address: Uint32Array.from(endpoints, ip),
    port: new Uint16Array(endpoints.length).fill(8080),
  };
  registry.put({ ...common, address: ip(SERVICE), port: 80, bound: true, servers });
  registry.put({ ...common, address: 0, port: NODE_PORT, bound: false, servers });
  const marks = world.rules.addChain('PREROUTING', [
    { source: { ...CLUSTER, negated: true }, destination: { address: ip(SERVICE), bits: 32 }, target: MARK },
    { destinationLocal: true, protocol: Protocol.tcp, destinationPort: NODE_PORT, target: MARK },
  ]);
  const hairpins = endpoints.map((endpoint) => {
    const self = { address: ip(endpoint), bits: 32 };
    return { source: self, destination: self, target: { kind: 'masquerade', randomFully: true } as const };
  });
  const masquerade = world.rules.addChain('POSTROUTING', [
    ...hairpins,
    { mark: { value: 0x4000, mask: 0x4000 }, target: { kind: 'masquerade', randomFully: true } },
  ]);
  world.base.nodes.forEach((node, n) => {
    node.ipvs.use(registry.table(), [node.address]);
    world.netfilters[n]!.setBase(Table.nat, Hook.prerouting, Owner.proxy, marks);
    world.netfilters[n]!.setBase(Table.nat, Hook.postrouting, Owner.proxy, masquerade);
  });
  for (const address of ['10.244.1.4', '10.244.1.5', '10.244.2.5']) world.pod(address);
  return world;
}

describe.each(['vxlan', 'host-gw'] as const)('the source address that a server sees, %s', (overlay) => {
  const tunnelOr = (address: string): string => (overlay === 'vxlan' ? '10.244.1.0' : address);

  test.each([
    ['pod to cluster IP, other node', '10.244.1.4', SERVICE, 80, '10.244.2.5', '10.244.1.4'],
    ['pod to cluster IP, same node', '10.244.1.4', SERVICE, 80, '10.244.1.5', '10.244.1.4'],
    ['pod to its own service (hairpin)', '10.244.1.5', SERVICE, 80, '10.244.1.5', '10.244.1.1'],
    [
      'outside to node port, endpoint on another node',
      '10.50.0.200',
      '10.50.0.1',
      NODE_PORT,
      '10.244.2.5',
      tunnelOr('10.50.0.1'),
    ],
    ['outside to node port, endpoint on this node', '10.50.0.200', '10.50.0.1', NODE_PORT, '10.244.1.5', '10.244.1.1'],
    ['outside to cluster IP routed to a node', '10.50.0.200', SERVICE, 80, '10.244.2.5', tunnelOr('10.50.0.1')],
  ])('%s', (_, from, to, port, endpoint, expected) => {
    const world = directors(overlay, [endpoint]);
    expect(world.ask(world.host(from), to, port)).toBe('answered');
    expect([world.seen, world.servedBy, world.lost]).toEqual([[expected], [endpoint], {}]);
    expect(world.base.transport.retransmissions).toBe(0);
    world.base.checkConservation();
  });
});

test('connections are dealt out in turn', () => {
  const world = directors('vxlan', ['10.244.1.5', '10.244.2.5']);
  for (let n = 0; n < 6; n++) world.ask(world.host('10.244.1.4'), SERVICE, 80);
  // The newest server stands at the front of the list.
  expect(world.servedBy.filter((address) => address === '10.244.1.5').length).toBe(3);
  expect(world.servedBy.every((address, n) => n === 0 || address !== world.servedBy[n - 1])).toBe(true);
});

test('a service without servers is refused by ICMP', () => {
  const world = directors('vxlan', []);
  expect(world.ask(world.host('10.244.1.4'), SERVICE, 80)).toBe('refused');
  expect(world.lost).toEqual({ rejected: 1 });
  world.base.checkConservation();
});

test('a port of the service address on which nobody serves is reset', () => {
  const world = directors('vxlan', ['10.244.2.5']);
  expect(world.ask(world.host('10.244.1.4'), SERVICE, 81)).toBe('refused');
  expect(world.lost).toEqual({ no_listener: 1 });
});

test('the first packet is scheduled, later ones find their connection; conntrack has one entry that knows the server', () => {
  const world = directors('host-gw', ['10.244.2.5']);
  world.ask(world.host('10.244.1.4'), SERVICE, 80);
  const onNode1 = world.passages.filter((passage) => passage.node === 1);
  const [first, ...later] = onNode1.filter((passage) => passage.first !== FromClient.no);
  expect(first?.work).toMatchObject({ ipvsSchedule: 1, ipvsConnectionCreate: 1, ipvsForward: 1, ipvsServiceLookup: 1 });
  expect(later.length).toBe(4);
  for (const { work } of later) {
    expect(work).toMatchObject({ ipvsForward: 1 });
    expect(Object.keys(work)).not.toContain('ipvsSchedule');
  }
  const { conntrack } = world.base.nodes[0]!.hooks;
  expect([conntrack.count, conntrack.tuples.source(1), conntrack.tuples.sourcePort(1)]).toEqual([
    1,
    ip('10.244.2.5'),
    8080,
  ]);
});
