/** After any sequence of changes and syncs the table in place is that of a fresh start, and nothing is left behind. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SyncWorkKind } from '../../../src/kernel/work.js';
import type { Service } from '../../../src/kube/index.js';
import { EndpointChoices } from '../../../src/proxy/endpoint-choice.js';
import { countNftTable } from '../../../src/proxy/modes/nftables/table-counts.js';
import type { ServicePort } from '../../../src/proxy/service-port.js';
import { endpoint } from '../ledger-world.js';
import { ip, NftWorld, OPTIONS, prefix, type NftNode } from './nft-world.js';

const NAMES = ['a', 'b', 'c', 'd'];
const NODES = 3;

const service = fc.record({
  kind: fc.constantFrom('service' as const),
  name: fc.constantFrom(...NAMES),
  changes: fc.record({
    clusterIp: fc.integer({ min: 1, max: 6 }).map((i) => ip('10.96.0.0') + i),
    type: fc.constantFrom<Service['type']>('ClusterIP', 'NodePort', 'LoadBalancer'),
    ports: fc.subarray([
      { name: 'http', protocol: 6, port: 80, targetPort: 8080, nodePort: 30080 },
      { name: 'dns', protocol: 17, port: 53, targetPort: 5353, nodePort: 0 },
    ]),
    // Few addresses, so that services want the same ones, and their own cluster address.
    externalIps: fc.subarray([ip('192.168.99.1'), ip('192.168.99.2'), ip('10.96.0.1')]),
    loadBalancerVips: fc.subarray([ip('1.2.3.4'), ip('192.168.99.1')]),
    sourceRanges: fc.subarray([prefix('203.0.113.0/24'), prefix('192.168.0.2/32')]),
    affinitySeconds: fc.constantFrom(0, 0, 10, 20),
    internalTrafficPolicy: fc.constantFrom<Service['internalTrafficPolicy']>('Cluster', 'Local'),
    externalTrafficPolicy: fc.constantFrom<Service['externalTrafficPolicy']>('Cluster', 'Local'),
  }),
});
const slice = fc.record({
  kind: fc.constantFrom('slice' as const),
  name: fc.constantFrom(...NAMES),
  endpoints: fc.array(
    fc.record({
      address: fc.integer({ min: 1, max: 5 }).map((i) => ip('10.244.0.0') + i),
      node: fc.integer({ min: -1, max: NODES - 1 }),
      ready: fc.boolean(),
      terminating: fc.boolean(),
    }),
    { maxLength: 4 },
  ),
});
const removal = fc.record({ kind: fc.constantFrom('remove' as const), name: fc.constantFrom(...NAMES) });
const sync = fc.record({
  kind: fc.constantFrom('sync' as const, 'sync' as const, 'full' as const, 'restart' as const),
  node: fc.nat(NODES - 1),
  afterSeconds: fc.constantFrom(0.3, 1, 2),
});
const steps = fc.array(
  fc.oneof({ weight: 3, arbitrary: service }, { weight: 3, arbitrary: slice }, removal, { weight: 4, arbitrary: sync }),
  {
    maxLength: 40,
  },
);

type Step = typeof steps extends fc.Arbitrary<(infer T)[]> ? T : never;

function write(world: NftWorld, step: Step): void {
  if (step.kind === 'service') world.write.service(step.name, step.changes);
  else if (step.kind === 'remove') world.write.remove('service', step.name);
  else if (step.kind === 'slice') {
    const ports = [
      { name: 'http', protocol: 6, port: 8080 },
      { name: 'dns', protocol: 17, port: 5353 },
    ];
    const endpoints = step.endpoints.map(({ address, ...rest }) => endpoint(address, { ...rest, serving: true }));
    world.write.slice(step.name, `${step.name}-1`, endpoints, { ports });
  }
}

/** Nodes of which the second one's address lies in a source range. */
function nodesOf(world: NftWorld): NftNode[] {
  return Array.from({ length: NODES }, () => world.node());
}

function portsOf({ world: { ledger } }: NftWorld): ServicePort[] {
  return ledger
    .keysAt(ledger.revision)
    .map((key) => ledger.portAt(key, ledger.revision))
    .filter((port): port is ServicePort => port !== undefined);
}

/** Whether two service ports want the same address and port, or the same node port. */
function hasContest(ports: readonly ServicePort[]): boolean {
  const keys = ports.flatMap(({ protocol, port, nodePort, clusterIp, externalIps, loadBalancerVips }) => [
    ...[...new Set([clusterIp, ...externalIps, ...loadBalancerVips])].map(
      (address) => `${address} ${protocol} ${port}`,
    ),
    ...(nodePort === 0 ? [] : [`node port ${protocol} ${nodePort}`]),
  ]);
  return new Set(keys).size < keys.length;
}

test.each([
  ['all nodes by one prefix', OPTIONS],
  [
    'each node by its own',
    {
      ...OPTIONS,
      detector: Array.from({ length: NODES }, () => OPTIONS.detector).flat(),
      nodePortAddresses: [prefix('0.0.0.0/0')],
    },
  ],
])('detector: %s', (_name, options) => {
  fc.assert(
    fc.property(steps, (list) => {
      const world = new NftWorld(() => undefined, options);
      const nodes = nodesOf(world);
      let nowNs = 0;
      const syncOn = (node: NftNode, full = false): void => {
        const { report, scripts } = world.sync(node, nowNs, full);
        const lines = scripts.join('').split('\n').length - 1;
        expect(lines).toBe(report.work[SyncWorkKind.nftOperation]);
      };
      for (const step of list) {
        if (!('node' in step)) {
          write(world, step);
          continue;
        }
        nowNs += step.afterSeconds * 1e9;
        if (step.kind === 'restart') world.restart(nodes[step.node]!);
        syncOn(nodes[step.node]!, step.kind === 'full');
      }
      // The last revision, and then the deletion of what it leaves.
      for (const round of [1, 2]) {
        nowNs += round * 2e9;
        for (const node of nodes) syncOn(node);
      }
      const fresh = new NftWorld(() => undefined, options);
      for (const step of list) if (!('node' in step)) write(fresh, step);
      const choices = new EndpointChoices();
      for (const [i, node] of nodesOf(fresh).entries()) {
        fresh.sync(node);
        expect(world.lines(nodes[i]!).sort()).toEqual(fresh.lines(node).sort());
        const nothing = world.sync(nodes[i]!, nowNs + 9e9).report;
        expect(nothing.operations).toBe(0);
        const counts = countNftTable({ ports: portsOf(fresh), choices, options, family: 4, node: node.facts });
        const elements = Object.values(counts.elements).reduce((sum, each) => sum + each, 0);
        expect([nothing.nftChains, nothing.nftRules, nothing.nftElements]).toEqual([
          counts.chains,
          counts.rules,
          elements,
        ]);
        const text = fresh.lines(node);
        const countOf = (what: string): number => text.filter((line) => line.startsWith(`add ${what} `)).length;
        expect(countOf('element')).toBe(elements);
        // Chains of a service port whose address another one has are there, but nothing leads to them.
        if (hasContest(portsOf(fresh))) continue;
        expect([countOf('chain'), countOf('rule')]).toEqual([counts.chains, counts.rules]);
        expect(countOf('set') + countOf('map')).toBe(counts.sets);
      }
      // What the nodes had on the way is gone: the store holds what fresh stores do.
      expect([world.nft.chainCount, world.nft.ruleCount]).toEqual([fresh.nft.chainCount, fresh.nft.ruleCount]);
    }),
    { numRuns: 60 },
  );
});
