/** How large the table is, in closed form and as it stands on a node; and how much nodes share of it. */
import { describe, expect, test } from 'vitest';
import type { Service } from '../../../src/kube/index.js';
import { EndpointChoices } from '../../../src/proxy/endpoint-choice.js';
import { countNftTable } from '../../../src/proxy/modes/nftables/table-counts.js';
import type { ServicePort } from '../../../src/proxy/service-port.js';
import { endpoint } from '../ledger-world.js';
import { ip, NftWorld, OPTIONS, prefix } from './nft-world.js';

const SERVICES = ip('10.96.0.0');
const PODS = ip('10.244.0.0');

function worldOf(services: number, endpoints: number, changes: (i: number) => Partial<Service>, nodes = 4): NftWorld {
  return new NftWorld((write) => {
    for (let i = 0; i < services; i++) {
      write.service(`s${i}`, { clusterIp: SERVICES + i + 1, ...changes(i) });
      const list = Array.from({ length: endpoints }, (_, j) => endpoint(PODS + i * endpoints + j, { node: j % nodes }));
      write.slice(`s${i}`, `s${i}-1`, list);
    }
  });
}

const external = (i: number): Partial<Service> => ({
  type: 'LoadBalancer',
  ports: [{ name: '', protocol: 6, port: 80, targetPort: 8080, nodePort: 30000 + i }],
  externalIps: [ip('192.168.99.0') + i],
  loadBalancerVips: [ip('1.2.0.0') + i],
});

/** Chains, rules and elements for M services of E endpoints; L of them on the node. */
const kinds: [
  string,
  (i: number) => Partial<Service>,
  (m: number, e: number, l: number) => [number, number, number],
][] = [
  ['ClusterIP', () => ({}), (m, e) => [m * (1 + e), m * (2 + 2 * e), 2 * m]],
  ['with affinity', () => ({ affinitySeconds: 60 }), (m, e) => [m * (1 + e), m * (2 + e + 3 * e), 2 * m]],
  ['external', external, (m, e) => [m * (2 + e), m * (2 + 2 + 2 * e), 5 * m]],
  [
    'external, policy Local',
    (i) => ({ ...external(i), externalTrafficPolicy: 'Local' }),
    // The node's own endpoints behind a chain of their own: without masquerade, so one rule.
    (m, e) => [m * (3 + e), m * (4 + 2 + 1 + 2 * e), 5 * m],
  ],
  [
    'source ranges',
    (i) => ({ ...external(i), sourceRanges: [prefix('10.0.0.0/8'), prefix('192.168.0.0/16')] }),
    (m, e) => [m * (3 + e), m * (4 + 1 + 2 * e), 6 * m],
  ],
  [
    'a source range of all addresses, which is the same as none',
    (i) => ({ ...external(i), sourceRanges: [prefix('10.0.0.0/8'), prefix('0.0.0.0/0')] }),
    (m, e) => [m * (2 + e), m * (2 + 2 + 2 * e), 5 * m],
  ],
  [
    'internal policy Local',
    () => ({ internalTrafficPolicy: 'Local' }),
    (m, _e, l) => [m * (1 + l), m * (2 + 2 * l), 2 * m],
  ],
];

describe.each(kinds)('%s', (_name, changes, expected) => {
  test.each([
    [1, 1],
    [3, 8],
    [50, 3],
  ])('%i services of %i endpoints', (services, endpoints) => {
    const world = worldOf(services, endpoints, changes);
    const { report } = world.sync(world.node());
    const own = Math.ceil(endpoints / 4);
    const [chains, rules, elements] = expected(services, endpoints, own);
    // Fixed: 8 base chains and 8 others, 23 rules, the element for the node's own address.
    expect([report.nftChains, report.nftRules, report.nftElements]).toEqual([16 + chains, 23 + rules, 1 + elements]);
  });
});

test('the fixed part', () => {
  const world = new NftWorld(() => undefined, { ...OPTIONS, serviceCidrs: [] });
  const { report } = world.sync(world.node());
  expect([report.nftChains, report.nftRules, report.nftElements]).toEqual([16, 22, 1]);
});

test('30,000 services of 10 endpoints are counted without being written', () => {
  const { ledger } = worldOf(300, 10, () => ({})).world;
  const like = ledger.keysAt(ledger.revision).map((key) => ledger.portAt(key, ledger.revision)!);
  const ports = Array.from({ length: 30_000 }, (_, i): ServicePort => ({
    ...like[i % 300]!,
    key: i,
    clusterIp: SERVICES + i,
  }));
  const node = { index: 0, name: 'n', zone: '', ip: ip('192.168.0.1'), localIps: [ip('192.168.0.1')] };
  const counts = countNftTable({ ports, choices: new EndpointChoices(), options: OPTIONS, family: 4, node });
  expect(counts).toEqual({
    chains: 16 + 30_000 * 11,
    rules: 23 + 30_000 * 22,
    sets: 7,
    elements: {
      'cluster-ips': 30_000,
      'nodeport-ips': 1,
      'no-endpoint-services': 0,
      'no-endpoint-nodeports': 0,
      'firewall-ips': 0,
      'service-ips': 30_000,
      'service-nodeports': 0,
    },
  });
});

describe('what nodes share', () => {
  const inUse = (world: NftWorld): number =>
    Array.from({ length: world.nft.sets.count }, (_, set) => world.nft.sets.contentOf(set).inUse).reduce(
      (a, b) => a + b,
      0,
    );

  test('everything, when no service depends on the node', () => {
    const world = worldOf(500, 3, external);
    world.sync(world.node());
    const [chains, rules, trees] = [world.nft.chainCount, world.nft.ruleCount, inUse(world)];
    for (let i = 0; i < 20; i++) world.sync(world.node());
    expect([world.nft.chainCount, world.nft.ruleCount]).toEqual([chains, rules]);
    // The set of each node's own addresses is its own: its version and a node or two.
    expect(inUse(world) - trees).toBeLessThanOrEqual(20 * 3);
  });

  test('all but their own endpoints, when one does', () => {
    const world = worldOf(500, 3, (i) => (i === 7 ? { ...external(i), externalTrafficPolicy: 'Local' } : {}), 3);
    for (let i = 0; i < 2; i++) world.sync(world.node());
    const [chains, trees] = [world.nft.chainCount, inUse(world)];
    // Node 2 has an endpoint: a chain for it, one for external traffic; and the others have none.
    world.sync(world.node());
    expect(world.nft.chainCount - chains).toBe(2);
    expect(inUse(world) - trees).toBeLessThan(20);
    for (let i = 0; i < 10; i++) world.sync(world.node());
    expect(world.nft.chainCount - chains).toBe(2);
  });

  test('a change makes new what it is about, on all nodes together', () => {
    const world = worldOf(500, 3, () => ({}));
    const nodes = Array.from({ length: 5 }, () => world.node());
    for (const node of nodes) world.sync(node);
    const chains = world.nft.chainCount;
    const trees = inUse(world);
    world.write.slice('s9', 's9-1', [endpoint(PODS + 27), endpoint(PODS + 28), endpoint(PODS + 5000)]);
    for (const node of nodes.slice(1)) world.sync(node, 5e9);
    // One node is behind: the service's old chain with its endpoint that is gone, and its map's element, are still there.
    expect(world.nft.chainCount - chains).toBe(2);
    expect(inUse(world) - trees).toBeLessThan(12);
    world.sync(nodes[0]!, 5e9);
    expect([world.nft.chainCount, inUse(world)]).toEqual([chains, trees]);
  });
});
