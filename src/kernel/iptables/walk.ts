/**
 * The literal walk: rule after rule, as the kernel does it. It is the reference that the index must equal, in verdict and in work.
 *
 * Cost: O(rules compared).
 */
import { WorkKind } from '../work.js';
import { ROW_CELLS } from './rule-bits.js';
import { Outcome, type Traversal } from './traversal.js';

/**
 * Takes the packet in hand through a chain and the chains it jumps to.
 * @returns `next` at the chain's end, else what was decided
 */
export function walkChain(traversal: Traversal, chain: number): Outcome {
  const { store } = traversal;
  const start = store.firstRow(chain);
  const end = start + store.length(chain) * ROW_CELLS;
  for (let row = start; row < end; row += ROW_CELLS) {
    if (!traversal.matches(row)) continue;
    let outcome = traversal.act(row);
    if (outcome === Outcome.jump) {
      // A series of chance belongs to one passage through one chain.
      const { chance, cumulative } = traversal;
      traversal.chance = -1;
      traversal.counts[WorkKind.jump]!++;
      outcome = walkChain(traversal, traversal.rows.jumpTarget(row));
      traversal.chance = chance;
      traversal.cumulative = cumulative;
      if (outcome === Outcome.return) continue;
    }
    if (outcome !== Outcome.next) return outcome;
  }
  return Outcome.next;
}
