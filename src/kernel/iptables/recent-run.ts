/**
 * Where in a run of `recent --rcheck` rules a packet's source stands in the rule's list: the only rules of the run that can match or change
 * anything.
 *
 * Cost: O(lists in which the source stands on this node), independent of the length of the run.
 */
import { keyHash, type RuleRun } from './chain-index.js';
import type { RecentLists } from './recent-lists.js';
import { Cell, ROW_CELLS } from './rule-bits.js';
import type { RuleRows } from './rule-rows.js';

const CELL_LIST = Cell.fraction;
const ROW = ROW_CELLS;

/**
 * Finds the first rule at or after a place in the run whose list holds an address.
 * @param first the run's first row
 * @param from the place, from 0
 * @param source the address, signed
 * @returns its place, or -1
 */
export function nextRecentCandidate(
  recent: RecentLists,
  rows: RuleRows,
  run: RuleRun,
  first: number,
  from: number,
  source: number,
): number {
  let nearest = -1;
  for (let entry = recent.firstOf(source); entry >= 0; entry = recent.nextOf(entry)) {
    let place = placeOf(rows.cells, run, first, recent.listOf(entry));
    while (place >= 0 && place < from) place = run.next[place]!;
    if (place >= 0 && (nearest < 0 || place < nearest)) nearest = place;
  }
  return nearest;
}

/** Place of the first rule that names a list, or -1. */
function placeOf(cells: Int32Array, run: RuleRun, first: number, list: number): number {
  const mask = run.byKey.length - 1;
  let slot = keyHash(0, list) & mask;
  for (let place = run.byKey[slot]! - 1; place >= 0; place = run.byKey[slot]! - 1) {
    if (cells[first + place * ROW + CELL_LIST] === list) return place;
    slot = (slot + 1) & mask;
  }
  return -1;
}
