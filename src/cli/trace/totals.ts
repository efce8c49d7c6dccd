/** What a trace comes to: every packet on a line, and every node. */
import { numberText, textTable, timeText, type TableColumn, type TextStyle } from '../../report/index.js';
import type { Effort, Trace, TracedPacket } from '../../testbed/index.js';

const LEFT = ['packet', 'from', 'to'];
const RIGHT = ['nodes', 'rules', 'lookups', 'CPU', 'one way'];

/** What happened to a packet that got no further, by its cause. */
const LOSSES: ReadonlyMap<string, string> = new Map([
  ['rejected', 'refused'],
  ['no_listener', 'refused'],
  ['rule_drop', 'dropped'],
  ['ipvs_drop', 'dropped'],
]);

/** A line for each packet. */
export function packetTable({ packets }: Trace, style: TextStyle): string {
  const several = packets.some(({ connection }) => connection > 1);
  return textTable(columns(several ? ['connection', ...LEFT] : LEFT, RIGHT), packets.map(packetCells(several)), {
    style,
  });
}

/** A line for each node: what all packets together took of it. */
export function nodeTable({ packets }: Trace, style: TextStyle): string {
  const lines = nodeTotals(packets).map(({ node, passages, effort }) => [
    node,
    numberText(passages),
    ...figures(effort),
  ]);
  return textTable(columns(['node'], ['packets', 'rules', 'lookups', 'CPU']), lines, { style });
}

/** Rows for programs: what each packet took of each node. */
export const TRACE_CSV_COLUMNS = [
  'packet',
  'connection',
  'kind',
  'node',
  'rules',
  'lookups',
  'cpu_ns',
  'arrived_ns',
  'left_ns',
];

/** The cells of these rows. */
export function traceCsvLines({ packets }: Trace): string[][] {
  return packets.flatMap(({ number, connection, kind, passages }) =>
    passages.map(({ node, effort, arrivedNs, leftNs }) => {
      const numbers = [effort.rules, effort.lookups, effort.ns, arrivedNs, leftNs];
      return [String(number), String(connection), kind, node, ...numbers.map(String)];
    }),
  );
}

/** CPU time and work of each node, over all packets, in the order in which nodes were met. */
export function nodeTotals(
  packets: readonly TracedPacket[],
): readonly { readonly node: string; readonly passages: number; readonly effort: Effort }[] {
  const totals = new Map<string, { passages: number; effort: Effort }>();
  for (const { node, effort } of packets.flatMap(({ passages }) => passages)) {
    const known = totals.get(node) ?? { passages: 0, effort: { rules: 0, lookups: 0, ns: 0 } };
    totals.set(node, { passages: known.passages + 1, effort: sum(known.effort, effort) });
  }
  return [...totals].map(([node, total]) => ({ node, ...total }));
}

function packetCells(several: boolean): (packet: TracedPacket) => string[] {
  return ({ number, connection, kind, from, end, passages, effort, sentNs }) => {
    const to =
      end.kind === 'delivered'
        ? end.at
        : end.kind === 'lost'
          ? `${end.at}, ${LOSSES.get(end.cause) ?? 'lost'}`
          : 'under way';
    const oneWay = end.kind === 'delivered' ? timeText(end.timeNs - sentNs) : '';
    const own = [`${number} ${kind}`, from, to, numberText(passages.length), ...figures(effort), oneWay];
    return several ? [String(connection), ...own] : own;
  };
}

function figures({ rules, lookups, ns }: Effort): string[] {
  return [numberText(rules), numberText(lookups), timeText(ns)];
}

function sum(a: Effort, b: Effort): Effort {
  return { rules: a.rules + b.rules, lookups: a.lookups + b.lookups, ns: a.ns + b.ns };
}

function columns(left: readonly string[], right: readonly string[]): TableColumn[] {
  return [
    ...left.map((heading) => ({ heading, align: 'left' as const })),
    ...right.map((heading) => ({ heading, align: 'right' as const })),
  ];
}
