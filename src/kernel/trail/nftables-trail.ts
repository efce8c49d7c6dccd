/**
 * Follows packets through one node's nftables: which rules were met, which matched, what maps held, and what they said.
 *
 * Works as `IptablesTrail` does: in front of the node's `NftEvaluation`, in this object alone, on a node that walks its rules.
 */
import { formatIpPrefix, type IpFamily } from '../../net/index.js';
import type { NftBase, Nftables, PlacedBase } from '../nftables/nftables.js';
import { NftOutcome } from '../nftables/evaluation.js';
import { NFT_ROW, NftCell, NftKind } from '../nftables/rule-cells.js';
import { chainNames, nftFamily, nftRuleText, type NftTextContext } from '../nftables/rule-text.js';
import { NO_EFFORT, difference, type Effort, type Meter } from './meter.js';
import { VisitBuilder, lastRule, type ChainRows, type Frame } from './visit-builder.js';
import type { ChainVisit, ChancePick, RuleResult, Visit } from './visit.js';

const RESULTS: Readonly<Record<NftOutcome, RuleResult>> = {
  [NftOutcome.next]: 'next',
  [NftOutcome.accept]: 'accept',
  [NftOutcome.drop]: 'drop',
  [NftOutcome.reject]: 'reject',
  [NftOutcome.return]: 'return',
  [NftOutcome.jump]: 'jump',
  [NftOutcome.goto]: 'goto',
};

interface BaseVisit {
  readonly base: NftBase;
  readonly began: Effort;
  readonly visits: Visit[];
}

/** Follows packets through the base chains of one node and family. */
export class NftablesTrail {
  private readonly nftables: Nftables;
  private readonly family: IpFamily;
  private readonly meter: Meter;
  private readonly text: NftTextContext;
  private readonly builder = new VisitBuilder(NFT_ROW);
  private passed: BaseVisit[] = [];
  /** Readings before the rule at hand and after the one before it. */
  private before: Effort = NO_EFFORT;
  private after: Effort = NO_EFFORT;

  /**
   * From now on the node's rules are seen.
   * @param nftables the node's base chains and sets
   * @param family the family of its tables
   * @param meter reads the tally that they count in
   */
  constructor(nftables: Nftables, family: IpFamily, meter: Meter) {
    const { store, ownPrefix } = nftables;
    this.nftables = nftables;
    this.family = family;
    this.meter = meter;
    this.text = {
      store,
      family,
      nameOf: chainNames(store),
      ownPrefix: ownPrefix === null ? '' : formatIpPrefix(ownPrefix),
    };
    const { evaluation } = nftables;
    const matches = evaluation.matches.bind(evaluation);
    const act = evaluation.act.bind(evaluation);
    evaluation.matches = (row) => {
      this.before = meter.read();
      const fits = matches(row);
      if (!fits) this.passOver(row);
      return fits;
    };
    evaluation.act = (row) => {
      const outcome = act(row);
      this.take(row, outcome);
      return outcome;
    };
  }

  /** A stage is asked about a packet. */
  begin(): void {
    this.passed = [];
    this.after = this.meter.read();
  }

  /** The stage has answered. @returns the base chains passed, those without rules left out */
  end(): readonly ChainVisit[] {
    const now = this.meter.read();
    this.builder.leaveAll(now);
    return this.passed.map(({ base, began, visits }, i): ChainVisit => {
      const result = lastRule(visits)?.result;
      return {
        tool: 'nftables',
        table: `${nftFamily(this.family)} ${base.table}`,
        chain: base.name,
        verdict: result === 'drop' || result === 'reject' ? result : 'accept',
        effort: difference(this.passed[i + 1]?.began ?? now, began),
        visits,
      };
    });
  }

  private passOver(row: number): void {
    const frame = this.frameOf(row);
    this.after = this.meter.read();
    this.builder.unmatched(frame, row, difference(this.after, this.before));
  }

  private take(row: number, outcome: NftOutcome): void {
    const { store, evaluation } = this.nftables;
    const frame = this.frameOf(row);
    const kind = store.rows.kind(row);
    const goes = outcome === NftOutcome.jump || outcome === NftOutcome.goto;
    const words = {
      text: nftRuleText(this.text, store.rule(frame.rows.chain, this.builder.placeIn(frame.rows, row))),
      result: RESULTS[outcome],
      element: kind === NftKind.vmap ? this.elementText(outcome) : '',
      pick: kind === NftKind.numgen ? this.pickOf(row) : null,
      target: goes ? this.rowsOf(evaluation.jumped, this.text.nameOf(evaluation.jumped)) : undefined,
    };
    this.after = this.meter.read();
    this.builder.matched(frame, row, words, this.before, this.after);
  }

  private elementText(outcome: NftOutcome): string {
    switch (outcome) {
      case NftOutcome.next:
        return 'no element';
      case NftOutcome.jump:
      case NftOutcome.goto:
        return `${RESULTS[outcome]} ${this.text.nameOf(this.nftables.evaluation.jumped)}`;
      default:
        return RESULTS[outcome];
    }
  }

  private pickOf(row: number): ChancePick {
    const { rows } = this.nftables.store;
    const start = rows.cells[row + NftCell.target]!;
    const of = rows.cells[row + NftCell.argument]!;
    const chosen = rows.chains.subarray(start, start + of).indexOf(this.nftables.evaluation.jumped) + 1;
    return { chosen, of, probability: 1 / of };
  }

  /** The chain that the row stands in: one that the packet is in, or else the next base chain. */
  private frameOf(row: number): Frame {
    const { builder, before } = this;
    const known = builder.at(row, before);
    if (known !== undefined) return known;
    const bases = this.nftables.bases();
    const base = bases.find((each) => builder.placeIn(this.baseRows(each), row) >= 0) ?? bases[0]!;
    const visits: Visit[] = [];
    // A base chain begins where the rules before it end: being entered is work of its own.
    this.passed.push({ base, began: this.after, visits });
    return builder.enterBase(this.baseRows(base), visits, before);
  }

  private baseRows({ chain, name }: PlacedBase): ChainRows {
    return this.rowsOf(chain, name);
  }

  private rowsOf(chain: number, name: string): ChainRows {
    const { store } = this.nftables;
    return { chain, name, firstRow: store.firstRow(chain), rules: store.length(chain), before: 0, behind: 0 };
  }
}
