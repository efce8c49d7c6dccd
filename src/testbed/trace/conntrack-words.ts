/** What connection tracking made of a packet, in words. */
import { CT_FULL, CtState, CtStatus, type Conntrack } from '../../kernel/index.js';
import { formatIpPort } from '../../net/index.js';
import type { TraceStep } from './trace.js';

const STATES: readonly (readonly [number, string])[] = [
  [CtState.new, 'NEW'],
  [CtState.established, 'ESTABLISHED'],
  [CtState.related, 'RELATED'],
];

/** The packet has been looked up. @param slot what `track` returned */
export function trackWords(conntrack: Conntrack, slot: number): Pick<TraceStep, 'title' | 'facts'> {
  if (slot === CT_FULL) return { title: 'conntrack: the table is full', facts: { state: 'full' } };
  if (slot < 0) return { title: 'conntrack: INVALID, belongs to no connection', facts: { state: 'INVALID' } };
  const state = STATES.find(([bit]) => bit === conntrack.packetState)?.[1] ?? 'INVALID';
  const direction = (slot & 1) === 0 ? 'original' : 'reply';
  const isKnown = (conntrack.tuples.status(slot >> 1) & CtStatus.confirmed) !== 0;
  const what = isKnown ? `${direction} direction` : 'a first packet';
  return { title: `conntrack: ${state}, ${what}`, facts: { state, direction, known: isKnown } };
}

/** A new connection stands in the table: both of its tuples. */
export function entryWords({ tuples }: Conntrack, slot: number): Pick<TraceStep, 'title' | 'facts'> {
  const text = (one: number): string => {
    const from = formatIpPort(tuples.source(one), tuples.sourcePort(one));
    return `${from} -> ${formatIpPort(tuples.destination(one), tuples.destinationPort(one))}`;
  };
  const entry = slot >> 1;
  const [original, reply] = [text(entry * 2), text(entry * 2 + 1)];
  return { title: `conntrack: entry made, answers come as ${reply}`, facts: { original, reply } };
}
