/**
 * A packet's way through chains: literally, rule after rule, as the kernel does it, or with the index, which does not look at
 * rules of a run that cannot match but counts them. Both give the same verdict, the same changes and the same work.
 *
 * `jump` comes back to the next rule, `goto` goes back where the chain would have gone; a chain's end, `return` and `accept` are
 * as in nft_do_chain. Cost: O(rules met) for the walk; for the index without the runs' rules.
 */
import { WorkKind } from '../work.js';
import { offsetOf, type AffinityRun } from './affinity-run.js';
import { NftOutcome, type NftEvaluation } from './evaluation.js';
import { NFT_ROW } from './rule-cells.js';

const { next: NEXT, accept: ACCEPT, reject: REJECT, return: RETURN, jump: JUMP } = NftOutcome;
const { jump: WORK_JUMP, nftRule: WORK_RULE, nftLookup: WORK_LOOKUP } = WorkKind;

/** What a chain as a whole says: `next` when it has been left without a verdict. */
export type ChainOutcome = 0 | 1 | 2 | 3;

/** A rule's word that the chain is left without a verdict, told apart from `next`. */
const LEAVE = 4;

/** Takes the packet in hand through a chain and those that it goes to. */
export function passChain(evaluation: NftEvaluation, chain: number): ChainOutcome {
  const { store, scans } = evaluation;
  const start = store.firstRow(chain);
  const end = start + store.length(chain) * NFT_ROW;
  const runs = scans ? null : store.runsOf(chain);
  const outcome = runs === null ? compareRows(evaluation, start, end) : compareRuns(evaluation, runs, start, end);
  return outcome === LEAVE ? NEXT : (outcome as ChainOutcome);
}

function compareRows(evaluation: NftEvaluation, from: number, end: number): number {
  for (let row = from; row < end; row += NFT_ROW) {
    if (!evaluation.matches(row)) continue;
    const outcome = evaluation.act(row);
    if (outcome === NEXT) continue;
    if (outcome >= ACCEPT && outcome <= REJECT) return outcome;
    if (outcome === RETURN) return LEAVE;
    evaluation.counts[WORK_JUMP]!++;
    const said = passChain(evaluation, evaluation.jumped);
    if (said !== NEXT) return said;
    if (outcome !== JUMP) return LEAVE;
  }
  return NEXT;
}

function compareRuns(evaluation: NftEvaluation, runs: readonly AffinityRun[], start: number, end: number): number {
  let row = start;
  for (const run of runs) {
    const first = start + run.start * NFT_ROW;
    const before = compareRows(evaluation, row, first);
    if (before !== NEXT) return before;
    const within = compareRun(evaluation, run, first);
    if (within !== NEXT) return within;
    row = start + run.end * NFT_ROW;
  }
  return compareRows(evaluation, row, end);
}

/** Compares the rules of a run whose set holds the source, and counts the others. */
function compareRun(evaluation: NftEvaluation, run: AffinityRun, first: number): number {
  const length = run.end - run.start;
  let offset = 0;
  for (;;) {
    const found = nextHolding(evaluation, run, offset);
    const skipped = (found < 0 ? length : found) - offset;
    evaluation.counts[WORK_RULE]! += skipped;
    evaluation.counts[WORK_LOOKUP]! += skipped;
    if (found < 0) return NEXT;
    const row = first + found * NFT_ROW;
    const outcome = compareRows(evaluation, row, row + NFT_ROW);
    if (outcome !== NEXT) return outcome;
    offset = found + 1;
  }
}

/** Offset of the first rule from `from` on whose set holds the source, or -1. */
function nextHolding({ sets: { dynamic }, source, now }: NftEvaluation, run: AffinityRun, from: number): number {
  let nearest = -1;
  for (let element = dynamic.first(run.group, source); element >= 0; element = dynamic.next(element)) {
    const set = dynamic.setOf(element, run.group, source, now);
    if (set === 0) continue;
    const offset = offsetOf(run, set, from);
    if (offset >= 0 && (nearest < 0 || offset < nearest)) nearest = offset;
  }
  return nearest;
}
