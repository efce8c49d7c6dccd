/**
 * Whatever services do, every node has what its own revision says: compared with a computation from nothing, which shares
 * nothing between nodes and revisions; and the counts and texts of a sync with what is in place after it.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ipsetLines, printTables } from '../../../src/kernel/index.js';
import { printIpvs } from '../../../src/kernel/ipvs/print.js';
import { Protocol } from '../../../src/net/index.js';
import { SET_KINDS } from '../../../src/proxy/modes/ipvs/ip-sets.js';
import { EndpointCondition, type ServicePort } from '../../../src/proxy/service-port.js';
import {
  CLUSTER_IPS,
  endpoints,
  ledgerOf,
  NODE_IPS,
  servicePort,
  TestCluster,
  type TestNode,
} from './ipvs-mode-fixture.js';
import { freshNode, wanted } from './wanted-servers.js';
import { restore, type ParsedTable } from '../../kernel/ipvs/ipvsadm-text.js';

const NODES = 3;
const EXTERNAL = 0xcb007100;
/** A node has this external address on a device of its own. */
const ON_NODE = NODE_IPS;

const { ready, serving, terminating } = EndpointCondition;
const CONDITIONS = [ready | serving, ready | serving, serving | terminating, 0];

const portArbitrary = fc.record({
  present: fc.boolean(),
  pods: fc.uniqueArray(fc.nat(15), { maxLength: 6 }),
  conditions: fc.array(fc.constantFrom(...CONDITIONS), { minLength: 6, maxLength: 6 }),
  hints: fc.constantFrom('none', 'zones', 'nodes'),
  protocol: fc.constantFrom(Protocol.tcp, Protocol.udp, Protocol.sctp),
  nodePort: fc.boolean(),
  external: fc.subarray([EXTERNAL, EXTERNAL + 1, ON_NODE]),
  vips: fc.subarray([EXTERNAL + 1, EXTERNAL + 2]),
  ranges: fc.subarray([
    { address: NODE_IPS & ~1, bits: 31 },
    { address: 0x0a000000, bits: 8 },
  ]),
  internalLocal: fc.boolean(),
  externalLocal: fc.boolean(),
  healthCheckNodePort: fc.constantFrom(0, 31000),
  affinitySeconds: fc.constantFrom(0, 100),
});

type PortPlan = typeof portArbitrary extends fc.Arbitrary<infer T> ? T : never;

function portOf(key: number, plan: PortPlan): ServicePort[] {
  if (!plan.present) return [];
  const list = endpoints(plan.pods);
  const hints = Array.from({ length: list.length }, (_, i) => ({
    zones: plan.hints === 'zones' ? [`z${i % 2}`] : [],
    nodes: plan.hints === 'nodes' ? [i % NODES] : [],
  }));
  return [
    servicePort(key, [], {
      ...plan,
      nodePort: plan.nodePort ? 30000 + key : 0,
      externalIps: plan.external,
      loadBalancerVips: plan.vips,
      sourceRanges: plan.ranges,
      endpoints: {
        ...list,
        conditions: Uint8Array.from({ length: list.length }, (_, i) => plan.conditions[i]!),
        hints: plan.hints === 'none' ? null : hints,
      },
    }),
  ];
}

/** Whether two service ports want one virtual server. */
function isContested(ports: readonly ServicePort[]): boolean {
  const places = ports.flatMap(({ protocol, externalIps, loadBalancerVips }) =>
    [...new Set([...externalIps, ...loadBalancerVips])].map((address) => `${protocol} ${address}`),
  );
  return new Set(places).size < places.length;
}

function setTexts({ sets }: TestNode): string[][] {
  return SET_KINDS.map((_, handle) => [...ipsetLines(sets.at(handle))]);
}

function inPlace(table: ParsedTable): Record<string, string[]> {
  return Object.fromEntries([...table].map(([name, { servers }]) => [name, [...servers.keys()].sort()]));
}

describe('nodes of one run', () => {
  test('have what their revision says, and syncs say and count what they do', () => {
    const revision = fc.tuple(portArbitrary, portArbitrary, portArbitrary);
    const step = fc.record({
      node: fc.nat(NODES - 1),
      ahead: fc.nat(2),
      touch: fc.boolean(),
      restart: fc.nat(9),
      zone: fc.nat(11),
    });
    fc.assert(
      fc.property(
        fc.array(revision, { minLength: 1, maxLength: 6 }),
        fc.array(step, { maxLength: 14 }),
        (plans, steps) => {
          const revisions = plans.map((each) => each.flatMap((plan, key) => portOf(key + 1, plan)));
          const { nodes, run } = new TestCluster(ledgerOf(...revisions), NODES);
          const at = nodes.map(() => 0);
          const texts = nodes.map((): ParsedTable => new Map());
          for (const { node: index, ahead, touch, restart, zone } of steps) {
            const node = nodes[index]!;
            at[index] = Math.min(plans.length, Math.max(at[index]! + ahead, 1));
            if (restart === 0) node.proxier = run.proxier(node.proxyNode);
            if (zone < 3) (node.proxyNode as { zone: string }).zone = `z${zone}`;
            const report = node.proxier.prepare(at[index], 0, false);
            for (const { tool, text } of node.proxier.script()) if (tool === 'ipvsadm') restore(text, texts[index]);
            node.proxier.commit();
            const ports = revisions[at[index] - 1] ?? [];
            const placed = restore(printIpvs(node.ipvs));
            expect(inPlace(placed)).toEqual(wanted(ports, node));
            expect(inPlace(texts[index]!)).toEqual(inPlace(placed));
            const servers = [...placed.values()].reduce((sum, each) => sum + each.servers.size, 0);
            const entries = Object.values(node.setSizes()).reduce((sum, size) => sum + size, 0);
            expect(report).toMatchObject({ virtualServers: placed.size, setEntries: entries });
            // Servers of a virtual server that two services want are counted for both.
            if (!isContested(ports)) expect(report.realServers).toBe(servers);
            const fresh = freshNode(ports, node.proxyNode);
            expect(setTexts(node)).toEqual(setTexts(fresh));
            expect(printTables(node.netfilter)).toBe(printTables(fresh.netfilter));
            // State that lags behind and state that is not there yet must come out alike.
            if (touch) for (const port of ports) node.ipvs.service(port.protocol, port.clusterIp, port.port);
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});

test('a virtual server that two services want goes to the later one, and back', () => {
  const first = servicePort(1, [4], { externalIps: [EXTERNAL] });
  const second = servicePort(2, [5], { externalIps: [EXTERNAL] });
  const { first: node } = new TestCluster(ledgerOf([first], [first, second], [first], [first, second], [second]));
  const lists = [1, 2, 3, 4, 5].map((revision) => {
    node.sync(revision);
    return node.list(EXTERNAL, 80);
  });
  expect(lists).toEqual([[4], [5], [4], [5], [5]]);
  expect(node.setSizes()['KUBE-EXTERNAL-IP']).toBe(1);
  expect(node.ipvs.isBound(CLUSTER_IPS + 1)).toBe(false);
});
