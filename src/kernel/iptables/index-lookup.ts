/**
 * The lookup through the index: the same verdict, results and work as the walk, without comparing the rules that
 * cannot match.
 *
 * At the start of a run it jumps to the first rule that may match, adding what the walk would have counted on the way;
 * that rule is compared literally, and so is every rule outside of runs.
 * Cost: independent of the length of runs.
 */
import { WorkKind } from '../work.js';
import { keyHash, RunKind, type RuleRun } from './chain-index.js';
import { nextRecentCandidate } from './recent-run.js';
import { Looked } from './filter-memo.js';
import { Cell, ROW_CELLS } from './rule-bits.js';
import { Outcome, type Traversal } from './traversal.js';

// Constants of other modules, taken here once; see `traversal.ts`.
const OUTCOME_NEXT = Outcome.next;
const OUTCOME_JUMP = Outcome.jump;
const OUTCOME_RETURN = Outcome.return;
const WORK_JUMP = WorkKind.jump;
const WORK_RULE = WorkKind.rule;
const WORK_MATCH_STATISTIC = WorkKind.matchStatistic;
const WORK_MATCH_PORT = WorkKind.matchPort;
const CELL_SERVICE = Cell.service;
const CELL_DESTINATION = Cell.destination;
const RUN_CHANCE = RunKind.chance;
const RUN_ADDRESS = RunKind.address;
const RUN_RECENT = RunKind.recent;
const LOOKED_MORE = Looked.more;
const ROW = ROW_CELLS;

/** Takes the packet in hand through a chain and the chains it jumps to; see `walkChain`. */
export function lookUpChain(traversal: Traversal, chain: number): Outcome {
  const { store } = traversal;
  const start = store.firstRow(chain);
  const end = start + store.length(chain) * ROW;
  const index = store.indexOf(chain);
  if (index === null) return compareRows(traversal, start, end);
  let row = start;
  for (const run of index.runs) {
    const runStart = start + run.start * ROW;
    const before = compareRows(traversal, row, runStart);
    if (before !== OUTCOME_NEXT) return before;
    const within = compareRun(traversal, run, runStart);
    if (within !== OUTCOME_NEXT) return within;
    row = start + run.end * ROW;
  }
  return compareRows(traversal, row, end);
}

/** Compares the rules of a run that may match. */
function compareRun(traversal: Traversal, run: RuleRun, first: number): Outcome {
  // What a run skips it has looked at as well; in long tables that is not worth remembering.
  traversal.looked = LOOKED_MORE;
  if (run.kind === RUN_CHANCE) return compareChanceRun(traversal, run, first);
  if (run.kind === RUN_RECENT) return compareRecentRun(traversal, run, first);
  let candidate = firstCandidate(traversal, run, first);
  while (candidate >= 0) {
    const row = first + candidate * ROW;
    const outcome = compareRows(traversal, row, row + ROW);
    if (outcome !== OUTCOME_NEXT) return outcome;
    candidate = nextCandidate(traversal, run, candidate);
  }
  return OUTCOME_NEXT;
}

/** Compares rows literally, as the walk does, but jumps into chains through their index. */
function compareRows(traversal: Traversal, from: number, end: number): Outcome {
  for (let row = from; row < end; row += ROW) {
    if (!traversal.matches(row)) continue;
    let outcome = traversal.act(row);
    if (outcome === OUTCOME_JUMP) outcome = enter(traversal, traversal.rows.jumpTarget(row));
    if (outcome !== OUTCOME_NEXT) return outcome;
  }
  return OUTCOME_NEXT;
}

/** Jumps into a chain; coming back by `return` is coming to its end. */
function enter(traversal: Traversal, chain: number): Outcome {
  const { chance, cumulative } = traversal;
  traversal.chance = -1;
  traversal.counts[WORK_JUMP]!++;
  const outcome = lookUpChain(traversal, chain);
  traversal.chance = chance;
  traversal.cumulative = cumulative;
  return outcome === OUTCOME_RETURN ? OUTCOME_NEXT : outcome;
}

/** Offset in the run of the first rule to compare, or -1; counts the rules before it, or all of them. */
function firstCandidate(traversal: Traversal, run: RuleRun, first: number): number {
  const { cells } = traversal.rows;
  const { service } = traversal;
  const address = addressIn(traversal, run);
  const mask = run.byKey.length - 1;
  let slot = keyHash(address, service) & mask;
  for (let entry = run.byKey[slot]!; entry !== 0; entry = run.byKey[slot]!) {
    const row = first + (entry - 1) * ROW;
    // Rules of a port run have no destination, and their cell is 0 as `address` is.
    if (cells[row + CELL_SERVICE] === service && cells[row + CELL_DESTINATION] === address) {
      skip(traversal, entry - 1, run.rank[entry - 1]!);
      return entry - 1;
    }
    slot = (slot + 1) & mask;
  }
  skip(traversal, run.end - run.start, addressTotal(run, cells, first, address));
  return -1;
}

/** The same for the rules after a candidate that let the packet go on. */
function nextCandidate(traversal: Traversal, run: RuleRun, candidate: number): number {
  const next = run.next[candidate]!;
  const rules = next >= 0 ? next : run.end - run.start;
  // A candidate's address is the packet's, so its own rank and total tell what stands behind it.
  const ranks = next >= 0 ? run.rank[next]! : run.total[run.head[candidate]!]!;
  skip(traversal, rules - candidate - 1, ranks - run.rank[candidate]! - 1);
  return next;
}

/** What stands for the packet's destination in the run's keys. */
function addressIn(traversal: Traversal, run: RuleRun): number {
  return run.kind === RUN_ADDRESS ? traversal.destination : 0;
}

/** How many rules of the run have an address. */
function addressTotal(run: RuleRun, cells: Int32Array, first: number, address: number): number {
  const mask = run.byAddress.length - 1;
  let slot = keyHash(address, 0) & mask;
  for (let entry = run.byAddress[slot]!; entry !== 0; entry = run.byAddress[slot]!) {
    if (cells[first + (entry - 1) * ROW + CELL_DESTINATION] === address) return run.total[entry - 1]!;
    slot = (slot + 1) & mask;
  }
  return 0;
}

/** Draws, and compares the rule of a chance run that matches; what stands behind it is walked if that one comes back. */
function compareChanceRun(traversal: Traversal, run: RuleRun, first: number): Outcome {
  const end = first + (run.end - run.start) * ROW;
  // A series that began before the run goes on in it: then only the walk's own arithmetic gives the walk's outcome.
  if (traversal.chance >= 0) return compareRows(traversal, first, end);
  traversal.draw();
  const { cumulative } = run;
  const found = firstAbove(cumulative, traversal.chance);
  traversal.counts[WORK_RULE]! += found;
  traversal.counts[WORK_MATCH_STATISTIC]! += found;
  if (found > 0) traversal.cumulative = cumulative[found - 1]!;
  return compareRows(traversal, first + found * ROW, end);
}

/** Compares the rules whose lists hold the packet's source: the others would only say no. */
function compareRecentRun(traversal: Traversal, run: RuleRun, first: number): Outcome {
  const { counts, rare, recent, rows } = traversal;
  const length = run.end - run.start;
  for (let from = 0; ;) {
    // Asked anew after each rule: comparing it may make its list forget the source, and a chain that it jumps to may note it elsewhere.
    const candidate = nextRecentCandidate(recent, rows, run, first, from, traversal.source);
    const skipped = (candidate < 0 ? length : candidate) - from;
    counts[WORK_RULE]! += skipped;
    rare.countRecent(skipped);
    if (candidate < 0) return OUTCOME_NEXT;
    const row = first + candidate * ROW;
    const outcome = compareRows(traversal, row, row + ROW);
    if (outcome !== OUTCOME_NEXT) return outcome;
    from = candidate + 1;
  }
}

/** First place whose value is above `chance`, or the length. Values never fall; for equal shares the guess is right. */
function firstAbove(cumulative: Float64Array, chance: number): number {
  const length = cumulative.length;
  const guess = Math.floor(chance * (length + 1));
  if (guess < length && chance < cumulative[guess]! && (guess === 0 || chance >= cumulative[guess - 1]!)) return guess;
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (chance < cumulative[middle]!) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Counts rules that cannot match. */
function skip(traversal: Traversal, rules: number, portMatches: number): void {
  traversal.counts[WORK_RULE]! += rules;
  traversal.counts[WORK_MATCH_PORT]! += portMatches;
}
