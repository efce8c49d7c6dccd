/**
 * Follows packets through one node's iptables: which rules were met, which matched, what they said.
 *
 * It puts itself in front of the node's `Traversal`, in this object alone, so that nodes that nobody follows pay nothing. The node must look its
 * rules up by walking: through an index, rules that cannot match are never compared.
 */
import type { Hook } from '../hook.js';
import { Owner, Table, type Netfilter } from '../iptables/netfilter.js';
import { PROBABILITY_ONE } from '../iptables/probability.js';
import { Cell, ROW_CELLS, RuleBit } from '../iptables/rule-bits.js';
import { ruleLine } from '../iptables/rule-text.js';
import { TableNames } from '../iptables/table-names.js';
import { Outcome } from '../iptables/traversal.js';
import { NO_EFFORT, difference, type Effort, type Meter } from './meter.js';
import { VisitBuilder, lastRule, type ChainRows, type Frame } from './visit-builder.js';
import type { ChainVisit, ChancePick, RuleResult, Visit } from './visit.js';

const HOOK_NAMES = ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'] as const;

const RESULTS: Readonly<Record<Outcome, RuleResult>> = {
  [Outcome.next]: 'next',
  [Outcome.accept]: 'accept',
  [Outcome.drop]: 'drop',
  [Outcome.reject]: 'reject',
  [Outcome.return]: 'return',
  [Outcome.jump]: 'jump',
};

/** Name of a hook, as the built-in chains are called. */
export function hookName(hook: Hook): (typeof HOOK_NAMES)[number] {
  return HOOK_NAMES[hook];
}

/** Follows packets through the tables of one node and family. */
export class IptablesTrail {
  private readonly netfilter: Netfilter;
  private readonly meter: Meter;
  private readonly names: TableNames;
  private readonly builder = new VisitBuilder(ROW_CELLS);
  private table = '';
  private hook = '';
  private bases: readonly ChainRows[] = [];
  private visits: Visit[] = [];
  private began: Effort = NO_EFFORT;
  /** Reading before the rule at hand. */
  private before: Effort = NO_EFFORT;

  /**
   * From now on the node's rules are seen.
   * @param netfilter the node's tables
   * @param meter reads the tally that they count in
   */
  constructor(netfilter: Netfilter, meter: Meter) {
    this.netfilter = netfilter;
    this.meter = meter;
    this.names = new TableNames(netfilter);
    const { traversal } = netfilter;
    const matches = traversal.matches.bind(traversal);
    const act = traversal.act.bind(traversal);
    traversal.matches = (row) => {
      this.before = meter.read();
      const fits = matches(row);
      if (!fits) this.passOver(row);
      return fits;
    };
    traversal.act = (row) => {
      const outcome = act(row);
      this.take(row, outcome);
      return outcome;
    };
  }

  /** A table is asked about a packet. */
  begin(table: Table, hook: Hook): void {
    this.table = table === Table.nat ? 'nat' : 'filter';
    this.hook = hookName(hook);
    const proxy = this.rowsOf(this.netfilter.base(table, hook, Owner.proxy), this.hook);
    const overlay = this.rowsOf(this.netfilter.base(table, hook, Owner.overlay), this.hook);
    this.bases = [
      { ...proxy, behind: overlay.rules },
      { ...overlay, before: proxy.rules },
    ];
    this.visits = [];
    this.began = this.meter.read();
  }

  /** The table has answered. @returns the built-in chain, unless none stands at the hook */
  end(): readonly ChainVisit[] {
    const now = this.meter.read();
    this.builder.leaveAll(now);
    const { table, hook: chain, visits } = this;
    if (this.bases.every((base) => base.chain < 0)) return [];
    const result = lastRule(visits)?.result;
    const verdict = result === 'drop' || result === 'reject' ? result : 'accept';
    return [{ tool: 'iptables', table, chain, verdict, effort: difference(now, this.began), visits }];
  }

  private passOver(row: number): void {
    const frame = this.frameOf(row);
    this.builder.unmatched(frame, row, this.meter.since(this.before));
    const chance = this.chanceOf(row);
    if (chance === 0) return;
    frame.passedOver++;
    frame.left *= 1 - chance;
  }

  private take(row: number, outcome: Outcome): void {
    const { store } = this.netfilter;
    const frame = this.frameOf(row);
    const { chain, name } = frame.rows;
    const rule = store.rule(chain, this.builder.placeIn(frame.rows, row));
    const goal = outcome === Outcome.jump ? store.rows.jumpTarget(row) : -1;
    const words = {
      text: ruleLine(this.names, name, rule, this.bases.includes(frame.rows)),
      result: RESULTS[outcome],
      element: '',
      pick: this.pickOf(frame, row),
      target: goal < 0 ? undefined : this.rowsOf(goal, this.names.chain(goal)),
    };
    this.builder.matched(frame, row, words, this.before, this.meter.read());
  }

  /** The chain that the row stands in: one that the packet is in, or else a fragment of the built-in chain. */
  private frameOf(row: number): Frame {
    const { builder, before } = this;
    const known = builder.at(row, before);
    if (known !== undefined) return known;
    const base = this.bases.find((rows) => builder.placeIn(rows, row) >= 0) ?? this.bases[0]!;
    return builder.enterBase(base, this.visits, before);
  }

  private rowsOf(chain: number, name: string): ChainRows {
    const { store } = this.netfilter;
    const place = { chain, name, before: 0, behind: 0 };
    if (chain < 0) return { ...place, firstRow: 0, rules: 0 };
    return { ...place, firstRow: store.firstRow(chain), rules: store.length(chain) };
  }

  /** Probability of a row's `statistic`; 0 when it has none. */
  private chanceOf(row: number): number {
    const { cells } = this.netfilter.store.rows;
    if ((cells[row + Cell.word]! & RuleBit.statistic) === 0) return 0;
    return (cells[row + Cell.fraction]! >>> 0) / PROBABILITY_ONE;
  }

  /** A rule that matches by chance, or the one behind such rules that takes what is left. */
  private pickOf(frame: Frame, row: number): ChancePick | null {
    const chance = this.chanceOf(row);
    if (chance === 0 && frame.passedOver === 0) return null;
    const { firstRow, rules } = frame.rows;
    let of = 1;
    for (let i = 0; i < rules; i++) if (this.chanceOf(firstRow + i * ROW_CELLS) > 0) of++;
    const pick = { chosen: frame.passedOver + 1, of, probability: frame.left * (chance === 0 ? 1 : chance) };
    frame.passedOver = 0;
    frame.left = 1;
    return pick;
  }
}
