/**
 * The closed forms of kube-proxy's iptables mode with all Service features: rules of every chain from the number of endpoints, addresses
 * and source ranges, over a grid; report, tables and restore text say the same.
 */
import { describe, expect, test } from 'vitest';
import { chainCounts, tableCounts } from '../../../src/proxy/modes/iptables/table-counts.js';
import { Table } from '../../../src/kernel/iptables/netfilter.js';
import type { ServicePort } from '../../../src/proxy/service-port.js';
import { endpointList, ip, OPTIONS, servicePort } from './fixture.js';
import { World } from './world.js';

/** One point of the grid. */
interface Shape {
  /** Endpoints in all, and on the node. */
  readonly endpoints: number;
  readonly local: number;
  readonly externalIps: number;
  readonly vips: number;
  readonly ranges: number;
  readonly nodeInRange: boolean;
  readonly nodePort: boolean;
  readonly affinity: boolean;
  readonly internalLocal: boolean;
  readonly externalLocal: boolean;
  readonly detector: boolean;
  readonly counters: boolean;
}

const PLAIN: Shape = {
  endpoints: 5,
  local: 0,
  externalIps: 0,
  vips: 0,
  ranges: 0,
  nodeInRange: false,
  nodePort: false,
  affinity: false,
  internalLocal: false,
  externalLocal: false,
  detector: true,
  counters: false,
};

const CHANGES: readonly Partial<Shape>[] = [
  {},
  { affinity: true },
  { nodePort: true },
  { nodePort: true, counters: true },
  { externalIps: 2, vips: 3 },
  { vips: 2, ranges: 3 },
  { vips: 2, ranges: 3, nodeInRange: true },
  { nodePort: true, vips: 1, externalLocal: true, affinity: true },
  { internalLocal: true },
  { internalLocal: true, externalLocal: true, nodePort: true, externalIps: 1 },
];
const SIZES: readonly Partial<Shape>[] = [
  { endpoints: 0 },
  { endpoints: 1 },
  { endpoints: 1, local: 1 },
  { endpoints: 5, local: 2 },
  { endpoints: 40 },
];
const GRID = CHANGES.flatMap((change) =>
  SIZES.flatMap((size) => [true, false].map((detector): Shape => ({ ...PLAIN, ...change, ...size, detector }))),
);

/** Rules by table as section 2.5 of the notes on kube-proxy has them. */
function expectedRules(shape: Shape): { nat: number; filter: number } {
  const { endpoints: all, local, externalIps: x, vips: v, ranges } = shape;
  const [m, a] = [shape.detector ? 1 : 0, shape.affinity ? 1 : 0];
  const accessible = x + v > 0 || shape.nodePort;
  const external = x + v + (shape.nodePort ? 1 : 0);
  if (all === 0) return { nat: 5, filter: 4 + 1 + external };
  const fixed = 5 + (shape.nodePort ? (shape.counters ? 2 : 1) : 0) + x + v;
  const reaches = shape.internalLocal ? local > 0 : true;
  const usesCluster = !shape.internalLocal || accessible;
  const usesLocal = shape.internalLocal || (shape.externalLocal && accessible);
  const endpoints = usesCluster ? all : local;
  let own = 2 * endpoints + (reaches ? 1 + m : 0);
  if (usesCluster) own += all * (1 + a);
  if (usesLocal) own += local * (1 + a);
  if (accessible) own += shape.externalLocal ? m + 2 + (local > 0 ? 1 : 0) : 2;
  if (v > 0 && ranges > 0) own += ranges + (shape.nodeInRange ? v : 0) + 1;
  const dropped = accessible && shape.externalLocal && local === 0 ? external : 0;
  const firewall = ranges > 0 ? v : 0;
  return { nat: fixed + own, filter: 4 + (reaches ? 0 : 1) + dropped + firewall };
}

function portOf(shape: Shape): ServicePort {
  const ranges = Array.from({ length: shape.ranges }, (_, i) => ({ address: ip('203.0.113.0') + 4 * i, bits: 30 }));
  if (shape.nodeInRange) ranges[0] = { address: ip('192.168.0.0'), bits: 24 };
  return servicePort(1, 0, {
    nodePort: shape.nodePort ? 30001 : 0,
    externalIps: Array.from({ length: shape.externalIps }, (_, i) => ip('198.51.100.1') + i),
    loadBalancerVips: Array.from({ length: shape.vips }, (_, i) => ip('198.51.100.65') + i),
    sourceRanges: ranges,
    affinitySeconds: shape.affinity ? 600 : 0,
    internalLocal: shape.internalLocal,
    externalLocal: shape.externalLocal,
    endpoints: endpointList(
      Array.from({ length: shape.endpoints }, (_, i) => [ip('10.244.0.1') + i, 80, i < shape.local ? 0 : 1]),
    ),
  });
}

function lineCount(text: string, begin: string): number {
  return text.split('\n').filter((line) => line.startsWith(begin)).length;
}

describe.each(GRID.map((shape) => [JSON.stringify(shape), shape] as const))('%s', (_, shape) => {
  test('rules', () => {
    const detector = shape.detector ? OPTIONS.detector : ({ kind: 'none' } as const);
    const world = new World([[portOf(shape)]], { ...OPTIONS, detector, nfacctCounters: shape.counters });
    const node = world.node();
    const { report, text } = world.syncWithText(node, 1);
    const { nat, filter } = tableCounts(node.netfilter);
    expect({ nat: nat.rules, filter: filter.rules }).toEqual(expectedRules(shape));
    expect(report).toMatchObject({
      rulesTotal: nat.rules + filter.rules,
      rulesWritten: nat.rules + filter.rules,
      chainsTotal: nat.chains + filter.chains,
    });
    expect(lineCount(text, '-A ')).toBe(report.rulesWritten);
    expect(lineCount(text, ':')).toBe(report.chainsTotal);
    const byChain = [...chainCounts(node.netfilter, Table.nat).values()];
    expect(byChain.reduce((sum, rules) => sum + rules, 0)).toBe(nat.rules);
    expect(nat.families.reduce((sum, { rules }) => sum + rules, 0)).toBe(nat.rules);
  });
});

test('counts by family of chains', () => {
  const port = portOf({ ...PLAIN, local: 2, vips: 1, ranges: 1, externalLocal: true, nodePort: true });
  const world = new World([[port]]);
  const node = world.node();
  world.sync(node, 1);
  const { families } = tableCounts(node.netfilter).nat;
  expect(Object.fromEntries(families.map(({ family, chains, rules }) => [family, [chains, rules]]))).toEqual({
    'KUBE-SERVICES': [1, 3],
    'KUBE-NODEPORTS': [1, 1],
    'KUBE-POSTROUTING': [1, 3],
    'KUBE-MARK-MASQ': [1, 1],
    'KUBE-SVC': [1, 1 + 5],
    'KUBE-SVL': [1, 2],
    'KUBE-EXT': [1, 4],
    'KUBE-FW': [1, 2],
    'KUBE-SEP': [5, 10],
  });
});
