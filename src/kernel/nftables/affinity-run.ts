/**
 * Runs of rules that do nothing but ask dynamic sets of one group whether they hold the source: `ip saddr @a goto x`, `ip saddr @b
 * goto y`, ... - one for each endpoint of a service with session affinity.
 *
 * A packet's source stands in few of the sets, mostly in none. With a run, the rules that can match are found from the source's
 * elements; the others are counted, not looked at. Cost: O(rules) to build, 8 to 16 bytes a rule; O(elements of the source) a lookup.
 */
import { NFT_KIND_MASK, NFT_ROW, NftBit, NftCell } from './rule-cells.js';
import type { NftSets } from './nft-sets.js';
import type { NftRows } from './rule-rows.js';

/** Runs shorter than this are walked. */
const SHORTEST_RUN = 4;

/** One run: the rules from position `start` up to `end` of a chain. */
export interface AffinityRun {
  readonly start: number;
  readonly end: number;
  readonly group: number;
  /** Hash of the set to 1 + the first offset in the run at which it is asked; open addressing. */
  readonly bySet: Int32Array;
  /** By offset: the set asked. */
  readonly setAt: Int32Array;
}

/** The runs of a chain, or null. */
export function affinityRuns(
  rows: NftRows,
  sets: NftSets,
  start: number,
  length: number,
): readonly AffinityRun[] | null {
  const runs: AffinityRun[] = [];
  let from = 0;
  while (from < length) {
    const group = groupAt(rows, sets, start + from * NFT_ROW);
    let to = from + 1;
    if (group !== null) while (to < length && groupAt(rows, sets, start + to * NFT_ROW) === group) to++;
    if (group !== null && to - from >= SHORTEST_RUN) runs.push(runOf(rows, start, from, to, group));
    from = to;
  }
  return runs.length === 0 ? null : runs;
}

/**
 * Offset of the first rule from `from` on that asks a set; -1 if none does.
 * @param run the run
 * @param set handle of a dynamic set
 */
export function offsetOf(run: AffinityRun, set: number, from: number): number {
  const mask = run.bySet.length - 1;
  let slot = hashOf(set) & mask;
  for (let entry = run.bySet[slot]!; entry !== 0; entry = run.bySet[slot]!) {
    if (run.setAt[entry - 1] === set && entry - 1 >= from) return entry - 1;
    slot = (slot + 1) & mask;
  }
  return -1;
}

/** Group of the set that a rule asks, if it does nothing else; else null. */
function groupAt({ cells }: NftRows, sets: NftSets, row: number): number | null {
  if ((cells[row + NftCell.word]! & ~NFT_KIND_MASK) !== NftBit.sourceSet) return null;
  const set = cells[row + NftCell.sourceRef]!;
  return set < 0 ? sets.groupOf(set) : null;
}

function runOf({ cells }: NftRows, start: number, from: number, to: number, group: number): AffinityRun {
  const setAt = Int32Array.from(
    { length: to - from },
    (_, i) => cells[start + (from + i) * NFT_ROW + NftCell.sourceRef]!,
  );
  const mask = (1 << (33 - Math.clz32(setAt.length))) - 1;
  const bySet = new Int32Array(mask + 1);
  setAt.forEach((set, offset) => {
    let slot = hashOf(set) & mask;
    while (bySet[slot] !== 0) slot = (slot + 1) & mask;
    bySet[slot] = offset + 1;
  });
  return { start: from, end: to, group, bySet, setAt };
}

function hashOf(set: number): number {
  const mixed = Math.imul(set, 0x9e3779b1);
  return mixed ^ (mixed >>> 15);
}
