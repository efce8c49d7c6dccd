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

/** Gives the service these endpoints, in the next version that both nodes use. */
function serve(world: TwoNodes, registry: VirtualServerRegistry, version: number, endpoints: readonly string[]): void {
  registry.advance(version);
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
  for (const node of world.base.nodes) node.ipv4!.ipvs.use(registry.table(), [node.ipv4!.parts.address]);
}

/** Both nodes have one service with these endpoints, and the masquerade rules of kube-proxy's ipvs mode, sets written out. */
function directors(
  overlay: 'vxlan' | 'host-gw',
  endpoints: readonly string[],
  registry = new VirtualServerRegistry(),
): TwoNodes {
  const world = new TwoNodes({ overlay });
  serve(world, registry, 1, endpoints);
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
  world.base.nodes.forEach((_, n) => {
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
  const { conntrack } = world.base.nodes[0]!;
  expect([conntrack.count, conntrack.tuples.source(1), conntrack.tuples.sourcePort(1)]).toEqual([
    1,
    ip('10.244.2.5'),
    8080,
  ]);
});

test('the packet around a packet meets ip_vs on both nodes, and is none of its business', () => {
  const world = directors('vxlan', ['10.244.2.5']);
  expect(world.ask(world.host('10.244.1.4'), SERVICE, 80)).toBe('answered');
  const miss = { ipvsHook: 1, ipvsConnectionLookup: 2, ipvsServiceLookup: 1 };
  for (const { node, first, work } of world.passages) {
    if (first === FromClient.no) continue;
    // Node 1: LOCAL_IN for the packet itself, with a look at the service for the first one. Node 2: FORWARD for the packet itself.
    const own = node === 2 ? [1, 1, 0] : [1, 2, first === FromClient.first ? 1 : 0];
    expect(work).toMatchObject({
      ipvsHook: own[0]! + miss.ipvsHook,
      ipvsConnectionLookup: own[1]! + miss.ipvsConnectionLookup,
      ipvsServiceLookup: own[2]! + miss.ipvsServiceLookup,
    });
  }
});

describe('the conntrack entry of a connection through ip_vs', () => {
  test('ends with the connection, whatever conntrack itself would keep', () => {
    const world = directors('host-gw', ['10.244.2.5']);
    world.keepOpen = true;
    world.ask(world.host('10.244.1.4'), SERVICE, 80);
    const entries = () => world.base.nodes.map((node) => node.conntrack.count);
    expect(entries()).toEqual([1, 1]);
    world.wait(890_000);
    expect(entries()).toEqual([1, 1]);
    world.wait(20_000);
    // The other node forwards the packets without ip_vs: it keeps its entry.
    expect(entries()).toEqual([0, 1]);
  });

  test('goes with the server: a SYN that comes again is lost once, and then answered by a new pod', () => {
    const registry = new VirtualServerRegistry();
    const world = directors('host-gw', ['10.244.2.5'], registry);
    world.base.hosts.remove(world.host('10.244.2.5'));
    expect(world.ask(world.outside, '10.50.0.1', NODE_PORT)).toBe('nothing');
    world.pod('10.244.2.6');
    serve(world, registry, 2, ['10.244.2.6']);
    // SYNs after 1 s and 3 s; the new pod's answer finds its way back.
    world.wait(1000);
    expect([world.told, world.lost]).toEqual([[], { no_route: 1, ipvs_drop: 1 }]);
    world.wait(2000);
    expect([world.told, world.servedBy, world.seen.at(-1)]).toEqual([
      ['connected', 'answered'],
      ['10.244.2.6'],
      '10.50.0.1',
    ]);
    expect(world.lost).toEqual({ no_route: 1, ipvs_drop: 1 });
    world.base.checkConservation();
  });

  test('of a port used again belongs to the new connection and stays', () => {
    const world = directors('host-gw', ['10.244.2.5']);
    const { conntrack } = world.base.nodes[0]!;
    const { ipvs } = world.base.nodes[0]!.ipv4!;
    world.ask(world.host('10.244.1.4'), SERVICE, 80);
    const row = ipvs.connections.table.rows - 1;
    ipvs.connections.expireNow(row, true);
    world.wait(10);
    expect([ipvs.connectionCount, conntrack.count]).toEqual([0, 1]);
  });
});

describe('without conntrack for ip_vs (net.ipv4.vs.conntrack = 0)', () => {
  function untracked(overlay: 'vxlan' | 'host-gw'): TwoNodes {
    const world = directors(overlay, ['10.244.2.5']);
    for (const { ipv4 } of world.base.nodes) {
      ipv4!.ipvs.sysctls = { ...ipv4!.ipvs.sysctls, conntrack: false };
    }
    return world;
  }

  test('the node of the client keeps no entry, and the connection works all the same', () => {
    const world = untracked('host-gw');
    for (let n = 0; n < 3; n++) expect(world.ask(world.host('10.244.1.4'), SERVICE, 80)).toBe('answered');
    // The other node forwards packets that ip_vs has no part in.
    expect(world.base.nodes.map(({ conntrack }) => conntrack.count)).toEqual([0, 3]);
    expect([world.seen, world.lost]).toEqual([['10.244.1.4'], {}]);
    world.base.checkConservation();
  });

  test('nothing is masqueraded: a server on another node sees the client, and answers past the node', () => {
    const world = untracked('host-gw');
    expect(world.ask(world.outside, '10.50.0.1', NODE_PORT)).toBe('nothing');
    expect(world.base.nodes[0]!.conntrack.count).toBe(0);
    expect(world.base.nodes[0]!.ipv4!.ipvs.connectionCount).toBe(1);
  });
});
