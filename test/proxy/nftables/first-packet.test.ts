/** Rules that packets examine, by kind of packet: the same for any number of services and endpoints. */
import { describe, expect, test } from 'vitest';
import { CtState, Hook } from '../../../src/kernel/hook.js';
import { NftStage } from '../../../src/kernel/nftables/nftables.js';
import type { Service } from '../../../src/kube/index.js';
import { WorkKind } from '../../../src/kernel/work.js';
import { endpoint } from '../ledger-world.js';
import { drawFor, pass, type Journey } from './passage.js';
import { ip, NftWorld, OPTIONS, prefix, type NftNode } from './nft-world.js';

const SERVICES = ip('10.96.0.0');
const PODS = ip('10.244.0.0');
const POD = ip('10.244.200.1');
const OUTSIDE = ip('203.0.113.9');
const EXTERNAL = ip('192.168.99.0');
const VIP = ip('1.2.0.0');

/** A world of like services, each with endpoints on node 0 and on others. */
function worldOf(services: number, endpoints: number, changes: (i: number) => Partial<Service> = () => ({})): NftWorld {
  return new NftWorld((write) => {
    for (let i = 0; i < services; i++) {
      write.service(`s${i}`, { clusterIp: SERVICES + i + 1, ...changes(i) });
      const list = Array.from({ length: endpoints }, (_, j) => endpoint(PODS + i * endpoints + j, { node: j % 2 }));
      write.slice(`s${i}`, `s${i}-1`, list);
    }
  });
}

function synced(world: NftWorld, lookup: 'index' | 'walk' = 'index'): NftNode {
  const node = world.node(lookup);
  world.sync(node);
  return node;
}

const port = (nodePort: number) => [{ name: '', protocol: 6, port: 80, targetPort: 8080, nodePort }];
const external = (i: number): Partial<Service> => ({
  type: 'LoadBalancer',
  ports: port(30000 + i),
  externalIps: [EXTERNAL + i + 1],
  loadBalancerVips: [VIP + i + 1],
  sourceRanges: [prefix('203.0.113.0/25'), prefix('10.0.0.0/8'), prefix('192.168.0.0/16')],
});
const local = (i: number): Partial<Service> => ({ ...external(i), externalTrafficPolicy: 'Local' });
const internal: Partial<Service> = { internalTrafficPolicy: 'Local' };
const affine: Partial<Service> = { affinitySeconds: 100 };

/** Rules before destination NAT, in nat, in filter behind it, and in nat behind routing. */
test.each([
  [10, 1],
  [10, 10],
  [3, 1000],
  [30_000, 1],
])('packets of %i ClusterIP services of %i endpoints', (count, endpoints) => {
  const node = synced(worldOf(count, endpoints));
  const toLast: Journey = { source: POD, destination: SERVICES + count, port: 80 };
  const rulesOf = (journey: Partial<Journey>): readonly number[] => pass(node, { ...toLast, ...journey }).rules;
  expect(rulesOf({})).toEqual([2, 6, 5, 2]);
  expect(rulesOf({ draw: 0xffffffff })).toEqual([2, 6, 5, 2]);
  // Masqueraded: the mark is set by one rule more, and taken off by one rule more.
  expect(rulesOf({ source: OUTSIDE })).toEqual([2, 7, 5, 4]);
  const itself = ip(pass(node, toLast).outcome.replace(/:.*/, ''));
  expect(rulesOf({ source: itself })).toEqual([2, 7, 5, 4]);
  expect(rulesOf({ by: 'output', source: node.facts.ip })).toEqual([2, 7, 5, 4]);
  // No service: another address, another port of a service's address.
  expect(rulesOf({ destination: OUTSIDE })).toEqual([2, 3, 5, 2]);
  expect(rulesOf({ port: 81 })).toEqual([2, 3, 4]);
  expect(rulesOf({ destination: node.facts.ip, by: 'input' })).toEqual([2, 3, 4]);
});

describe.each([
  [2, 2],
  [300, 2],
  [2, 200],
])('%i services of %i endpoints', (count, endpoints) => {
  test('packets to external addresses and node ports', () => {
    const node = synced(worldOf(count, endpoints, external));
    const rulesOf = (destination: number, to: number): readonly number[] =>
      pass(node, { source: OUTSIDE, destination, port: to }).rules;
    expect(rulesOf(EXTERNAL + count, 80)).toEqual([2, 9, 5, 4]);
    expect(rulesOf(VIP + count, 80)).toEqual([3, 9, 5, 4]);
    expect(rulesOf(node.facts.ip, 30000 + count - 1)).toEqual([2, 10, 5, 4]);
  });

  test('packets with policies Local', () => {
    const node = synced(worldOf(count, endpoints, (i) => ({ ...local(i), ...internal })));
    const from = (source: number, destination: number, by: 'forward' | 'output' = 'forward'): readonly number[] =>
      pass(node, { source, destination, port: 80, by }).rules;
    expect(from(POD, SERVICES + count)).toEqual([2, 6, 5, 2]);
    // From pods and from the node to all endpoints, from outside to the node's own.
    expect(from(POD, EXTERNAL + count)).toEqual([2, 6, 5, 2]);
    expect(from(node.facts.ip, EXTERNAL + count, 'output')).toEqual([2, 9, 5, 4]);
    expect(from(OUTSIDE, EXTERNAL + count)).toEqual([2, 10, 5, 2]);
  });

  test('packets with session affinity ask for each endpoint, until one is found', () => {
    const node = synced(worldOf(count, endpoints, () => affine));
    const journey = { source: POD, destination: SERVICES + count, port: 80, draw: drawFor(endpoints - 1, endpoints) };
    expect(pass(node, journey).rules).toEqual([2, 7 + endpoints, 5, 2]);
    // The last endpoint's set holds the source, and `numgen` is not reached.
    expect(pass(node, { ...journey, draw: 0 }).rules).toEqual([2, 6 + endpoints, 5, 2]);
    expect(pass(node, { ...journey, source: POD + 1, draw: 0 }).rules).toEqual([2, 7 + endpoints, 5, 2]);
  });

  test('packets of known connections', () => {
    const node = synced(worldOf(count, endpoints, external));
    node.context.state = CtState.established;
    const packet = node.packet(POD, PODS, 8080);
    const rules = (stage: NftStage, hook: Hook): number => {
      node.work.clear();
      node.nftables.evaluate(stage, hook, packet, node.context);
      return node.work.counts[WorkKind.nftRule]!;
    };
    expect([rules(NftStage.preDnat, Hook.prerouting), rules(NftStage.filter, Hook.forward)]).toEqual([1, 2]);
  });
});

test('services without endpoints are refused behind destination NAT', () => {
  const world = worldOf(20, 0, external);
  const node = synced(world);
  const to = (destination: number, destinationPort: number, by?: 'input') =>
    pass(node, { source: OUTSIDE, destination, port: destinationPort, ...(by && { by }) });
  expect(to(SERVICES + 1, 80)).toMatchObject({ outcome: 'REJECT', rules: [2, 3, 3] });
  expect(to(VIP + 1, 80).outcome).toBe('REJECT');
  expect(to(node.facts.ip, 30000, 'input')).toMatchObject({ outcome: 'REJECT', rules: [2, 3, 3] });
  expect(to(ip('10.111.0.1'), 80).outcome).toBe('DROP');
});

test('walk and index agree on every packet of a table with all features, and on its work', () => {
  const nodes = (['walk', 'index'] as const).map((lookup) =>
    synced(
      new NftWorld((write) => {
        for (let i = 0; i < 40; i++) {
          const features = [external(i), local(i), internal, { ...internal, ...affine }][i % 4]!;
          write.service(`s${i}`, { clusterIp: SERVICES + i + 1, ...(i % 3 === 0 ? affine : {}), ...features });
          const list = Array.from({ length: i % 7 }, (_, j) => endpoint(PODS + i * 10 + j, { node: (i + j) % 3 }));
          write.slice(`s${i}`, `s${i}-1`, list);
        }
      }),
      lookup,
    ),
  );
  const own = nodes[0]!.facts.ip;
  const journeys = Array.from({ length: 120 }, (_, step) => step).flatMap((step) => {
    const i = step % 40;
    const sources = [POD, OUTSIDE, OUTSIDE + 0x80, PODS + i * 10, own];
    return [SERVICES + i + 1, EXTERNAL + i + 1, VIP + i + 1, own].flatMap((destination) =>
      sources.map((source): Journey => {
        const port = destination === own ? 30000 + i : 80;
        return { source, destination, port, draw: (step * 0x9e3779b1) >>> 0 };
      }),
    );
  });
  const said = journeys.map((journey) => nodes.map((node) => pass(node, journey)));
  for (const [walk, index] of said) expect(index).toEqual(walk);
  expect(said.filter(([walk]) => walk?.outcome.includes(':')).length).toBeGreaterThan(500);
});

test('every endpoint gets its share of the draws', () => {
  const node = synced(worldOf(1, 7));
  const counts = new Map<string, number>();
  for (let i = 0; i < 7000; i++) {
    const { outcome } = pass(node, {
      source: POD,
      destination: SERVICES + 1,
      port: 80,
      draw: Math.floor(((i + 0.5) / 7000) * 2 ** 32),
    });
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  }
  expect([...counts.values()]).toEqual([1000, 1000, 1000, 1000, 1000, 1000, 1000]);
});

test('a detector by interface, by the prefix of each node, and none', () => {
  const own = { address: ip('10.244.0.0'), bits: 24 };
  const masquerades = (detector: (typeof OPTIONS)['detector'], source: number, fromPod = true): boolean => {
    const world = new NftWorld(
      (write) => {
        write.service('s', { clusterIp: SERVICES + 1 });
        write.slice('s', 's-1', [endpoint(PODS + 9)]);
      },
      { ...OPTIONS, detector },
    );
    const node = synced(world);
    node.context.fromPod = fromPod;
    return pass(node, { source, destination: SERVICES + 1, port: 80 }).masquerade;
  };
  expect([
    masquerades([{ kind: 'source', prefix: own }], PODS + 1),
    masquerades([{ kind: 'source', prefix: own }], POD),
  ]).toEqual([false, true]);
  const byInterface = { kind: 'interface', name: 'cni+' } as const;
  expect([masquerades(byInterface, OUTSIDE), masquerades(byInterface, POD, false)]).toEqual([false, true]);
  expect(masquerades({ kind: 'none' }, OUTSIDE)).toBe(false);
});
