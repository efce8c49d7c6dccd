/**
 * Chains as a graph: where jumps lead, and which lists the rules on the way name.
 *
 * Cost: O(rules reached).
 */
import { Cell, ROW_CELLS, RuleBit, TargetKind } from './rule-bits.js';
import type { RuleRows } from './rule-rows.js';

/** The chains of a run. */
export interface RuleGraph {
  readonly rows: RuleRows;
  /** Handle of a chain's first row. */
  firstRow(chain: number): number;
  /** Number of a chain's rules. */
  length(chain: number): number;
}

/** Chains that can be reached from some chains, those included, each once, in the order in which a reader meets them. */
export function reachableChains(graph: RuleGraph, roots: readonly number[]): number[] {
  const seen = new Set<number>();
  const visit = (chain: number): void => {
    if (seen.has(chain)) return;
    seen.add(chain);
    const start = graph.firstRow(chain);
    const end = start + graph.length(chain) * ROW_CELLS;
    for (let row = start; row < end; row += ROW_CELLS) {
      if (graph.rows.targetKind(row) === TargetKind.jump) visit(graph.rows.jumpTarget(row));
    }
  };
  for (const root of roots) visit(root);
  return [...seen];
}

/** How many lists of `recent` matches the rules of a chain and of those below name. */
export function listsBelow(graph: RuleGraph, root: number): number {
  const lists = new Set<number>();
  const { cells } = graph.rows;
  for (const chain of reachableChains(graph, [root])) {
    const start = graph.firstRow(chain);
    const end = start + graph.length(chain) * ROW_CELLS;
    for (let row = start; row < end; row += ROW_CELLS) {
      if ((cells[row + Cell.word]! & RuleBit.recent) !== 0) lists.add(cells[row + Cell.fraction]!);
    }
  }
  return lists.size;
}
