/**
 * The index of a chain: which of its rules a packet can match at all, found without comparing the others.
 *
 * Four kinds of long runs are known, whatever the rules are for:
 *   address: rules with one destination address, protocol and port (more matches may follow) - hashed by all three;
 *   port:    rules with protocol and port but no address (more may follow) - hashed by both;
 *   chance:  rules with nothing but `statistic` - searched in the cumulative probability;
 *   recent:  rules with nothing but `recent --rcheck` - hashed by list, and asked for the lists in which the packet's source stands.
 * For the rules skipped it keeps what a walk would have counted: in an address run how many share the packet's address
 * (each costs a port match), in a port run every one. Rules outside of such runs are walked.
 * Positions count from the chain's first rule, so chains with equal matches can share an index.
 * Cost: O(rules) to build, about 40 bytes a rule; O(1) a lookup, O(log rules) at worst in a chance run.
 */
import type { RuleRows } from './rule-rows.js';
import { PROBABILITY_ONE } from './probability.js';
import { EXACT } from './prefix-code.js';
import { Cell, ROW_CELLS, RuleBit, RuleWord } from './rule-bits.js';

/** Runs shorter than this are walked: by then a walk through neighbouring rows is as fast as a lookup. */
export const SHORTEST_RUN = 32;

/** Kinds of runs. */
export const RunKind = { none: 0, address: 1, port: 2, chance: 3, recent: 4 } as const;

/** One of the kinds. */
export type RunKind = (typeof RunKind)[keyof typeof RunKind];

/** Cumulative probabilities by run length: services with equally many endpoints share one array. */
export type CumulativeCache = Map<number, Float64Array>;

/** One run of alike rules, from position `start` up to `end`; offsets count from `start`. A port run counts as one address. */
export interface RuleRun {
  readonly kind: RunKind;
  readonly start: number;
  readonly end: number;
  /** Hash of (address, protocol, port), or of the list, to 1 + the first such rule's offset in the run; open addressing. */
  readonly byKey: Int32Array;
  /** Hash of the address to 1 + the offset of the first rule with it. */
  readonly byAddress: Int32Array;
  /** By offset: offset of the next rule with the same key, or -1. */
  readonly next: Int32Array;
  /** By offset: how many rules with the same address stand before it in the run. */
  readonly rank: Int32Array;
  /** By offset: offset of the first rule with the same address. */
  readonly head: Int32Array;
  /** By offset of an address's first rule: how many rules have it. */
  readonly total: Int32Array;
  /** By offset: probability that this rule or one before it matches. */
  readonly cumulative: Float64Array;
}

/** The runs of a chain in order. */
export interface ChainIndex {
  readonly runs: readonly RuleRun[];
}

const NO_INTS = new Int32Array(0);
const NO_DOUBLES = new Float64Array(0);

/**
 * Builds the index of a chain.
 * @param start the chain's first row
 * @param length its number of rules
 * @param cumulatives arrays to share between chains
 * @returns null when the chain has no run worth it
 */
export function buildChainIndex(
  rows: RuleRows,
  start: number,
  length: number,
  cumulatives: CumulativeCache,
): ChainIndex | null {
  if (length < SHORTEST_RUN) return null;
  const runs: RuleRun[] = [];
  let from = 0;
  while (from < length) {
    const kind = kindOf(rows, start + from * ROW_CELLS);
    let to = from + 1;
    while (to < length && kindOf(rows, start + to * ROW_CELLS) === kind) to++;
    if (kind !== RunKind.none && to - from >= SHORTEST_RUN) {
      if (kind === RunKind.chance) runs.push(chanceRun(rows, start, from, to, cumulatives));
      else if (kind === RunKind.recent) runs.push(recentRun(rows, start, from, to));
      else runs.push(keyRun(kind, rows, start, from, to));
    }
    from = to;
  }
  return runs.length === 0 ? null : { runs };
}

/** Hash of a key, before the table's mask. */
export function keyHash(address: number, service: number): number {
  let mixed = Math.imul(address ^ Math.imul(service, 0x9e3779b1), 0xcc9e2d51);
  mixed ^= mixed >>> 15;
  mixed = Math.imul(mixed, 0x1b873593);
  return mixed ^ (mixed >>> 13);
}

function kindOf({ cells }: RuleRows, row: number): RunKind {
  const matches = cells[row + Cell.word]! & RuleWord.matches;
  if (matches === RuleBit.statistic) return RunKind.chance;
  if (matches === RuleBit.recent) return RunKind.recent;
  if ((matches & RuleWord.service) !== RuleWord.service) return RunKind.none;
  const addresses =
    matches & (RuleWord.addresses | RuleBit.sourceNegated | RuleBit.destinationNegated | RuleBit.inputInterface);
  if (addresses === 0) return RunKind.port;
  return addresses === RuleBit.destination && cells[row + Cell.lengths] === EXACT ? RunKind.address : RunKind.none;
}

function keyRun(kind: RunKind, { cells }: RuleRows, start: number, from: number, to: number): RuleRun {
  const length = to - from;
  const slots = 1 << (33 - Math.clz32(length));
  const first = start + from * ROW_CELLS;
  // A port run is an address run in which all rules have one address.
  const withAddress = kind === RunKind.address;
  const address = Int32Array.from({ length }, (_, i) =>
    withAddress ? cells[first + i * ROW_CELLS + Cell.destination]! : 0,
  );
  const service = Int32Array.from({ length }, (_, i) => cells[first + i * ROW_CELLS + Cell.service]!);
  const { byKey, next } = hashed(address, service);
  const byAddress = new Int32Array(slots);
  const rank = new Int32Array(length);
  const head = new Int32Array(length);
  const total = new Int32Array(length);
  for (let offset = 0; offset < length; offset++) {
    let slot = keyHash(address[offset]!, 0) & (slots - 1);
    while (byAddress[slot] !== 0 && address[byAddress[slot]! - 1] !== address[offset]) slot = (slot + 1) & (slots - 1);
    if (byAddress[slot] === 0) byAddress[slot] = offset + 1;
    head[offset] = byAddress[slot]! - 1;
    rank[offset] = total[head[offset]!]!++;
  }
  return { kind, start: from, end: to, byKey, byAddress, next, rank, head, total, cumulative: NO_DOUBLES };
}

function recentRun({ cells }: RuleRows, start: number, from: number, to: number): RuleRun {
  const length = to - from;
  const first = start + from * ROW_CELLS;
  const list = Int32Array.from({ length }, (_, i) => cells[first + i * ROW_CELLS + Cell.fraction]!);
  const { byKey, next } = hashed(new Int32Array(length), list);
  return {
    kind: RunKind.recent,
    start: from,
    end: to,
    byKey,
    byAddress: NO_INTS,
    next,
    rank: NO_INTS,
    head: NO_INTS,
    total: NO_INTS,
    cumulative: NO_DOUBLES,
  };
}

/** Rules by what they compare with: the first one in `byKey`, those after it in `next`. */
function hashed(address: Int32Array, service: Int32Array): { byKey: Int32Array; next: Int32Array } {
  const { length } = address;
  const slots = 1 << (33 - Math.clz32(length));
  const byKey = new Int32Array(slots);
  const next = new Int32Array(length);
  // From the end, so that a slot ends with the first rule, and what stood there before is the next one.
  for (let offset = length - 1; offset >= 0; offset--) {
    let slot = keyHash(address[offset]!, service[offset]!) & (slots - 1);
    while (byKey[slot] !== 0 && !sameAt(address, service, byKey[slot]! - 1, offset)) slot = (slot + 1) & (slots - 1);
    next[offset] = byKey[slot]! - 1;
    byKey[slot] = offset + 1;
  }
  return { byKey, next };
}

function sameAt(address: Int32Array, service: Int32Array, a: number, b: number): boolean {
  return address[a] === address[b] && service[a] === service[b];
}

function chanceRun(rows: RuleRows, start: number, from: number, to: number, cumulatives: CumulativeCache): RuleRun {
  const sums = new Float64Array(to - from);
  let sum = 0;
  for (let offset = 0; offset < sums.length; offset++) {
    const fraction = rows.cells[start + (from + offset) * ROW_CELLS + Cell.fraction]! >>> 0;
    // The very operations of the walk (`Traversal.chanceFits`), so that both see the same doubles.
    sum += (1 - sum) * (fraction / PROBABILITY_ONE);
    sums[offset] = sum;
  }
  const known = cumulatives.get(sums.length);
  const cumulative = known?.every((value, offset) => value === sums[offset]) === true ? known : sums;
  cumulatives.set(sums.length, cumulative);
  return {
    kind: RunKind.chance,
    start: from,
    end: to,
    byKey: NO_INTS,
    byAddress: NO_INTS,
    next: NO_INTS,
    rank: NO_INTS,
    head: NO_INTS,
    total: NO_INTS,
    cumulative,
  };
}
