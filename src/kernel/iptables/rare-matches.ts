/**
 * Matches that few rules have, compared after the common ones: bridge ports (physdev), counters (nfacct), lists of sources (recent).
 *
 * The kernel seeks a `recent` list by name among all lists of the network namespace, one after the other (recent_table_lookup), and where a list
 * stands there is an accident of when its rule came: half of the others are counted as passed over.
 */
import type { RuleContext } from '../hook.js';
import { WorkKind, type Work } from '../work.js';
import type { RecentLists } from './recent-lists.js';
import { Cell, RuleBit } from './rule-bits.js';
import type { RuleRows } from './rule-rows.js';

// Constants of other modules, taken here once; see `traversal.ts`.
const HAS_NOT_FROM_BRIDGE = RuleBit.notFromBridge;
const HAS_NFACCT = RuleBit.nfacct;
const HAS_RECENT = RuleBit.recent;
const HAS_RECENT_SET = RuleBit.recentSet;
const CELL_LIST = Cell.fraction;
const WORK_MATCH_OTHER = WorkKind.matchOther;
const WORK_RECENT_LIST = WorkKind.recentList;
const WORK_MATCH_RECENT = WorkKind.matchRecent;

/** Compares the rarer matches of one node's rules. */
export class RareMatches {
  private readonly rows: RuleRows;
  private readonly counts: Float64Array;
  private readonly recent: RecentLists;

  /**
   * @param rows the rules
   * @param work the node's tally
   * @param recent what the node remembers
   */
  constructor(rows: RuleRows, work: Work, recent: RecentLists) {
    this.rows = rows;
    this.counts = work.counts;
    this.recent = recent;
  }

  /**
   * Whether they fit; counts what was evaluated.
   * @param word the rule's word
   * @param source the packet's source
   */
  fit(row: number, word: number, source: number, context: RuleContext): boolean {
    if ((word & HAS_NOT_FROM_BRIDGE) !== 0) {
      this.counts[WORK_MATCH_OTHER]!++;
      // With br_netfilter, packets of the node's pods come in by a port of its bridge.
      if (context.fromPod) return false;
    }
    if ((word & HAS_NFACCT) !== 0) this.counts[WORK_MATCH_OTHER]!++;
    return (word & HAS_RECENT) === 0 || this.recentFits(row, word, source, context);
  }

  /** Counts evaluations of `recent` matches. */
  countRecent(matches: number): void {
    this.counts[WORK_MATCH_RECENT]! += matches;
    const { named } = this.recent;
    if (named > 1) this.counts[WORK_RECENT_LIST]! += (matches * (named - 1)) / 2;
  }

  private recentFits(row: number, word: number, source: number, context: RuleContext): boolean {
    this.countRecent(1);
    const list = this.rows.cells[row + CELL_LIST]!;
    const now = context.now();
    if ((word & HAS_RECENT_SET) === 0) {
      return this.recent.check(list, source, this.rows.extraAt(row).recentSeconds, now);
    }
    this.recent.set(list, source, now);
    return true;
  }
}
