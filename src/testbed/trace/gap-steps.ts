/**
 * Names work that no watched function stands for: what a node's path does between its hooks, and NAT within them.
 *
 * Which steps there were is read from the kinds of work counted. The time of several is shared out by price; the last one takes what rounding leaves.
 */
import { Meter, Work, WorkKind, difference, type CostModel, type Effort } from '../../kernel/index.js';
import { destinationText, sourceText, type Headers } from './headers.js';
import { workNamed } from './named-work.js';
import type { StepKind, TraceStep } from './trace.js';

/** Where the work was done. */
export interface GapPlace {
  /** The packet before and after it. */
  readonly before: Headers;
  readonly after: Headers;
  /** Name of the hook; empty outside of hooks. */
  readonly hook: string;
  /** Says which way the packet's route leads. */
  readonly routeTitle: (headers: Headers) => string;
}

/** Kinds of work of each kind of step, in the order in which a packet meets them. */
const GROUPS: readonly (readonly [StepKind, readonly number[]])[] = [
  ['send', [WorkKind.socketSend]],
  ['relay', [WorkKind.relayWake, WorkKind.relayByte]],
  ['decapsulate', [WorkKind.decapsulate]],
  ['conntrack', [WorkKind.conntrackFull]],
  [
    'nat',
    [
      ...[WorkKind.natBinding, WorkKind.natRewrite, WorkKind.masquerade, WorkKind.portProbe],
      ...[WorkKind.conntrackLookup, WorkKind.conntrackLoad],
    ],
  ],
  [
    'ipvs',
    [
      ...[WorkKind.ipvsHook, WorkKind.ipvsConnectionLookup, WorkKind.ipvsServiceLookup, WorkKind.ipvsChainEntry],
      ...[
        WorkKind.ipvsConnectionChain,
        WorkKind.ipvsSchedule,
        WorkKind.ipvsServer,
        WorkKind.ipvsConnectionCreate,
        WorkKind.ipvsForward,
      ],
    ],
  ],
  ['route', [WorkKind.route]],
  ['bridge', [WorkKind.bridge]],
  ['encapsulate', [WorkKind.encapsulate]],
  ['receive', [WorkKind.socketReceive]],
];

/**
 * The steps that work stands for.
 * @param counts units by `WorkKind`
 * @param effort what they took together
 */
export function gapSteps(counts: Float64Array, effort: Effort, place: GapPlace, cost: CostModel): readonly TraceStep[] {
  const left = counts.slice();
  const parts: (readonly [StepKind, Float64Array])[] = [];
  for (const [kind, kinds] of GROUPS) {
    if (kinds.every((each) => left[each] === 0)) continue;
    const own = new Float64Array(left.length);
    for (const each of kinds) take(left, own, each, 1);
    // Bytes are copied by whoever sends or takes the packet; where both did, half of them each.
    const both = kind === 'send' && left[WorkKind.socketReceive]! > 0;
    if (kind === 'send' || kind === 'receive') take(left, own, WorkKind.byteCopied, both ? 0.5 : 1);
    parts.push([kind, own]);
  }
  if (left.some((count) => count !== 0)) parts.push(['other', left]);
  return priced(parts, effort, place, cost);
}

function take(from: Float64Array, to: Float64Array, kind: number, share: number): void {
  to[kind] = from[kind]! * share;
  from[kind]! -= to[kind];
}

function priced(
  parts: readonly (readonly [StepKind, Float64Array])[],
  effort: Effort,
  place: GapPlace,
  cost: CostModel,
): TraceStep[] {
  let rest = effort;
  return parts.map(([kind, counts], i) => {
    const isLast = i === parts.length - 1;
    const own = isLast ? rest : effortOf(counts, cost);
    rest = difference(rest, own);
    return { kind, ...words(kind, place), effort: own, work: workNamed(counts), chains: [], steps: [] };
  });
}

function effortOf(counts: Float64Array, cost: CostModel): Effort {
  const work = new Work();
  work.counts.set(counts);
  return new Meter(work, cost).read();
}

function words(kind: StepKind, { before, after, routeTitle }: GapPlace): Pick<TraceStep, 'title' | 'facts'> {
  switch (kind) {
    case 'send':
      return { title: `a socket sends ${after.length} bytes`, facts: { bytes: after.length } };
    case 'receive':
      return { title: `a socket takes ${after.length} bytes`, facts: { bytes: after.length } };
    case 'relay':
      return { title: 'the relaying process wakes up and copies', facts: {} };
    case 'nat':
      return natWords(before, after);
    case 'route':
      return { title: `route: ${routeTitle(after)}`, facts: { way: routeTitle(after) } };
    case 'bridge':
      return { title: 'bridge: cni0 to the pod on the same node', facts: { way: 'cni0' } };
    case 'encapsulate':
      return { title: 'VXLAN: put in', facts: {} };
    case 'decapsulate':
      return { title: 'VXLAN: taken out', facts: {} };
    case 'ipvs':
      return { title: 'ip_vs: not its business', facts: {} };
    case 'conntrack':
      return { title: 'conntrack: no room for a new connection', facts: {} };
    default:
      return { title: 'other work', facts: {} };
  }
}

function natWords(before: Headers, after: Headers): Pick<TraceStep, 'title' | 'facts'> {
  const [from, to] = [sourceText(before), sourceText(after)];
  const [old, now] = [destinationText(before), destinationText(after)];
  const changes: string[] = [];
  if (old !== now) changes.push(`destination ${old} -> ${now}`);
  if (from !== to) changes.push(`source ${from} -> ${to}`);
  const facts = { sourceBefore: from, source: to, destinationBefore: old, destination: now };
  if (changes.length === 0) return { title: 'NAT: bound, nothing to translate', facts };
  return { title: `NAT: ${changes.join(', ')}`, facts };
}
